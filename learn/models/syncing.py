"""Synchronisation with git: what was taken from which branch, what went back, the runs, the webhook's deliveries."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from .imports import ImportRun


class SyncedBranch(models.Model):
    """A branch of a git repository that the library is kept in step with.

    `commit` was imported last. `pushed` is the commit that was pushed last, or was about to be: the revisions up to
    `pushed_revision` are in it. `next_pushed` and `next_revision` are what is about to be pushed, so that a run that
    was killed knows its own commits. `rejected` are paths of files that could not be imported.
    """

    repository = models.CharField(max_length=1000, help_text="Its address, without credentials.")
    branch = models.CharField(max_length=250)
    prefix = models.CharField(max_length=500, blank=True)
    commit = models.CharField(max_length=64, blank=True)
    pushed = models.CharField(max_length=64, blank=True)
    pushed_revision = models.BigIntegerField(default=0)
    next_pushed = models.CharField(max_length=64, blank=True)
    next_revision = models.BigIntegerField(default=0)
    rejected = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["repository", "branch", "prefix"], name="synced_branch_unique")
        ]

    def __str__(self) -> str:
        return f"{self.repository}, {self.branch}"


class SyncRun(models.Model):
    """One synchronisation: from which commit to which, what was imported, what was pushed where, how it ended."""

    target = models.ForeignKey(SyncedBranch, on_delete=models.CASCADE, related_name="runs")
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    who = models.CharField(max_length=200, blank=True)
    before = models.CharField(max_length=64, blank=True, help_text="The commit that was imported before.")
    commit = models.CharField(max_length=64, blank=True, help_text="The commit that was imported.")
    pushed_to = models.CharField(max_length=250, blank=True, help_text="The branch that was pushed to.")
    pushed = models.PositiveIntegerField(default=0, help_text="Commits.")
    exit_code = models.PositiveSmallIntegerField(null=True, blank=True)
    message = models.TextField(blank=True)
    waiting = models.JSONField(default=dict, help_text="Numbers: conflicts, for_review, rejected.")
    run = models.ForeignKey(ImportRun, null=True, blank=True, on_delete=models.SET_NULL, related_name="syncs")

    class Meta:
        ordering = ["-started_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.target}, {self.started_at:%Y-%m-%d %H:%M}"


class SyncDelivery(models.Model):
    """A webhook's delivery that was acted on, by the hash of its body: the same one is not acted on again."""

    digest = models.CharField(max_length=64, unique=True)
    received_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.digest
