"""What an editor decides of a group of near-duplicates (learn.related.duplicates finds them)."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

from django.db import transaction

from learn.db import state
from learn.models import Article, ArticleToRelate, CanonicalChoice, DifferentQuestions, DuplicateGroup
from learn.signals import pages_changed


def mark_as_different(group: DuplicateGroup) -> None:
    """Remember that no two articles of `group` ask the same; the group goes, and what they lead to is chosen anew."""
    pks = sorted(group.members.values_list("article_id", flat=True))
    with transaction.atomic():
        DifferentQuestions.objects.bulk_create(
            (DifferentQuestions(first_id=first, second_id=second) for first, second in combinations(pks, 2)),
            ignore_conflicts=True,
        )
        group.delete()
        ArticleToRelate.objects.bulk_create((ArticleToRelate(pk=pk) for pk in pks), ignore_conflicts=True)


def choose_canonical(group: DuplicateGroup, original: Article) -> int:
    """Send search engines from the other articles of `group`, and from their copies, to `original`; the group goes.

    Their addresses go on answering. What led to one of them leads to `original`. Returns how many follow it now.
    Raises ValueError where `original` is not of the group or not public.
    """
    with transaction.atomic():
        state.lock_writes()
        members = list(Article.objects.filter(duplicate_member__group=group))
        chosen = next((one for one in members if one.pk == original.pk), None)
        if chosen is None or not chosen.is_published or chosen.no_index:
            raise ValueError("The canonical article must be one of the group, and public.")
        followers = [one for one in members if one.pk != chosen.pk]
        keys = {one.content_key for one in followers}
        # What was chosen before in the place of the new original, or of a copy of it, is not any more.
        CanonicalChoice.objects.filter(article__content_key=chosen.content_key).delete()
        CanonicalChoice.objects.filter(original__in=followers).exclude(article=chosen).update(original=chosen)
        CanonicalChoice.objects.bulk_create(
            (CanonicalChoice(article=one, original=chosen) for one in followers),
            update_conflicts=True,
            unique_fields=["article"],
            update_fields=["original"],
        )
        group.delete()
        Article.objects.choose_canonicals({chosen.content_key, *keys})
        _announce(one.pk for one in members)
    return len(followers)


def withdraw(choices: Iterable[CanonicalChoice]) -> int:
    """Take these choices back: each article stands for itself again, and is looked at anew. Returns how many."""
    with transaction.atomic():
        state.lock_writes()
        taken = list(
            CanonicalChoice.objects.filter(pk__in=[choice.pk for choice in choices]).select_related("article")
        )
        CanonicalChoice.objects.filter(pk__in=[choice.pk for choice in taken]).delete()
        Article.objects.choose_canonicals({choice.article.content_key for choice in taken})
        _announce(choice.pk for choice in taken)
    return len(taken)


def _announce(pks: Iterable[int]) -> None:
    pages_changed.send(sender=Article, pks=list(pks))
