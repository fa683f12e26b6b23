"""Renames a subject, its title or its address, with all that names it: its articles, their files, the way there."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from learn.db import state
from learn.db.rows import BATCH, batched
from learn.identity import article_path
from learn.models import Article, Redirect, RelatedLink, RevisionDetails, Subject
from learn.models.articles import refresh_edited_at
from learn.models.revisions import ensure_first_revision, record
from learn.signals import pages_changed

if TYPE_CHECKING:
    from django.contrib.auth.models import User

CHANGED = ("subject_label", "seo_title", "version", "updated_at", "modified_at")


def rename(subject: Subject, user: User | None) -> int:
    """Save `subject` with its new title or slug; return how many of its articles changed with it.

    Where the slug changed, the subject's page and each article leave a redirect that leads to the new address in one
    hop. The articles' own names of the subject follow where they named it as it was, so that their files will say the
    new name. One transaction; some seven queries per 500 articles.
    """
    with transaction.atomic():
        state.lock_writes()
        old = Subject.objects.get(pk=subject.pk)
        pks = list(Article.objects.filter(subject=subject.pk).order_by("pk").values_list("pk", flat=True))
        for batch in batched(pks):
            pages_changed.send(sender=Article, pks=batch)  # where they stood; below, where they stand
        subject.save()
        is_moved = old.slug != subject.slug
        if is_moved:
            _lead_from(old, subject)
        changed = sum(_follow(batch, old, subject, user, is_moved=is_moved) for batch in batched(pks))
        if is_moved:
            RelatedLink.objects.resolve()
    return changed


def renamed_slugs() -> dict[str, str]:
    """The slugs that subjects had, and those that they have now: the redirects of the subjects' pages, in one query."""
    pages = Redirect.objects.filter(old_path__startswith="/learn/", new_path__startswith="/learn/")
    led = dict(pages.values_list("old_path", "new_path"))
    slugs = {_slug(old): _slug(new) for old, new in led.items() if _slug(old) and _slug(new)}
    present = set(Subject.objects.values_list("slug", flat=True))
    return {old: new for old, new in slugs.items() if new in present and old not in present}


def _slug(path: str) -> str:
    """The slug of a subject's page; empty for any other page."""
    parts = path.split("/")
    return parts[2] if len(parts) == 3 else ""


def _lead_from(old: Subject, new: Subject) -> None:
    """Send the subject's former page, and those that led to it, to its page now."""
    before, now = f"/learn/{old.slug}", f"/learn/{new.slug}"
    Redirect.objects.filter(old_path=now).delete()  # a live page is never hidden by a redirect
    Redirect.objects.filter(new_path=before).update(new_path=now)
    Redirect.objects.update_or_create(
        old_path=before, defaults={"new_path": now, "target": None, "is_automatic": True}
    )


def _follow(batch: list[int], old: Subject, new: Subject, user: User | None, *, is_moved: bool) -> int:
    now = timezone.now()
    rows = []
    for row in Article.objects.filter(pk__in=batch).select_related("subject").order_by("pk"):
        before = (row.subject_label, row.seo_title)
        row.follow_subject(old, new)
        if not is_moved and before == (row.subject_label, row.seo_title):
            continue
        row.version += 1
        row.updated_at = now
        if is_moved:
            row.modified_at = max(now, row.modified_at + timedelta(seconds=1))
        rows.append(row)
    pks = [row.pk for row in rows]
    ensure_first_revision(Article, pks)
    Article.objects.bulk_update(rows, CHANGED, batch_size=BATCH)
    if is_moved:
        Redirect.objects.filter(old_path__in=[article_path(new.slug, row.slug) for row in rows]).delete()
        Redirect.objects.leave({article_path(old.slug, row.slug): row for row in rows})
    pages_changed.send(sender=Article, pks=pks)
    written = list(
        Article.objects.filter(pk__in=pks).select_related("subject").prefetch_related("related_links")
    )
    refresh_edited_at(written)
    reason = f"subject {old.slug} renamed to {new.slug}" if is_moved else f"subject renamed to {new.title}"
    record(written, source=RevisionDetails.Source.ACTION, user=user, reason=reason)
    return len(rows)
