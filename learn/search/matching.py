"""Asks the index: which articles match a query, how many in which subject."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import FullResultSet
from django.db import connections

from learn.querysets import ArticleQuerySet

from . import backends
from .query import ALL, HEAD, QUESTION, Columns, Phrase, Query
from .ranking import Candidate, Term, rank, terms
from .spelling import articles_with
from .words import fold, stem

# What bounds a query, however common its words and however large the library:
RANKED = 500  # articles that are ranked; twenty-five pages
COUNTED = 5_000  # matches that are counted
COMPLETIONS = 12  # words that the last, unfinished one may become
FEW = 5  # with fewer articles that hold all words, those that hold most of them follow


class Found:
    """What a query finds in a scope (any queryset of articles that joins nothing).

    `known` says how many articles use each stem of the query that the vocabulary has.
    """

    def __init__(self, query: Query, scope: ArticleQuerySet) -> None:
        self.query = query
        self._visible, self._parameters = conditions(scope)
        self._connection = connections[scope.db]
        self._backend = backends.of(self._connection)
        self.known: dict[str, int] = articles_with(map(fold, query.words))
        self.terms: list[Term] = terms(query, self.known)

    def count_by_subject(self) -> dict[int, int]:
        """How many matches each subject (by primary key) has; COUNTED matches in all are looked at. One query."""
        statement, parameters = self._statement(
            self.query,
            QUESTION if self.query.is_common else ALL,
            "learn_article.subject_id",
            COUNTED,
            order="",
        )
        with self._connection.cursor() as cursor:
            cursor.execute(
                f"SELECT subject_id, COUNT(*) FROM ({statement}) matches GROUP BY subject_id", parameters
            )
            return dict(cursor.fetchall())

    def ranked(self, total: int) -> list[int]:
        """The primary keys of the RANKED best of `total` matches, the best first. One to three queries.

        Of more matches than can be ranked, those with all words in the question come first, then those with all
        words in question, description and keywords.
        """
        if self.query.is_common:
            stages: tuple[Columns, ...] = (QUESTION,)
        elif total <= RANKED:
            stages = (ALL,)
        else:
            stages = (QUESTION, HEAD, ALL)
        candidates: dict[int, Candidate] = {}
        for columns in stages:
            candidates |= {row.pk: row for row in self.candidates(columns)}
            if len(candidates) >= RANKED:
                break
        return rank(self.query, self.terms, candidates.values(), is_exact=True)[:RANKED]

    def partly(self, without: list[int]) -> list[int]:
        """The primary keys of articles that hold most of the words, the best first, none of `without`.

        A third of the words is given up, the commonest first, until enough is found. A query for each step.
        """
        if self.query.is_common:
            return []
        singles = sorted(
            (alternatives for alternatives in self.query.required if _is_single(alternatives)),
            key=lambda alternatives: self.known.get(stem(fold(alternatives[0].words[0])), 0),
        )
        rest = [alternatives for alternatives in self.query.required if not _is_single(alternatives)]
        # A word that is nowhere would keep everything else from being found.
        singles = [alternatives for alternatives in singles if self.is_known(alternatives[0].words[0])]
        found: dict[int, Candidate] = {}
        dropped = len(singles) < len(self.query.required) - len(rest)
        kept = len(singles) if dropped else len(singles) * 2 // 3
        while kept:
            query = self.query.with_required(rest + singles[:kept])
            found |= {row.pk: row for row in self.candidates(ALL, query=query)}
            if len(found) >= FEW + len(without):
                break
            kept = kept * 2 // 3
        for pk in without:
            found.pop(pk, None)
        return rank(self.query, self.terms, found.values(), is_exact=False)

    def is_known(self, word: str) -> bool:
        """Whether `word` is in the vocabulary, or in enough answers to be meant as it is. At most one query."""
        if stem(fold(word)) in self.known:
            return True
        query = Query(text=word, required=((Phrase((word,)),),))
        statement, parameters = self._statement(query, ALL, "learn_article.id", FEW, order="")
        with self._connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return len(cursor.fetchall()) == FEW

    def candidates(
        self, columns: Columns, limit: int = RANKED, query: Query | None = None
    ) -> list[Candidate]:
        """The first `limit` articles, by their keys, that match in `columns`. One query."""
        fields = ", ".join(f"learn_article.{name}" for name in ("id", "question", "description", "keywords"))
        with self._connection.cursor() as cursor:
            cursor.execute(
                *self._statement(query or self.query, columns, fields, limit, order=self._backend.ORDER)
            )
            return [Candidate(*row) for row in cursor.fetchall()]

    def _statement(
        self, query: Query, columns: Columns, fields: str, limit: int, *, order: str
    ) -> tuple[str, list[Any]]:
        source, condition, parameters = self._backend.source(query, columns)
        return (
            f"SELECT {fields} FROM {source} WHERE {condition} AND {self._visible} {order} LIMIT %s",
            [*parameters, *self._parameters, limit],
        )


def conditions(scope: ArticleQuerySet) -> tuple[str, list[Any]]:
    """The WHERE of `scope` as SQL over learn_article, and its parameters.

    So that who may see what stays written in learn.querysets alone. Raises ValueError for a scope with a join.
    """
    if sum(map(bool, scope.query.alias_refcount.values())) > 1 or scope.query.is_sliced:
        raise ValueError("A search looks in a queryset of articles that joins and slices nothing.")
    try:
        sql, parameters = scope.query.get_compiler(using=scope.db).compile(scope.query.where)
    except FullResultSet:
        return "1 = 1", []
    return f"({sql})", list(parameters)


def begun(query: Query, using: str) -> Query:
    """`query` with its last word, where the text ends in it, taken as the beginning of one. One query.

    The commonest words of the vocabulary that begin so stand for it: an index of stems does not know beginnings.
    """
    if not query.places or query.places[-1].end != len(query.text):
        return query
    last = query.places[-1].word
    connection = connections[using]
    with connection.cursor() as cursor:
        completions = backends.of(connection).words_beginning(cursor, fold(last), COMPLETIONS)
    alternatives = tuple(Phrase((word,)) for word in dict.fromkeys((last, *completions)))
    if not completions:
        alternatives = (Phrase((last,), is_beginning=True),)
    others = [required for required in query.required if required[0].words != (last,)]
    return query.with_required([*others, alternatives])


def _is_single(alternatives: tuple[Phrase, ...]) -> bool:
    return len(alternatives) == 1 and len(alternatives[0].words) == 1
