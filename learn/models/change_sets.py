"""Change sets: large changes that are looked at first, run in the background, have a name, and can be taken back."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from learn.files.limits import TITLE_MAX_LENGTH, URL_MAX_LENGTH

STALLED_AFTER = dt.timedelta(
    seconds=15
)  # no sign of life for so long: the process is gone, or was never begun


class ChangeSet(models.Model):
    """One large change: what it does, to how many, how far it is, and what came of it.

    Its state says what is to be done next. `checking` looks at each item without changing anything; then it waits as a
    `preview` until somebody confirms it; `waiting` sets are run one after the other, in the order in which they were
    confirmed.
    """

    class State(models.TextChoices):
        CHECKING = "checking", "Being looked at"
        PREVIEW = "preview", "Preview"
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        PARTLY = "partly", "Partly refused"
        REVERTED = "reverted", "Taken back"
        DISCARDED = "discarded", "Discarded"
        FAILED = "failed", "Failed"

    class Kind(models.TextChoices):
        PUBLISH = "publish", "Publish"
        PUBLISH_CHANGES = "publish-changes", "Publish unpublished changes"
        UNPUBLISH = "unpublish", "Unpublish"
        NO_INDEX = "no-index", "Keep out of search engines"
        INDEX = "index", "Let into search engines"
        MOVE = "move", "Move to another subject"
        RENDER = "render", "Render anew"
        REPLACE = "replace", "Find and replace"
        MERGE = "merge", "Merge articles"
        SUBJECT_RENAME = "subject-rename", "Rename a subject"
        SUBJECT_MERGE = "subject-merge", "Merge a subject into another"
        DEAD_LINKS = "dead-links", "Mend dead related links"
        ANSWER_LINKS = "answer-links", "Mend links in answers"
        REDIRECTS = "redirects", "Redirects from a table"
        REVERT = "revert", "Take back"
        IMPORT = "import", "Import"
        BRING_BACK = "bring-back", "Bring back from the trash"

    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.CHECKING)
    note = models.TextField(blank=True)
    options = models.JSONField(default=dict, blank=True, help_text="What its kind needs to know.")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    reverts = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="reverted_by")
    made_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(
        default=timezone.now, help_text="The last sign of life of who works on it."
    )
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    ready = models.PositiveIntegerField(default=0, help_text="What it would change, as the preview says.")
    changed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    message = models.TextField(blank=True, help_text="Why it failed.")
    forgotten_at = models.DateTimeField(null=True, help_text="When its details were removed: they were old.")

    class Meta:
        ordering = ["-made_at", "-pk"]
        indexes = [
            models.Index(
                fields=["confirmed_at"],
                name="change_set_to_do",
                condition=Q(state__in=["checking", "waiting", "running"]),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_working(self) -> bool:
        return self.state in (self.State.CHECKING, self.State.WAITING, self.State.RUNNING)

    @property
    def is_stalled(self) -> bool:
        """Whether it should go on, and nobody gives a sign of life."""
        return self.is_working and self.seen_at < timezone.now() - STALLED_AFTER

    def state_counts(self) -> dict[str, int]:
        """How many of its items there are in each state. One query, of an index."""
        counted = self.items.order_by().values_list("state").annotate(count=models.Count("*"))
        return dict(counted)

    @property
    def is_over(self) -> bool:
        """Whether it ran to its end."""
        return self.state in (self.State.DONE, self.State.PARTLY, self.State.REVERTED)


class ChangeItem(models.Model):
    """One article (or one redirect) of a change set: what is to become of it, what it said before and says after.

    `before` and `after` hold only what differs, by field (learn.changesets.snapshots); in a preview they say what would
    be. They name the article by its key alone, because it may be deleted later.
    """

    class State(models.TextChoices):
        NEW = "new", "To be looked at"
        READY = "ready", "To be changed"
        UNCHANGED = "unchanged", "Already so"
        REFUSED = "refused", "Refused"
        LEFT_OUT = "left-out", "Left out"
        CHANGED = "changed", "Changed"

    change_set = models.ForeignKey(ChangeSet, on_delete=models.CASCADE, related_name="items", db_index=False)
    article_key = models.BigIntegerField(null=True, db_index=True)
    path = models.CharField(max_length=URL_MAX_LENGTH, blank=True)
    label = models.CharField(max_length=TITLE_MAX_LENGTH, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.NEW)
    reason = models.TextField(blank=True)
    options = models.JSONField(default=dict, blank=True)
    before = models.JSONField(default=dict, blank=True)
    after = models.JSONField(default=dict, blank=True)
    version = models.PositiveIntegerField(null=True, help_text="Of the article, when it was looked at.")
    fingerprint = models.CharField(max_length=32, blank=True, help_text="Of all it said after the change.")

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["change_set", "state", "id"], name="change_item_next")]
        constraints = [
            models.UniqueConstraint(
                fields=["change_set", "article_key"],
                name="change_item_unique",
                condition=~Q(article_key=None),
            )
        ]

    def __str__(self) -> str:
        return self.label or self.path
