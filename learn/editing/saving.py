"""The one way from the form of an article to its row: links, copies, addresses and history follow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import F
from django.utils import timezone

from learn.db.together import follow
from learn.models import Article, Review, RevisionDetails
from learn.models.revisions import record
from learn.signals import review_decided

from . import related_links, wording

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from .forms import ArticleForm


def save(form: ArticleForm, user: User | None, *, reason: str = "") -> Article:
    """Save the valid `form` as a new version of its article, with one revision; call it in a transaction.

    The status is what the instance says. `reason` stands in the history; the form's own note goes before it. A working
    copy of the article is done with: what it said is in the form.
    """
    article: Article = form.instance
    is_new = article.pk is None
    if not is_new and "subject" in form.changed_data:
        before = Article.objects.select_related("subject").only("subject").get(pk=article.pk)
        article.follow_subject(before.subject, article.subject)
    if not is_new and article.is_preferred and "is_preferred" in form.changed_data:
        rivals = Article.objects.filter(content_key=article.content_key, is_preferred=True)
        rivals.exclude(pk=article.pk).update(is_preferred=False, version=F("version") + 1)
    article.save(source=None)
    if "related" in form.changed_data:
        related_links.replace(article, related_links.parse(form.cleaned_data["related"]))
    article.refresh_link_flaws()
    if is_new or (form.changed_data and not {"question", "answer"}.isdisjoint(form.changed_data)):
        follow(wording.refresh, [article.pk])
    note = form.cleaned_data.get("note") or reason
    if article.status == Article.Status.PUBLISHED:
        _conclude(article, user)
    record([article], source=RevisionDetails.Source.ADMIN, user=user, reason=note)
    return article


def _conclude(article: Article, user: User | None) -> None:
    """What was asked for is published: by that it is approved, where nobody had decided."""
    review = Review.objects.filter(article=article, is_open=True).first()
    if review is None:
        return
    if not review.decision:
        review.decision, review.decided_by = Review.Decision.APPROVED, user
        review.decided_at = timezone.now()
    review.is_open = False
    review.save(update_fields=["decision", "decided_by", "decided_at", "is_open"])
    review_decided.send(sender=Review, review=review)
