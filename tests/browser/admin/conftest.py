"""A site as in production of which the tests of this folder write, each in articles of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, expect

from tests.browser.admin.steps import DESKTOP
from tests.browser.conftest import PATIENCE
from tests.sites import Samples, Site, running_site

PASSPHRASE = "correct horse battery staple"  # noqa: S105 of users that live for one test
USERS = f"""
from django.contrib.auth.models import Group, User
for name, group in (("edna", "Editor"), ("paul", "Publisher")):
    user = User.objects.create_user(name, password={PASSPHRASE!r}, is_staff=True)
    user.groups.add(Group.objects.get(name=group))
User.objects.create_superuser("ruth", "ruth@example.org", {PASSPHRASE!r})
"""
# What waits for editors without one of them having made it: searches of visitors, a group of near-duplicates.
WAITING = """
from django.utils import timezone
from learn.models import Article, DuplicateGroup, DuplicateMember, SearchLogEntry
for text, times, hits in (("matrix", 120, 4), ("determinant of a matrix that nobody ever wrote about before", 7, 0)):
    SearchLogEntry.objects.create(text=text, day=timezone.now().date(), times=times, hits=hits, opened=times // 3)
group = DuplicateGroup.objects.create(pk=1, likelihood=0.9)
for article in Article.objects.filter(is_indexable=True).order_by("pk")[:2]:
    DuplicateMember.objects.create(article=article, group=group)
"""


@pytest.fixture(scope="package")
def admin_site(tmp_path_factory: pytest.TempPathFactory, samples: Samples) -> Iterator[Site]:
    """A site with the fixture articles, Edna (an editor) and Paul (a publisher)."""
    folder = tmp_path_factory.mktemp("desk")
    with running_site(folder, samples, "tests.browser.admin.settings") as site:
        site.manage("shell", "--no-imports", "-c", USERS)
        site.manage("shell", "--no-imports", "-c", WAITING)
        yield site


@pytest.fixture(scope="package")
def sessions(browser: Browser, admin_site: Site) -> dict[str, StorageState]:
    """The cookies of each user, logged in once: a password is made to be slow to check."""
    return {name: _logged_in(browser, admin_site, name) for name in ("edna", "paul", "ruth")}


def _logged_in(browser: Browser, admin_site: Site, name: str) -> StorageState:
    context = browser.new_context(base_url=admin_site.url)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto("/admin/login/?next=/admin/")
    page.fill("#id_username", name)
    page.fill("#id_password", PASSPHRASE)
    page.click("#login-form [type=submit]")
    expect(page.locator("h1")).to_have_text("Desk")
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def log_in(
    browser: Browser, admin_site: Site, sessions: dict[str, StorageState]
) -> Iterator[Callable[..., Page]]:
    """`log_in("edna", **context)` gives a page of a browser of her own; what it complains of fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def new(name: str, **options: object) -> Page:
        context = browser.new_context(
            base_url=admin_site.url, storage_state=sessions[name], **{"viewport": DESKTOP, **options}
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if is_complaint(message) else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto("/admin/")
        expect(page.locator("h1")).to_have_text("Desk")
        return page

    yield new
    for context in contexts:
        context.close()
    assert complaints == []


def is_complaint(message: object) -> bool:
    """Anything on the console but the browser's word on answers that the test provokes (409, 404)."""
    text = str(getattr(message, "text", ""))
    is_status = text.startswith("Failed to load resource") and re.search(r"status of (403|404|409)", text)
    is_axe = "Couldn't load preload assets" in text or getattr(message, "location", {}).get("url") == ""
    if is_axe:
        return False
    return getattr(message, "type", "") in ("error", "warning") and not is_status
