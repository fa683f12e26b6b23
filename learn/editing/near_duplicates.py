"""What an editor decides of a group of near-duplicates (learn.related.duplicates finds them)."""

from __future__ import annotations

from itertools import combinations

from django.db import transaction

from learn.models import ArticleToRelate, DifferentQuestions, DuplicateGroup


def mark_as_different(group: DuplicateGroup) -> None:
    """Remember that no two articles of `group` ask the same; the group goes, and what they lead to is chosen anew."""
    pks = sorted(group.members.values_list("article_id", flat=True))
    with transaction.atomic():
        DifferentQuestions.objects.bulk_create(
            (DifferentQuestions(first_id=first, second_id=second) for first, second in combinations(pks, 2)),
            ignore_conflicts=True,
        )
        group.delete()
        ArticleToRelate.objects.bulk_create((ArticleToRelate(pk) for pk in pks), ignore_conflicts=True)
