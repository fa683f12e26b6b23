"""Renames a subject, its title or its address, with all that names it: its articles, their files, the way there."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from learn.db.rows import BATCH, batched
from learn.identity import article_path
from learn.models import Article, Redirect, RelatedLink, RevisionDetails, Subject
from learn.models.articles import refresh_edited_at
from learn.models.revisions import ensure_first_revision, record
from learn.signals import pages_changed

if TYPE_CHECKING:
    from django.contrib.auth.models import User

CHANGED = ("subject_label", "seo_title", "version", "updated_at", "modified_at")


def rename(subject: Subject) -> None:
    """Save `subject` with its new title, slug, description, or whether it is listed.

    Where the slug changed, the subject's page and each article leave a redirect that leads to the new address in one
    hop: in the same transaction, so that no address is without a page in between. What else follows is written
    article by article, by `follow`. Call it in a transaction that holds the write lock.
    """
    old = Subject.objects.get(pk=subject.pk)
    articles = list(Article.objects.filter(subject=subject.pk).order_by("pk").only("pk", "slug"))
    pages_changed.send(sender=Article, pks=[article.pk for article in articles])  # where they stood
    subject.save()
    if old.slug == subject.slug:
        return
    lead_from(old.slug, subject.slug)
    for batch in batched(articles):
        Redirect.objects.filter(old_path__in=[article_path(subject.slug, row.slug) for row in batch]).delete()
        Redirect.objects.leave({article_path(old.slug, row.slug): row for row in batch})
    pages_changed.send(sender=Article, pks=[article.pk for article in articles])  # where they stand
    RelatedLink.objects.resolve()


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


def lead_from(old: str, new: str) -> None:
    """Send the page of a former subject, and those that led to it, to the page of the subject `new`; both are slugs."""
    before, now = f"/learn/{old}", f"/learn/{new}"
    Redirect.objects.filter(old_path=now).delete()  # a live page is never hidden by a redirect
    Redirect.objects.filter(new_path=before).update(new_path=now)
    Redirect.objects.update_or_create(
        old_path=before, defaults={"new_path": now, "target": None, "is_automatic": True}
    )


def follow(pks: list[int], old: Subject, new: Subject, user: User | None) -> list[int]:
    """Let articles of a renamed subject follow: how their files name it, their version, who is the canonical one.

    Returns those that were changed. Some seven queries. Call it in a transaction that holds the write lock.
    """
    now = timezone.now()
    is_moved = old.slug != new.slug
    rows, keys = [], set()
    for row in Article.objects.filter(pk__in=pks).select_related("subject").order_by("pk"):
        keys.add(row.content_key)
        before = (row.subject_label, row.seo_title)
        row.follow_subject(old, new)
        if not is_moved and before == (row.subject_label, row.seo_title):
            continue
        row.version += 1
        row.updated_at = now
        if is_moved:
            row.modified_at = max(now, row.modified_at + timedelta(seconds=1))
        rows.append(row)
    changed = [row.pk for row in rows]
    if changed:
        ensure_first_revision(Article, changed)
        Article.objects.bulk_update(rows, CHANGED, batch_size=BATCH)
        pages_changed.send(sender=Article, pks=changed)
        written = Article.objects.filter(pk__in=changed).select_related("subject")
        articles = list(written.prefetch_related("related_links"))
        refresh_edited_at(articles)
        reason = (
            f"subject {old.slug} renamed to {new.slug}" if is_moved else f"subject renamed to {new.title}"
        )
        record(articles, source=RevisionDetails.Source.ACTION, user=user, reason=reason)
    if old.is_listed != new.is_listed:
        Article.objects.choose_canonicals(keys)
        pages_changed.send(sender=Article, pks=pks)
    return changed
