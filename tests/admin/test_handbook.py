"""The handbook: on the desk, with pictures that are there, small, and those that the script takes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.test import Client

from learn.admin import handbook
from tests.conftest import ROOT
from tests.pages import Page
from tests.scripts.test_scripts import script

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

TEXT = (ROOT / "docs" / "editing.md").read_text()
PICTURES = re.findall(r"!\[[^]]+\]\(\.\./(static/\S+)\)", TEXT)


def test_every_editor_finds_it_from_every_page(client: Client) -> None:
    client.force_login(User.objects.create_user("new", is_staff=True))
    assert "/admin/handbook/" in Page(client.get("/admin/").text).links("#user-tools a")
    page = Page(client.get("/admin/handbook/").text)
    assert page.text("h1") == "Handbook"
    assert len(page.select("h2")) == TEXT.count("\n## ")
    sources = [image.get("src") for image in page.select(".admin-handbook img")]
    assert len(sources) == len(PICTURES) > 8
    for source in sources:
        assert finders.find(str(source).removeprefix("/static/")), source
    assert not [link for link in page.links(".admin-handbook a") if link.endswith(".md")]
    assert Client().get("/admin/handbook/").status_code == 302


def test_it_names_the_address_that_the_desk_has() -> None:
    handbook.as_html.cache_clear()
    assert "<code>/back-office/</code>" in handbook.as_html("/back-office/")
    handbook.as_html.cache_clear()


def test_its_pictures_are_those_that_the_script_takes_and_small() -> None:
    assert len(PICTURES) <= 20
    assert sorted(Path(path).stem for path in PICTURES) == sorted(script("make_handbook").SHOTS)
    folder = ROOT / "static" / "learn-admin" / "handbook"
    assert sorted(path.name for path in folder.iterdir()) == sorted(Path(path).name for path in PICTURES)
    assert [path.name for path in folder.iterdir() if path.stat().st_size >= 60_000] == []


@pytest.mark.parametrize(
    "word", ["Draft", "Account", "People", "History", "Conflicts", "Missing pages", "Health"]
)
def test_what_it_names_is_called_so_on_the_desk(word: str, client: Client) -> None:
    client.force_login(User.objects.create_superuser("chief"))
    shown = client.get("/admin/").text + client.get("/admin/learn/article/add/").text
    assert word.lower() in TEXT.lower()
    assert (
        word.lower()
        in (shown + (ROOT / "templates/admin/learn/article/change_form.html").read_text()).lower()
    )
