"""The log of logins and of changes to rights: what writes it, and for how long it is kept.

Rights are looked at where they are stored: also what a command or a program changes is in the log, by nobody.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.contrib.auth.models import Group, Permission, User
from django.contrib.auth.signals import user_logged_in
from django.db.models import Model
from django.db.models.signals import m2m_changed, post_save, pre_delete, pre_save
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from .models import AccountEvent

Kind = AccountEvent.Kind
KEPT = dt.timedelta(days=365)
FLAGS = {"is_active": "active", "is_staff": "staff", "is_superuser": "superuser"}
WORDS = {"post_add": "given", "post_remove": "taken away", "pre_clear": "taken away"}
_BEFORE = "account_log_before"  # on a user that is being saved: its flags as they are stored
_request: ContextVar[HttpRequest | None] = ContextVar("account_log_request", default=None)


@contextmanager
def acting(request: HttpRequest) -> Iterator[None]:
    """Within it, what changes is by the user of `request`."""
    token = _request.set(request)
    try:
        yield
    finally:
        _request.reset(token)


def acting_request() -> HttpRequest | None:
    """The request that is being answered; None in a command or a program."""
    return _request.get()


def note(kind: AccountEvent.Kind, user: Any, detail: str = "", *, by: Any = None) -> None:
    """Write down that something happened to the account `user` (None: to a group); `by` None: by who is acting."""
    request = _request.get()
    who = by or (request.user if request is not None and request.user.is_authenticated else None)
    AccountEvent.objects.create(
        kind=kind, user_id=user.pk if user else None, by_id=who.pk if who else None, detail=detail
    )


@receiver(user_logged_in)
def _logged_in(user: Any, **_kwargs: Any) -> None:
    AccountEvent.objects.filter(at__lt=timezone.now() - KEPT).delete()
    note(Kind.LOGIN, user, by=user)


# --- Rights -------------------------------------------------------------------------------------------------------


@receiver(pre_save, sender=User)
def _look_at_flags(instance: Any, raw: bool, update_fields: Any, **_kwargs: Any) -> None:  # noqa: FBT001 Django's
    if instance.pk and not raw and (update_fields is None or FLAGS.keys() & set(update_fields)):
        stored = User.objects.filter(pk=instance.pk).values(*FLAGS).first()
        setattr(instance, _BEFORE, stored)


@receiver(post_save, sender=User)
def _flags_changed(instance: Any, created: bool, raw: bool, **_kwargs: Any) -> None:  # noqa: FBT001
    before = instance.__dict__.pop(_BEFORE, None)
    if raw:
        return
    if created:
        told = [word for name, word in FLAGS.items() if getattr(instance, name)]
        note(Kind.RIGHTS, instance, f"account made: {', '.join(told) or 'not active'}")
    elif before:
        told = [
            word if getattr(instance, name) else f"no longer {word}"
            for name, word in FLAGS.items()
            if getattr(instance, name) != before[name]
        ]
        if told:
            note(Kind.RIGHTS, instance, ", ".join(told))


def _rights_changed(
    sender: Any,
    instance: Any,
    action: str,
    reverse: bool,  # noqa: FBT001
    model: Any,
    pk_set: Any,
    **_kwargs: Any,
) -> None:
    """Groups of an account, permissions of an account or of a group, from whichever end they are changed."""
    if action not in WORDS or (action != "pre_clear" and not pk_set):
        return
    if action == "pre_clear":
        field = next(f for f in instance._meta.get_fields() if _through(f) is sender)
        pk_set = set(getattr(instance, _accessor(field)).values_list("pk", flat=True))
    others = list(model.objects.filter(pk__in=pk_set))
    if not others:
        return
    owners, things = (others, [instance]) if reverse else ([instance], others)
    for owner in owners:
        account = owner if isinstance(owner, User) else None
        prefix = "" if account else f"group {owner}: "
        note(Kind.RIGHTS, account, f"{prefix}{WORDS[action]}: {_named(things)}")


def _through(field: Any) -> Any:
    return getattr(getattr(field, "remote_field", None), "through", None) or getattr(field, "through", None)


def _accessor(field: Any) -> str:
    return str(field.get_accessor_name() if field.auto_created else field.name)


def _named(things: Iterable[Model]) -> str:
    return ", ".join(
        sorted(f"“{thing.name}”" if isinstance(thing, Permission) else f"group {thing}" for thing in things)
    )


for _model in (User.groups, User.user_permissions, Group.permissions):
    m2m_changed.connect(_rights_changed, sender=_model.through)


@receiver(pre_delete, sender=Group)
def _group_goes(instance: Any, **_kwargs: Any) -> None:
    """Members lose what it gave them."""
    for member in User.objects.filter(groups=instance):
        note(Kind.RIGHTS, member, f"taken away: group {instance}, which was deleted")


@receiver(pre_delete, sender=User)
def _account_goes(instance: Any, **_kwargs: Any) -> None:
    note(Kind.RIGHTS, None, f"account {instance.pk} deleted")
