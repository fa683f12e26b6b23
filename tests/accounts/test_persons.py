"""Editors' accounts: all that is stored of one is in the export, and nothing leads to its name once it is forgotten."""

from __future__ import annotations

import datetime as dt
import json
import stat
from io import StringIO
from pathlib import Path

import pytest
from axes.models import AccessAttempt
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_otp_webauthn.models import WebAuthnCredential, WebAuthnUserHandle

from learn.models import (
    Article,
    ChangeSet,
    Comment,
    DeletedArticle,
    ImportConflict,
    ImportRun,
    Picture,
    Presence,
    PreviewLink,
    Review,
    Revision,
    SyncedBranch,
    SyncRun,
    Upload,
    WorkingCopy,
)
from quicktakes.accounts import persons
from quicktakes.accounts.models import LoginAttempts, LoginSession, Person
from tests.factories import make_article

pytestmark = pytest.mark.django_db

NAME = "ada.lovelace"
MARKS = (NAME, "ada@lovelace.example", "Lovelace", "Countess Browser", "203.0.113.7")
# Names of columns that hold who somebody is.
PERSONAL = (
    "who",
    "username",
    "user_agent",
    "agent",
    "ip_address",
    "email",
    "first_name",
    "last_name",
    "user",
)
# Of the account itself, or in a row that RELATIONS or MENTIONS removes whole.
COVERED = {
    "auth.User": {"username", "email", "first_name", "last_name"},
    "accounts.LoginSession": {"agent"},
    "axes.AccessAttempt": {"user_agent", "ip_address"},
    "axes.AccessFailureLog": {"user_agent", "ip_address"},
    "axes.AccessLog": {"user_agent", "ip_address"},
}


@pytest.fixture
def ada() -> User:
    """An editor who left something in every place."""
    User.objects.create_superuser("chief")
    user = User.objects.create_user(
        NAME, "ada@lovelace.example", "a long walk", first_name="Ada", last_name="Lovelace"
    )
    user.is_staff = user.is_superuser = True
    user.save()
    user.groups.add(Group.objects.get(name="Editor"))
    user.user_permissions.add(Permission.objects.get(codename="change_article"))
    client = Client(REMOTE_ADDR="203.0.113.7", headers={"User-Agent": "Countess Browser"})
    client.force_login(user)
    client.get("/admin/")
    article = make_article()
    article.answer = "Changed."
    article.save(user=user)
    run = ImportRun.objects.create(source="a", who=f"{NAME}, notes.zip")
    ImportRun.objects.create(source="b", who=f"{NAME}-b, of somebody else")
    ImportConflict.objects.create(
        article=article, run=run, source_path="a", source_hash="a", document="", resolved_by=user
    )
    Upload.objects.create(name="notes.zip", size=1, user=user)
    DeletedArticle.objects.create(article_key=7, url="/learn/a", question="A?", deleted_by=user)
    WorkingCopy.objects.create(key="a", article=article, author=user, changed_by=user, scheduled_by=user)
    Review.objects.create(article=article, asked_by=user, asked_of=user, decided_by=user)
    Comment.objects.create(article=article, author=user, resolved_by=user, text="Why?")
    Presence.objects.create(article=article, user=user)
    PreviewLink.objects.create(article=article, made_by=user, expires_at=timezone.now())
    ChangeSet.objects.create(name="Move", kind=ChangeSet.Kind.MOVE, user=user)
    Picture.objects.create(
        hash="0" * 64, kind="png", size=1, width=1, height=1, extension="png", added_by=user
    )
    branch = SyncedBranch.objects.create(repository="r", branch="main")
    SyncRun.objects.create(target=branch, who=NAME)
    Person.objects.create(user=user)
    TOTPDevice.objects.create(user=user, name="phone")
    WebAuthnCredential.objects.create(
        user=user, name="key", credential_id=b"id", public_key=b"key", aaguid=""
    )
    WebAuthnUserHandle.objects.create(user=user)
    StaticDevice.objects.create(user=user, name="codes").token_set.create(token="abcd")  # noqa: S106
    AccessAttempt.objects.create(
        username=NAME, ip_address="203.0.113.7", user_agent="Countess Browser", failures_since_start=1
    )
    about = ContentType.objects.get_for_model(User)
    for object_repr in (NAME, "what is energy"):
        LogEntry.objects.create(
            user=user, content_type=about, object_id=str(user.pk), object_repr=object_repr, action_flag=CHANGE
        )
    return user


@pytest.mark.slow
def test_every_relation_to_an_account_is_known() -> None:
    relations = {
        f"{field.related_model._meta.label}.{field.field.name}"
        for field in User._meta.get_fields(include_hidden=True)
        if field.auto_created and field.is_relation
    }
    assert relations == set(persons.RELATIONS)


def test_every_column_that_may_say_who_is_known() -> None:
    known = set(persons.RELATIONS) | set(persons.MENTIONS)
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.concrete_fields:
            place = f"{model._meta.label}.{field.name}"
            if field.name in PERSONAL:
                assert place in known or field.name in COVERED.get(model._meta.label, ()), place


def test_the_export_holds_something_of_every_kind_and_no_secret(ada: User, tmp_path: Path) -> None:
    path = tmp_path / "ada.json"
    call_command("export_person", NAME, str(path), stdout=StringIO())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    told = json.loads(path.read_text())
    assert told["account"]["email"] == "ada@lovelace.example"
    words = {word for word, _fate in (persons.RELATIONS | persons.MENTIONS).values()}
    assert set(told) == words | {"account"}
    assert {word for word in words if not told[word]} == {
        "failures",
        "logins",
    }  # django-axes keeps none of them here
    assert told["revisions"][-1]["answer"] == "Changed."
    assert [row["who"] for row in told["imports"]] == [f"{NAME}, notes.zip"]
    assert [row["group"] for row in told["groups"]] == ["Editor"]
    secrets = {ada.password, TOTPDevice.objects.get().key, LoginSession.objects.get().session_key, "abcd"}
    assert [secret for secret in secrets if secret in path.read_text()] == []
    with pytest.raises(CommandError, match="not there yet"):
        call_command("export_person", NAME, str(path))


def everything() -> str:
    """All columns of all tables, as the database holds them."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if not table.startswith(("learn_search", "sqlite", "pg_")):
                cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
                found.append(f"{table}: {cursor.fetchall()}")
    return "\n".join(found)


def test_once_forgotten_no_table_holds_the_name_and_the_history_stays(ada: User) -> None:
    before = everything()
    assert [mark for mark in MARKS if mark not in before] == []
    revisions = Revision.objects.filter(history_user=ada.pk).count()
    other = Client()
    other.force_login(User.objects.get(username="chief"))
    out = StringIO()
    call_command("forget_person", NAME, "--yes", stdout=out)
    assert f"{NAME} is forgotten, and called former-{ada.pk}" in out.getvalue()
    left = everything().replace(f"{NAME}-b", "")
    assert [mark for mark in MARKS if mark in left] == []
    ada.refresh_from_db()
    assert (ada.is_active, ada.is_staff, ada.is_superuser, ada.has_usable_password()) == (False,) * 4
    assert Revision.objects.filter(history_user=ada.pk).count() == revisions > 0
    assert Article.objects.get(answer="Changed.")
    assert (LogEntry.objects.count(), Upload.objects.get().user_id, Session.objects.count()) == (2, ada.pk, 1)
    assert sorted(ImportRun.objects.values_list("who", flat=True)) == [
        "a former colleague, notes.zip", f"{NAME}-b, of somebody else",
    ]  # fmt: skip
    assert other.get("/admin/").status_code == 200


def test_a_dry_run_and_a_wrong_answer_change_nothing(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    before = everything()
    out = StringIO()
    call_command("forget_person", NAME, "--dry-run", stdout=out)
    assert "sessions: 1, removed\n" in out.getvalue()
    assert "Nothing was done." in out.getvalue()
    with pytest.raises(CommandError, match="nobody to ask"):
        call_command("forget_person", NAME, stdout=StringIO())
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _question: "ada")
    with pytest.raises(CommandError, match="Nothing was done"):
        call_command("forget_person", NAME, stdout=StringIO())
    assert everything() == before


def test_the_last_administrator_is_not_forgotten() -> None:
    User.objects.create_superuser("only")
    with pytest.raises(CommandError, match="Make another one first"):
        call_command("forget_person", "only", "--yes", stdout=StringIO())
    with pytest.raises(CommandError, match="no account 'nobody'"):
        call_command("forget_person", "nobody", "--yes", stdout=StringIO())


def test_a_name_that_is_taken_is_not_taken_twice() -> None:
    User.objects.create_superuser("chief")
    user = User.objects.create_user("bob")
    User.objects.create_user(f"former-{user.pk}")
    assert persons.forget(user) == f"former-{user.pk}-"


def test_attempts_of_yesterday_are_dropped_at_a_login(client: Client) -> None:
    LoginAttempts.objects.create(key="old", since=timezone.now() - dt.timedelta(days=1, minutes=20))
    LoginAttempts.objects.create(key="new", since=timezone.now())
    client.force_login(User.objects.create_superuser("chief"))
    assert list(LoginAttempts.objects.values_list("key", flat=True)) == ["new"]
