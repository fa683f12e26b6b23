"""Tells the owner of an account, and the log, that what lets them in was changed, whichever way it was done.

Looked at where it is stored: a page, the admin's list of people, a command and a shell are all noticed.
https://cheatsheetseries.owasp.org/cheatsheets/Authentication_Cheat_Sheet.html
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.contrib.auth.models import User
from django.db.models.signals import post_delete, post_save, pre_save
from django.dispatch import receiver
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_otp_webauthn.models import WebAuthnCredential

from quicktakes import mail

from . import log
from .models import AccountEvent

Kind = AccountEvent.Kind
_BEFORE = "account_password_before"  # on a user that is being saved: the hash as it is stored
_WAS_CONFIRMED = "account_device_before"
WHAT = {TOTPDevice: "authenticator", WebAuthnCredential: "passkey"}


@receiver(pre_save, sender=User)
def _look_at_password(
    instance: Any,
    raw: bool,  # noqa: FBT001 Django's
    update_fields: Collection[str] | None,
    **_kwargs: Any,
) -> None:
    if not instance.pk or raw or (update_fields is not None and "password" not in update_fields):
        return
    typed = instance._password  # noqa: SLF001 what Django itself goes by
    if typed is None and update_fields is not None and set(update_fields) == {"password"}:
        return  # the same password, hashed anew at a login: AbstractBaseUser.check_password
    stored = User.objects.filter(pk=instance.pk).values_list("password", flat=True).first()
    setattr(instance, _BEFORE, stored)


@receiver(post_save, sender=User)
def _password_changed(instance: Any, **_kwargs: Any) -> None:
    before = instance.__dict__.pop(_BEFORE, None)
    if before is None or before == instance.password:
        return
    word = "set" if instance.has_usable_password() else "taken away"
    # Who is not logged in came by a link that the owner alone has.
    request = log.acting_request()
    by = instance if request is not None and not request.user.is_authenticated else None
    log.note(Kind.PASSWORD, instance, "" if word == "set" else word, by=by)
    _tell(
        instance,
        f"your password was {word}",
        f"The password of {instance.get_username()} was {word} just now.",
    )


@receiver(pre_save, sender=TOTPDevice)
@receiver(pre_save, sender=WebAuthnCredential)
def _look_at_device(sender: Any, instance: Any, raw: bool, **_kwargs: Any) -> None:  # noqa: FBT001
    stored = sender.objects.filter(pk=instance.pk, confirmed=True) if instance.pk else sender.objects.none()
    instance.__dict__[_WAS_CONFIRMED] = raw or stored.exists()


@receiver(post_save, sender=TOTPDevice)
@receiver(post_save, sender=WebAuthnCredential)
def _device_made(sender: Any, instance: Any, **_kwargs: Any) -> None:
    was_confirmed = instance.__dict__.pop(_WAS_CONFIRMED, False)
    if instance.confirmed and not was_confirmed:
        _note_device(instance, WHAT[sender], "set up")


@receiver(post_delete, sender=TOTPDevice)
@receiver(post_delete, sender=WebAuthnCredential)
def _device_gone(sender: Any, instance: Any, origin: Any = None, **_kwargs: Any) -> None:
    goes_with_account = User in (type(origin), getattr(origin, "model", None))
    if instance.confirmed and not goes_with_account:
        named = f"{WHAT[sender]} {instance.name}" if sender is WebAuthnCredential else WHAT[sender]
        _note_device(instance, named, "removed")


def _note_device(device: Any, what: str, word: str) -> None:
    log.note(Kind.SECOND_FACTOR, device.user, f"{what} {word}")
    what = "a passkey" if what.startswith("passkey") else "an authenticator app"
    _tell(
        device.user, f"your second factor was changed: {what} was {word}",
        f"For {device.user.get_username()}, {what} was {word} just now.",
    )  # fmt: skip


def _tell(user: Any, subject: str, line: str) -> None:
    if not (user.email and user.is_active):
        return
    mail.send(mail.write(user.email, subject, [
        line,
        "",
        "If it was not you, set a new password, and tell whoever looks after the site:",
        mail.link("password_forgotten"),
    ]))  # fmt: skip
