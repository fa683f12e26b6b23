"""Which questions an article leads on to."""

from __future__ import annotations

from django.db.models import F
from django.db.models.functions import Coalesce

from .models import Article


def related_questions(article: Article) -> list[Article]:
    """The articles that the related links of `article` lead to, in their order: one query.

    Left out are links that lead nowhere or to what no list may show, the article itself, and every further copy
    of a question that is already there (duplicates share a canonical article).
    """
    targets = (
        Article.objects.listable()
        .filter(linked_from__article=article)
        .for_listing()
        .annotate(original=Coalesce("canonical", "pk"), position=F("linked_from__position"))
        .order_by("position")
    )
    seen = {article.canonical_id or article.pk}
    related = []
    for target in targets:
        if target.original not in seen:
            seen.add(target.original)
            related.append(target)
    return related
