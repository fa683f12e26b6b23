from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from learn.models import Article, Redirect
from learn.redirects import table
from learn.redirects.resolve import destination
from tests.factories import make_article, make_subject

pytestmark = pytest.mark.django_db

PAGE = "/learn/physics/questions/what-is-heat"


@pytest.fixture
def article() -> Article:
    return make_article(slug="what-is-heat")


def load(*rows: tuple[str, str], dry_run: bool = False) -> table.Report:
    return table.load([table.Row(line, *row) for line, row in enumerate(rows, 2)], dry_run=dry_run)


def reasons(report: table.Report) -> list[str]:
    return [reason for _row, reason in report.refused]


def test_every_row_ends_at_a_page_in_one_hop(article: Article, client: Client) -> None:
    make_subject("biology")
    report = load(
        ("/learn/biology/questions/what-is-heat", PAGE),
        ("/old/page.php", "/learn/biology"),
        ("http://testserver/old%20one/", f"http://testserver{PAGE}/"),
        ("/old/removed", ""),
    )
    assert (report.created, report.refused) == (4, [])
    for old, new in (
        ("/learn/biology/questions/what-is-heat", PAGE),
        ("/old/page.php", "/learn/biology"),
        ("/old one", PAGE),
    ):
        response = client.get(old)
        assert (response.status_code, response.headers["Location"]) == (301, new)
        assert client.get(new).status_code == 200
    assert client.get("/old/removed").status_code == 410


def test_a_redirect_follows_its_article(article: Article) -> None:
    load(("/old", PAGE))
    article.slug = "what-is-warmth"
    article.save()
    assert destination("/old") == "/learn/physics/questions/what-is-warmth"


def test_a_row_through_another_redirect_leads_to_its_end(article: Article) -> None:
    load(("/older", PAGE))
    report = load(("/oldest", "/older"))
    assert report.refused == []
    assert Redirect.objects.get(old_path="/oldest").target == article


def test_what_cannot_be_redirected_is_refused_with_its_reason_and_the_rest_is_made(article: Article) -> None:
    Redirect.objects.create(old_path="/gone")
    report = load(
        (PAGE, "/learn"), ("/old", PAGE), ("/old", "/learn"), ("/circle", "/circle"), ("/a", "/nowhere"),
        ("/b", "/gone"), ("/c", "https://other.example/"), ("/d", "//other.example"), ("relative", PAGE),
        ("//host/x", PAGE), ("/e\0", PAGE), ("/" + "x" * 3000, PAGE), ("https://[", PAGE),
        ("/f", "https://["), ("/g", "/\0"),
    )  # fmt: skip
    assert report.created == 1
    assert [row.line for row, _reason in report.refused] == [2, *range(4, 17)]
    assert "page stands at the old address" in reasons(report)[0]
    assert "line 3 is about this address" in reasons(report)[1]
    assert "back to itself" in reasons(report)[2]
    assert "no page stands at the new address" in reasons(report)[3]
    assert "was removed" in reasons(report)[4]
    assert all("another host" in reason for reason in reasons(report)[5:7])


def test_it_may_be_repeated_and_changed(article: Article) -> None:
    assert load(("/old", PAGE)).created == 1
    assert load(("/old", PAGE)).unchanged == 1
    assert load(("/old", "/learn")).changed == 1
    assert Redirect.objects.get().new_path == "/learn"


def test_a_dry_run_writes_nothing(article: Article) -> None:
    assert load(("/old", PAGE), dry_run=True).created == 1
    assert not Redirect.objects.exists()


def test_the_command_reports_each_refusal_by_line(article: Article, tmp_path: Path) -> None:
    file = tmp_path / "moved.csv"
    file.write_text(f"\ufeffold_path,new_path,note\n/old,{PAGE},x\n/other,/nowhere,\n", encoding="utf-8")
    out, errors = io.StringIO(), io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command(
            "import_redirects", str(file), report=tmp_path / "refused.csv", stdout=out, stderr=errors
        )
    assert ended.value.code == 1
    assert "1 redirects made, 0 changed, 0 were there, 1 rows refused." in out.getvalue()
    assert f"{file}:3: /other: no page stands at the new address" in errors.getvalue()
    assert "/other,/nowhere,no page" in (tmp_path / "refused.csv").read_text()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("from,to\n/a,/b\n", "no column old_path and no column new_path"),
        ("", "no column"),
        (b"\xff\xfe\x00", "utf-8"),
    ],
)
def test_what_is_no_table_is_refused(text: str | bytes, message: str, tmp_path: Path) -> None:
    file = tmp_path / "moved.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(CommandError, match=message):
        call_command("import_redirects", str(file))


# --- What today's site keeps alive by rules


def test_a_question_under_another_subject_is_found_by_its_slug(article: Article, client: Client) -> None:
    make_subject("biology")
    for path in ("/learn/biology/questions/what-is-heat", "/learn/alchemy/questions/what-is-heat.html"):
        response = client.get(path)
        assert (response.status_code, response.headers["Location"]) == (301, PAGE)


def test_copies_of_one_answer_are_one_question(article: Article) -> None:
    make_article(subject="science", slug="what-is-heat", question=article.question, answer=article.answer)
    article.refresh_from_db()
    original = article.canonical or article
    assert destination("/learn/biology/questions/what-is-heat") == original.get_absolute_url()


def test_two_different_questions_with_one_slug_are_no_answer(article: Article) -> None:
    make_article(subject="science", slug="what-is-heat", answer="Something else.")
    assert destination("/learn/biology/questions/what-is-heat") is None


@pytest.mark.parametrize("status", [Article.Status.DRAFT, Article.Status.UNPUBLISHED])
def test_an_address_with_an_article_of_its_own_waits_for_it(article: Article, status: str) -> None:
    make_article(subject="biology", slug="what-is-heat", status=status, answer="Mine.")
    assert destination("/learn/biology/questions/what-is-heat") is None


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (f"{PAGE}.html", PAGE),
        (f"{PAGE}/index.html", PAGE),
        ("/learn/physics/index.html", "/learn/physics"),
        ("/learn/index.html", "/learn"),
        ("/index.html", "/learn"),
        ("/sitemap_index.xml", "/sitemap.xml"),
        ("/sitemap-0.xml", "/sitemap.xml"),
        ("/sitemap.xml.gz", "/sitemap.xml"),
        ("/sitemaps.xml", "/sitemap.xml"),
        ("/server-sitemap.xml", "/sitemap.xml"),
    ],
)
def test_other_forms_of_an_address_lead_to_its_page(
    path: str, place: str, article: Article, client: Client
) -> None:
    response = client.get(path, follow=True)
    assert response.redirect_chain[-1][0] == place
    assert response.status_code == 200
