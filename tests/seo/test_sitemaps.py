from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from learn.models import Article, Subject
from learn.seo import sitemaps
from tests.factories import make_article, make_subject

pytestmark = pytest.mark.django_db

SITE = "http://testserver"
NAMESPACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
# W3C Datetime with a zone: https://www.w3.org/TR/NOTE-datetime
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d")


def read(client: Client, path: str) -> dict[str, str | None]:
    """Address and lastmod of each entry; the document must be valid by the schema of the protocol.

    https://www.sitemaps.org/schemas/sitemap/0.9/sitemap.xsd and siteindex.xsd
    """
    response = client.get(path)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/xml; charset=utf-8"
    assert response["X-Robots-Tag"] == "noindex"
    body = response.getvalue()
    assert len(body) < 50 * 2**20
    root = ET.fromstring(body)  # noqa: S314 our own document
    item = {f"{NAMESPACE}urlset": "url", f"{NAMESPACE}sitemapindex": "sitemap"}[root.tag]
    assert 1 <= len(root) <= 50_000
    entries: dict[str, str | None] = {}
    for entry in root:
        assert entry.tag == NAMESPACE + item
        names = [child.tag.removeprefix(NAMESPACE) for child in entry]
        assert names in (["loc"], ["loc", "lastmod"])
        address, lastmod = entry[0].text or "", entry[1].text if len(entry) > 1 else None
        assert 12 <= len(address) <= 2048
        assert address.startswith(f"{SITE}/")
        assert lastmod is None or MOMENT.fullmatch(lastmod)
        assert address not in entries
        entries[address] = lastmod
    return entries


def everything(client: Client) -> dict[str, str | None]:
    """What all files of the index hold together."""
    found: dict[str, str | None] = {}
    for address in read(client, "/sitemap.xml"):
        entries = read(client, address.removeprefix(SITE))
        assert not set(found) & set(entries)
        found |= entries
    return found


def test_it_holds_the_library_listed_subjects_and_indexable_originals_and_nothing_else(
    client: Client,
) -> None:
    original = make_article(slug="why", question="Why?", answer="So.")
    make_article(subject="science", slug="why", question="Why?", answer="So.")  # a copy
    other = make_article(subject="science", slug="how", question="How?", answer="Thus.")
    make_article(slug="hidden", no_index=True)
    make_article(slug="draft", status="draft")
    make_article(slug="gone", status="unpublished")
    make_article(slug="soon", publish_at=timezone.now() + timedelta(hours=1))
    make_article(subject=make_subject("secret", is_listed=False))
    make_subject("empty")
    make_article(subject="xenology", slug="why", question="Why?", answer="So.")
    paths = ["/learn", "/learn/physics", "/learn/science"]
    paths += [original.get_absolute_url(), other.get_absolute_url()]
    assert set(everything(client)) == {SITE + path for path in paths}


def test_lastmod_is_the_last_change_of_content_and_nothing_else_moves_it(client: Client) -> None:
    article = make_article(slug="why")
    changed = datetime(2025, 3, 4, 5, 6, 7, 891_000, tzinfo=UTC)
    Article.objects.update(modified_at=changed)
    address = f"{SITE}/learn/physics/questions/why"
    assert everything(client)[address] == "2025-03-04T05:06:07+00:00"
    article.refresh_from_db()
    article.save()
    Article.objects.update(render_version=0, updated_at=timezone.now())
    assert everything(client)[address] == "2025-03-04T05:06:07+00:00"
    article.refresh_from_db()
    article.answer = "Something else."
    article.save()
    assert everything(client)[address] != "2025-03-04T05:06:07+00:00"


def test_a_list_is_dated_by_its_last_article(client: Client) -> None:
    for slug, day in (("one", 1), ("two", 3), ("three", 2)):
        article = make_article(slug=slug)
        Article.objects.filter(pk=article.pk).update(modified_at=datetime(2025, 1, day, tzinfo=UTC))
    found = everything(client)
    for path in ("/learn", "/learn/physics"):
        assert found[SITE + path] == "2025-01-03T00:00:00+00:00"
    assert read(client, "/sitemap.xml")[f"{SITE}/sitemap-physics.xml"] == "2025-01-03T00:00:00+00:00"


def test_a_large_subject_is_split(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sitemaps, "MOST_URLS", 5)
    monkeypatch.setattr(sitemaps, "ROWS_AT_ONCE", 2)
    subject = make_subject()
    Article.objects.bulk_create(
        Article(
            subject=subject, slug=f"q-{n:02}", question="?", answer="!", content_key=str(n), is_indexable=True
        )
        for n in range(11)
    )
    files = [f"{SITE}/sitemap-physics{suffix}.xml" for suffix in ("", ".2", ".3")]
    assert list(read(client, "/sitemap.xml")) == [f"{SITE}/sitemap.library.xml", *files]
    assert [len(read(client, file.removeprefix(SITE))) for file in files] == [5, 5, 1]
    assert len(everything(client)) == 11 + 2


@pytest.mark.parametrize(
    "path",
    ["/sitemap-nowhere.xml", "/sitemap-secret.xml", "/sitemap-empty.xml", "/sitemap-physics.0.xml",
     "/sitemap-physics.1.xml", "/sitemap-physics.2.xml", "/sitemap-physics.xml/"],
)  # fmt: skip
def test_files_that_do_not_exist_are_404(path: str, client: Client) -> None:
    make_article()
    make_article(subject=make_subject("secret", is_listed=False))
    make_subject("empty")
    assert client.get(path).status_code in (301, 404)
    assert client.get(path, follow=True).status_code == (200 if path.endswith("/") else 404)


def test_an_empty_library_has_a_valid_sitemap(client: Client) -> None:
    assert set(everything(client)) == {f"{SITE}/learn"}


def test_addresses_come_from_the_settings(client: Client, settings: Settings) -> None:
    make_article(slug="why")
    settings.SITE_URL = "https://learn.example.org"
    body = client.get("/sitemap-physics.xml").getvalue().decode()
    assert "<loc>https://learn.example.org/learn/physics/questions/why</loc>" in body
    assert "testserver" not in body


def test_the_number_of_queries_does_not_grow(client: Client) -> None:
    def queries(path: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).getvalue()
        return len(captured)

    make_article()
    paths = ("/sitemap.xml", "/sitemap.library.xml", "/sitemap-physics.xml")
    few = [queries(path) for path in paths]
    for number in range(10):
        make_article(subject=f"subject-{number}")
        make_article()
    assert [queries(path) for path in paths] == few
    assert max(few) <= 5  # the state, the subjects, the articles; the topics of each kind


def test_the_last_change_is_found_without_looking_at_the_rows() -> None:
    make_article()
    with CaptureQueriesContext(connection) as captured:
        sitemaps.sections()
    sql = next(query["sql"] for query in captured if "modified_at" in query["sql"])
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN {'QUERY PLAN ' if connection.vendor == 'sqlite' else ''}{sql}")
        plan = "\n".join(str(row) for row in cursor.fetchall())
    assert "article_sitemap" in plan
    if connection.vendor == "sqlite":
        assert "COVERING INDEX article_sitemap" in plan


def test_a_listed_subject_that_is_unlisted_leaves_the_sitemap(client: Client) -> None:
    make_article()
    Subject.objects.update(is_listed=False)
    assert set(everything(client)) == {f"{SITE}/learn"}
