"""What readers report: each mistake with its place and its state, and an overview by article and subject."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from learn import rights
from learn.feedback import overview as told
from learn.feedback import reads, reports
from learn.identity import row_key
from learn.models import Article, Report

from .lists import LearnModelAdmin
from .markup import time_tag

State = Report.State
DAYS = (1, 7, 30, 90)


class ReportForm(ModelForm):
    class Meta:
        model = Report
        fields = ("state", "answer")
        widgets = {
            "answer": forms.Textarea(
                attrs={"rows": 5, "class": "vLargeTextField", "lang": "en", "spellcheck": "true"}
            )
        }


class ArticleFilter(admin.SimpleListFilter):
    """Of one article, which the overview names; offered only where it was chosen."""

    title = "question"
    parameter_name = "question"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        chosen = row_key(request.GET.get("question", ""))
        article = Article.objects.filter(pk=chosen).only("question").first() if chosen else None
        return [(str(article.pk), article.question)] if article else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Report]) -> QuerySet[Report] | None:
        return queryset.filter(article=chosen) if (chosen := row_key(self.value() or "")) else None


@admin.register(Report)
class ReportAdmin(LearnModelAdmin):
    form = ReportForm
    list_display = ("what", "where", "state", "times", "seen", "last")
    list_filter = ("state", "kind", "article__subject", ArticleFilter)
    search_fields = ("text", "quote", "article__question")
    actions = ("accept", "dismiss")
    ordering = ("-last_at", "-pk")
    told = ("kind", "text", "quote", "place", "seen", "times", "said", "reply_to")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Report]:
        rows: QuerySet[Report] = super().get_queryset(request)
        columns = ("question", "slug", "version", "subject__slug", "subject__title")
        return rows.select_related("article__subject").only(
            *(field.name for field in Report._meta.concrete_fields),
            *(f"article__{name}" for name in columns),
        )

    def get_fields(self, request: HttpRequest, obj: Report | None = None) -> Any:
        return (*self.told, *ReportForm.Meta.fields)

    def get_readonly_fields(self, request: HttpRequest, obj: Report | None = None) -> Any:
        closed = set(rights.closed_fields(request.user, "report"))
        return (*self.told, *(name for name in ReportForm.Meta.fields if name in closed))

    @admin.display(description="Report")
    def what(self, report: Report) -> str:
        return f"{report.get_kind_display()}: {report.text or report.quote}"[:200]

    @admin.display(description="Question")
    def where(self, report: Report) -> SafeString:
        return format_html(
            '<a href="{}">{}</a> ({})',
            place(report),
            report.article.question,
            report.article.subject.title,
        )

    @admin.display(description="Version")
    def seen(self, report: Report) -> str:
        now = report.article.version
        return str(report.version) if report.version == now else f"{report.version} (now {now})"

    @admin.display(description="Last", ordering="last_at")
    def last(self, report: Report) -> SafeString:
        return time_tag(report.last_at)

    @admin.display(description="Said")
    def said(self, report: Report) -> SafeString:
        return format_html("first {}, last {}", time_tag(report.created_at), time_tag(report.last_at))

    @admin.display(description="Article")
    def place(self, report: Report) -> SafeString:
        return format_html(
            '<a href="{}">Open the article at this place</a> · <a href="{}">Edit it</a>',
            place(report),
            reverse("admin:learn_article_change", args=[report.article_id]),
        )

    @admin.display(description="Answer wanted at")
    def reply_to(self, report: Report) -> SafeString | str:
        if not report.mail:
            return "no answer was asked for"
        return format_html('{} · <a href="{}">Write the mail</a>', report.mail, letter(report))

    def save_model(self, request: HttpRequest, obj: Report, form: Any, change: bool) -> None:
        if "state" in form.changed_data:
            reports.decide(obj, obj.state)
        super().save_model(request, obj, form, change)

    @admin.action(description="Accept", permissions=["change"])
    def accept(self, request: HttpRequest, queryset: QuerySet[Report]) -> None:
        self._decide(request, queryset, State.ACCEPTED)

    @admin.action(description="Dismiss", permissions=["change"])
    def dismiss(self, request: HttpRequest, queryset: QuerySet[Report]) -> None:
        self._decide(request, queryset, State.DISMISSED)

    def _decide(self, request: HttpRequest, queryset: QuerySet[Report], state: State) -> None:
        rows = list(queryset)
        for row in rows:
            reports.decide(row, state)
            row.save(update_fields=["state", "decided_at"])
        messages.success(request, f"{state.label}: {len(rows):,}.")


# Formulas; mathematical letters as a page shows them; marks at the beginning of a line and around words; breaks.
NO_WORDS = re.compile(
    r"\$\$.*?\$\$|\$[^$\n]*\$?|[^\s]*[\U0001d400-\U0001d7ff√∑∫=+×÷≤≥≠^\\][^\s]*|[*_`~|#>\[\]()]+|^\s*(?:-|\d+\.)\s|\n",
    re.DOTALL | re.MULTILINE,
)


def place(report: Report) -> str:
    """The address of the article, at the passage that is meant: https://wicg.github.io/scroll-to-text-fragment/"""
    path = report.article.get_absolute_url()
    if not report.quote:
        return f"{path}#answer"
    # Formulas and marks of Markdown are other text in the page: the longest run of words without them is looked for.
    runs = (run.split() for run in NO_WORDS.split(report.quote))
    words = max(runs, key=len)
    if not words:
        return f"{path}#answer"
    start = " ".join(words[:8])
    return f"{path}#:~:text={quote(start, safe='').replace('-', '%2D')}"


def letter(report: Report) -> str:
    """A mail in the editor's own program, with what was reported and what is answered."""
    lines = [report.answer, "", "You wrote:", *(f"> {line}" for line in report.text.splitlines())]
    subject = f"Your report on “{report.article.question}”"
    return f"mailto:{quote(report.mail)}?subject={quote(subject)}&body={quote(chr(10).join(lines).strip())}"


@require_safe
def overview(request: HttpRequest, *, site: AdminSite) -> HttpResponse:
    """The articles that wait, the subjects, what helped (`?order=`) and what is read most (`?days=`). Eight queries."""
    if not request.user.has_perm("learn.view_report"):
        raise PermissionDenied
    order = request.GET.get("order", "")
    order = order if order in told.ORDERS else "not-helpful"
    days = next((number for number in DAYS if str(number) == request.GET.get("days")), 30)
    context = {
        **site.each_context(request),
        "title": "Readers",
        "reported": told.reported_articles(),
        "subjects": told.by_subject(),
        "orders": told.ORDERS,
        "order": order,
        "days": days,
        "all_days": DAYS,
        "read": reads.most_read(days) if request.user.has_perm("learn.view_readcount") else None,
        "is_counted": settings.COUNT_READS,
        "helped": told.helped(order) if request.user.has_perm("learn.view_helpfulcount") else None,
    }
    return TemplateResponse(request, "admin/readers.html", context)
