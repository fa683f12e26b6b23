"""The import: created, unchanged, updated, conflicts, moved, missing and faulty files."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from learn.importing import ExitCode, ImportReport, import_articles
from learn.models import Article, ImportRun, Redirect, RelatedLink, Revision, Subject
from tests.factories import article_file, make_article, related

pytestmark = pytest.mark.django_db

WHY, HOW, WHEN = (f"/learn/physics/questions/{slug}" for slug in ("why", "how", "when"))


def run(source: Path, **options: Any) -> ImportReport:
    return import_articles([str(source)], jobs=1, **options)


def codes(report: ImportReport) -> list[str]:
    return [problem.code for problem in report.sorted_problems()]


def at(url: str) -> Article:
    _, _, subject, _, slug = url.split("/")
    return Article.objects.get(subject__slug=subject, slug=slug)


# --- Three times ----------------------------------------------------------------------------------------


def test_the_same_files_are_created_then_unchanged_then_updated_where_they_changed(tmp_path: Path) -> None:
    article_file(tmp_path, WHY)
    article_file(tmp_path, HOW)
    first = run(tmp_path)
    assert (first.created, first.updated, first.unchanged, first.exit_code) == (2, 0, 0, ExitCode.DONE)
    before = dict(Article.objects.values_list("slug", "updated_at"))

    second = run(tmp_path)
    assert (second.created, second.updated, second.unchanged) == (0, 0, 2)
    assert dict(Article.objects.values_list("slug", "updated_at")) == before

    article_file(tmp_path, WHY, answer="Corrected.\\n\\nTwice.")
    third = run(tmp_path)
    assert (third.created, third.updated, third.unchanged) == (0, 1, 1)
    assert at(WHY).answer == "Corrected.\n\nTwice."
    assert "<p>Corrected.</p>" in at(WHY).answer_html
    assert at(HOW).updated_at == before["how"]


def test_every_field_of_the_file_is_kept(tmp_path: Path) -> None:
    article_file(
        tmp_path, WHY, id=-7, date=dt.date(2024, 12, 31), score=None, no_index=True, reviewed_by="Ada", author="Grace",
        title="A title", article_title="Another", related_article1=related(HOW, 5), related_article3=related(WHEN, 6),
    )  # fmt: skip
    run(tmp_path)
    article = at(WHY)
    assert (article.source_id, article.date, article.score, article.no_index) == (
        -7,
        dt.date(2024, 12, 31),
        None,
        True,
    )
    assert (article.title, article.article_title, article.question) == ("A title", "Another", "Why?")
    assert (article.author, article.extra) == ("Grace", {"reviewed_by": "Ada"})
    assert (article.subject_label, article.file_name, article.body.strip()) == ("Physics", "why.md", "&nbsp;")
    assert [(link.position, link.source_id, link.url) for link in article.related_links.all()] == [
        (1, 5, HOW),
        (3, 6, WHEN),
    ]
    assert article.canonical is None
    assert not article.is_indexable


def test_a_change_of_bytes_that_says_the_same_is_unchanged(tmp_path: Path) -> None:
    path = article_file(tmp_path, WHY)
    run(tmp_path)
    version = at(WHY).version
    path.write_text(path.read_text().replace("title: Why?", 'title: "Why?"', 1))
    assert run(tmp_path).unchanged == 1
    assert at(WHY).version == version
    assert run(tmp_path).unchanged == 1


def test_a_dry_run_counts_the_same_and_writes_nothing(tmp_path: Path) -> None:
    article_file(tmp_path, WHY)
    article_file(tmp_path, HOW)
    run(tmp_path)
    article_file(tmp_path, WHY, answer="Changed.")
    article_file(tmp_path, WHEN)
    (tmp_path / "physics" / "how.md").unlink()
    rows = list(Article.objects.order_by("pk").values())
    runs = ImportRun.objects.count()

    dry = run(tmp_path, dry_run=True, prune=True, prune_limit="100%")
    assert list(Article.objects.order_by("pk").values()) == rows
    assert ImportRun.objects.count() == runs
    real = run(tmp_path, prune=True, prune_limit="100%")
    assert dry.counts() == real.counts()
    assert (real.created, real.updated, real.unpublished) == (1, 1, 1)


def test_force_loads_unchanged_files_again(tmp_path: Path) -> None:
    article_file(tmp_path, WHY)
    run(tmp_path)
    Article.objects.update(answer_html="stale")
    assert run(tmp_path).unchanged == 1
    assert run(tmp_path, force=True).updated == 1
    assert at(WHY).answer_html != "stale"


# --- Editors ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["save", "update"])
def test_an_edited_article_survives_a_changed_file_as_a_conflict(tmp_path: Path, how: str) -> None:
    article_file(tmp_path, WHY)
    run(tmp_path)
    if how == "save":
        article = at(WHY)
        article.answer = "An editor's text."
        article.save()
    else:
        Article.objects.update(answer="An editor's text.")
    assert run(tmp_path).unchanged == 1

    article_file(tmp_path, WHY, answer="A new text of the file.")
    for _ in range(2):  # it stays a conflict until somebody decides
        report = run(tmp_path)
        assert (report.conflicts, report.updated, codes(report)) == (1, 0, ["conflict"])
        assert at(WHY).answer == "An editor's text."

    assert run(tmp_path, overwrite_edits=True).updated == 1
    assert at(WHY).answer == "A new text of the file."
    assert run(tmp_path).unchanged == 1


def test_an_edit_of_the_related_links_is_an_edit(tmp_path: Path) -> None:
    article_file(tmp_path, WHY, related_article1=related(HOW))
    run(tmp_path)
    RelatedLink.objects.update(url=WHEN)
    article_file(tmp_path, WHY, answer="New.", related_article1=related(HOW))
    assert run(tmp_path).conflicts == 1
    assert RelatedLink.objects.get().url == WHEN


def test_an_edit_that_equals_the_changed_file_is_no_conflict(tmp_path: Path) -> None:
    article_file(tmp_path, WHY)
    run(tmp_path)
    article = at(WHY)
    article.answer = "Agreed."
    article.save()
    article_file(tmp_path, WHY, id=article.source_id, answer="Agreed.")
    report = run(tmp_path)
    assert (report.conflicts, report.unchanged) == (0, 1)
    article_file(tmp_path, WHY, id=article.source_id, answer="Moved on.")
    assert run(tmp_path).updated == 1


def test_an_article_made_on_the_site_is_not_overwritten_by_a_file_with_its_url(tmp_path: Path) -> None:
    make_article(subject="physics", slug="why", answer="Written in the admin.")
    article_file(tmp_path, WHY)
    assert run(tmp_path).conflicts == 1
    assert at(WHY).answer == "Written in the admin."


def test_an_unpublished_article_stays_unpublished_when_its_file_changes(tmp_path: Path) -> None:
    article_file(tmp_path, WHY)
    run(tmp_path)
    Article.objects.update(status="unpublished")
    article_file(tmp_path, WHY, answer="Changed.")
    run(tmp_path)
    assert (at(WHY).status, at(WHY).answer) == ("unpublished", "Changed.")


def test_an_article_that_an_editor_moved_is_recognised_by_the_url_of_its_file(tmp_path: Path) -> None:
    article_file(tmp_path, WHY)
    run(tmp_path)
    article = at(WHY)
    article.slug = "why-indeed"
    article.save()
    assert run(tmp_path).unchanged == 1
    assert Redirect.objects.get(old_path=WHY).target == article
    article_file(tmp_path, WHY, answer="Changed.")
    assert run(tmp_path).conflicts == 1
    assert Article.objects.count() == 1


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


# --- Faults --------------------------------------------------------------------------------------------------


def test_two_files_with_one_url_are_both_refused_by_name(tmp_path: Path) -> None:
    article_file(tmp_path, WHY)
    other = article_file(tmp_path, HOW)
    other.write_text(other.read_text().replace(HOW, WHY))
    article_file(tmp_path, WHEN)
    report = run(tmp_path)
    assert (report.created, report.rejected, report.exit_code) == (1, 2, ExitCode.REJECTED)
    problems = {p.path: p.message for p in report.problems if p.code == "repeated-url"}
    assert "physics/how.md" in problems["physics/why.md"]
    assert "physics/why.md" in problems["physics/how.md"]


def test_a_copy_of_an_unchanged_file_is_refused_too(tmp_path: Path) -> None:
    path = article_file(tmp_path, WHY)
    run(tmp_path)
    (tmp_path / "physics" / "copy.md").write_bytes(path.read_bytes())
    report = run(tmp_path, prune=True, prune_limit="100%")
    assert (report.rejected, report.unpublished, at(WHY).status) == (2, 0, "published")


def test_one_faulty_file_does_not_stop_the_others(tmp_path: Path) -> None:
    article_file(tmp_path, WHY)
    article_file(tmp_path, HOW, date="2024-13-45", id="seven")
    report = run(tmp_path)
    assert (report.created, report.rejected, report.exit_code) == (1, 1, ExitCode.REJECTED)
    assert {problem.path for problem in report.problems if problem.severity == "error"} == {"physics/how.md"}
    assert sum(problem.severity == "error" for problem in report.problems) == 2


def test_strict_writes_nothing_where_one_file_is_faulty(tmp_path: Path) -> None:
    article_file(tmp_path, WHY)
    article_file(tmp_path, HOW, date="2024-13-45")
    report = run(tmp_path, strict=True)
    assert (report.created, report.exit_code, Article.objects.count()) == (0, ExitCode.REJECTED, 0)
    article_file(tmp_path, HOW)
    assert run(tmp_path, strict=True).created == 2


def test_the_run_is_kept_with_its_counts_and_problems(tmp_path: Path) -> None:
    article_file(tmp_path, WHY, related_article1=related(HOW))
    run(tmp_path, who="Ada")
    row = ImportRun.objects.get()
    assert (row.who, row.counts["created"], row.problems[0]["code"]) == ("Ada", 1, "dead-link")
    assert row.finished_at is not None
