r"""Questions and answers as cards: the site's HTML with formulas as MathJax reads them, `\(..\)` and `\[..\]`.

https://docs.ankiweb.net/math.html
"""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Q

from learn.db.rows import batched
from learn.identity import digest
from learn.models import Article
from learn.models.querysets import ArticleQuerySet
from learn.rendering import units
from learn.seo import absolute

ROWS_AT_ONCE = 200  # articles in memory
COLUMNS = ("subject__slug", "slug", "question", "answer_html", "date", "modified_at", "source_url")
_MATH = re.compile(r"<math\b([^>]*)>(.*?)</math>", re.DOTALL)
_TEX = re.compile(r'<annotation encoding="application/x-tex">(.*?)</annotation>', re.DOTALL)
# What a page needs and a card does not: places to tab to, names for screen readers of boxes that scroll, anchors.
_OF_PAGES = re.compile(r' (?:tabindex|role|aria-label|id|rel|scope|data-language)="[^"]*"')
_TAG = re.compile(r"<[a-z][^<>]*>")  # as the site writes them: what stands in a text as < is &lt; there
# One file for each picture: a deck has room for no choice of them.
_SOURCES = re.compile(r"<source [^>]*>|</?picture>")
_ZOOM = re.compile(r'<a class="zoom"[^>]*>(.*?)</a>', re.DOTALL)
_OF_PICTURES = re.compile(r' (?:loading|decoding)="[^"]*"')
_OWN_PICTURE = re.compile(r'src="(/[^"]*)"')
_OWN_LINK = re.compile(r'href="(/[^"]*)"')
_BACK = re.compile(r' ?<a href="#[^"]*">↩</a>')
_ANCHOR = re.compile(r'<a href="#[^"]*">(.*?)</a>', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Card:
    """One question and its answer as HTML; `guid` stays when the text changes, `number` tells cards apart."""

    number: int
    guid: str
    question: str
    answer: str
    subject: str  # its slug
    url: str
    modified_at: dt.datetime


def cards(articles: ArticleQuerySet) -> Iterator[Card]:
    """The cards of `articles`, newest first. A query for each ROWS_AT_ONCE: no cursor stays open, no list grows."""
    newest = articles.newest_first().select_related("subject").only(*COLUMNS)
    rows = list(newest[:ROWS_AT_ONCE])
    while rows:
        yield from map(_card, rows)
        last = rows[-1]
        after = Q(date__lt=last.date) | Q(date=last.date, slug__gt=last.slug)
        after |= Q(date=last.date, slug=last.slug, subject_id__gt=last.subject_id)
        rows = list(newest.filter(after, date__lte=last.date)[:ROWS_AT_ONCE])


def cards_in_order(articles: ArticleQuerySet) -> Iterator[Card]:
    """The cards of `articles` in their own order. A query for their keys and one for each ROWS_AT_ONCE of them."""
    for keys in batched(articles.values_list("pk", flat=True), ROWS_AT_ONCE):
        found = Article.objects.select_related("subject").only(*COLUMNS).in_bulk(keys)
        yield from (_card(found[key]) for key in keys if key in found)


def _card(article: Article) -> Card:
    path = article.get_absolute_url()
    return Card(
        number=article.pk,
        guid=digest("card", article.source_url or path)[:16],
        question=field(article.question_html),
        answer=field(article.answer_html),
        subject=article.subject.slug,
        url=absolute(path),
        modified_at=article.modified_at,
    )


def field(page: str) -> str:
    """HTML of a page as HTML of a card; of a formula that is broken over lines the first piece has all of it."""
    card = _MATH.sub(_formula, page)
    if "<img " in card:
        card = _OF_PICTURES.sub("", _ZOOM.sub(r"\1", _SOURCES.sub("", card)))
        card = _OWN_PICTURE.sub(lambda match: f'src="{absolute(match[1])}"', card)
    card = _BACK.sub("", _TAG.sub(lambda tag: _OF_PAGES.sub("", tag[0]), card))
    card = _ANCHOR.sub(r"\1", card)
    return _OWN_LINK.sub(lambda match: f'href="{absolute(match[1])}"', card).strip()


def _formula(match: re.Match[str]) -> str:
    tex = _TEX.search(match[2])
    if tex is None:
        return ""
    # Anki would end the formula at these.
    source = tex[1].strip()
    if units.COMMAND.search(source):  # MathJax in Anki has no siunitx
        source = html.escape(units.write_out(html.unescape(source)), quote=False)
    source = source.replace(r"\)", r"\ )").replace(r"\]", r"\ ]")
    return rf"\[{source}\]" if 'display="block"' in match[1] else rf"\({source}\)"
