"""Import runs, import conflicts that wait for an editor, and uploads."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.signals import pre_delete
from django.dispatch import receiver
from django.utils import timezone

from .articles import Article
from .bases import DeletedArticle, FileSource


class ImportRun(models.Model):
    """One run of the import: what it read, who started it, its result."""

    source = models.TextField()
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    who = models.CharField(max_length=200, blank=True)
    counts = models.JSONField(default=dict)
    problems = models.JSONField(default=list)
    problem_keys = models.JSONField(default=list, help_text="Of all problems (learn.importing.known).")

    class Meta:
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return f"{self.source}, {self.started_at:%Y-%m-%d %H:%M}"


FORMER = "a former colleague"


@receiver(pre_delete, sender=settings.AUTH_USER_MODEL)
def forget_name(instance: Any, **_kwargs: Any) -> None:
    """Take the name of a deleted account from the runs that it started: `who` is text, and no key of a row."""
    name = instance.get_username()
    for run in ImportRun.objects.filter(Q(who=name) | Q(who__startswith=f"{name}, ")).only("pk", "who"):
        ImportRun.objects.filter(pk=run.pk).update(who=FORMER + run.who[len(name) :])


class ImportConflict(models.Model):
    """A file that changed although an editor changed its article: nothing was overwritten, somebody has to choose.

    Or, with `deleted` instead of `article`: one that changed although its article was deleted on the site.
    """

    class Resolution(models.TextChoices):
        MINE = "mine", "The article stayed as it was"
        FILE = "file", "The file was taken"
        MERGED = "merged", "Both were merged"
        REVIVED = "revived", "The article was brought back"
        SUPERSEDED = "superseded", "A later file took its place"

    article = models.ForeignKey(Article, null=True, on_delete=models.CASCADE, related_name="conflicts")
    deleted = models.ForeignKey(DeletedArticle, null=True, on_delete=models.CASCADE, related_name="conflicts")
    file_source = models.ForeignKey(FileSource, null=True, on_delete=models.SET_NULL, related_name="+")
    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="conflicts")
    source_path = models.CharField(max_length=1000)
    source_hash = models.CharField(max_length=64)
    document = models.TextField(help_text="The text of the file.")
    created_at = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    resolution = models.CharField(max_length=10, choices=Resolution, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["article"], condition=Q(resolved_at=None), name="import_conflict_one_open"
            ),
            models.UniqueConstraint(
                fields=["deleted"], condition=Q(resolved_at=None), name="import_conflict_one_deleted"
            ),
        ]

    def __str__(self) -> str:
        return self.source_path


class Upload(models.Model):
    """A file that an editor uploaded: tried first, then, when confirmed, imported, each by a process of its own."""

    class State(models.TextChoices):
        CHECKING = "checking", "Checking"
        CHECKED = "checked", "Checked"
        IMPORTING = "importing", "Importing"
        DONE = "done", "Imported"
        FAILED = "failed", "Failed"
        DISCARDED = "discarded", "Discarded"

    name = models.CharField(max_length=255, help_text="The name of the file as it was uploaded.")
    size = models.PositiveBigIntegerField(help_text="Bytes.")
    path = models.CharField(
        max_length=1000, blank=True, help_text="Where the file is kept until it is imported."
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.CHECKING)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    report = models.JSONField(default=dict)
    message = models.TextField(blank=True, help_text="Why it failed.")
    run = models.ForeignKey(ImportRun, null=True, on_delete=models.SET_NULL, related_name="uploads")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.name
