"""Links between answers in the admin: what links here, and the change set that mends what moved."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from learn.changesets import answer_links as mending
from learn.editing import answer_links
from learn.models import AnswerLink, Article, RelatedLink

from .change_sets import open_set
from .login import editor

PER_PAGE = 50


@require_safe
def here(request: HttpRequest, pk: int, modeladmin: Any) -> HttpResponse:
    """The articles that lead to one: from their answers, under whatever address, and by their related questions."""
    if not modeladmin.has_view_permission(request):
        raise PermissionDenied
    article = get_object_or_404(Article.objects.for_links(), pk=pk)
    names = answer_links.names_of(article)
    answers = answer_links.linking_to(article).for_links().order_by("question", "pk")
    page = Paginator(answers, PER_PAGE).get_page(request.GET.get("page"))
    shown = [one.pk for one in page.object_list]
    named = dict(
        AnswerLink.objects.filter(article__in=shown, path__in=names).values_list("article_id", "path")
    )
    related = RelatedLink.objects.filter(target=article).order_by("article__question", "pk")
    others = Paginator(related.values_list("article_id", "article__question"), PER_PAGE)
    context = {
        **modeladmin.admin_site.each_context(request),
        "title": "What links here",
        "article": article,
        "path": names[0],
        "page": page,
        "links": [(one, named.get(one.pk, names[0])) for one in page.object_list],
        "related": others.get_page(request.GET.get("related")),
        "opts": modeladmin.opts,
    }
    return TemplateResponse(request, "admin/learn/article/links.html", context)


@require_POST
def mend(request: HttpRequest, *, site: AdminSite) -> HttpResponse:  # noqa: ARG001 the site's pages have one form
    """A change set for all links in answers whose pages moved."""
    if not request.user.has_perm("learn.change_article"):
        raise PermissionDenied
    change_set = mending.mend(editor(request))
    if not change_set.total:
        change_set.delete()
        messages.info(request, "No link in an answer leads to a page that moved.")
        return HttpResponseRedirect(reverse("admin:content_health"))
    return open_set(change_set)
