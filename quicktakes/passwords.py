"""Ways to a password without the old one: by a link in a mail, for who forgot theirs and for who was invited.

Django's tokens and views. A token counts once, because a new password is part of it, and for a time; no answer tells
whether an account exists, not by its words, and not by how long it takes.
https://cheatsheetseries.owasp.org/cheatsheets/Forgot_Password_Cheat_Sheet.html
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from axes.utils import reset as forget_failures
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import PasswordResetForm
from django.contrib.auth.models import Group, User
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.contrib.auth.views import PasswordResetConfirmView
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.encoding import force_bytes
from django.utils.http import base36_to_int, urlsafe_base64_encode
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect

from learn import limits

from . import mail
from .accounts import log
from .accounts.models import LoginAttempts
from .login import HOUR, TooManyAttemptsError

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite

RESET_AGE = dt.timedelta(hours=1)
RESETS_PER_HOUR = 3  # mails to one address, whoever asks for them
TOKENS_BEGIN = dt.datetime(2001, 1, 1)  # noqa: DTZ001 Django counts from there in local time


class ResetTokens(PasswordResetTokenGenerator):
    """For who forgot a password: an hour."""

    key_salt = "quicktakes.passwords.reset"

    def check_token(self, user: Any, token: str | None) -> bool:
        if not super().check_token(user, token):
            return False
        made = base36_to_int(str(token).partition("-")[0])
        return self._num_seconds(self._now()) - made <= RESET_AGE.total_seconds()


class InvitationTokens(PasswordResetTokenGenerator):
    """For who was invited: PASSWORD_RESET_TIMEOUT, and as long as they have no password."""

    key_salt = "quicktakes.passwords.invitation"

    def check_token(self, user: Any, token: str | None) -> bool:
        return bool(user and not user.has_usable_password() and super().check_token(user, token))


reset_tokens, invitation_tokens = ResetTokens(), InvitationTokens()


def link_for(user: Any, tokens: PasswordResetTokenGenerator, name: str) -> str:
    """The address at which `user` sets a password."""
    return mail.link(name, urlsafe_base64_encode(force_bytes(user.pk)), tokens.make_token(user))


# --- Forgotten ----------------------------------------------------------------------------------------------------


@login_not_required
@never_cache
@csrf_protect
def forgotten(request: HttpRequest, *, site: AdminSite) -> HttpResponse:
    """Ask for an address, and send a link to the account that has it. The answer is the same for every address.

    Raises TooManyAttemptsError where one network address asks too often.
    """
    form = PasswordResetForm(request.POST or None)
    is_done = False
    if request.method == "POST":
        use = limits.use("login", limits.client_address(request))
        if use.is_too_much:
            raise TooManyAttemptsError(use.retry_after)
        if form.is_valid():
            _send_reset(form)
            is_done = True
    context = {
        **site.each_context(request),
        "title": "A mail is on its way" if is_done else "Forgot your password?",
        "form": form,
        "is_done": is_done,
        "sends_mail": settings.SENDS_MAIL,
        "minutes": int(RESET_AGE.total_seconds() // 60),
    }
    return render(request, "admin/password_forgotten.html", context)


def _send_reset(form: PasswordResetForm) -> None:
    """The same work for an address that nobody has, but for the mail: a thread of its own sends it."""
    address = form.cleaned_data["email"]
    key = salted_hmac("quicktakes.passwords", address.casefold(), algorithm="sha256").hexdigest()
    is_too_often = LoginAttempts.objects.add(key, HOUR) > RESETS_PER_HOUR
    nobody = User(pk=0, email=address)
    for user in list(form.get_users(address)) or [nobody]:
        lines = [
            f"Somebody, you we hope, asked for a new password for {user.get_username()}.",
            "",
            "Set it here, within an hour:",
            link_for(user, reset_tokens, "password_reset"),
            "",
            "If it was not you, there is nothing to do: your password stays as it is.",
        ]
        message = mail.write(user.email, "set a new password", lines)
        if user is not nobody and not is_too_often:
            mail.send(message)


class SetPassword(PasswordResetConfirmView):
    """Set a password by a token, which the address then no longer shows (Django keeps it in the session)."""

    template_name = "admin/password_set.html"
    success_url = reverse_lazy("admin:login")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**self.kwargs["site"].each_context(self.request), **super().get_context_data(**kwargs)}

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        user: Any = self.user
        forget_failures(username=user.get_username())
        messages.success(self.request, f"Your password is set. Log in as {user.get_username()}.")
        return response


reset = SetPassword.as_view(token_generator=reset_tokens, title="Set a new password")
accept = SetPassword.as_view(token_generator=invitation_tokens, title="Welcome: choose a password")


# --- Invited ------------------------------------------------------------------------------------------------------


def may_invite(user: Any) -> bool:
    """Whether `user` may make accounts: Django asks for both permissions, because one leads to the other."""
    return bool(user.has_perm("auth.add_user") and user.has_perm("auth.change_user"))


def groups_to_give(user: Any) -> Any:
    """The groups that `user` may put others in: those that give nothing that they do not have themselves."""
    groups = Group.objects.order_by("name")
    if user.is_superuser:
        return groups
    mine = user.get_all_permissions()
    names = {
        group.pk: {f"{one.content_type.app_label}.{one.codename}" for one in group.permissions.all()}
        for group in groups.prefetch_related("permissions__content_type")
    }
    return groups.filter(pk__in=[pk for pk, given in names.items() if given <= mine])


class InviteForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ("email", "username", "first_name", "last_name", "groups")
        widgets = {"groups": forms.CheckboxSelectMultiple}
        help_texts = {"username": "What they log in with. Letters, digits and @/./+/-/_ only.", "groups": ""}

    def __init__(self, *args: Any, inviter: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].required = True
        self.fields["groups"].queryset = groups_to_give(inviter)  # type: ignore[attr-defined]

    def clean_email(self) -> str:
        address = str(self.cleaned_data["email"])
        if User.objects.filter(email__iexact=address).exists():
            raise forms.ValidationError("An account has this address already. You find it under People.")
        return address

    def save(self, commit: bool = True) -> Any:  # noqa: FBT001, FBT002 Django's signature
        user: Any = super().save(commit=False)
        user.is_staff = True
        user.set_unusable_password()
        if commit:
            user.save()
            self.save_m2m()
        return user


@never_cache
@csrf_protect
def invite(request: HttpRequest, *, site: AdminSite) -> HttpResponse:
    """Make an account without a password, and send the link at which its owner chooses one."""
    user: Any = request.user
    if not may_invite(user):
        raise PermissionDenied
    form = InviteForm(request.POST or None, inviter=user)
    invited, address = None, ""
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            invited = form.save()
            address = send_invitation(invited, user)
        if settings.SENDS_MAIL:
            messages.success(request, f"{invited} is invited: a mail to {invited.email} is on its way.")
            return HttpResponseRedirect(reverse("admin:auth_user_changelist"))
    context = {
        **site.each_context(request),
        "title": "Invite somebody",
        "form": form,
        "invited": invited,
        "address": address,
        "days": settings.PASSWORD_RESET_TIMEOUT // (24 * 3600),
    }
    return render(request, "admin/invite.html", context)


def send_invitation(invited: Any, by: Any) -> str:
    """Mail `invited` the link at which they choose a password; return it, for a site that sends no mail."""
    address = link_for(invited, invitation_tokens, "invitation")
    days = settings.PASSWORD_RESET_TIMEOUT // (24 * 3600)
    until = timezone.now() + dt.timedelta(days=days)
    log.note(log.Kind.INVITED, invited, by=by)
    mail.send(mail.write(invited.email, "you are invited", [
        f"{by.get_full_name() or by} invites you to write for {settings.SITE_NAME}.",
        "",
        f"Your name is {invited.get_username()}. Choose a password here, until {until:%d %B %Y}:",
        address,
    ]))  # fmt: skip
    return address
