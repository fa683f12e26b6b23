"""Pictures: what is known of each, by which names answers call it, and which articles do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from learn import derive, rendering
from learn.db.rows import batched
from learn.rendering.pictures import names_of

NAME_MAX_LENGTH = 400
MEDIA_TYPES = {
    "avif": "image/avif",
    "jpg": "image/jpeg",
    "png": "image/png",
    "svg": "image/svg+xml",
    "webp": "image/webp",
}
SHORT = 20  # characters of the hash in the names of files: 80 bits


class Picture(models.Model):
    """A picture, stored once for its content: `hash` is the SHA-256 of the bytes that were given to us.

    `width` and `height` are those of the version that pages show (`extension`): turned the right way, without what the
    camera wrote into it, and no larger than a page needs. `variants` has the widths of the smaller files by extension;
    until a process has made them, it is empty and pages do without.
    """

    hash = models.CharField(max_length=64, primary_key=True, editable=False)
    kind = models.CharField(max_length=10, editable=False)
    size = models.PositiveIntegerField(editable=False)
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)
    frames = models.PositiveIntegerField(default=1, editable=False)
    extension = models.CharField(max_length=10, editable=False)
    is_transparent = models.BooleanField(default=False, editable=False)
    variants = models.JSONField(default=dict, editable=False)
    prepared_at = models.DateTimeField(null=True, editable=False)
    alt = models.CharField(
        "alternative text",
        max_length=500,
        blank=True,
        help_text="What the picture shows, for who cannot see it. An answer may say it in words of its own.",
    )
    is_decorative = models.BooleanField(
        "decorative",
        default=False,
        help_text="It says nothing that the text does not: readers aloud pass it by.",
    )
    caption = models.CharField(
        max_length=500, blank=True, help_text="Stands below it, unless an answer says another."
    )
    source = models.CharField(
        max_length=500, blank=True, help_text="Who made it, or the address where it is from."
    )
    licence = models.CharField(max_length=200, blank=True, help_text="Such as CC BY 4.0, or its address.")
    added_at = models.DateTimeField(default=timezone.now, editable=False)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        indexes = [models.Index(fields=["-added_at", "hash"], name="picture_newest")]

    def __str__(self) -> str:
        return self.alt or f"Picture {self.hash[:SHORT]}"

    @property
    def original(self) -> str:
        """Where the bytes that were given to us lie in the store; nothing serves them."""
        return f"originals/{self.hash}"

    def file_name(self, extension: str = "", width: int = 0) -> str:
        """The name of the version that pages show, or of the one of another format and width."""
        end = f"-{width}.{extension}" if width else f".{self.extension}"
        return f"{self.hash[:SHORT]}{end}"

    def url(self, extension: str = "", width: int = 0) -> str:
        return f"{settings.MEDIA_URL}{self.file_name(extension, width)}"

    @property
    def file_names(self) -> list[str]:
        """The names of all files of it that pages may ask for."""
        made = [self.file_name(end, width) for end, widths in self.variants.items() for width in widths]
        return [self.file_name(), *made]

    def rendered(self) -> rendering.Picture:
        """What the renderer needs to know of it."""
        sources = tuple(
            (MEDIA_TYPES[end], ", ".join(f"{self.url(end, width)} {width}w" for width in widths))
            for end, widths in sorted(self.variants.items())
        )
        return rendering.Picture(
            address=self.url(),
            width=self.width,
            height=self.height,
            sources=sources,
            alt=self.alt,
            is_decorative=self.is_decorative,
            caption=self.caption,
            source=self.source,
            licence=self.licence,
            needs_plate=self.is_transparent,
            is_vector=self.extension == "svg",
        )


class PictureName(models.Model):
    """A name that answers call a picture by: `media/cell.png`, or `biology/cell.png` of a file beside an article.

    `source_path` is where its file lies below the root of the source that it came from, and `imported_hash` what that
    file was when it was last imported; both are empty for what was added on the site.
    """

    name = models.CharField(max_length=NAME_MAX_LENGTH, unique=True)
    picture = models.ForeignKey(Picture, on_delete=models.PROTECT, related_name="names")
    source_path = models.CharField(max_length=1000, blank=True)
    imported_hash = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return self.name


class PictureUseQuerySet(models.QuerySet["PictureUse"]):
    def follow(self, names: Mapping[int, Iterable[str]]) -> None:
        """Let the rows of these articles, by key, be of these names and no others. Two queries, a third where new."""
        wanted = {(pk, name) for pk, of_article in names.items() for name in of_article}
        present = {
            (use.article_id, use.name): use.pk
            for batch in batched(sorted(names))
            for use in self.filter(article__in=batch)
        }
        gone = [pk for key, pk in present.items() if key not in wanted]
        if gone:
            self.filter(pk__in=gone).delete()
        new = sorted(wanted - set(present))
        self.bulk_create([self.model(article_id=pk, name=name) for pk, name in new], ignore_conflicts=True)


class PictureUse(models.Model):
    """An article's answer calls a picture by this name, whether there is one or not."""

    article = models.ForeignKey(
        "Article", db_index=False, on_delete=models.CASCADE, related_name="picture_uses"
    )
    name = models.CharField(max_length=NAME_MAX_LENGTH, db_index=True)

    objects = PictureUseQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["article", "name"], name="picture_use_once")]

    def __str__(self) -> str:
        return self.name


def known_pictures(texts: Iterable[tuple[str, str]]) -> list[tuple[rendering.Pictures, list[str]]]:
    """For each answer and its subject's slug what is known of its pictures, and the names it calls them by.

    One query for all of them, and none where no answer has a picture.
    """
    by_text = [
        {address: names_of(address, slug) for address in rendering.picture_addresses(answer)}
        for answer, slug in texts
    ]
    wanted = {name for addresses in by_text for names in addresses.values() for name in names}
    found: dict[str, Picture] = {}
    for batch in batched(sorted(wanted)):
        rows = PictureName.objects.filter(name__in=batch).select_related("picture")
        found.update({row.name: row.picture for row in rows})
    result: list[tuple[rendering.Pictures, list[str]]] = []
    for addresses in by_text:
        pictures: dict[str, rendering.Picture] = {}
        names: list[str] = []
        for address, candidates in addresses.items():
            name = next((name for name in candidates if name in found), candidates[-1] if candidates else "")
            if name in found:
                pictures[address] = found[name].rendered()
            if name and len(name) <= NAME_MAX_LENGTH:
                names.append(name)
        result.append((pictures, names))
    return result


def by_article(pks: Iterable[int]) -> dict[int, list[Picture]]:
    """The pictures of articles, by their keys. A query per 500, and one that asks whether there are any at all."""
    found: dict[int, list[Picture]] = defaultdict(list)
    for batch in batched(sorted(set(pks))):
        uses = list(
            PictureUse.objects.filter(article__in=batch).order_by("pk").values_list("article_id", "name")
        )
        if uses:
            rows = PictureName.objects.filter(name__in={name for _pk, name in uses}).select_related("picture")
            pictures: dict[str, Any] = {row.name: row.picture for row in rows}
            for pk, name in uses:
                if name in pictures:
                    found[pk].append(pictures[name])
    return found


def render_answer(answer: str, subject_slug: str) -> rendering.Rendered:
    """The answer with its pictures; one query where it has any."""
    return rendering.render(answer, known_pictures([(answer, subject_slug)])[0][0])


def derived_with_pictures(rows: Iterable[tuple[str, str, str]]) -> list[tuple[dict[str, Any], list[str]]]:
    """For each question, answer and slug of a subject the columns that follow, and the names of its pictures."""
    together = list(rows)
    known = known_pictures((answer, slug) for _question, answer, slug in together)
    return [
        (derive.derived_fields(question, answer, pictures), names)
        for (question, answer, _slug), (pictures, names) in zip(together, known, strict=True)
    ]
