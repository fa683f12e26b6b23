"""The library of pictures: add, describe, find, see where each is used, replace it everywhere, remove the unused."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import F, Func, OuterRef, QuerySet, Subquery
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_GET, require_POST

from learn import rights
from learn.media import library
from learn.media.checking import PictureError
from learn.media.store import StoreError
from learn.models import Picture, PictureName, PictureUse

from .lists import LearnModelAdmin
from .markup import time_tag

FOUND_MAX = 12
ALT_MAX_LENGTH = 500
USES_SHOWN = 200
ACCEPTED = ".png,.jpg,.jpeg,.gif,.webp,.avif,.svg"
WORDS = ("alt", "is_decorative", "caption", "source", "licence")


class PictureForm(ModelForm):
    """The words about a picture, and the file of a new one or of one that takes its place."""

    file = forms.FileField(
        required=False,
        widget=forms.FileInput(attrs={"accept": ACCEPTED}),
        help_text=f"PNG, JPEG, GIF, WebP, AVIF or SVG, {settings.PICTURE_MAX_MB} MB at most.",
    )
    replacement = forms.FileField(
        required=False,
        label="Replace everywhere by",
        widget=forms.FileInput(attrs={"accept": ACCEPTED}),
        help_text="Every answer that shows this picture shows the other one then.",
    )

    class Meta:
        model = Picture
        fields = WORDS

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        is_new = not self.instance.pk
        if is_new and not cleaned.get("alt") and not cleaned.get("is_decorative"):
            self.add_error("alt", "Say what the picture shows, or tick “decorative”.")
        given = cleaned.get("file") if is_new else cleaned.get("replacement")
        if is_new and not given and "file" not in self.errors:
            self.add_error("file", "Choose a file.")
        elif given:
            try:
                data = read_upload(given)
                library.check(data)
                cleaned["data"] = data
            except (PictureError, StoreError) as error:
                self.add_error("file" if is_new else "replacement", str(error))
        return cleaned


def read_upload(file: Any) -> bytes:
    """The bytes of an uploaded file, unless it is too large to be looked at. Raises PictureError."""
    if file.size > settings.PICTURE_MAX_MB * 1_000_000:
        raise PictureError(f"{file.name} is larger than {settings.PICTURE_MAX_MB} MB. Save it smaller.")
    data: bytes = file.read()
    return data


class StateFilter(admin.SimpleListFilter):
    title = "what to do"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("without-alt", "Without alternative text"),
            ("unused", "Unused"),
            ("decorative", "Decorative"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Picture]) -> QuerySet[Picture]:
        match self.value():
            case "without-alt":
                return queryset.filter(pk__in=library.without_alt().values("pk"))
            case "unused":
                return queryset.filter(pk__in=library.unused().values("pk"))
            case "decorative":
                return queryset.filter(is_decorative=True)
            case _:
                return queryset


@admin.register(Picture)
class PictureAdmin(LearnModelAdmin):
    form = PictureForm
    list_display = ("thumbnail", "words", "named", "size_shown", "used", "added")
    list_display_links = ("words",)
    list_filter = (StateFilter, "kind")
    search_fields = ("names__name", "alt", "caption", "source")
    ordering = ("-added_at", "hash")
    actions = None
    told = ("preview", "markdown", "facts", "uses")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Picture]:
        rows: QuerySet[Picture] = super().get_queryset(request)
        names = PictureName.objects.filter(picture=OuterRef(OuterRef("pk"))).values("name")
        count = Func(F("article_id"), function="COUNT", template="%(function)s(DISTINCT %(expressions)s)")
        uses = PictureUse.objects.filter(name__in=names).order_by().annotate(count=count).values("count")
        return rows.prefetch_related("names").annotate(use_count=Subquery(uses))

    # --- Who may do what --------------------------------------------------------------------------------------

    def has_delete_permission(self, request: HttpRequest, obj: Picture | None = None) -> bool:
        """What an article shows is replaced, or taken out of it first."""
        allowed = super().has_delete_permission(request, obj)
        return allowed and (obj is None or not library.uses_of(obj).exists())

    def get_fields(self, request: HttpRequest, obj: Picture | None = None) -> Any:
        if obj is None:
            return ("file", *WORDS)
        may_replace = self.has_change_permission(request, obj) and rights.may_change(
            request.user, "picture", "replacement"
        )
        return (*self.told, *WORDS, *(("replacement",) if may_replace else ()))

    def get_readonly_fields(self, request: HttpRequest, obj: Picture | None = None) -> Any:
        closed = set(rights.closed_fields(request.user, "picture"))
        return (*(self.told if obj else ()), *(name for name in WORDS if name in closed))

    # --- The list ---------------------------------------------------------------------------------------------

    @admin.display(description="Picture")
    def thumbnail(self, picture: Picture) -> SafeString:
        width = min((width for widths in picture.variants.values() for width in widths), default=0)
        address = picture.url("webp", width) if width in picture.variants.get("webp", ()) else picture.url()
        return format_html(
            '<img src="{}" alt="" width="{}" height="{}" loading="lazy" class="admin-thumbnail">',
            address,
            picture.width,
            picture.height,
        )

    @admin.display(description="Shows", ordering="alt")
    def words(self, picture: Picture) -> str:
        return "Decorative" if picture.is_decorative else picture.alt or "No alternative text yet"

    @admin.display(description="Names")
    def named(self, picture: Picture) -> str:
        return ", ".join(name.name for name in picture.names.all()) or "none"

    @admin.display(description="Size", ordering="size")
    def size_shown(self, picture: Picture) -> str:
        moves = f", {picture.frames} frames" if picture.frames > 1 else ""
        return f"{picture.width:,} × {picture.height:,}, {picture.size / 1000:,.0f} kB{moves}"

    @admin.display(description="Used")
    def used(self, picture: Picture) -> str:
        count: int = picture.use_count  # type: ignore[attr-defined]  # get_queryset annotates it
        return f"in {count:,}" if count else "unused"

    @admin.display(description="Added", ordering="-added_at")
    def added(self, picture: Picture) -> SafeString:
        return time_tag(picture.added_at)

    # --- The form ---------------------------------------------------------------------------------------------

    @admin.display(description="Picture")
    def preview(self, picture: Picture) -> SafeString:
        return format_html(
            '<img src="{}" alt="{}" width="{}" height="{}" class="admin-picture">',
            picture.url(),
            picture.alt,
            picture.width,
            picture.height,
        )

    @admin.display(description="In an answer")
    def markdown(self, picture: Picture) -> SafeString:
        lines = [(markdown_of(name, picture),) for name in picture.names.all()]
        return format_html_join(SafeString("<br>"), "<code>{}</code>", lines) or SafeString("It has no name.")

    @admin.display(description="File")
    def facts(self, picture: Picture) -> SafeString:
        prepared = "smaller files are made" if picture.prepared_at else "smaller files are being made"
        return format_html("{}, {}; {}", picture.kind.upper(), self.size_shown(picture), prepared)

    @admin.display(description="Used in")
    def uses(self, picture: Picture) -> SafeString:
        articles = library.uses_of(picture).only("question", "subject__title")[:USES_SHOWN]
        rows = [
            (
                reverse("admin:learn_article_change", args=[article.pk]),
                article.question,
                article.subject.title,
            )
            for article in articles
        ]
        listed = format_html_join("", '<li><a href="{}">{}</a> ({})</li>', rows)
        return format_html('<ul class="admin-uses">{}</ul>', listed) if rows else SafeString("no article")

    def save_model(self, request: HttpRequest, obj: Picture, form: Any, change: bool) -> None:
        data: bytes | None = form.cleaned_data.get("data")
        if not change and data is not None:
            name = library.add(data, form.cleaned_data["file"].name, user=request.user)  # type: ignore[arg-type]
            _describe(name.picture, {field: form.cleaned_data[field] for field in WORDS})
            obj.pk = name.picture_id
            obj.refresh_from_db()
            library.prepare_soon()
            return
        super().save_model(request, obj, form, change)
        names = [name.name for name in obj.names.all()]
        if data is not None and rights.may_change(request.user, "picture", "replacement"):
            count = library.replace(obj, data, user=request.user)  # type: ignore[arg-type]
            library.prepare_soon()
            self.message_user(request, f"The picture was replaced in {count:,} articles.", messages.SUCCESS)
        elif form.changed_data:
            library.render(library.users_of(names))

    def response_change(self, request: HttpRequest, obj: Picture) -> HttpResponse:
        """Behind a replacement the row of the old one says nothing that anybody looks for."""
        if not obj.names.exists():
            return HttpResponseRedirect(reverse("admin:learn_picture_changelist"))
        return super().response_change(request, obj)

    def delete_model(self, request: HttpRequest, obj: Picture) -> None:
        library.delete(obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Its names go with it, and nothing else can hold it: what an article shows is not offered for removal."""
        return [str(picture) for picture in objs], {}, set(), []

    # --- What the form of an article asks ---------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view
        return [
            path("upload/", page(require_POST(self.upload_view)), name="learn_picture_upload"),
            path("find/", page(require_GET(self.find_view)), name="learn_picture_find"),
            *super().get_urls(),
        ]

    def upload_view(self, request: HttpRequest) -> JsonResponse:
        """Take in the posted `file` with its `alt`, or as `decorative`: the Markdown for it, or why it is not taken."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        file = request.FILES.get("file")
        alt = " ".join(request.POST.get("alt", "").split())
        is_decorative = bool(request.POST.get("decorative"))
        try:
            data = _uploaded(file, alt, is_decorative=is_decorative)
            name = library.add(data, file.name or "", user=request.user)  # type: ignore[arg-type, union-attr]
        except (PictureError, StoreError) as error:
            # As an error, a browser would write it to its console.
            return JsonResponse({"error": str(error)})
        if not name.picture.alt and not name.picture.is_decorative:
            _describe(name.picture, {"alt": alt, "is_decorative": is_decorative and not alt})
        library.prepare_soon()
        return JsonResponse({"name": name.name, "markdown": markdown_of(name, name.picture, alt=alt)})

    def find_view(self, request: HttpRequest) -> JsonResponse:
        """The newest pictures with `q` in their names or words: two queries."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = Picture.objects.filter(names__isnull=False)
        for word in request.GET.get("q", "")[:200].split():
            matching = PictureName.objects.filter(name__icontains=word).values("picture")
            rows = rows.filter(alt__icontains=word) | rows.filter(pk__in=matching)
        chosen = rows.distinct().order_by("-added_at", "hash").prefetch_related("names")[:FOUND_MAX]
        found = [(picture, picture.names.all()[0]) for picture in chosen]
        return JsonResponse(
            {
                "pictures": [
                    {
                        "name": name.name,
                        "markdown": markdown_of(name, picture),
                        "alt": picture.alt,
                        "url": picture.url(),
                        "width": picture.width,
                        "height": picture.height,
                    }
                    for picture, name in found
                ]
            }
        )


def _uploaded(file: Any, alt: str, *, is_decorative: bool) -> bytes:
    if file is None:
        raise PictureError("Choose a file.")
    if not alt and not is_decorative:
        raise PictureError("Say what the picture shows, or that it is decorative.")
    if len(alt) > ALT_MAX_LENGTH:
        raise PictureError(
            f"An alternative text has at most {ALT_MAX_LENGTH} characters. Say the rest in the answer."
        )
    return read_upload(file)


def markdown_of(name: PictureName, picture: Picture, *, alt: str = "") -> str:
    """What an answer says to show a picture."""
    words = alt or picture.alt
    address = name.name.replace(" ", "%20").replace("(", "%28").replace(")", "%29")
    escaped = words.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    return f"![{escaped}]({address})"


def _describe(picture: Picture, values: dict[str, Any]) -> None:
    for field, value in values.items():
        setattr(picture, field, value)
    try:
        picture.clean_fields(
            exclude=[field.name for field in picture._meta.fields if field.name not in values]
        )
    except ValidationError as error:
        raise PictureError(" ".join(error.messages)) from error
    picture.save(update_fields=list(values))
    library.render(library.users_of(name.name for name in picture.names.all()))
