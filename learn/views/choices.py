"""What a reader asks of a subject's list: an order, a letter, a kind of answers; and the addresses of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.http import Http404, HttpRequest

from learn.models import Subject
from learn.models.querysets import ArticleQuerySet
from learn.topics.shown import LETTERS, beginning_with

# What a list may be reduced to: the word in the address, and the articles.
KINDS = {"formulas": "has_math", "code": "has_code", "tables": "has_table"}
NEWEST, BY_ALPHABET, MOST_READ = "", "a-z", "most-read"
ORDERS = {NEWEST: "Newest", BY_ALPHABET: "A–Z", MOST_READ: "Most read"}


@dataclass(frozen=True, slots=True)
class Link:
    """A way to another choice, or to this one."""

    text: str
    query: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """The order of a list; a letter, whose questions stand in the order of the alphabet; a kind of answers."""

    order: str = NEWEST
    letter: str = ""
    kind: str = ""

    @classmethod
    def of(cls, request: HttpRequest) -> Choice:
        """The choice in the address; raises Http404 for one that we would not write, so that no list has two."""
        asked = [
            (name, str(value)) for name, value in request.GET.items() if name in ("sort", "letter", "with")
        ]
        values = dict(asked)
        letter, kind = values.get("letter", ""), values.get("with", "")
        choice = cls(BY_ALPHABET if letter else values.get("sort", NEWEST), letter, kind)
        if choice.order not in ORDERS or asked != choice.asked:
            raise Http404
        if (letter and letter not in LETTERS) or (kind and kind not in KINDS):
            raise Http404
        return choice

    @property
    def asked(self) -> list[tuple[str, str]]:
        """The parameters of the address, in their order; the order of a letter's questions is not said."""
        order = "" if self.letter else self.order
        return [
            (name, value)
            for name, value in (("sort", order), ("letter", self.letter), ("with", self.kind))
            if value
        ]

    @property
    def query(self) -> str:
        return f"?{urlencode(self.asked)}" if self.asked else ""

    @property
    def is_part(self) -> bool:
        """Whether the list holds some of the subject's articles only, whose number is not stored."""
        return bool(self.letter or self.kind or self.is_most_read)

    @property
    def is_most_read(self) -> bool:
        return self.order == MOST_READ

    @property
    def is_by_alphabet(self) -> bool:
        return self.order == BY_ALPHABET

    @property
    def all_letters(self) -> str:
        """The query of the same list without a letter."""
        return replace(self, letter="").query

    @property
    def rest(self) -> str:
        """What follows the letter in the address of another letter of this list."""
        return f"&{urlencode([('with', self.kind)])}" if self.kind else ""

    def apply(self, articles: ArticleQuerySet, subject: Subject) -> ArticleQuerySet:
        """Those of the subject's `articles` that are asked for, in the order that is. An index serves each choice."""
        if self.kind:
            articles = articles.filter(**{KINDS[self.kind]: True})
        if self.letter:
            articles = beginning_with(articles, self.letter)
        if self.is_most_read:
            return articles.filter(most_read__subject=subject).order_by("most_read__place")
        return articles.order_by("slug") if self.is_by_alphabet else articles.newest_first()

    def orders(self, *, has_most_read: bool) -> Iterator[Link]:
        """The orders of the list, with the same kind of answers; the most read where something is known of it."""
        for order, text in ORDERS.items():
            if order != MOST_READ or has_most_read:
                yield Link(text, Choice(order, kind=self.kind).query, order == self.order)

    def kinds(self) -> Iterator[Link]:
        """All answers or those of a kind, in the same order and of the same letter."""
        yield Link("All answers", replace(self, kind="").query, not self.kind)
        for kind in KINDS:
            yield Link(f"With {kind}", replace(self, kind=kind).query, kind == self.kind)
