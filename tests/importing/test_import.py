"""What becomes of files: created, unchanged, updated; edits and conflicts; faults."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from learn.importing import ExitCode
from learn.models import Article, ImportRun, Redirect, RelatedLink
from tests.factories import article_file, make_article, related
from tests.importing.cases import HOW, WHEN, WHY, at, codes, run

pytestmark = pytest.mark.django_db


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
    article_file(tmp_path, WHY, related_article1=related("/learn/physics/questions/where"))
    assert run(tmp_path).conflicts == 1
    assert RelatedLink.objects.get().url == WHEN


def test_an_editor_who_wrote_what_the_file_says_now_is_in_no_conflict(tmp_path: Path) -> None:
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
    report = run(tmp_path)  # the file changed its answer, the editor its address: no conflict
    assert (report.updated, report.merged, report.conflicts) == (1, 1, 0)
    article.refresh_from_db()
    assert (article.slug, article.answer) == ("why-indeed", "Changed.")
    assert Redirect.objects.get(old_path=WHY).target == article
    assert Article.objects.count() == 1


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
