"""Redirects in and out as a table: the same checks as by hand, and all of it can be taken back."""

from __future__ import annotations

import io
import os

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from learn.changesets import redirects, reverting
from learn.changesets.registry import KINDS
from learn.models import ChangeSet, MissingPage, Redirect
from learn.redirects import table
from tests.admin.conftest import logged_in, make_user
from tests.admin.forms import confirm, page_of_last_set
from tests.changesets.conftest import look_at, run
from tests.factories import make_article

pytestmark = pytest.mark.django_db
MANY = int(os.environ.get("REDIRECTS", "200"))
PAGE = reverse("admin:redirect_table")


def everything() -> list[tuple[object, ...]]:
    return list(
        Redirect.objects.order_by("old_path").values_list("old_path", "target", "new_path", "is_automatic")
    )


def rows(*pairs: tuple[str, str]) -> list[table.Row]:
    return [table.Row(line, old, new) for line, (old, new) in enumerate(pairs, start=2)]


def test_rows_are_checked_as_by_hand_made_and_taken_back(user: User, client: Client) -> None:
    article, other = make_article(slug="why"), make_article(slug="how")
    path = article.get_absolute_url()
    Redirect.objects.create(old_path="/there", target=other, is_automatic=True)
    Redirect.objects.create(old_path="/same", target=article)
    Redirect.objects.create(old_path="/chain", new_path="/middle")
    MissingPage.objects.create(path="/new")
    before = everything()
    refused = [
        (path, "/learn"), ("/loop", "/loop"), ("/nothing", "/learn/physics/questions/none"),
        ("/static/x", "/learn"),
        ("/middle", path), ("//host", path), ("/elsewhere", "https://elsewhere.example/"), ("/new", path),
        ("x\ufffd", path),
    ]  # fmt: skip
    good = [("/new", path), ("/there", path), ("/gone", ""), ("/same", path), ("/learned", "/learn")]
    change_set = look_at(redirects.load(rows(*good, *refused), "table.csv", user))
    assert (change_set.ready, change_set.unchanged, change_set.refused) == (4, 1, len(refused))
    assert everything() == before
    run(change_set, size=3)
    assert (change_set.state, change_set.changed) == (ChangeSet.State.PARTLY, 4)
    assert client.get("/new")["Location"] == path
    assert client.get("/gone").status_code == 410
    assert not MissingPage.objects.exists()
    Redirect.objects.filter(old_path="/gone").update(target=other)
    back = run(reverting.revert(KINDS, change_set, user))
    assert (back.changed, back.refused) == (3, 1)
    assert back.items.get(state="refused").options["texts"]["leads_to"] == [
        "No redirect", "Gone (410)", other.get_absolute_url(),
    ]  # fmt: skip
    Redirect.objects.filter(old_path="/gone").delete()
    assert everything() == before
    again = run(reverting.revert(KINDS, back, user))
    assert again.changed == 3
    assert Redirect.objects.get(old_path="/new").target == article


def test_many_of_them_come_and_go(user: User) -> None:
    article = make_article()
    pairs = ((f"/old/{n}", article.get_absolute_url()) for n in range(MANY))
    change_set = run(redirects.load(rows(*pairs), "table.csv", user), size=200)
    assert (change_set.changed, Redirect.objects.count()) == (MANY, MANY)
    run(reverting.revert(KINDS, change_set, user), size=200)
    assert not Redirect.objects.exists()


def test_the_desk_takes_a_table_and_gives_one() -> None:
    paul, edna = logged_in(make_user("paul", "Publisher")), logged_in(make_user("edna", "Editor"))
    article = make_article()
    text = f"old_path,new_path\n/old,{article.get_absolute_url()}\n"

    def send(client: Client, data: bytes) -> object:
        return client.post(PAGE, {"file": SimpleUploadedFile("table.csv", data)})

    assert edna.get(PAGE).status_code == 403
    assert send(edna, text.encode()).status_code == 403
    for bad in (
        b"",
        b"a,b\n1,2\n",
        b"old_path,new_path\n",
        b"\xff\xfe",
        b'old_path,new_path\n"' + b"x" * 200_000,
    ):
        assert "errorlist" in send(paul, bad).text, bad[:20]
    confirm(paul, send(paul, b"\xef\xbb\xbf" + text.encode()))
    assert Redirect.objects.get().target == article
    assert "/old" in paul.get(page_of_last_set()).text
    given = b"".join(paul.get(reverse("admin:redirect_table_download"))).decode()
    assert [(row.old, row.new) for row in table.read(io.StringIO(given))] == [
        ("/old", article.get_absolute_url())
    ]
