"""Accounts and groups in the admin, and the log of logins and of changes to rights."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as EveryGroupAdmin
from django.contrib.auth.admin import UserAdmin as EveryUserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html

from quicktakes.passwords import groups_to_give, may_invite, send_invitation

from .models import AccountEvent

admin.site.unregister([User, Group])


@admin.register(User)
class UserAdmin(EveryUserAdmin):
    """Django's, in which nobody gives more than they have, and administrators alone change administrators."""

    change_list_template = "admin/people.html"
    list_display = (
        "username",
        "email",
        "first_name",
        "last_name",
        "is_staff",
        "is_active",
        "last_login",
        "log",
    )
    actions = ["invite_again"]

    @admin.display(description="what they did")
    def log(self, user: User) -> str:
        return format_html(
            '<a href="{}?person={}">Changes</a> <a href="{}?user__id__exact={}">Logins</a>',
            reverse("admin:site_history"),
            user.pk,
            reverse("admin:accounts_accountevent_changelist"),
            user.pk,
        )

    def get_list_display(self, request: HttpRequest) -> Any:
        names = super().get_list_display(request)
        may_look = request.user.has_perm("accounts.view_accountevent")
        return names if may_look else [name for name in names if name != "log"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        return fields if _is_administrator(request) else (*fields, "is_superuser", "user_permissions")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and _may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and _may_touch(request, obj)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "groups":
            kwargs["queryset"] = groups_to_give(request.user)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_actions(self, request: HttpRequest) -> Any:
        actions = super().get_actions(request)
        if not may_invite(request.user) or not settings.SENDS_MAIL:
            actions.pop("invite_again", None)
        if not _is_administrator(request):
            actions.pop("delete_selected", None)  # it asks for each kind, not for each account
        return actions

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        may = {"title": "People", "may_invite": may_invite(request.user)}
        answer: HttpResponse = super().changelist_view(request, {**may, **(extra_context or {})})
        return answer

    @admin.action(description="Send the invitation again, to who never chose a password", permissions=["add"])
    def invite_again(self, request: HttpRequest, chosen: Any) -> None:
        waiting = [
            user
            for user in chosen.filter(is_active=True).exclude(email="")
            if not user.has_usable_password() and _may_touch(request, user)
        ]
        for user in waiting:
            send_invitation(user, request.user)
        level = messages.SUCCESS if waiting else messages.WARNING
        self.message_user(request, f"Invited again: {len(waiting)}.", level)


@admin.register(Group)
class GroupAdmin(EveryGroupAdmin):
    """Django's, for administrators: who could change what their own group may do, could do everything."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and _is_administrator(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and _is_administrator(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and _is_administrator(request)


def _is_administrator(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))


def _may_touch(request: HttpRequest, user: Any) -> bool:
    """Administrators change everybody; others those who may nothing that they may not."""
    if user is None or _is_administrator(request) or user.pk == request.user.pk:
        return True
    return not user.is_superuser and user.get_all_permissions() <= request.user.get_all_permissions()


@admin.register(AccountEvent)
class AccountEventAdmin(admin.ModelAdmin):
    """Read, and changed by nobody."""

    list_display = ("at", "kind", "user", "detail", "by")
    list_display_links = None
    list_filter = ("kind", "user", "by")
    search_fields = ("user__username", "by__username", "detail")
    date_hierarchy = "at"
    list_select_related = ("user", "by")
    list_per_page = 100
    show_facets = admin.ShowFacets.NEVER

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "Logins and rights", **(extra_context or {})})

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False
