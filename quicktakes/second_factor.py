"""The second factor of a login: who has one is asked for it, and REQUIRE_SECOND_FACTOR asks for one (django-otp)."""

from __future__ import annotations

import secrets
from base64 import b32encode
from typing import TYPE_CHECKING, Any

import django_otp
import segno
from django import forms
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_otp_webauthn.models import WebAuthnCredential

from learn.limits import BusyError, known_password_checks
from learn.middleware import PERMISSIONS_POLICY

from .accounts import log

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite

NEW_DEVICE = "Authenticator"
RECOVERY = "Recovery codes"
RECOVERY_CODES = 10
ASK = "publickey-credentials-get"
CODE_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that looks like another; twelve make 59 bits


def needs_second_factor(request: HttpRequest) -> bool:
    """Whether this logged-in user still has to give a code, or to set up the device that makes codes.

    Two queries at most, once per request. Recovery codes alone are no second factor: they replace a lost device.
    """
    user: Any = request.user
    if not user.is_authenticated or user.is_verified():
        return False
    if settings.REQUIRE_SECOND_FACTOR:
        return True
    if not hasattr(user, "has_device"):
        user.has_device = has_second_factor(user)
    return bool(user.has_device)


def has_second_factor(user: Any) -> bool:
    """Whether `user` has set up a device that makes codes, or a passkey; two queries at most."""
    return has_authenticator(user) or has_passkey(user)


def has_authenticator(user: Any) -> bool:
    """Whether `user` has set up a device that makes codes; one query."""
    return bool(_devices(user, confirmed=True).exists())


def has_passkey(user: Any) -> bool:
    """Whether `user` has a passkey that this site takes; one query."""
    return bool(settings.PASSKEYS and WebAuthnCredential.objects.filter(user=user, confirmed=True).exists())


def _devices(user: Any, *, confirmed: bool) -> QuerySet[Any]:
    devices: QuerySet[Any] = TOTPDevice.objects.filter(user=user, confirmed=confirmed)
    return devices


def to_second_factor(request: HttpRequest) -> HttpResponse:
    following = request.GET.get("next") or request.POST.get("next") or reverse("admin:index")
    return HttpResponseRedirect(f"{reverse('admin:second_factor')}?{urlencode({'next': following})}")


class CodeForm(forms.Form):
    code = forms.CharField(
        label="Code",
        max_length=16,
        help_text="Six digits from your authenticator app, or one of your recovery codes.",
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True}),
    )

    def __init__(self, *args: Any, devices: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.devices = devices
        self.device: Any = None

    def clean_code(self) -> str:
        code = str(self.cleaned_data["code"]).replace(" ", "").lower()
        patient = [device for device in self.devices if device.verify_is_allowed()[0]]
        if not patient:
            raise forms.ValidationError("The last code was wrong. Wait a minute, then try a new one.")
        for device in patient:
            if verified := django_otp.verify_token(device.user, device.persistent_id, code):
                self.device = verified
                return code
        raise forms.ValidationError("This code is not right, or no longer. Try the one that is shown now.")


@sensitive_post_parameters("code")
@never_cache
@csrf_protect
def second_factor(request: HttpRequest, *, site: AdminSite) -> HttpResponse:
    """Ask for a code; with no device yet, show the secret of a new one, which the first right code confirms."""
    user: Any = request.user
    if not (user.is_active and user.is_staff):
        return redirect_to_login(request.get_full_path(), reverse("admin:login"))
    following = request.POST.get("next") or request.GET.get("next") or ""
    if not url_has_allowed_host_and_scheme(
        following, {request.get_host()}, require_https=request.is_secure()
    ):
        following = reverse("admin:index")
    devices = list(django_otp.devices_for_user(user))
    new = None if devices else _unconfirmed_device(user)
    form = CodeForm(request.POST or None, devices=[new] if new else devices)
    if request.method == "POST" and form.is_valid():
        if new:
            form.device.confirmed = True
            form.device.save()
        elif isinstance(form.device, StaticDevice):
            log.note(log.Kind.RECOVERY_CODE, user, f"{codes_left(user)} left", by=user)
        django_otp.login(request, form.device)
        return _recovery_codes(request, site, following) if new else HttpResponseRedirect(following)
    context = {
        **site.each_context(request),
        "title": "Set up a second factor" if new else "Second factor",
        "form": form,
        "next": following,
        "is_optional": not settings.REQUIRE_SECOND_FACTOR,
        "has_passkey": not new and has_passkey(user),
        **(_how_to_set_up(new) if new else {}),
    }
    response = render(request, "admin/second_factor.html", context)
    if context["has_passkey"]:
        let_ask(response)
    return response


def let_ask(response: HttpResponse) -> None:
    """Let this page ask for a passkey, which no other may."""
    response.headers["Permissions-Policy"] = PERMISSIONS_POLICY.replace(f"{ASK}=()", f"{ASK}=(self)")


class OwnPasswordForm(forms.Form):
    """Asks for the password of `user` once more: a session alone may be left open."""

    password = forms.CharField(
        label="Your password",
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        strip=False,
        max_length=1000,
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        with known_password_checks.entered():
            if not self.user.check_password(password):
                raise forms.ValidationError("This password is not right.")
        return password


class ReplaceForm(OwnPasswordForm, CodeForm):
    field_order = ("password", "code")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].help_text = "Six digits from the new device."
        del self.fields["code"].widget.attrs["autofocus"]

    def clean(self) -> dict[str, Any]:
        return self.cleaned_data


@sensitive_post_parameters("code", "password")
@never_cache
@csrf_protect
def replace(request: HttpRequest, *, site: AdminSite) -> HttpResponse:
    """Put a new device in the place of the old one: with the password, because a session alone may be left open.

    Not with a code of the old device: whoever lost it came in with a recovery code, and has no other.
    """
    user: Any = request.user
    if not has_authenticator(user) and not has_passkey(user):
        return HttpResponseRedirect(reverse("admin:second_factor"))
    new = _unconfirmed_device(user)
    form = ReplaceForm(request.POST or None, user=user, devices=[new])
    try:
        if request.method == "POST" and form.is_valid():
            with transaction.atomic():
                _devices(user, confirmed=True).delete()
                form.device.confirmed = True
                form.device.save()
            django_otp.login(request, form.device)
            return _recovery_codes(request, site, reverse("admin:index"))
    except BusyError:
        form.add_error(None, "Many people are logging in at this moment. Try again in a few seconds.")
    context = {
        **site.each_context(request),
        "title": "Replace your second factor",
        "form": form,
        "next": reverse("admin:index"),
        "codes_left": codes_left(user),
        **_how_to_set_up(new),
    }
    return render(request, "admin/second_factor_replace.html", context)


@never_cache
@csrf_protect
@require_POST
def new_recovery_codes(request: HttpRequest, *, site: AdminSite) -> HttpResponse:
    """Ten new codes in the place of those that are left; only for who has a device that they stand in for."""
    if not has_second_factor(request.user):
        return HttpResponseRedirect(reverse("admin:second_factor"))
    return _recovery_codes(request, site, reverse("admin:index"))


def _recovery_codes(request: HttpRequest, site: AdminSite, following: str) -> HttpResponse:
    """Make the codes anew and show them, this once."""
    user: Any = request.user
    codes = ["-".join(_random_part() for _ in range(2)) for _ in range(RECOVERY_CODES)]
    with transaction.atomic():
        device, _ = StaticDevice.objects.get_or_create(user=user, name=RECOVERY, defaults={"confirmed": True})
        device.token_set.all().delete()
        device.token_set.bulk_create(StaticToken(device=device, token=code) for code in codes)
        log.note(log.Kind.RECOVERY_CODES, user, by=user)
    context = {
        **site.each_context(request),
        "title": "Your recovery codes",
        "codes": codes,
        "next": following,
    }
    return render(request, "admin/recovery_codes.html", context)


def _random_part() -> str:
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(6))


def codes_left(user: Any) -> int:
    """How many recovery codes `user` has not used; one query."""
    return int(StaticToken.objects.filter(device__user=user, device__confirmed=True).count())


def _unconfirmed_device(user: Any) -> Any:
    """The device that `user` began to set up, or a new one; it counts for nothing until a code confirms it."""
    return _devices(user, confirmed=False).get_or_create(
        user=user, confirmed=False, defaults={"name": NEW_DEVICE}
    )[0]


def _how_to_set_up(device: Any) -> dict[str, str]:
    """The device's secret in the three forms that authenticator apps take: picture, link, and text to type."""
    return {
        "secret": _readable_secret(device),
        "setup_url": device.config_url,
        "qr_code": segno.make(device.config_url, error="m").svg_data_uri(scale=5, border=4, light="#fff"),
    }


def _readable_secret(device: Any) -> str:
    """The secret as authenticator apps take it: base 32, in groups of four."""
    secret = b32encode(device.bin_key).decode().rstrip("=")
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
