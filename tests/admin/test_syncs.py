"""The desk shows the last runs of git, and what waits."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from learn.models import SyncedBranch, SyncRun
from tests.pages import Page

from .conftest import logged_in, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def run() -> SyncRun:
    target = SyncedBranch.objects.create(
        repository="https://example.com/<b>content", branch="main", rejected=["content/learn/physics/why.md"]
    )
    waiting = {"conflicts": 2, "for_review": 3, "rejected": 1}
    return SyncRun.objects.create(
        target=target, finished_at=timezone.now(), commit="abcdef0123456789", pushed=4, pushed_to="from-the-site",
        waiting=waiting, exit_code=5,
    )  # fmt: skip


def page(client: Client, url: str) -> Page:
    response = client.get(url)
    assert response.status_code == 200
    return Page(response.text)


def test_the_front_page_and_the_imports_show_the_last_runs(run: SyncRun, settings: Settings) -> None:
    settings.SYNC_REPOSITORY = "https://example.com/content"
    client = logged_in(make_user("paul", "Publisher"))
    for url in (reverse("admin:index"), reverse("admin:learn_importrun_changelist")):
        text = page(client, url).text("body")
        assert "4 commits to from-the-site, 3 files for review, 2 conflicts, 1 rejected" in text
    text = page(client, reverse("admin:learn_syncrun_changelist")).text("#result_list")
    assert "abcdef0123" in text
    assert "4 to from-the-site" in text


def test_a_run_tells_what_it_did_and_what_waits(run: SyncRun) -> None:
    client = logged_in(make_user("paul", "Publisher"))
    text = page(client, reverse("admin:learn_syncrun_change", args=[run.pk])).text("#content")
    for said in ("<b>content", "abcdef0123456789", "4 commits to from-the-site", "3 files", "why.md"):
        assert said in text
    run.message = "the branch main is not there any more."
    run.save()
    url = reverse("admin:learn_syncrun_change", args=[run.pk])
    assert "not there any more" in page(client, url).text("#content")
    assert client.post(url, {"message": "x"}).status_code == 403
