"""Changes of many articles at once: publish, unpublish, hide from search engines, move, render again.

Each function takes the keys of the articles and says what came of it. It works in batches of 500, each in a
transaction with one statement that changes the rows, so that other writers wait briefly and a failure leaves whole
batches behind. Every changed article gets a new version and a revision. Who may do it is the caller's to check.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from learn.db import state
from learn.db.rows import BATCH, batched
from learn.identity import article_path
from learn.media import library
from learn.models import Article, Redirect, RelatedLink, RevisionDetails, Subject
from learn.models.articles import refresh_edited_at
from learn.models.revisions import ensure_first_revision, record
from learn.signals import pages_changed

if TYPE_CHECKING:
    from django.contrib.auth.models import User

Status = Article.Status


@dataclass
class Outcome:
    """How many articles were changed, how many were so already, and which were left alone for what reason."""

    changed: int = 0
    unchanged: int = 0
    refused: list[tuple[Article, str]] = field(default_factory=list)
    pks: list[int] = field(default_factory=list)  # of those that were changed


def missing_for_publication(article: Article) -> dict[str, str]:
    """What an article lacks to be published, by field: what would make its page broken or unfindable."""
    wanted = {
        "question": "Write the question.",
        "slug": "Choose the address.",
        "answer": "Write the answer.",
        "description": "Write the description that search results show.",
    }
    missing = {name: advice for name, advice in wanted.items() if not str(getattr(article, name)).strip()}
    if article.expires is not None and article.expires <= timezone.now():  # also of a revision
        missing["expires"] = "Choose a later moment to expire, or none: this one has passed."
    return missing


def missing_for_live_page(article: Article) -> dict[str, str]:
    """What a live page must not be left without, by field; a search result can do without description."""
    missing = missing_for_publication(article)
    missing.pop("description", None)
    missing.pop("expires", None)
    return missing


def publish(pks: Iterable[int], user: User | None, *, is_trial: bool = False) -> Outcome:
    """Publish articles, at once or when their `publish_at` comes; those that lack something stay as they are."""

    def sort_out(row: Article, outcome: Outcome) -> bool:
        if row.status == Status.PUBLISHED:
            outcome.unchanged += 1
        elif missing := missing_for_publication(row):
            outcome.refused.append((row, " ".join(missing.values())))
        else:
            return True
        return False

    def change(rows: Sequence[Article]) -> None:
        paths = [row.get_absolute_url() for row in rows]
        Redirect.objects.filter(old_path__in=paths).delete()  # a live page is never hidden by a redirect
        _update(rows, status=Status.PUBLISHED, missing_since=None)

    return _each_batch(pks, sort_out, change, user, "published", is_trial=is_trial)


def unpublish(pks: Iterable[int], user: User | None, *, is_trial: bool = False) -> Outcome:
    """Take articles off the site; drafts, which never were on it, stay drafts."""

    def sort_out(row: Article, outcome: Outcome) -> bool:
        if row.status != Status.PUBLISHED:
            outcome.unchanged += 1
            return False
        return True

    return _each_batch(
        pks,
        sort_out,
        lambda rows: _update(rows, status=Status.UNPUBLISHED),
        user,
        "unpublished",
        is_trial=is_trial,
    )


def set_no_index(pks: Iterable[int], user: User | None, *, value: bool, is_trial: bool = False) -> Outcome:
    """Keep articles out of lists and search engines, or let them in again."""

    def sort_out(row: Article, outcome: Outcome) -> bool:
        if row.no_index == value:
            outcome.unchanged += 1
            return False
        return True

    reason = "kept out of search engines" if value else "let into search engines"
    return _each_batch(
        pks, sort_out, lambda rows: _update(rows, no_index=value), user, reason, is_trial=is_trial
    )


def move(pks: Iterable[int], user: User | None, *, subject: Subject, is_trial: bool = False) -> Outcome:
    """Move articles to `subject`; each leaves a redirect. One whose address is taken there stays where it is.

    The file's own name of the subject, and its title for search engines, follow where they named the old subject.
    """

    def sort_out(row: Article, outcome: Outcome) -> bool:
        if row.subject_id == subject.pk:
            outcome.unchanged += 1
            return False
        return True

    def change(rows: Sequence[Article]) -> None:
        now = timezone.now()
        moved = {row.get_absolute_url(): row for row in rows}
        for row in rows:
            row.follow_subject(row.subject, subject)
            row.subject = subject
            row.version += 1
            row.updated_at = now
            row.modified_at = max(now, row.modified_at + timedelta(seconds=1))
        Article.objects.bulk_update(
            rows,
            ["subject", "subject_label", "seo_title", "version", "updated_at", "modified_at"],
            batch_size=BATCH,
        )
        Redirect.objects.filter(old_path__in=[article_path(subject.slug, row.slug) for row in rows]).delete()
        Redirect.objects.leave(moved)
        RelatedLink.objects.resolve()
        # `cell.png` means a file beside the article's, which is another one under another subject.
        library.render([row.pk for row in rows if "![" in row.answer])

    def without_taken(rows: Sequence[Article], outcome: Outcome) -> Sequence[Article]:
        taken = set(
            Article.objects.filter(subject=subject, slug__in=[row.slug for row in rows]).values_list(
                "slug", flat=True
            )
        )
        free = []
        for row in rows:
            if row.slug in taken:
                path = article_path(subject.slug, row.slug)
                outcome.refused.append((row, f"Another article stands at {path}."))
            else:
                taken.add(row.slug)  # two of those that move may have one slug
                free.append(row)
        return free

    return _each_batch(
        pks, sort_out, change, user, f"moved to {subject.slug}", without_taken, is_trial=is_trial
    )


def render(pks: Iterable[int]) -> Outcome:
    """Render articles again. Neither version nor history move: the text is the same."""
    return Outcome(changed=library.render(pks))


def _each_batch(
    pks: Iterable[int],
    sort_out: Callable[[Article, Outcome], bool],
    change: Callable[[Sequence[Article]], None],
    user: User | None,
    reason: str,
    screen: Callable[[Sequence[Article], Outcome], Sequence[Article]] = lambda rows, _outcome: rows,
    *,
    is_trial: bool,
) -> Outcome:
    """`change` the articles that `sort_out` and `screen` let through, with what follows from the change.

    `is_trial`: say what would be changed and what refused, and change nothing.
    """
    outcome = Outcome()
    for batch in batched(dict.fromkeys(pks)):
        found = (
            Article.objects.filter(pk__in=batch)
            .select_related("subject")
            .defer("answer_html", "answer_text", "headings", "extra", "layout", "body")
            .order_by("pk")
        )
        if is_trial:
            rows = screen([row for row in found if sort_out(row, outcome)], outcome)
            outcome.changed += len(rows)
            outcome.pks += [row.pk for row in rows]
            continue
        with transaction.atomic():
            state.lock_writes()
            found = found.select_for_update(of=("self",))
            rows = screen([row for row in found if sort_out(row, outcome)], outcome)
            if not rows:
                continue
            ensure_first_revision(Article, [row.pk for row in rows])
            pages_changed.send(
                sender=Article, pks=[row.pk for row in rows]
            )  # where they stood; below, where they stand
            change(rows)
            pages_changed.send(sender=Article, pks=[row.pk for row in rows])
            Article.objects.choose_canonicals({row.content_key for row in rows})
            written = Article.objects.filter(pk__in=[row.pk for row in rows]).select_related("subject")
            changed = list(written.prefetch_related("related_links"))
            refresh_edited_at(changed)
            record(changed, source=RevisionDetails.Source.ACTION, user=user, reason=reason)
            outcome.changed += len(changed)
            outcome.pks += [article.pk for article in changed]
    return outcome


def _update(rows: Sequence[Article], **values: object) -> None:
    """The one statement that changes a batch."""
    Article.objects.filter(pk__in=[row.pk for row in rows]).update(
        **values, version=F("version") + 1, updated_at=timezone.now()
    )
