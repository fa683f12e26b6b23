"""Previews: an article as its working copy will make it, and addresses under which others may see that."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.signing import BadSignature, Signer
from django.utils import timezone

from learn.identity import row_key
from learn.models import Article, PreviewLink
from learn.models.pictures import derived_with_pictures

from . import related_links, working_copies
from .forms import ArticleForm

if TYPE_CHECKING:
    from django.contrib.auth.models import User

DAYS_MAX = 30
_signer = Signer(salt="learn.editing.preview_links")


@dataclass(frozen=True)
class Preview:
    """An article as it is to be, which is not stored, and the related questions that its page will show."""

    article: Article
    related: list[Article]


def preview(pk: int) -> Preview | None:
    """The article with this key as it is to be: its working copy on top of its row; None where there is none.

    What the form would refuse (an address that is taken, say) stays as the row has it.
    """
    article = Article.objects.select_related("subject", "canonical__subject").filter(pk=pk).first()
    if article is None:
        return None
    copy = working_copies.find(pk)
    values = working_copies.rebase(copy, article).values if copy else working_copies.live_values(article)
    form = ArticleForm(data=values, instance=article)
    form.is_valid()  # sets on the article what is valid
    ((columns, _names),) = derived_with_pictures([(article.question, article.answer, article.subject.slug)])
    for name, value in columns.items():
        setattr(article, name, value)
    article.fill_blanks()
    urls = related_links.parse(values.get("related", ""))
    targets = [target.article for target in related_links.look_up(urls) if target.article]
    return Preview(article, [target for target in targets if target.is_published and target.pk != pk])


def make(article: Article, user: User, days: int) -> PreviewLink:
    """A new link to the preview of `article`, good for so many days (1 to DAYS_MAX)."""
    until = timezone.now() + dt.timedelta(days=min(max(days, 1), DAYS_MAX))
    return PreviewLink.objects.create(article=article, made_by=user, expires_at=until)


def token(link: PreviewLink) -> str:
    """What stands in the address of a link: its key and that of its article, signed with SECRET_KEY."""
    return _signer.sign(f"{link.pk}.{link.article_id}")


def open_link(text: str) -> PreviewLink | None:
    """The link that a token stands for; None for one that is altered, of another article, expired or revoked."""
    try:
        link, article = map(row_key, _signer.unsign(text).split("."))
    except (BadSignature, ValueError):
        return None
    open_links = PreviewLink.objects.filter(revoked_at=None, expires_at__gt=timezone.now())
    return open_links.filter(pk=link or 0, article=article or 0).first()


def revoke(article: Article, pk: int) -> bool:
    """Close a link of `article`; False where it is closed already, or of another."""
    links = PreviewLink.objects.filter(article=article, pk=pk, revoked_at=None)
    return bool(links.update(revoked_at=timezone.now()))
