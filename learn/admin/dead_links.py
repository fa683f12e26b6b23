"""The queue of related links that lead nowhere, each with what it may have meant: by hand, or all that are likely."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from learn.changesets import dead_links
from learn.identity import row_key

from .change_sets import open_set
from .login import editor

PER_PAGE = 20  # a search for each


def page(request: HttpRequest, *, site: AdminSite) -> HttpResponse:
    """The links in pages; a POST makes a change set of what was chosen, or of all above a likelihood."""
    if not request.user.has_perm("learn.change_article"):
        raise PermissionDenied
    if request.method == "POST":
        least = row_key(request.POST.get("least", ""))
        if "all" in request.POST and least and least <= 100:
            return open_set(dead_links.mend(editor(request), least=least))
        chosen = {
            link: target
            for name, value in request.POST.items()
            if name.startswith("link-") and (link := row_key(name[5:])) and (target := row_key(str(value)))
        }
        if chosen:
            return open_set(dead_links.mend(editor(request), chosen))
        site_messages = (
            "Choose a question for at least one link, or how likely a candidate has to be: 1 to 100."
        )
        messages.warning(request, site_messages)
        return HttpResponseRedirect(request.get_full_path())
    links = (
        dead_links.dead().select_related("article__subject").defer("article__answer", "article__answer_html")
    )
    shown = Paginator(links, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        **site.each_context(request),
        "title": "Related links to nowhere",
        "page": shown,
        "links": [(link, dead_links.candidates(link)) for link in shown.object_list],
        "likely": dead_links.LIKELY,
    }
    return TemplateResponse(request, "admin/dead_links.html", context)
