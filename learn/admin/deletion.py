"""What deleting an article does, told before; and the list of those that were deleted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods

from learn.changesets import deleting
from learn.editing import trash
from learn.models import Article, ChangeSet, DeletedArticle, Redirect, RelatedLink, Revision

from .change_sets import open_set
from .lists import ReadOnlyAdmin
from .login import editor
from .markup import time_tag

FOR_GOOD = "learn.delete_deletedarticle"


def consequences(article: Article) -> list[str]:
    """What a deletion does to visitors, to other articles and to the file."""
    links = RelatedLink.objects.filter(target=article).count()
    older = Redirect.objects.filter(target=article).order_by("old_path")
    told = [
        f"{article.get_absolute_url()}: visitors get “410 Gone” there.",
        f"It waits in the trash for {settings.TRASH_DAYS} days, with its links, older addresses and history.",
    ]
    if count := older.count():
        some = ", ".join(older.values_list("old_path", flat=True)[:3])
        told.append(
            f"{count:,} older address{'es' if count != 1 else ''} that led here will be gone, too: {some}"
        )
    if links:
        told.append(f"{links:,} related link{'s' if links != 1 else ''} of other articles will lead nowhere.")
    if article.source_path:
        told.append(
            f"Its file {article.source_path} does not bring it back, unless somebody changes the file and then decides "
            "so here. The next export removes the file."
        )
    return told


def chosen_target(request: HttpRequest, article: Article) -> Article | None:
    """The article that the form wants visitors led to. Raises PermissionDenied for a path where none is."""
    path = request.POST.get("lead_to", "").strip()
    if not path:
        return None
    pk = Article.objects.published().at_paths([path]).get(path)
    if pk is None or pk == article.pk:
        raise PermissionDenied("No published article stands at that address. Nothing was deleted.")
    return Article.objects.get(pk=pk)


class TrashFilter(admin.SimpleListFilter):
    """What can come back, unless somebody asks for what cannot."""

    title = "what is left"
    parameter_name = "left"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("nothing", "Deleted for good"), ("all", "All")]

    def choices(self, changelist: Any) -> Iterator[Any]:
        """Django's, whose first one says “All”."""
        for number, choice in enumerate(super().choices(changelist)):
            yield {**choice, "display": "In the trash"} if number == 0 else choice

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "all":
            return queryset
        return queryset.filter(purged_at__isnull=self.value() != "nothing")


@admin.action(description="Bring back…", permissions=["bring_back"])
def bring_back(_modeladmin: Any, request: HttpRequest, queryset: QuerySet[DeletedArticle]) -> HttpResponse:
    """A change set of those that can come back."""
    chosen = queryset.filter(purged_at=None).order_by("pk")
    return open_set(deleting.bring_all_back(list(chosen), editor(request)))


@admin.register(DeletedArticle)
class DeletedArticleAdmin(ReadOnlyAdmin):
    """The trash."""

    list_display = ("question", "url", "deleted", "deleted_by", "until", "versions")
    list_display_links = None
    list_filter = (TrashFilter,)
    list_select_related = ("deleted_by",)
    search_fields = ("question", "url")
    actions = (bring_back,)  # type: ignore[assignment]  # read, but for this

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return super().changelist_view(request, {"title": "Trash", **(extra_context or {})})

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        last = Revision.objects.filter(id=OuterRef("article_key")).order_by("-history_id")
        rows = super().get_queryset(request)
        annotated: QuerySet[Any] = rows.annotate(last=Subquery(last.values("history_id")[:1]))
        return annotated

    def has_view_permission(self, request: HttpRequest, obj: DeletedArticle | None = None) -> bool:
        return request.user.has_perm("learn.view_article")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_bring_back_permission(self, request: HttpRequest) -> bool:
        return deleting.BringBack().may(request.user, ChangeSet())

    def get_list_display(self, request: HttpRequest) -> Any:
        names = super().get_list_display(request)
        return (*names, "for_good") if request.user.has_perm(FOR_GOOD) else names

    @admin.display(description="Deleted", ordering="deleted_at")
    def deleted(self, row: DeletedArticle) -> SafeString:
        return time_tag(row.deleted_at)

    @admin.display(description="Kept until")
    def until(self, row: DeletedArticle) -> SafeString | str:
        return "deleted for good" if row.purged_at else time_tag(trash.kept_until(row))

    @admin.display(description="Bring back")
    def versions(self, row: Any) -> SafeString | str:
        if row.purged_at or row.last is None:
            return "–"
        return format_html(
            '<a href="{}">Bring back</a> <a href="{}">Its versions</a>',
            reverse("admin:learn_article_restore", args=[row.article_key, row.last]),
            reverse("admin:learn_article_history", args=[row.article_key]),
        )

    @admin.display(description="Delete")
    def for_good(self, row: DeletedArticle) -> SafeString | str:
        if row.purged_at:
            return "–"
        return format_html(
            '<a href="{}">For good</a>', reverse("admin:trash_for_good", args=[row.article_key])
        )


@require_http_methods(["GET", "HEAD", "POST"])
def for_good(request: HttpRequest, key: int, *, site: AdminSite) -> HttpResponse:
    """Ask, and (POST) delete what a deleted article said, with its history."""
    if not request.user.has_perm(FOR_GOOD):
        raise PermissionDenied
    deleted = DeletedArticle.objects.filter(article_key=min(key, 2**62), purged_at=None).first()
    if deleted is None:
        raise Http404
    if request.method == "POST":
        if trash.purge(deleted.article_key):
            messages.success(request, f"“{deleted}” is deleted for good, with its history.")
        return HttpResponseRedirect(reverse("admin:learn_deletedarticle_changelist"))
    context = {
        **site.each_context(request),
        "title": "Delete for good",
        "subtitle": deleted.question,
        "deleted": deleted,
        "versions": Revision.objects.filter(id=deleted.article_key).count(),
    }
    return TemplateResponse(request, "admin/learn/article/for_good.html", context)
