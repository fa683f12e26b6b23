"""Invitations, forgotten passwords, addresses and mails: nothing tells whether an account exists, links count once."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from learn.editing import reviews
from quicktakes import mail as mails
from quicktakes import passwords
from quicktakes.accounts.models import AccountEvent, Person
from tests.admin.conftest import PASSPHRASE, logged_in, make_user
from tests.factories import make_article

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
FORGOTTEN, ACCOUNT, INVITE = "/admin/password/forgotten/", "/admin/account/", "/admin/invite/"
NEW = "another horse, another staple"


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch, mailoutbox: list[EmailMessage]) -> list[EmailMessage]:
    """Mails go when the test's step is done: there is no thread, and no transaction that ends."""
    monkeypatch.setattr(mails._queue, "submit", lambda call, *values: call(*values))
    monkeypatch.setattr("quicktakes.mail.on_commit", lambda call: call())
    return mailoutbox


def link_in(message: EmailMessage) -> str:
    """The path of the first address in a mail."""
    found = re.search(r"http://testserver(/\S+)", str(message.body))
    assert found, message.body
    return found[1]


def set_password(client: Client, path: str, password: str = NEW) -> Any:
    opened = client.get(path)
    if opened.status_code != 302:
        return opened
    assert opened["Location"].endswith("/set-password/")
    return client.post(opened["Location"], {"new_password1": password, "new_password2": password})


# --- Forgotten ----------------------------------------------------------------------------------------------------


def test_a_forgotten_password_is_set_by_a_link_that_counts_once(client: Client, mailoutbox: Any) -> None:
    user = make_user("edna", "Editor", email="edna@example.org")
    open_elsewhere = logged_in(user)
    client.post(FORGOTTEN, {"email": "EDNA@example.org"}, headers={"Host": "localhost"})
    assert [message.to for message in mailoutbox] == [["edna@example.org"]]
    path = link_in(mailoutbox[0])
    done = set_password(client, path)
    assert done["Location"] == "/admin/login/"
    user.refresh_from_db()
    assert user.check_password(NEW)
    assert "_auth_user_id" not in client.session  # the second factor is still asked for
    assert open_elsewhere.get("/admin/").status_code == 302
    assert "works no longer" in set_password(Client(), path).text
    assert "was set just now" in mailoutbox[1].body
    assert AccountEvent.objects.filter(kind="password", user=user).count() == 1


def test_the_answer_is_the_same_for_whom_nobody_knows(client: Client, mailoutbox: Any) -> None:
    make_user("edna", email="edna@example.org")
    make_user("gone", email="gone@example.org", is_active=False)
    User.objects.create_user("new", "new@example.org")  # invited, without a password yet
    pages = {}
    for name in ("edna", "gone", "new", "nobody"):
        page = client.post(FORGOTTEN, {"email": f"{name}@example.org"})
        text = re.sub(r'nonce="[^"]+"|value="[^"]+"', "", page.text)
        pages[name] = (page.status_code, text.replace(name, "NAME"))
    assert len(set(pages.values())) == 1
    assert [message.to[0] for message in mailoutbox] == ["edna@example.org"]


def test_three_mails_an_hour_and_no_more(client: Client, mailoutbox: Any) -> None:
    make_user("edna", email="edna@example.org")
    assert {client.post(FORGOTTEN, {"email": "edna@example.org"}).status_code for _ in range(5)} == {200}
    assert len(mailoutbox) == 3


def test_one_address_of_the_network_asks_as_often_as_it_may_log_in(
    client: Client, settings: Settings
) -> None:
    settings.RATE_LIMITS = True
    answers = [client.post(FORGOTTEN, {"email": f"x{number}@example.org"}) for number in range(12)]
    assert [answer.status_code for answer in answers].count(429) >= 1
    assert answers[-1]["Retry-After"]


@pytest.mark.parametrize("seconds", [3590, 3610])
def test_a_link_for_a_new_password_ends_after_an_hour(seconds: int, monkeypatch: pytest.MonkeyPatch) -> None:
    user = make_user("edna")
    token = passwords.reset_tokens.make_token(user)
    now = passwords.reset_tokens._now()
    monkeypatch.setattr(
        type(passwords.reset_tokens), "_now", lambda _self: now + passwords.dt.timedelta(seconds=seconds)
    )
    assert passwords.reset_tokens.check_token(user, token) is (seconds < 3600)


def test_a_token_of_one_kind_is_none_of_another(client: Client) -> None:
    user = User.objects.create_user("new", "new@example.org")
    path = passwords.link_for(user, passwords.invitation_tokens, "password_reset")
    assert "works no longer" in client.get(path.removeprefix("http://testserver")).text


def test_a_site_without_mail_says_so(client: Client, settings: Settings, mailoutbox: Any) -> None:
    settings.SENDS_MAIL = False
    make_user("edna", email="edna@example.org")
    assert "sends no mail" in client.post(FORGOTTEN, {"email": "edna@example.org"}).text
    assert mailoutbox == []
    assert FORGOTTEN not in client.get("/admin/login/").text


@pytest.mark.parametrize(
    "address", ["a@example.org\nBcc: b@example.org", "a@example.org\r\nX: y", "a\0@b.org"]
)
def test_no_address_becomes_a_header(address: str, client: Client, mailoutbox: Any) -> None:
    assert client.post(FORGOTTEN, {"email": address}).status_code == 200
    root = logged_in(make_user("root", is_superuser=True))
    root.post(INVITE, {"email": address, "username": "new"})
    root.post(ACCOUNT, {"email": address, "password": PASSPHRASE, "_address": "1"})
    assert mailoutbox == []


# --- Invited ------------------------------------------------------------------------------------------------------


def test_who_is_invited_chooses_a_password(client: Client, mailoutbox: Any) -> None:
    root = logged_in(make_user("root", is_superuser=True))
    group = Group.objects.get(name="Editor")
    values = {"email": "new@example.org", "username": "new", "groups": [group.pk]}
    assert root.post(INVITE, values)["Location"] == "/admin/auth/user/"
    user = User.objects.get(username="new")
    assert (user.is_staff, user.is_superuser, user.has_usable_password()) == (True, False, False)
    assert list(user.groups.all()) == [group]
    path = link_in(mailoutbox[0])
    assert "common" in set_password(client, path, "password1234").text
    assert set_password(client, path).status_code == 302
    assert client.post("/admin/login/", {"username": "new", "password": NEW}).status_code == 302
    assert client.get("/admin/learn/article/").status_code == 200
    assert "works no longer" in set_password(Client(), path).text
    kinds = list(AccountEvent.objects.filter(user=user).order_by("pk").values_list("kind", flat=True))
    assert kinds == ["rights", "rights", "invited", "password", "login"]
    root.post(INVITE, values)
    assert User.objects.filter(email="new@example.org").count() == 1


def test_an_invitation_can_be_sent_again_until_it_was_taken(mailoutbox: Any) -> None:
    root = logged_in(make_user("root", is_superuser=True, email="root@example.org"))
    new = User.objects.create_user("new", "new@example.org", is_staff=True)
    chosen = {"action": "invite_again", "_selected_action": [user.pk for user in User.objects.all()]}
    root.post("/admin/auth/user/", chosen)
    assert [message.to[0] for message in mailoutbox] == [new.email]


def test_without_mail_the_link_is_shown_once(settings: Settings, mailoutbox: Any) -> None:
    settings.SENDS_MAIL = False
    root = logged_in(make_user("root", is_superuser=True))
    page = root.post(INVITE, {"email": "new@example.org", "username": "new"}).text
    path = re.search(r"http://testserver(/admin/invitation/[^<]+)", page)
    assert path
    assert set_password(Client(), path[1]).status_code == 302
    assert mailoutbox == []


def permitted(name: str, *codenames: str) -> User:
    user = make_user(name)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user


def test_nobody_gives_more_than_they_have(mailoutbox: Any) -> None:
    chief = permitted("chief", "add_user", "change_user", "view_user", "delete_user", "change_group")
    client = logged_in(chief)
    publisher, root = Group.objects.get(name="Publisher"), make_user("root", is_superuser=True)
    client.post(INVITE, {"email": "new@example.org", "username": "new", "groups": [publisher.pk]})
    assert not User.objects.filter(username="new").exists()
    own = reverse("admin:auth_user_change", args=[chief.pk])
    client.post(own, {"username": "chief", "is_active": "on", "is_staff": "on", "is_superuser": "on",
                      "groups": [publisher.pk], "date_joined_0": "2026-01-01", "date_joined_1": "00:00"})  # fmt: skip
    chief.refresh_from_db()
    assert (chief.is_superuser, chief.groups.count(), chief.user_permissions.count()) == (False, 0, 5)
    others = root, make_user("paul", "Publisher")
    for other in others:
        change = reverse("admin:auth_user_change", args=[other.pk])
        assert client.post(change, {"username": "x"}).status_code == 403
        key = reverse("admin:auth_user_password_change", args=[other.pk])
        assert client.post(key, {"password1": NEW, "password2": NEW}).status_code == 403
        delete = reverse("admin:auth_user_delete", args=[other.pk])
        assert client.post(delete, {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "post": "yes", "_selected_action": [one.pk for one in others]}
    client.post("/admin/auth/user/", chosen)
    assert User.objects.filter(username__in=["root", "paul"]).count() == 2
    group = reverse("admin:auth_group_change", args=[publisher.pk])
    assert client.post(group, {"name": "x"}).status_code == 403


@pytest.mark.parametrize("codenames", [("add_user",), ("change_user",), ()])
def test_inviting_takes_both_rights(codenames: tuple[str, ...]) -> None:
    assert logged_in(permitted("chief", *codenames)).get(INVITE).status_code == 403


# --- The account --------------------------------------------------------------------------------------------------


def test_a_new_address_counts_once_it_is_confirmed(mailoutbox: Any) -> None:
    user = make_user("edna", email="old@example.org")
    client = logged_in(user)
    wrong = client.post(ACCOUNT, {"email": "new@example.org", "password": "wrong", "_address": "1"})
    assert "not right" in wrong.text
    for address in ("new@example.org", "other@example.org"):
        client.post(ACCOUNT, {"email": address, "password": PASSPHRASE, "_address": "1"})
    first, second = (link_in(message) for message in mailoutbox)
    assert logged_in(make_user("paul")).get(first).status_code == 404
    assert client.get(first).status_code == 200
    user.refresh_from_db()
    assert user.email == "old@example.org"
    client.post(first)
    user.refresh_from_db()
    assert user.email == "new@example.org"
    assert mailoutbox[2].to == ["old@example.org"]
    assert [client.post(path).status_code for path in (first, second)] == [404, 404]
    assert client.get(f"{first[:-2]}x/").status_code == 404


def test_an_address_of_somebody_else_is_not_told(mailoutbox: Any) -> None:
    make_user("paul", email="paul@example.org")
    client = logged_in(make_user("edna"))
    values = {"password": PASSPHRASE, "_address": "1"}
    pages = [
        client.post(ACCOUNT, {**values, "email": f"{name}@example.org"}, follow=True).text.replace(
            name, "NAME"
        )
        for name in ("paul", "newly")
    ]
    assert [("on its way" in page) for page in pages] == [True, True]
    assert [message.to[0] for message in mailoutbox] == ["newly@example.org"]


# --- Reviews ------------------------------------------------------------------------------------------------------


def test_reviews_are_told_to_whom_they_wait_for(mailoutbox: Any) -> None:
    edna = make_user("edna", "Editor", email="edna@example.org")
    paul = make_user("paul", "Publisher", email="paul@example.org")
    make_user("pia", "Publisher", email="pia@example.org")
    make_user("silent", "Publisher")
    article = make_article(question="Why?\nBcc: x@example.org")
    reviews.request(article, edna, note="Please.")
    assert [message.to[0] for message in mailoutbox] == ["paul@example.org", "pia@example.org"]
    assert "Bcc" not in mailoutbox[0].message()
    assert link_in(mailoutbox[0]) == reverse("admin:learn_article_review", args=[article.pk])
    reviews.request(article, edna, asked_of=paul)
    reviews.decide(article, paul, approve=False, reason="Too short.")
    assert [message.to[0] for message in mailoutbox[2:]] == ["paul@example.org", "edna@example.org"]
    assert "Too short." in mailoutbox[3].body


def test_a_kind_of_mail_is_switched_off_by_one_post_without_a_login(mailoutbox: Any) -> None:
    edna = make_user("edna", "Editor", email="edna@example.org")
    paul = make_user("paul", "Publisher", email="paul@example.org")
    article = make_article()
    reviews.request(article, edna)
    headers = mailoutbox[0].extra_headers
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = headers["List-Unsubscribe"].strip("<>").removeprefix("http://testserver")
    program = Client(enforce_csrf_checks=True)
    assert program.get(address).status_code == 200
    assert not Person.objects.exists()
    assert program.post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200
    reviews.request(article, edna)
    assert len(mailoutbox) == 1
    assert Client().post(f"{address[:-2]}x/").status_code == 404
    logged_in(paul).post(ACCOUNT, {"mail_requests": "on", "mail_decisions": "on"})
    reviews.request(article, edna)
    assert len(mailoutbox) == 2


def test_a_mail_server_that_is_away_stops_nobody(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(_message: EmailMessage) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(EmailMessage, "send", refuse)
    edna = make_user("edna", "Editor")
    make_user("paul", "Publisher", email="paul@example.org")
    reviews.request(make_article(), edna)
    assert "could not be sent" in caplog.text
    assert "paul@example.org" not in caplog.text


# --- The log ------------------------------------------------------------------------------------------------------


def told() -> list[tuple[str, str, str, str]]:
    rows = AccountEvent.objects.select_related("user", "by").order_by("pk")
    return [(row.kind, str(row.user or ""), str(row.by or ""), row.detail) for row in rows]


def test_logins_and_changes_of_rights_are_in_the_log() -> None:
    root = make_user("root", is_superuser=True)
    edna = make_user("edna")
    client = logged_in(root)
    AccountEvent.objects.all().delete()
    group = Group.objects.get(name="Publisher")
    change = reverse("admin:auth_user_change", args=[edna.pk])
    values = {"username": "edna", "is_active": "on", "is_staff": "on",
              "date_joined_0": "2026-01-01", "date_joined_1": "00:00"}  # fmt: skip
    client.post(change, {**values, "groups": [group.pk], "is_superuser": "on"})
    client.post(change, values)
    edna.groups.add(group)
    edna.groups.clear()
    group.permissions.remove(Permission.objects.get(codename="publish_article"))
    logged_in(edna)
    assert told() == [
        ("rights", "edna", "root", "superuser"),
        ("rights", "edna", "root", "given: group Publisher"),
        ("rights", "edna", "root", "no longer superuser"),
        ("rights", "edna", "root", "taken away: group Publisher"),
        ("rights", "edna", "", "given: group Publisher"),
        ("rights", "edna", "", "taken away: group Publisher"),
        ("rights", "", "", "group Publisher: taken away: “Can publish and unpublish articles”"),
        ("login", "edna", "edna", ""),
    ]
    page = client.get("/admin/accounts/accountevent/")
    assert "no longer superuser" in page.text
    event = AccountEvent.objects.earliest("pk").pk
    assert client.post(f"/admin/accounts/accountevent/{event}/change/", {"detail": "x"}).status_code == 403
    assert client.post(f"/admin/accounts/accountevent/{event}/delete/", {"post": "yes"}).status_code == 403


def test_people_are_in_the_menu_of_whom_may_see_them() -> None:
    assert ">People</a>" not in logged_in(make_user("edna", "Editor")).get("/admin/").text
    assert ">People</a>" in logged_in(make_user("root", is_superuser=True)).get("/admin/").text
