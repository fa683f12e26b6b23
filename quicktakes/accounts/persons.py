"""What is stored of an editor: all of it in a file (export_person), or no longer there (forget_person).

Readers are nobody here: nothing is stored of them (docs/privacy.md). What refers to an account stands in RELATIONS and
MENTIONS, each with what forgetting does to it; a test fails when a model comes that neither knows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from enum import Enum
from typing import Any, Protocol

from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.db.models import Q, QuerySet

from learn.models.imports import FORMER


class Fate(Enum):
    """What becomes of a row when its person is forgotten."""

    NAMELESS = "kept, under a name that says nothing"
    REMOVED = "removed"


class Writer(Protocol):
    def write(self, text: str, /) -> object: ...


class LastAdministratorError(Exception):
    """Who is to be forgotten is the only one who can let others in."""


# Each relation to an account: model and field, the word for it in the export.
RELATIONS: dict[str, tuple[str, Fate]] = {
    "learn.Revision.history_user": ("revisions", Fate.NAMELESS),
    "learn.DeletedArticle.deleted_by": ("deleted_articles", Fate.NAMELESS),
    "learn.ImportConflict.resolved_by": ("resolved_conflicts", Fate.NAMELESS),
    "learn.Upload.user": ("uploads", Fate.NAMELESS),
    "learn.PreviewLink.made_by": ("preview_links", Fate.NAMELESS),
    "learn.Review.asked_by": ("reviews_asked_for", Fate.NAMELESS),
    "learn.Review.asked_of": ("reviews_asked_of", Fate.NAMELESS),
    "learn.Review.decided_by": ("reviews_decided", Fate.NAMELESS),
    "learn.Comment.author": ("comments", Fate.NAMELESS),
    "learn.Comment.resolved_by": ("comments_resolved", Fate.NAMELESS),
    "learn.Presence.user": ("open_forms", Fate.REMOVED),
    "learn.ChangeSet.user": ("change_sets", Fate.NAMELESS),
    "learn.Picture.added_by": ("pictures", Fate.NAMELESS),
    "learn.WorkingCopy.author": ("drafts_begun", Fate.NAMELESS),
    "learn.WorkingCopy.changed_by": ("drafts_changed", Fate.NAMELESS),
    "learn.WorkingCopy.scheduled_by": ("drafts_scheduled", Fate.NAMELESS),
    "admin.LogEntry.user": ("actions_in_the_admin", Fate.NAMELESS),
    "accounts.Person.user": ("choices", Fate.REMOVED),
    "accounts.AccountEvent.user": ("events", Fate.NAMELESS),
    "accounts.AccountEvent.by": ("events_caused", Fate.NAMELESS),
    "accounts.LoginSession.user": ("sessions", Fate.REMOVED),
    "otp_totp.TOTPDevice.user": ("second_factors", Fate.REMOVED),
    "django_otp_webauthn.WebAuthnCredential.user": ("passkeys", Fate.REMOVED),
    "django_otp_webauthn.WebAuthnUserHandle.user": ("passkey_handles", Fate.REMOVED),
    "otp_static.StaticDevice.user": ("recovery_codes", Fate.REMOVED),
    "auth.User_groups.user": ("groups", Fate.REMOVED),
    "auth.User_user_permissions.user": ("permissions", Fate.REMOVED),
}
# Columns of text that may hold the name of an account, or where a login came from.
MENTIONS: dict[str, tuple[str, Fate]] = {
    "learn.ImportRun.who": ("imports", Fate.NAMELESS),
    "learn.SyncRun.who": ("synchronisations", Fate.NAMELESS),
    "axes.AccessAttempt.username": ("failed_logins", Fate.REMOVED),
    "axes.AccessFailureLog.username": ("failures", Fate.REMOVED),
    "axes.AccessLog.username": ("logins", Fate.REMOVED),
}
# Whoever holds one of these can log in, or is let in: an export is sent by mail.
SECRET = frozenset({"password", "key", "session_key", "token", "drift", "last_t"})


def rows_of(user: User) -> Iterator[tuple[str, Fate, QuerySet[Any]]]:
    """Everything that refers to `user`: the word for it, its fate, the rows."""
    for place, (word, fate) in RELATIONS.items():
        model, field = _column(place)
        yield word, fate, QuerySet(model).filter(**{field: user.pk}).order_by("pk")
    for place, (word, fate) in MENTIONS.items():
        model, field = _column(place)
        yield word, fate, QuerySet(model).filter(_mentions(field, user.get_username())).order_by("pk")


def export(user: User, out: Writer) -> dict[str, int]:
    """Write all that is stored of `user` as JSON, row by row; return how many rows there are of each kind."""
    counts: dict[str, int] = {}
    out.write('{"account": ' + _json(_values(user)))
    for word, _fate, rows in rows_of(user):
        out.write(f',\n"{word}": [')
        number = 0
        for number, row in enumerate(rows.iterator(chunk_size=500), start=1):
            out.write(("," if number > 1 else "") + "\n" + _json(_values(row)))
        out.write("]")
        counts[word] = number
    out.write("}\n")
    return counts


def plan(user: User) -> dict[str, tuple[int, Fate]]:
    """What `forget` would do: how many rows of each kind, and what becomes of them."""
    return {word: (rows.count(), fate) for word, fate, rows in rows_of(user)}


@transaction.atomic
def forget(user: User) -> str:
    """Take the name of `user`, and all that leads to who it was, from the site; return the name in its place.

    Articles and their history stay, and so does which changes are of one hand. The account cannot log in any more.
    Raises LastAdministratorError for the only active administrator.
    """
    others = User.objects.filter(is_superuser=True, is_active=True).exclude(pk=user.pk)
    if user.is_superuser and user.is_active and not others.exists():
        raise LastAdministratorError
    name = user.get_username()
    _end_sessions(user)
    for _word, fate, rows in list(rows_of(user)):
        if fate is Fate.REMOVED:
            rows.delete()
    for place, (_word, fate) in MENTIONS.items():
        if fate is Fate.NAMELESS:
            model, field = _column(place)
            for row in QuerySet[Any](model).filter(_mentions(field, name)).only("pk", field):
                said = getattr(row, field)
                QuerySet(model).filter(pk=row.pk).update(**{field: FORMER + said[len(name) :]})
    former = _free_name(user)
    about = ContentType.objects.get_for_model(User)
    LogEntry.objects.filter(content_type=about, object_id=str(user.pk)).update(object_repr=former)
    user.username, user.first_name, user.last_name, user.email = former, "", "", ""
    user.is_active = user.is_staff = user.is_superuser = False
    user.last_login = None
    user.set_unusable_password()
    user.save()
    return former


def _free_name(user: User) -> str:
    names = (f"former-{user.pk}{'-' * number}" for number in range(100))
    return next(name for name in names if not User.objects.filter(username=name).exclude(pk=user.pk).exists())


def _end_sessions(user: User) -> None:
    """All of them, also those that no row tells of."""
    for session in Session.objects.iterator():
        if session.get_decoded().get("_auth_user_id") == str(user.pk):
            session.delete()


def _mentions(field: str, name: str) -> Q:
    """An import of an upload says `name, file.zip`."""
    return Q(**{field: name}) | Q(**{f"{field}__startswith": f"{name}, "})


def _column(place: str) -> tuple[type[models.Model], str]:
    label, _dot, field = place.rpartition(".")
    return apps.get_model(label), field


def _values(row: models.Model) -> dict[str, Any]:
    """The columns of a row, and the name of what each key leads to, without what lets somebody in."""
    told: dict[str, Any] = {}
    for field in row._meta.concrete_fields:
        if field.name in SECRET:
            continue
        value = getattr(row, field.attname)
        is_name = field.is_relation and field.name in ("group", "permission")
        told[field.name] = str(getattr(row, field.name)) if is_name else value
    return told


def _default(value: object) -> str:
    if isinstance(value, bytes | memoryview):
        return f"{len(bytes(value))} bytes"
    return str(DjangoJSONEncoder().default(value))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=_default)
