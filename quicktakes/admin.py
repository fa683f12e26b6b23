"""Django's admin site with our front page, navigation and login.

Django's documentation puts an own AdminSite here. It knows nothing of learn.admin, which registers its models
and its views with it, as every app does.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from functools import cache
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.decorators import method_decorator

from learn.limits import BusyError

from . import account, passkeys, passwords, second_factor, sessions
from .login import TooManyAttemptsError, attempt, remember_device

View = Callable[..., HttpResponse]


class NavItem(NamedTuple):
    label: str
    url: str
    is_here: bool


# Label, URL name, the permission to see it. In the order of a working day.
NAVIGATION = (
    ("Articles", "admin:learn_article_changelist", "learn.view_article"),
    ("Health", "admin:content_health", "learn.view_article"),
    ("Change sets", "admin:learn_changeset_changelist", "learn.view_changeset"),
    ("Imports", "admin:learn_importrun_changelist", "learn.view_importrun"),
    ("Conflicts", "admin:learn_importconflict_changelist", "learn.view_importconflict"),
    ("Subjects", "admin:learn_subject_changelist", "learn.view_subject"),
    ("Pictures", "admin:learn_picture_changelist", "learn.view_picture"),
    ("Searches", "admin:searches", "learn.view_searchlogentry"),
    ("Readers", "admin:readers", "learn.view_report"),
    ("Redirects", "admin:learn_redirect_changelist", "learn.view_redirect"),
    ("Missing pages", "admin:learn_missingpage_changelist", "learn.view_missingpage"),
    ("Trash", "admin:learn_deletedarticle_changelist", "learn.view_article"),
    ("History", "admin:site_history", "learn.view_revision"),
    ("People", "admin:auth_user_changelist", "auth.view_user"),
)


QUERIES = {"Conflicts": "?decision=open"}  # what is decided is rarely looked for


class LookupsByAllowList:
    """A list's address may name what its filters ask, and no other look-up.

    Django lets every column be asked in every way: a regular expression on the question, three times at once, held
    every process for minutes, and a comparison tells the hash of a password letter by letter.
    """

    SUFFIXES = ("", "__exact", "__isnull", "__gte", "__gt", "__lte", "__lt", "__year", "__month", "__day")

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:  # noqa: ARG002 Django's signature
        admin: Any = self
        filters = admin.get_list_filter(request)
        names = {
            entry if isinstance(entry, str) else entry[0] for entry in filters if not isinstance(entry, type)
        }
        # Filters of our own are no look-ups: they answer alone.
        if lookup in {getattr(entry, "parameter_name", "") for entry in filters if isinstance(entry, type)}:
            return True
        if admin.date_hierarchy:
            names.add(admin.date_hierarchy)
        for name in names:
            key = f"{name}__{admin.opts.pk.name}"  # of a foreign key: subject__id__exact
            if lookup in {f"{start}{suffix}" for start in (name, key) for suffix in self.SUFFIXES}:
                return True
        return False

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Django's, which looks for a field without a name where the address ends in `_to_field=`."""
        admin: Any = super()
        return admin.get_object(request, object_id, from_field or None)


class LearnAdminSite(AdminSite):
    site_header = "Learn desk"
    site_title = "Learn desk"
    index_title = "Desk"
    index_template = "admin/dashboard.html"
    login_form = None
    # A dozen items fit in two lines under the header, where they leave the width to the text and its preview.
    enable_nav_sidebar = False

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self._views: list[tuple[str, View, str]] = []
        self.index_context: Callable[[HttpRequest], dict[str, Any]] = lambda _request: {}

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Django's, with look-ups in the address by allow-list; of other packages' models, too."""
        chosen = admin_class or ModelAdmin
        guarded = type(chosen.__name__, (LookupsByAllowList, chosen), {"__module__": chosen.__module__})
        super().register(model_or_iterable, guarded, **options)

    def register_view(self, route: str, view: View, name: str) -> None:
        """Serve `view(request, site=…)` at `route` below the admin, as `admin:<name>`, to users who may enter it."""
        self._views.append((route, view, name))

    @property
    def site_url(self) -> str:  # type: ignore[override]
        return reverse("learn:library")

    def has_permission(self, request: HttpRequest) -> bool:
        """Staff, and past the second factor where the account has one or the settings ask for one."""
        return super().has_permission(request) and not second_factor.needs_second_factor(request)

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
        return super().index(request, {**self.index_context(request), **(extra_context or {})})

    @method_decorator(login_not_required)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if super().has_permission(request) and second_factor.needs_second_factor(request):
            return second_factor.to_second_factor(request)
        context = {
            "cool_off": settings.AXES_COOLOFF_TIME,
            "sends_mail": settings.SENDS_MAIL,
            "takes_passkeys": settings.PASSKEYS,
            **(extra_context or {}),
        }
        try:
            with attempt(request) if request.method == "POST" else nullcontext():
                response = super().login(request, context)
        except (BusyError, TooManyAttemptsError) as error:
            return _come_again(error)
        if settings.PASSKEYS:
            second_factor.let_ask(response)
        if request.method == "POST" and request.user.is_authenticated and response.status_code == 302:
            remember_device(request, response, request.user.get_username())
        return response

    @method_decorator(login_not_required)
    def password_forgotten(self, request: HttpRequest) -> HttpResponse:
        try:
            return passwords.forgotten(request, site=self)
        except TooManyAttemptsError as error:
            return _come_again(error)

    def get_urls(self) -> list[URLResolver | URLPattern]:
        return [
            path("second-factor/", second_factor.second_factor, {"site": self}, name="second_factor"),
            path("password/forgotten/", self.password_forgotten, name="password_forgotten"),
            *(
                path(f"{route}/<uidb64>/<token>/", view, {"site": self}, name=name)
                for route, view, name in (
                    ("password/reset", passwords.reset, "password_reset"),
                    ("invitation", passwords.accept, "invitation"),
                )
            ),
            path("mails/off/<str:token>/", account.mails_off, {"site": self}, name="mails_off"),
            *(
                path(route, self.admin_view(view), {"site": self}, name=name)
                for route, view, name in (
                    ("second-factor/replace/", second_factor.replace, "second_factor_replace"),
                    ("second-factor/recovery-codes/", second_factor.new_recovery_codes, "recovery_codes"),
                    ("second-factor/passkeys/", passkeys.own_passkeys, "own_passkeys"),
                    ("sessions/", sessions.own_sessions, "own_sessions"),
                    ("account/", account.account, "account"),
                    ("account/address/<str:token>/", account.confirm_address, "address_confirm"),
                    ("invite/", passwords.invite, "invite"),
                )
            ),
            *(
                path(route, self.admin_view(view), {"site": self}, name=name)
                for route, view, name in self._views
            ),
            *super().get_urls(),
        ]


def _come_again(error: BusyError | TooManyAttemptsError) -> HttpResponse:
    """429, without a word on whether the account exists or the password was right."""
    response = HttpResponse(_locked_out(is_busy=isinstance(error, BusyError)), status=429)
    response.headers["Retry-After"] = str(error.retry_after)
    return response


@cache
def _locked_out(*, is_busy: bool) -> str:
    """The page, the same for everybody and made once: a flood should cost little."""
    return loader.render_to_string("admin/locked_out.html", {"is_busy": is_busy})
