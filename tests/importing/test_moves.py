"""What becomes of files that moved, are gone, name each other or say the same."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from learn.importing import ExitCode
from learn.models import Article, Redirect, RelatedLink, Revision, Subject
from tests.factories import article_file, make_article, related
from tests.importing.cases import HOW, WHEN, WHY, at, codes, run

pytestmark = pytest.mark.django_db


# --- Moves and absence -------------------------------------------------------------------------------------


def test_a_file_whose_url_changed_leaves_a_redirect(tmp_path: Path) -> None:
    path = article_file(tmp_path, WHY)
    run(tmp_path)
    article = at(WHY)
    path.write_text(path.read_text().replace(WHY, HOW))
    report = run(tmp_path)
    assert (report.created, report.updated, report.redirects, report.missing) == (0, 1, 1, 0)
    assert at(HOW).pk == article.pk
    assert Redirect.objects.get(old_path=WHY).target == article


def test_a_file_that_moved_to_another_subject_leaves_a_redirect(tmp_path: Path) -> None:
    article_file(tmp_path, WHY, id=42)
    article_file(tmp_path, HOW)
    run(tmp_path)
    article = at(WHY)
    (tmp_path / "physics" / "why.md").unlink()
    moved = "/learn/optics/questions/why"
    article_file(tmp_path, moved, id=42)
    report = run(tmp_path)
    assert (report.created, report.updated, report.redirects, report.missing) == (0, 1, 1, 0)
    assert at(moved).pk == article.pk
    again = "/learn/waves/questions/why"
    (tmp_path / "optics" / "why.md").unlink()
    article_file(tmp_path, again, id=42)
    run(tmp_path)
    assert {r.target.get_absolute_url() for r in Redirect.objects.all() if r.target} == {again}
    assert Redirect.objects.count() == 2


def test_a_new_question_with_the_id_of_a_removed_one_is_no_move(tmp_path: Path) -> None:
    article_file(tmp_path, WHY, id=42)
    run(tmp_path)
    (tmp_path / "physics" / "why.md").unlink()
    article_file(tmp_path, HOW, id=42, question="Something else entirely?", answer="Yes.")
    report = run(tmp_path)
    assert (report.created, report.missing, report.redirects) == (1, 1, 0)
    assert at(WHY).status == "published"


def test_what_is_gone_is_only_reported_without_prune(tmp_path: Path) -> None:
    article_file(tmp_path, WHY)
    article_file(tmp_path, HOW)
    run(tmp_path)
    (tmp_path / "physics" / "why.md").unlink()
    report = run(tmp_path)
    assert (report.missing, report.unpublished, at(WHY).status) == (1, 0, "published")


def test_prune_unpublishes_and_a_file_that_returns_is_published_again(tmp_path: Path) -> None:
    path = article_file(tmp_path, WHY)
    article_file(tmp_path, HOW)
    run(tmp_path)
    data = path.read_bytes()
    path.unlink()
    report = run(tmp_path, prune=True, prune_limit="50%")
    assert (report.missing, report.unpublished, report.exit_code) == (1, 1, ExitCode.DONE)
    assert at(WHY).status == "unpublished"
    assert not at(WHY).is_indexable
    path.write_bytes(data)
    report = run(tmp_path)
    assert (report.updated, report.unchanged) == (1, 1)
    assert at(WHY).is_published
    assert at(WHY).is_indexable
    revisions = Revision.objects.filter(id=at(WHY).pk).order_by("history_id")
    assert list(revisions.values_list("source", "status", "version", "history_change_reason")) == [
        ("import", "published", 1, ""),
        ("import", "unpublished", 2, "gone from the source"),
        ("import", "published", 3, "back in the source"),
    ]


def test_prune_sends_to_the_same_question_elsewhere(tmp_path: Path) -> None:
    other = "/learn/optics/questions/why"
    for url in (WHY, other):
        article_file(tmp_path, url, question="Why?", answer="Because.")
    run(tmp_path)
    (tmp_path / "physics" / "why.md").unlink()
    report = run(tmp_path, prune=True, prune_limit="1")
    assert (report.unpublished, report.redirects) == (1, 1)
    assert Redirect.objects.get(old_path=WHY).target == at(other)
    assert at(other).canonical is None
    assert at(other).is_indexable


def test_the_prune_guard_writes_nothing(tmp_path: Path) -> None:
    for url in (WHY, HOW):
        article_file(tmp_path, url)
    run(tmp_path)
    (tmp_path / "physics" / "why.md").unlink()
    article_file(tmp_path, WHEN)
    report = run(tmp_path, prune=True)
    assert report.exit_code == ExitCode.PRUNE_GUARD
    assert codes(report) == ["prune-guard"]
    assert at(WHY).status == "published"
    assert Article.objects.count() == 2


def test_a_faulty_file_is_not_missing(tmp_path: Path) -> None:
    path = article_file(tmp_path, WHY)
    article_file(tmp_path, HOW)
    run(tmp_path)
    path.write_text("no front matter any more")
    report = run(tmp_path, prune=True, prune_limit="100%")
    assert (report.missing, report.rejected, at(WHY).status) == (0, 1, "published")


def test_a_single_file_and_a_subject_folder_speak_only_for_themselves(tmp_path: Path) -> None:
    path = article_file(tmp_path, WHY)
    article_file(tmp_path, HOW)
    article_file(tmp_path, "/learn/optics/questions/why")
    run(tmp_path)
    assert run(path).missing == 0
    (tmp_path / "physics" / "how.md").unlink()
    assert run(tmp_path / "physics").missing == 1
    assert run(tmp_path).missing == 1


# --- Links and duplicates ----------------------------------------------------------------------------------


def test_related_links_find_their_target_now_or_when_it_arrives(tmp_path: Path) -> None:
    article_file(tmp_path, WHY, related_article1=related(HOW), related_article2=related(WHEN))
    article_file(tmp_path, HOW)
    report = run(tmp_path)
    links = {link.url: link.target for link in RelatedLink.objects.all()}
    assert links == {HOW: at(HOW), WHEN: None}
    dead = [problem for problem in report.problems if problem.code == "dead-link"]
    assert [problem.path for problem in dead] == ["physics/why.md"]
    lines = (tmp_path / "physics" / "why.md").read_text().splitlines()
    assert lines[dead[0].line - 1].startswith("related_article2:")

    article_file(tmp_path, WHEN)
    run(tmp_path)
    assert RelatedLink.objects.get(url=WHEN).target == at(WHEN)


def test_a_file_given_by_its_name_finds_its_article_and_where_its_links_lead(tmp_path: Path) -> None:
    path = article_file(tmp_path, WHY, related_article1=related(HOW), related_article2=related(WHEN))
    article_file(tmp_path, HOW)
    run(tmp_path)
    Article.objects.filter(slug="how").update(
        slug="how-so"
    )  # an editor moved it: the files know it as before
    article_file(
        tmp_path, WHY, answer="Corrected.", related_article1=related(HOW), related_article2=related(WHEN)
    )
    report = run(path)
    assert (report.created, report.updated, report.missing) == (0, 1, 0)
    assert at(WHY).answer == "Corrected."
    dead = [problem.message for problem in report.problems if problem.code == "dead-link"]
    assert [WHEN in message for message in dead] == [True]
    assert (again := run(path)).unchanged == 1
    assert again.problems == []


def test_a_related_link_is_resolved_through_a_redirect(tmp_path: Path) -> None:
    target = make_article(subject="physics", slug="here")
    Redirect.objects.create(old_path=HOW, target=target)
    article_file(tmp_path, WHY, related_article1=related(HOW))
    report = run(tmp_path)
    assert RelatedLink.objects.get().target == target
    assert "dead-link" not in codes(report)


def test_of_the_same_question_and_answer_one_is_canonical(tmp_path: Path) -> None:
    urls = [f"/learn/{subject}/questions/why" for subject in ("aaa", "bbb", "ccc")]
    for url, day in zip(urls, (1, 3, 2), strict=True):
        article_file(tmp_path, url, id=1, question="Why?", answer="Because.", date=dt.date(2025, 1, day))
    (tmp_path / "subjects.yaml").write_text("aaa:\n  title: A\n  listed: false\n")
    run(tmp_path)
    assert [at(url).canonical for url in urls] == [at(urls[2]), at(urls[2]), None]
    assert [at(url).is_indexable for url in urls] == [False, False, True]
    article_file(tmp_path, urls[2], id=1, question="Why?", answer="Because I changed.")
    run(tmp_path)
    assert [at(url).canonical for url in urls] == [at(urls[1]), None, None]


def test_subjects_come_from_their_file_and_an_edited_one_stays(tmp_path: Path) -> None:
    article_file(tmp_path, WHY)
    article_file(tmp_path, "/learn/fine-arts/questions/why", subject="Fine arts")
    file = tmp_path / "subjects.yaml"
    file.write_text("physics:\n  title: Physics and Light\n  description: Why things fall.\n  listed: true\n")
    run(tmp_path)
    physics = Subject.objects.get(slug="physics")
    assert (physics.title, physics.description, physics.is_listed) == (
        "Physics and Light",
        "Why things fall.",
        True,
    )
    assert Subject.objects.get(slug="fine-arts").title == "Fine arts"
    file.write_text("physics:\n  title: Physics\n  listed: false\n")
    run(tmp_path)
    assert not at(WHY).is_indexable
    Subject.objects.filter(slug="physics").update(title="By an editor")
    file.write_text("physics:\n  title: Something new\n")
    assert run(tmp_path).conflicts == 1
    assert Subject.objects.get(slug="physics").title == "By an editor"


def test_a_subject_that_was_described_here_before_its_file_came_stays(tmp_path: Path) -> None:
    article_file(tmp_path, WHY)
    run(tmp_path)
    Subject.objects.update(description="By an editor.")
    (tmp_path / "subjects.yaml").write_text("physics:\n  title: Physics\n  description: Of the file.\n")
    assert run(tmp_path).conflicts == 1
    assert Subject.objects.get().description == "By an editor."
