"""An editor's own account: the address of mail, which mails come, and what else they look after themselves."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import User
from django.core.signing import BadSignature, TimestampSigner
from django.db import transaction
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.debug import sensitive_post_parameters

from learn.limits import BusyError

from . import mail
from .accounts import log, review_mails
from .accounts.models import LoginAttempts, Person
from .login import HOUR
from .second_factor import OwnPasswordForm, codes_left, has_second_factor

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite

ADDRESS_LINK_AGE = dt.timedelta(days=1)
CHANGES_PER_HOUR = 5  # mails to addresses that one account names
_signer = TimestampSigner(salt="quicktakes.account.address")


class MailsForm(forms.ModelForm):
    class Meta:
        model = Person
        fields = ("mail_requests", "mail_decisions")


class AddressForm(OwnPasswordForm):
    email = forms.EmailField(
        label="New address",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    field_order = ("email", "password")


@sensitive_post_parameters("password")
@never_cache
@csrf_protect
def account(request: HttpRequest, *, site: AdminSite) -> HttpResponse:
    """Show what whoever asks may look after; POST chooses mails, or asks for another address."""
    user: Any = request.user
    person = Person.objects.filter(user=user).first() or Person(user=user)
    asks_for_address = "_address" in request.POST
    mails = MailsForm(
        request.POST if request.method == "POST" and not asks_for_address else None, instance=person
    )
    address = AddressForm(request.POST if asks_for_address else None, user=user)
    if request.method == "POST" and not asks_for_address and mails.is_valid():
        mails.save()
        messages.success(request, "It is noted which mails you want.")
        return HttpResponseRedirect(reverse("admin:account"))
    try:
        if asks_for_address and address.is_valid():
            return _ask_for_address(request, address.cleaned_data["email"], person)
    except BusyError:
        address.add_error(None, "Many people are logging in at this moment. Try again in a few seconds.")
    context = {
        **site.each_context(request),
        "title": "Your account",
        "mails": mails,
        "address": address,
        "sends_mail": settings.SENDS_MAIL,
        "codes_left": codes_left(user),
        "has_second_factor": has_second_factor(user),
        "passkeys": settings.PASSKEYS,
    }
    return render(request, "admin/account.html", context)


def _ask_for_address(request: HttpRequest, new: str, person: Person) -> HttpResponse:
    """Send the link that makes `new` the address; where another account has it, the same is said and none is sent."""
    user: Any = request.user
    key = salted_hmac("quicktakes.account", f"address {user.pk}", algorithm="sha256").hexdigest()
    if LoginAttempts.objects.add(key, HOUR) > CHANGES_PER_HOUR:
        messages.error(request, "That was tried often within an hour. Try again later.")
        return HttpResponseRedirect(reverse("admin:account"))
    token = _signer.sign_object([user.pk, new, person.address_changes])
    message = mail.write(new, "confirm your new address", [
        f"{user.get_username()} asked to be written to at this address.",
        "",
        "If that is you, confirm it here, within a day, in a browser in which you are logged in:",
        mail.link("address_confirm", token),
    ])  # fmt: skip
    if not _is_taken(new, user):
        mail.send(message)
    messages.success(request, f"A mail to {new} is on its way. The address changes when you follow its link.")
    return HttpResponseRedirect(reverse("admin:account"))


def _is_taken(address: str, user: Any) -> bool:
    return User.objects.filter(email__iexact=address).exclude(pk=user.pk).exists()


@never_cache
@csrf_protect
def confirm_address(request: HttpRequest, token: str, *, site: AdminSite) -> HttpResponse:
    """Ask once more, and (POST) change the address: programs that look at mails follow links, too.

    404 for a link of another account, one that is a day old, was used, or came before another change.
    """
    user: Any = request.user
    try:
        pk, new, number = _signer.unsign_object(token, max_age=ADDRESS_LINK_AGE)
    except (BadSignature, ValueError, TypeError):
        raise Http404 from None
    person, _made = Person.objects.get_or_create(user=user)
    if (pk, number) != (user.pk, person.address_changes) or _is_taken(new, user):
        raise Http404
    if request.method == "POST":
        with transaction.atomic():
            is_first = Person.objects.filter(pk=person.pk, address_changes=number).update(
                address_changes=F("address_changes") + 1
            )
            if not is_first:
                raise Http404
            old = user.email
            User.objects.filter(pk=user.pk).update(email=new)
            log.note(log.Kind.ADDRESS, user, by=user)
            if old:
                mail.send(mail.write(old, "your address was changed", [
                    f"{user.get_username()} is written to at another address from now on.",
                    "",
                    "If that was not you, tell whoever looks after the site.",
                ]))  # fmt: skip
        messages.success(request, f"You are written to at {new} from now on.")
        return HttpResponseRedirect(reverse("admin:account"))
    context = {**site.each_context(request), "title": "Confirm your address", "new": new}
    return render(request, "admin/address_confirm.html", context)


@login_not_required
@never_cache
@csrf_exempt
def mails_off(request: HttpRequest, token: str, *, site: AdminSite) -> HttpResponse:
    """Switch one kind of mail off: by a button, or by the POST of a mail program, which has no cookie (RFC 8058)."""
    found = review_mails.read_switch(token)
    if found is None:
        raise Http404
    pk, kind = found
    if request.method == "POST":
        review_mails.switch_off(pk, kind)
    context = {
        **site.each_context(request),
        "title": "Mails",
        "kind": review_mails.KINDS[kind],
        "is_off": request.method == "POST",
    }
    return render(request, "admin/mails_off.html", context)
