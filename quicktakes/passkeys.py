"""Passkeys (django-otp-webauthn): made, used, removed. After the password they are the second factor; alone, both.

Who logs in with one alone has it, and the device asked for a finger, a face or a PIN before it answered: an answer that
does not say so is refused.

A session alone may be left open: to make or to remove one takes the password, given a moment ago. Browsers give
passkeys to a site by https alone, so PASSKEYS is off where SITE_URL is not (quicktakes.editor_settings.passkeys).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import django_otp
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django_otp_webauthn import exceptions, views
from django_otp_webauthn.models import WebAuthnCredential, WebAuthnUserHandle
from webauthn import base64url_to_bytes

from learn import limits
from learn.limits import BusyError

from .login import remember_device
from .second_factor import OwnPasswordForm, codes_left

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite

MAY_ADD = "passkey_may_add"  # in the session: since when (seconds since 1970), and the name
MAY_ADD_FOR = 300  # seconds after the password
MOST = 10


class NeedsPasswordError(exceptions.OTPWebAuthnApiError):  # type: ignore[misc]  # the package has no types
    status_code = 403
    default_code = "needs_password"
    default_detail = "Give your password again first."


def _name_to_add(request: HttpRequest) -> str:
    """The name of the passkey that this session may make now; empty where it may make none."""
    since, name = request.session.get(MAY_ADD, (0, ""))
    return str(name) if settings.PASSKEYS and time.time() - since < MAY_ADD_FOR else ""


class Making:
    """What both steps of making one ask for."""

    request: Any

    def check_can_register(self) -> None:
        user = self.request.user
        if not (user.is_active and user.is_staff and _name_to_add(self.request)):
            raise NeedsPasswordError


class BeginMaking(Making, views.BeginCredentialRegistrationView):  # type: ignore[misc]
    pass


class CompleteMaking(Making, views.CompleteCredentialRegistrationView):  # type: ignore[misc]
    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        name = _name_to_add(self.request)
        response: HttpResponse = super().post(*args, **kwargs)
        user = self.request.user
        made = WebAuthnCredential.objects.filter(user=user).latest("pk")
        WebAuthnCredential.objects.filter(pk=made.pk).update(name=name)
        del self.request.session[MAY_ADD]
        messages.success(self.request, "The passkey is made. You can use it from now on.")
        return response


class TooOftenError(exceptions.OTPWebAuthnApiError):  # type: ignore[misc]
    status_code = 429
    default_code = "too_often"
    default_detail = "That was too often. Try again in ten minutes."


class Using:
    """Only after the password, and only of whom the admin lets in."""

    request: Any

    def check_can_authenticate(self) -> None:
        user = self.request.user
        if not (settings.PASSKEYS and user.is_authenticated and user.is_active and user.is_staff):
            raise exceptions.PasswordlessLoginDisabled


class BeginUsing(Using, views.BeginCredentialAuthenticationView):  # type: ignore[misc]
    pass


class CompleteUsing(Using, views.CompleteCredentialAuthenticationView):  # type: ignore[misc]
    def check_device_usable(self, device: Any) -> None:
        super().check_device_usable(device)
        if device.user_id != self.request.user.pk:
            raise exceptions.CredentialNotFound

    def get_success_url(self) -> str:
        return str(self.get_redirect_url() or reverse("admin:index"))


class Entering:
    """Without a name and a password, whoever was logged in before. Counted as attempts to log in."""

    request: Any

    def check_can_authenticate(self) -> None:
        if not settings.PASSKEYS:
            raise exceptions.PasswordlessLoginDisabled
        if limits.use("login", limits.client_address(self.request)).is_too_much:
            raise TooOftenError

    def get_user(self) -> None:
        """Nobody yet: so the package asks the device to make sure who holds it, and refuses an answer that did not."""
        return


class BeginEntering(Entering, views.BeginCredentialAuthenticationView):  # type: ignore[misc]
    pass


class CompleteEntering(Entering, CompleteUsing):
    def check_device_usable(self, device: Any) -> None:
        views.CompleteCredentialAuthenticationView.check_device_usable(self, device)
        handle = _user_handle(self.request.data)
        if not device.user.is_staff or handle != WebAuthnUserHandle.get_handle_for_user(device.user):
            raise exceptions.CredentialNotFound

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().post(*args, **kwargs)
        remember_device(self.request, response, self.request.user.get_username())
        return response

    def complete_auth(self, device: Any) -> None:
        login(self.request, device.user, backend="django.contrib.auth.backends.ModelBackend")
        django_otp.login(self.request, device)


def _user_handle(answer: Any) -> bytes:
    """Whose passkey the device says it used (https://www.w3.org/TR/webauthn-3/#sctn-verifying-assertion, step 6)."""
    try:
        return base64url_to_bytes(answer["response"]["userHandle"])
    except (KeyError, TypeError, ValueError):
        return b""


urls = (
    [
        path("login/begin/", BeginEntering.as_view(), name="login-begin"),
        path("login/complete/", CompleteEntering.as_view(), name="login-complete"),
        path("making/begin/", BeginMaking.as_view(), name="credential-registration-begin"),
        path("making/complete/", CompleteMaking.as_view(), name="credential-registration-complete"),
        path("using/begin/", BeginUsing.as_view(), name="credential-authentication-begin"),
        path("using/complete/", CompleteUsing.as_view(), name="credential-authentication-complete"),
    ],
    "otp_webauthn",
)


class PasskeyForm(OwnPasswordForm):
    name = forms.CharField(max_length=64, help_text="What you call it, such as “my phone”.")
    field_order = ("name", "password")


@sensitive_post_parameters("password")
@never_cache
@csrf_protect
def own_passkeys(request: HttpRequest, *, site: AdminSite) -> HttpResponse:
    """The passkeys of whoever asks; POST lets the browser make one, or removes the one of this name."""
    if not settings.PASSKEYS:
        raise Http404
    user: Any = request.user
    keys = WebAuthnCredential.objects.filter(user=user, confirmed=True).order_by("pk")
    form = PasskeyForm(request.POST or None, user=user)
    try:
        if request.method == "POST" and form.is_valid() and _do(request, form, keys):
            return HttpResponseRedirect(reverse("admin:own_passkeys"))
    except BusyError:
        form.add_error(None, "Many people are logging in at this moment. Try again in a few seconds.")
    context = {
        **site.each_context(request),
        "title": "Your passkeys",
        "keys": list(keys),
        "form": form,
        "may_add": _name_to_add(request),
        "codes_left": codes_left(user),
    }
    return render(request, "admin/passkeys.html", context)


def _do(request: HttpRequest, form: PasskeyForm, keys: Any) -> bool:
    """Do what was posted; False, with an error in the form, where that cannot be done."""
    name = form.cleaned_data["name"]
    same = keys.filter(name=name)
    if "_remove" in request.POST:
        if not same.exists():
            form.add_error("name", "You have no passkey of this name.")
            return False
        same.delete()
        messages.success(request, f"The passkey “{name}” is removed. Remove it on your device, too.")
        return True
    if same.exists() or keys.count() >= MOST:
        form.add_error("name", f"Choose a name that no other of your passkeys has; {MOST} are the most.")
        return False
    request.session[MAY_ADD] = [int(time.time()), name]
    return True
