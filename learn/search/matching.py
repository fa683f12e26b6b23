"""Asks the index: which articles match a query, how many in which subject."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import EmptyResultSet, FullResultSet
from django.db import connections

from learn.models.querysets import ArticleQuerySet

from . import backends
from .query import ALL, HEAD, QUESTION, Columns, Phrase, Query
from .ranking import Candidate, Term, rank, terms
from .spelling import forms_of
from .words import fold, stem

# What bounds a query, however common its words and however large the library:
RANKED = 200  # articles that are ranked; ten pages
PARTLY = 100  # articles that hold some of the words, from each step
COUNTED = 2_000  # matches that are counted
COMPLETIONS = 12  # words that the last, unfinished one may become
FEW = 5  # with fewer articles that hold all words, those that hold most of them follow


class Search:
    """What a query finds in a scope, a queryset of articles; in `subject` of it (by primary key) or in all.

    `forms` are the words of the vocabulary with the stems of the query, and how many articles use each.
    """

    def __init__(self, query: Query, scope: ArticleQuerySet, subject: int | None = None) -> None:
        self.query = query
        self._subject = subject
        try:
            self._visible, self._parameters = conditions(scope)
        except EmptyResultSet:
            self._visible, self._parameters = "1 = 0", []
        self._connection = connections[scope.db]
        self._backend = backends.of(self._connection)
        self._users: dict[str, int] = {}
        self.forms: dict[str, dict[str, int]] = forms_of(map(fold, query.words))
        self.terms: list[Term] = terms(query, {stem_: sum(of.values()) for stem_, of in self.forms.items()})

    def count_by_subject(self) -> dict[int, int]:
        """How many matches each subject (by primary key) has; COUNTED matches in all are looked at. One query."""
        statement, parameters = self.statement("learn_article.subject_id", COUNTED, is_ordered=False)
        with self._connection.cursor() as cursor:
            cursor.execute(
                f"SELECT subject_id, COUNT(*) FROM ({statement}) matches GROUP BY subject_id", parameters
            )
            return dict(cursor.fetchall())

    def matches(self, limit: int) -> list[int]:
        """The primary keys of `limit` matches, in no order. One query."""
        statement, parameters = self.statement("learn_article.id", limit, columns=ALL, is_ordered=False)
        with self._connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return [pk for (pk,) in cursor.fetchall()]

    def ranked(self, total: int | None = None) -> list[int]:
        """The primary keys of the RANKED best of `total` matches (None: unknown), the best first. One to three queries.

        Of more matches than can be ranked, those with all words in the question come first, then those with all
        words in question, description and keywords.
        """
        candidates: dict[int, Candidate] = {}
        if self.query.is_common:
            stages: tuple[Columns, ...] = (QUESTION,)
        elif total is None:
            candidates = {row.pk: row for row in self.candidates(ALL)}
            stages = () if len(candidates) < RANKED else (QUESTION, HEAD)
        elif total <= RANKED:
            stages = (ALL,)
        else:
            stages = (QUESTION, HEAD, ALL)
        of_stages: dict[int, Candidate] = {}
        for columns in stages:
            of_stages |= {row.pk: row for row in self.candidates(columns)}
            if len(of_stages) >= RANKED:
                break
        candidates = of_stages if len(of_stages) >= RANKED else candidates | of_stages
        return rank(self.query, self.terms, candidates.values(), is_exact=True)[:RANKED]

    def partial_matches(self, without: list[int]) -> list[int]:
        """The primary keys of articles that hold most of the words, the best first, none of `without`.

        A third of the words is given up, the commonest first, until enough is found; at last one of the rarest is
        enough. A query for each step.
        """
        if self.query.is_common:
            return []
        phrases = [required for required in self.query.required if not _is_word(required)]
        words = sorted(self.query.single_words, key=lambda word: sum(self.forms_of(word).values()))
        # A word that is nowhere would keep everything else from being found.
        used = [word for word in words if self.forms_of(word) or self.users(word)]
        kept = len(used) if len(used) < len(words) else len(used) * 2 // 3
        found: dict[int, Candidate] = {}
        while kept > 1 or (kept and phrases):
            query = self.query.with_required(phrases + [(Phrase((word,)),) for word in used[:kept]])
            found |= {row.pk: row for row in self.candidates(ALL, PARTLY, query)}
            if len(found) >= FEW + len(without):
                break
            kept = kept * 2 // 3
        if len(found) < FEW + len(without) and used:
            # Any of the rarest, where it counts: in the question, the description or the keywords.
            any_of = self.query.with_required([*phrases, tuple(Phrase((word,)) for word in used[:FEW])])
            found |= {row.pk: row for row in self.candidates(HEAD, PARTLY, any_of)}
        for pk in without:
            found.pop(pk, None)
        return rank(self.query, self.terms, found.values(), is_exact=False)

    def forms_of(self, word: str) -> dict[str, int]:
        """The words of the vocabulary that have the stem of `word`, a word of the query."""
        return self.forms.get(stem(fold(word)), {})

    def users(self, word: str) -> int:
        """How many articles use `word`, if only in their answers; FEW where it is more. One query, once."""
        if word not in self._users:
            query = Query(text=word, required=((Phrase((word,)),),))
            with self._connection.cursor() as cursor:
                cursor.execute(*self.statement("learn_article.id", FEW, query=query, is_ordered=False))
                self._users[word] = len(cursor.fetchall())
        return self._users[word]

    def candidates(
        self, columns: Columns, limit: int | None = None, query: Query | None = None
    ) -> list[Candidate]:
        """The first `limit` (RANKED) articles, by their keys, that match in `columns`. One query."""
        fields = ", ".join(f"learn_article.{name}" for name in ("id", "question", "description", "keywords"))
        with self._connection.cursor() as cursor:
            cursor.execute(*self.statement(fields, limit or RANKED, columns=columns, query=query))
            return [Candidate(*row) for row in cursor.fetchall()]

    def statement(
        self,
        fields: str,
        limit: int,
        *,
        columns: Columns | None = None,
        query: Query | None = None,
        is_ordered: bool = True,
    ) -> tuple[str, list[Any]]:
        """The SELECT for `fields` of what matches, and its parameters."""
        if columns is None:
            columns = QUESTION if self.query.is_common else ALL
        source, condition, parameters = self._backend.source(query or self.query, columns, self._subject)
        order = self._backend.ORDER if is_ordered else ""
        return (
            f"SELECT {fields} FROM {source} WHERE {condition} AND {self._visible} {order} LIMIT %s",
            [*parameters, *self._parameters, limit],
        )


def conditions(scope: ArticleQuerySet) -> tuple[str, list[Any]]:
    """The WHERE of `scope` as SQL over learn_article, and its parameters.

    So that who may see what stays written in learn.models.querysets alone. A scope that joins other tables becomes
    a subquery.
    """
    query = scope.order_by().query
    if sum(map(bool, query.alias_refcount.values())) > 1 or query.is_sliced:
        sql, parameters = scope.order_by().values("pk").query.get_compiler(using=scope.db).as_sql()
        return f"learn_article.id IN ({sql})", list(parameters)
    try:
        sql, parameters = query.get_compiler(using=scope.db).compile(query.where)
    except FullResultSet:
        return "1 = 1", []
    return f"({sql})", list(parameters)


def as_prefix(query: Query, using: str) -> Query:
    """`query` with its last word, where the text ends in it, taken as the beginning of one. One query.

    The commonest words of the vocabulary that begin so stand for it: an index of stems does not know beginnings.
    """
    if not query.spans or query.spans[-1].end != len(query.text):
        return query
    last = query.spans[-1].word
    connection = connections[using]
    with connection.cursor() as cursor:
        completions = backends.of(connection).words_beginning(cursor, fold(last), COMPLETIONS)
    alternatives = tuple(Phrase((word,)) for word in dict.fromkeys((last, *completions)))
    if not completions:
        alternatives = (Phrase((last,), is_beginning=True),)
    others = [required for required in query.required if required[0].words != (last,)]
    return query.with_required([*others, alternatives])


def _is_word(required: tuple[Phrase, ...]) -> bool:
    return len(required) == 1 == len(required[0].words)
