"""The handbook for editors, docs/editing.md, as a page of the desk."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe
from markdown_it import MarkdownIt

SOURCE = Path(settings.BASE_DIR) / "docs" / "editing.md"
PICTURE = re.compile(r'<img src="\.\./static/([^"]+)"')
OTHER_PAGE = re.compile(
    r'<a href="[\w.-]+\.md">(.*?)</a>'
)  # for who runs the site: the desk does not show it


@require_safe
def handbook(request: HttpRequest, *, site: AdminSite) -> HttpResponse:
    context = {**site.each_context(request), "title": "Handbook", "text": as_html(settings.ADMIN_PATH)}
    return TemplateResponse(request, "admin/handbook.html", context)


@lru_cache(maxsize=1)
def as_html(admin_path: str) -> SafeString:
    """The text without its title, which is the page's own, with the addresses that this site has."""
    _title, _line, text = SOURCE.read_text().partition("\n")
    html = MarkdownIt("commonmark").enable("table").render(text.replace("`/admin/`", f"`{admin_path}`"))
    html = OTHER_PAGE.sub(r"<em>docs/\1</em>", html)
    return mark_safe(PICTURE.sub(lambda match: f'<img loading="lazy" src="{static(match[1])}"', html))
