"""The editors' desk as a whole: Django's admin site with our front page, navigation and login.

Not in learn.admin: that package registers its pages with the site when it is imported, so the site has to be there
first. For the same reason its parts are imported where they are used.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse


class NavItem(NamedTuple):
    label: str
    url: str
    is_here: bool


# Label, URL name, the permission to see it. In the order of a working day.
NAVIGATION = (
    ("Articles", "admin:learn_article_changelist", "learn.view_article"),
    ("Health", "admin:content_health", "learn.view_article"),
    ("Imports", "admin:learn_importrun_changelist", "learn.view_importrun"),
    ("Conflicts", "admin:learn_importconflict_changelist", "learn.view_importconflict"),
    ("Subjects", "admin:learn_subject_changelist", "learn.view_subject"),
    ("Redirects", "admin:learn_redirect_changelist", "learn.view_redirect"),
    ("Missing pages", "admin:learn_missingpage_changelist", "learn.view_missingpage"),
)


QUERIES = {"Conflicts": "?decision=open"}  # what is decided is rarely looked for


class Desk(AdminSite):
    site_header = "Learn desk"
    site_title = "Learn desk"
    index_title = "Desk"
    index_template = "admin/desk.html"
    login_form = None
    # Eight places fit in one line under the header, where they leave the width to the text and its preview.
    enable_nav_sidebar = False

    @property
    def site_url(self) -> str:  # type: ignore[override]
        return reverse("learn:library")

    def has_permission(self, request: HttpRequest) -> bool:
        """Staff, and past the second factor where the account has one or the settings ask for one."""
        from .admin import login  # noqa: PLC0415 as above

        return super().has_permission(request) and not login.needs_second_factor(request)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        context = super().each_context(request)
        if context["has_permission"]:
            context["navigation"] = self._navigation(request)
        return context

    def _navigation(self, request: HttpRequest) -> list[NavItem]:
        items = []
        for label, name, permission in NAVIGATION:
            if request.user.has_perm(permission):
                url = reverse(name)
                items.append(NavItem(label, f"{url}{QUERIES.get(label, '')}", request.path.startswith(url)))
        return items

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        from .admin import dashboard  # noqa: PLC0415 as above

        return super().index(request, {**dashboard.context(request), **(extra_context or {})})

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        from .admin import login  # noqa: PLC0415 as above

        if super().has_permission(request) and login.needs_second_factor(request):
            return login.to_second_factor(request)
        context = {"cool_off": settings.AXES_COOLOFF_TIME, **(extra_context or {})}
        return super().login(request, context)

    def get_urls(self) -> list[URLResolver | URLPattern]:
        from .admin import health, login  # noqa: PLC0415 as above

        def page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
            return self.admin_view(view)

        return [
            path("second-factor/", login.second_factor, {"site": self}, name="second_factor"),
            path("content-health/", page(health.overview), {"site": self}, name="content_health"),
            path("content-health/<slug:key>/", page(health.kind), {"site": self}, name="content_health_kind"),
            *super().get_urls(),
        ]
