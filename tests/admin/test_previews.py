"""Previews: the whole page of a draft, for the desk and for whoever has a link; nothing of it leaks."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
from django.conf import settings as present
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from learn.editing import preview_links
from learn.models import Article, PreviewLink
from tests.admin.forms import save
from tests.factories import make_article, make_link, make_subject

pytestmark = pytest.mark.django_db
SECRET = "zirconiferous"  # noqa: S105 a word of the draft


@pytest.fixture
def article(as_editor: Client) -> Article:
    """A live page with a draft that says SECRET."""
    article, other = make_article(answer="Live."), make_article(question="And related?")
    save(as_editor, article, answer=f"**{SECRET}** $x^2$", related=other.get_absolute_url())
    return article


def shared(client: Client, article: Article, days: str = "7") -> str:
    """Make a link as the desk does; its path."""
    page = client.post(reverse("admin:learn_article_page", args=[article.pk]), {"days": days}, follow=True)
    return str(re.findall(r'href="[^"]*(/preview/[^"]+)"', page.text)[0])


def test_a_link_shows_the_whole_page_of_the_draft_and_is_not_kept(
    as_editor: Client, article: Article, client: Client, settings: Settings
) -> None:
    settings.PAGE_CACHE_MB = 8
    path = shared(as_editor, article)
    page = client.get(path)
    assert page.status_code == 200
    assert f"<strong>{SECRET}</strong>" in page.text
    assert "<math" in page.text
    assert "And related?" in page.text
    assert '<meta name="robots" content="noindex, nofollow">' in page.text
    assert page["X-Robots-Tag"] == "noindex, nofollow"
    assert "no-store" in page["Cache-Control"]
    assert "ETag" not in page
    assert not page.cookies
    save(as_editor, article, answer="Otherwise now.")
    assert "Otherwise now." in client.get(path).text
    assert "Live." in client.get(article.get_absolute_url()).text


def test_a_link_that_is_expired_revoked_altered_or_of_another_is_404(
    as_editor: Client, article: Article, client: Client
) -> None:
    path = shared(as_editor, article)
    link = PreviewLink.objects.get()
    for altered in (
        f"{path}x",
        path[:-3],
        path.replace(f"{link.pk}.", f"{link.pk + 1}."),
        "/preview/1.1",
        "/preview/x:y",
    ):
        assert client.get(altered).status_code == 404, altered
    forged = PreviewLink(pk=link.pk, article_id=make_article().pk)
    assert client.get(f"/preview/{preview_links.token(forged)}").status_code == 404
    PreviewLink.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    assert client.get(path).status_code == 404
    assert SECRET not in client.get(path).text
    PreviewLink.objects.update(expires_at=timezone.now() + dt.timedelta(days=1))
    assert client.get(path).status_code == 200
    as_editor.post(reverse("admin:learn_article_page", args=[article.pk]), {"revoke": link.pk})
    assert client.get(path).status_code == 404
    other = shared(as_editor, article)
    article.delete()
    assert client.get(other).status_code == 404


def test_a_draft_that_was_never_public_has_a_preview_too(as_editor: Client, client: Client) -> None:
    draft = make_article(status=Article.Status.DRAFT, answer="Not yet.")
    later = make_article(publish_at=timezone.now() + dt.timedelta(days=3), answer="In three days.")
    assert "Not yet." in client.get(shared(as_editor, draft)).text
    assert "In three days." in client.get(shared(as_editor, later)).text
    assert client.get(draft.get_absolute_url()).status_code == 404


def test_nothing_of_a_draft_stands_anywhere_else(
    as_editor: Client, article: Article, client: Client, tmp_path: Path
) -> None:
    linking = make_article()
    make_link(linking, article)
    path = shared(as_editor, article)
    url = article.get_absolute_url()
    pages = [
        url, f"{url}.md", "/learn", "/learn/physics", "/learn/physics.md", "/sitemap.xml", "/sitemap-physics.xml",
        "/learn/feed.atom", "/learn/physics/feed.atom", "/llms.txt", "/robots.txt", linking.get_absolute_url(),
        f"/learn/search?q={SECRET}", f"/learn/search/suggest?q={SECRET[:8]}",
    ]  # fmt: skip
    for page in pages:
        text = client.get(page).getvalue().decode()
        if "/search" in page:
            text = text.replace(
                SECRET, "", text.count(SECRET) if url not in text else 0
            )  # what was asked for
        assert SECRET not in text, page
        assert path not in text, page
    assert "noindex" in client.get(path).text
    call_command("publish_site", str(tmp_path / "site"), verbosity=0)
    files = [file for file in (tmp_path / "site").rglob("*") if file.is_file()]
    assert len(files) > 10
    assert not [file for file in files if SECRET.encode() in file.read_bytes()]


def test_the_desk_frames_the_page_and_nobody_else_may(
    as_editor: Client, article: Article, client: Client
) -> None:
    overview = as_editor.get(reverse("admin:learn_article_page", args=[article.pk]))
    framed = reverse("admin:learn_article_framed", args=[article.pk])
    assert overview.text.count(framed) == 2
    assert "frame-src 'self'" in overview["Content-Security-Policy"]
    alone = as_editor.get(framed)
    assert SECRET in alone.text
    assert alone["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in alone["Content-Security-Policy"]
    assert client.get(framed).status_code == 302
    assert "frame-ancestors 'none'" in client.get(shared(as_editor, article))["Content-Security-Policy"]
    assert present.X_FRAME_OPTIONS == "DENY"


@pytest.mark.parametrize(("button", "page"), [("_preview", "page"), ("_review", "review")])
def test_a_new_article_is_saved_as_a_draft_to_be_looked_at(
    as_editor: Client, as_publisher: Client, button: str, page: str
) -> None:
    values = {"question": "Why?", "answer": "Because.", "subject": make_subject().pk, "date": "2025-01-01",
              "author": "Edna", "date_format": "YYYY", button: "1"}  # fmt: skip
    for number, client in enumerate((as_editor, as_publisher)):
        answer = client.post("/admin/learn/article/add/", {**values, "slug": f"why-{number}"})
        article = Article.objects.get(slug=f"why-{number}")
        assert answer["Location"] == reverse(f"admin:learn_article_{page}", args=[article.pk])
        assert article.status == "draft"
        assert client.get(answer["Location"]).status_code == 200


def test_a_preview_offers_nothing_that_needs_the_page_itself(
    as_editor: Client, article: Article, client: Client
) -> None:
    """What keeps, reports, cites or rates an article needs its address; a reader's browser keeps no preview."""
    of_articles = (
        "data-save",
        "data-offline",
        "data-copy-link",
        "data-copy-answer",
        "data-report",
        "Was this helpful?",
        "/cite",
    )
    live = client.get(article.get_absolute_url()).text
    assert [name for name in of_articles if name not in live] == []
    framed = as_editor.get(reverse("admin:learn_article_framed", args=[article.pk])).text
    for page in (client.get(shared(as_editor, article)).text, framed):
        assert SECRET in page
        assert [name for name in of_articles if name in page] == []
