"""The form in which a reader reports a mistake, and the vote on whether an answer helped. No cookie, no script."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from learn import limits, seo
from learn.feedback import reports, tokens
from learn.feedback.reports import Mistake, TooManyError
from learn.feedback.tokens import TokenError
from learn.models import QUOTE_MAX_LENGTH, REPORT_MAX_LENGTH, Article, Report

from . import errors

LARGEST = 20_000  # bytes of a form: all its fields full, each character in twelve bytes (%F0%9F%98%80)
# Forms that a process reads in so many seconds. What comes back in a refused one costs a page each, and readers wait
# for it; who really typed it has it in the browser, one step back.
FLOOD, FLOOD_SECONDS = 30, 10
_received_lately = limits.Memory()
SENT = "sent"  # what the address says once a report is stored


class Lines(forms.CharField):
    """Text whose line breaks count once, as the browser counts them: forms are sent with CR and LF."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n")


class ReportForm(forms.Form):
    """What a reader writes. `website` is a field that people do not see, and that programs fill in."""

    kind = forms.ChoiceField(
        label="What is wrong?",
        choices=Report.Kind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose one.", "invalid_choice": "Choose one of these."},
    )
    quote = Lines(
        label="Where?",
        required=False,
        max_length=QUOTE_MAX_LENGTH,
        help_text="The words of the answer that are meant.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    text = Lines(
        label="What should it say?",
        required=False,
        max_length=REPORT_MAX_LENGTH,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    mail = forms.EmailField(
        label="Your e-mail, if you would like an answer",
        required=False,
        help_text="Used for nothing else, and deleted a month after your report is done.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    website = forms.CharField(required=False)

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if values.get("kind") == Report.Kind.OTHER and not values.get("text") and "text" not in self.errors:
            self.add_error("text", "Say in a few words what is wrong.")
        return values


@csrf_exempt  # a token of its own, which needs no cookie
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, subject_slug: str, slug: str) -> HttpResponseBase:
    """The form, and what is sent with it. One query for the form, ten for a report that is stored."""
    if request.method == "POST" and _received_lately.add("all", FLOOD_SECONDS) > FLOOD:
        return errors.crowded(request)
    article = _published(subject_slug, slug)
    if request.method == "POST":
        return _received(request, article)
    if SENT in request.GET:
        return _page(request, article, None)
    quote = " ".join(request.GET.get("quote", "").replace("\0", "").split())[:QUOTE_MAX_LENGTH]
    return _page(request, article, ReportForm(initial={"quote": quote}))


def _received(request: HttpRequest, article: Article) -> HttpResponseBase:
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST:
        return _page(
            request, article, ReportForm(), "That was too long to be read. Write a little less.", 413
        )
    form = ReportForm(request.POST)
    try:
        token = tokens.read(request.POST.get("token", ""), article.pk)
    except TokenError as error:
        return _page(request, article, form, f"{error} What you wrote is still here: send it again.", 403)
    if not form.is_valid():
        return _page(request, article, form, "", 422)
    if form.cleaned_data.pop("website"):
        # A program: it is told what it wants to hear.
        return HttpResponseRedirect(f"{request.path}?{SENT}", status=303)
    try:
        reports.report(token, Mistake(**form.cleaned_data), limits.client_address(request))
    except TokenError as error:
        return _page(request, article, form, f"{error} If it is something new, send it again.", 409)
    except TooManyError as error:
        return _page(
            request, article, form, f"{error} What you wrote is still here: try again tomorrow.", 429
        )
    return HttpResponseRedirect(f"{request.path}?{SENT}", status=303)


def _page(
    request: HttpRequest, article: Article, form: ReportForm | None, problem: str = "", status: int = 200
) -> HttpResponse:
    """The form with a token of its own, or thanks where there is none."""
    heading = "Thank you" if form is None else "Report a mistake"
    ctx = {
        "head": seo.plain_head(heading, "Tell us what is wrong with an answer."),
        "heading": heading,
        "article": article,
        "subject": article.subject,
        "form": form,
        "problem": problem,
        "token": tokens.issue(article.pk, article.version) if form else "",
    }
    response = render(request, "learn/report.html", ctx, status=status)
    add_never_cache_headers(response)
    return response


@csrf_exempt  # a page that any cache may keep holds no token; what it asks for changes a count
@require_http_methods(["GET", "HEAD", "POST"])
def helpful(request: HttpRequest, subject_slug: str, slug: str) -> HttpResponseBase:
    """Count a vote, of a form on our own page, and thank for it; who comes otherwise is led to the answer."""
    article = _published(subject_slug, slug)
    if request.method != "POST":
        return HttpResponseRedirect(f"{article.get_absolute_url()}#answer")
    is_ours = request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"
    choice = {"yes": True, "no": False}.get(request.POST.get("helpful", ""))
    if not is_ours:
        choice = None
    if choice is not None:
        reports.vote(article, limits.client_address(request), is_helpful=choice)
    ctx = {
        "head": seo.plain_head("Thank you", "Your answer was counted."),
        "heading": "Thank you",
        "article": article,
        "subject": article.subject,
        "is_vote": True,
        "was_helpful": choice,
    }
    response = render(request, "learn/report.html", ctx)
    add_never_cache_headers(response)
    return response


def _published(subject_slug: str, slug: str) -> Article:
    """The article at this address that readers see. Raises Http404."""
    articles = Article.objects.published().select_related("subject")
    columns = ("subject__slug", "subject__title", "slug", "question", "version")
    article = articles.filter(subject__slug=subject_slug, slug=slug).only(*columns).first()
    if article is None:
        raise Http404
    return article


for view in (report, helpful):
    view.takes_forms = True  # type: ignore[attr-defined]
