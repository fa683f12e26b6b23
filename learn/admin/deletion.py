"""What deleting an article does, told before; and the list of those that were deleted."""

from __future__ import annotations

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from learn.models import Article, DeletedArticle, Redirect, RelatedLink

from .lists import ReadOnlyAdmin
from .markup import time_tag


def consequences(article: Article) -> list[str]:
    """What a deletion does to visitors, to other articles and to the file."""
    links = RelatedLink.objects.filter(target=article).count()
    older = Redirect.objects.filter(target=article).order_by("old_path")
    told = [
        f"{article.get_absolute_url()}: visitors get “410 Gone” there. Its history stays and can bring it back."
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


@admin.register(DeletedArticle)
class DeletedArticleAdmin(ReadOnlyAdmin):
    list_display = ("question", "url", "deleted", "deleted_by", "versions")
    list_display_links = None
    list_select_related = ("deleted_by",)
    search_fields = ("question", "url")

    def has_view_permission(self, request: HttpRequest, obj: DeletedArticle | None = None) -> bool:
        return request.user.has_perm("learn.view_article")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    @admin.display(description="Deleted", ordering="deleted_at")
    def deleted(self, row: DeletedArticle) -> SafeString:
        return time_tag(row.deleted_at)

    @admin.display(description="Bring back")
    def versions(self, row: DeletedArticle) -> SafeString:
        url = reverse("admin:learn_article_history", args=[row.article_key])
        return format_html('<a href="{}">Its versions</a>', url)
