"""What people's files hold elsewhere, and what each kind gets: read, told, refused; never a silent surprise."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest
from django.test import Client

from learn.editing.scheduled import publish_due
from learn.exporting import export_articles
from learn.importing import ExitCode, ImportReport, import_articles
from learn.models import Article, Redirect
from tests.factories import article_file

pytestmark = pytest.mark.django_db

WHY = "/learn/physics/questions/why"


def run(*sources: Path | str, **options: object) -> ImportReport:
    return import_articles([str(source) for source in sources], jobs=1, **options)  # type: ignore[arg-type]


def codes(report: ImportReport) -> dict[str, str]:
    return {problem.code: problem.message for problem in report.problems}


# --- The life of a page -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "status"), [({"draft": True}, "draft"), ({"published": False}, "unpublished")]
)
def test_a_file_that_says_so_is_not_published_until_it_says_otherwise(
    tmp_path: Path, fields: dict[str, bool], status: str, client: Client
) -> None:
    path = article_file(tmp_path, WHY, id=1, **fields)
    run(tmp_path)
    assert Article.objects.get().status == status
    assert not Article.objects.get().is_indexable
    assert client.get(WHY).status_code in (404, 410)
    before = path.read_bytes()
    export_articles(tmp_path)
    assert path.read_bytes() == before
    article_file(tmp_path, WHY, id=1)
    run(tmp_path)
    assert client.get(WHY).status_code == 200
    assert Article.objects.get().is_indexable


def test_a_decision_of_the_desk_goes_into_the_file_and_stays(tmp_path: Path) -> None:
    path = article_file(tmp_path, WHY, id=1, draft=True)
    run(tmp_path)
    Article.objects.update(status="published")
    assert run(tmp_path).unchanged == 1
    assert Article.objects.get().status == "published"
    export_articles(tmp_path, everything=False)
    assert "draft" not in path.read_text()
    run(tmp_path)
    Article.objects.update(status="unpublished")
    export_articles(tmp_path, everything=False)
    assert "published: False\n" in path.read_text()
    run(tmp_path)
    assert Article.objects.get().status == "unpublished"


def test_publish_at_hides_an_article_until_then_and_comes_out_again(tmp_path: Path, client: Client) -> None:
    path = article_file(tmp_path, WHY, publish_at="2999-01-31T12:00:00Z", is_preferred=True)
    assert "publish_at" in path.read_text()
    run(tmp_path)
    article = Article.objects.get()
    assert (article.is_scheduled, article.is_preferred, client.get(WHY).status_code) == (True, True, 404)
    export_articles(tmp_path / "copy")
    assert (tmp_path / "copy" / "physics" / "why.md").read_bytes() == path.read_bytes()
    article.publish_at = article.publish_at.replace(year=2998)
    article.save()
    export_articles(tmp_path, everything=False)
    assert "2998-01-31T12:00:00Z" in path.read_text()


def test_expires_takes_a_page_down_at_its_moment_and_comes_out_again(tmp_path: Path, client: Client) -> None:
    path = article_file(tmp_path, WHY, expires="2999-01-31")
    other = article_file(tmp_path, "/learn/physics/questions/how", expires="2001-01-31T12:00:00+01:00")
    run(tmp_path)
    article = Article.objects.get(slug="why")
    assert article.is_published
    assert client.get("/learn/physics/questions/how").status_code in (404, 410)  # before publish_due
    assert [row.slug for row in Article.objects.published()] == ["why"]
    before = (path.read_bytes(), other.read_bytes())
    assert publish_due() == ["/learn/physics/questions/how"]
    assert publish_due() == []
    assert client.get("/learn/physics/questions/how").status_code == 410
    export_articles(tmp_path, everything=False)
    assert (path.read_bytes(), other.read_bytes()) == before
    assert run(tmp_path).unchanged == 2
    article_file(tmp_path, "/learn/physics/questions/how", expires="2998-01-01")
    run(tmp_path)
    assert client.get("/learn/physics/questions/how").status_code == 200
    article.expires = article.expires.replace(year=2997)
    article.save()
    export_articles(tmp_path, everything=False)
    assert "2997-01-31T00:00:00Z" in path.read_text()
    assert (
        "publish_at"
        in codes(run(article_file(tmp_path / "x", publish_at="2900-01-01", expires="2800-01-01")))[
            "lifecycle"
        ]
    )


def test_expires_to_leads_on_from_an_expired_page_and_comes_out_again(tmp_path: Path, client: Client) -> None:
    how = "/learn/physics/questions/how"
    path = article_file(tmp_path, WHY, expires="2001-01-31", expires_to=how)
    article_file(tmp_path, how)
    run(tmp_path)
    before = path.read_bytes()
    for _before_and_after in range(2):
        assert client.get(WHY)["Location"] == how
        publish_due()
    export_articles(tmp_path, everything=False)
    assert path.read_bytes() == before
    assert run(tmp_path).unchanged == 2
    article = Article.objects.get(slug="why")
    article.extra = {**article.extra, "expires_to": "/learn/physics"}
    article.save()
    export_articles(tmp_path, everything=False)
    assert "expires_to: /learn/physics\n" in path.read_text()
    faults = codes(run(article_file(tmp_path / "x", "/learn/x/questions/y", expires_to="nowhere")))
    assert "expires_to" in faults["lifecycle"]


def test_a_date_in_the_future_is_told(tmp_path: Path) -> None:
    article_file(tmp_path, WHY, date="2999-01-31")
    assert "publish_at" in codes(run(tmp_path))["future-date"]


def test_aliases_lead_to_the_article_but_never_away_from_another(tmp_path: Path, client: Client) -> None:
    other = "/learn/physics/questions/how"
    article_file(tmp_path, other)
    run(tmp_path)
    article_file(tmp_path, WHY, aliases=["/old/why", other, "nonsense"])
    assert "no path" in codes(run(tmp_path))["lifecycle"]
    assert client.get("/old/why").headers["Location"] == WHY
    assert client.get(other).status_code == 200
    assert Redirect.objects.count() == 1


@pytest.mark.parametrize("key", ["expiryDate", "publishDate", "redirect_from", "unlisted"])
@pytest.mark.slow
def test_keys_of_other_tools_that_mean_nothing_here_are_told(tmp_path: Path, key: str) -> None:
    article_file(tmp_path, WHY, **{key: "2026-01-01"})
    assert f"`{key}`" in codes(run(tmp_path))["not-honoured"]


# --- Text that nobody would see ---------------------------------------------------------------------------------


def test_text_below_the_front_matter_is_told(tmp_path: Path) -> None:
    path = article_file(tmp_path, WHY)
    path.write_text(path.read_text() + "\nMore to read.\n")
    assert "never shown" in codes(run(tmp_path))["body"]


def test_no_break_spaces_as_indentation_are_told(tmp_path: Path) -> None:
    path = article_file(tmp_path, WHY)
    path.write_text(path.read_text().replace("  page_keywords", "\u00a0\u00a0page_keywords"))
    assert "page_keywords" in codes(run(tmp_path))["no-break-space"]


@pytest.mark.parametrize(
    ("start", "said"), [("\n---\n", "blank line"), ("+++\n", "TOML"), ('{"a": 1}\n', "JSON")]
)
def test_front_matter_of_another_kind_is_named(tmp_path: Path, start: str, said: str) -> None:
    path = article_file(tmp_path, WHY)
    path.write_text(path.read_text().replace("---\n", start, 1))
    assert said in codes(run(tmp_path))["no-front-matter"]


# --- Names and archives -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["why.MD", "why.markdown"])
def test_other_ways_to_write_the_extension_are_read(tmp_path: Path, name: str) -> None:
    path = article_file(tmp_path, WHY)
    path.rename(path.with_name(name))
    assert run(tmp_path).created == 1


def test_a_name_that_nearly_is_an_articles_is_told(tmp_path: Path) -> None:
    path = article_file(tmp_path, WHY)
    path.rename(path.with_name("why.mdx"))
    report = run(tmp_path)
    assert (report.created, report.exit_code, list(codes(report))) == (0, ExitCode.REJECTED, ["file-name"])


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_name_that_is_not_utf_8_refuses_that_file_only(tmp_path: Path, dry_run: bool) -> None:
    path = article_file(tmp_path, WHY)
    article_file(tmp_path, "/learn/physics/questions/how")
    path.rename(os.fsdecode(os.fsencode(path.parent) + b"/caf\xe9.md"))
    report = run(tmp_path, dry_run=dry_run)
    assert (report.created, report.rejected, report.exit_code) == (1, 1, ExitCode.REJECTED)
    assert "not UTF-8" in codes(report)["file-name"]


def test_a_pipe_is_refused_and_never_waited_for(tmp_path: Path) -> None:
    article_file(tmp_path, WHY)
    os.mkfifo(tmp_path / "physics" / "pipe.md")
    report = run(tmp_path)
    assert (report.created, list(codes(report))) == (1, ["not-a-file"])


def test_a_zip_with_backslashes_is_read(tmp_path: Path) -> None:
    path = article_file(tmp_path / "source", WHY)
    with zipfile.ZipFile(tmp_path / "windows.ZIP", "w") as archive:
        archive.writestr("content\\learn\\physics\\why.md", path.read_bytes())
        archive.writestr("content\\inner.zip", b"PK")
    report = run(tmp_path / "windows.ZIP")
    assert (report.created, report.rejected, list(codes(report))) == (1, 0, ["nested-archive"])


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"draft": "maybe"}, "neither true nor false"),
        ({"published": 0}, "neither true nor false"),
        ({"publish_at": "tomorrow"}, "no moment"),
        ({"publish_at": 5}, "no moment"),
        ({"aliases": "old"}, "no path"),
    ],
)
def test_a_key_about_the_life_of_a_page_that_says_nothing_is_told(
    tmp_path: Path, fields: dict[str, object], message: str
) -> None:
    article_file(tmp_path, WHY, **fields)
    report = run(tmp_path)
    assert report.created == 1
    assert message in codes(report)["lifecycle"]
