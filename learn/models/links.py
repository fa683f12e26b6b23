"""Related links, redirects, and the missing pages that visitors asked for."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from learn.files.limits import TITLE_MAX_LENGTH, URL_MAX_LENGTH

from .querysets import RedirectQuerySet, RelatedLinkQuerySet


class RelatedLink(models.Model):
    """A `related_articleN` of a file, as it was written, and the article it leads to, where there is one."""

    article = models.ForeignKey("Article", on_delete=models.CASCADE, related_name="related_links")
    position = models.PositiveSmallIntegerField(help_text="The N of related_articleN; lists keep this order.")
    target = models.ForeignKey(
        "Article", null=True, blank=True, on_delete=models.SET_NULL, related_name="linked_from"
    )
    source_id = models.BigIntegerField(null=True, blank=True)
    title = models.CharField(max_length=TITLE_MAX_LENGTH, blank=True)
    subject = models.CharField(max_length=200, blank=True)
    url = models.CharField(max_length=URL_MAX_LENGTH, blank=True)

    objects = RelatedLinkQuerySet.as_manager()

    class Meta:
        ordering = ["article", "position"]
        constraints = [
            models.UniqueConstraint(fields=["article", "position"], name="related_link_position_unique")
        ]
        indexes = [
            # Asked for by URL whenever an article arrives or moves: the links that wait for it.
            models.Index(fields=["url"], name="related_link_dangling", condition=Q(target=None))
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.title}"


class Redirect(models.Model):
    """Where an old path leads: to an article, to another path, or nowhere (410 Gone)."""

    old_path = models.CharField(max_length=URL_MAX_LENGTH, unique=True)
    # An article rather than its path: when it moves again, this still leads there in one hop.
    target = models.ForeignKey(
        "Article", null=True, blank=True, on_delete=models.SET_NULL, related_name="redirects"
    )
    new_path = models.CharField(max_length=URL_MAX_LENGTH, blank=True)
    is_automatic = models.BooleanField(
        default=False, help_text="Made by a move or an import, not by an editor."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = RedirectQuerySet.as_manager()

    class Meta:
        ordering = ["old_path"]
        permissions = [("redirect_elsewhere", "Can lead visitors to other sites")]
        constraints = [
            models.CheckConstraint(
                condition=Q(target=None) | Q(new_path=""), name="redirect_has_one_destination"
            ),
            models.CheckConstraint(condition=~Q(old_path=F("new_path")), name="redirect_not_to_itself"),
        ]

    def __str__(self) -> str:
        return self.old_path


class MissingPage(models.Model):
    """An address that visitors asked for and that leads nowhere."""

    path = models.CharField(max_length=URL_MAX_LENGTH, unique=True)
    hits = models.PositiveIntegerField(default=0)
    referrer = models.CharField(max_length=1000, blank=True, help_text="Where the last visitor came from.")
    first_seen = models.DateTimeField(default=timezone.now)
    last_seen = models.DateTimeField(default=timezone.now)
    is_ignored = models.BooleanField(default=False)

    class Meta:
        ordering = ["-hits", "path"]
        indexes = [
            models.Index(F("hits").desc(), "path", name="missing_page_hits", condition=Q(is_ignored=False))
        ]

    def __str__(self) -> str:
        return self.path
