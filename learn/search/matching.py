"""Asks the index: which articles match a query, how many in which subject."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import EmptyResultSet, FullResultSet
from django.db import connections
from django.db.models import OuterRef, QuerySet, Subquery

from learn.db.prepared import Prepared
from learn.models import Subject, SubjectCount
from learn.models.querysets import ArticleQuerySet

from . import backends
from .expanding import expand
from .query import ALL, HEAD, QUESTION, Columns, Phrase, Query
from .ranking import READ, Candidate, Term, rank, terms
from .spelling import COMMONER
from .words import fold, stem

# What bounds a query, however common its words and however large the library:
RANKED = 200  # articles that are ranked; ten pages
PARTLY = 120  # articles that hold some of the words
LISTED = 1_000  # articles that are read of one word
BESIDE = 6  # words beside which a commoner one is looked for
MOST_TERMS = 12  # words of a query that are looked for
COUNTED = 2_000  # matches that are counted
COMPLETIONS = 12  # words that the last, unfinished one may become
FEW = 5  # with fewer articles that use a word, it may be a mistake
FIELDS = ", ".join(
    f"learn_article.{name}" for name in ("id", "question", "description", "keywords", "subject_id")
)
# What the index cannot tell from other text, such as C++ from C, is looked for in the text itself.
LITERALLY = (
    "learn_article.question || ' ' || learn_article.description || ' ' || learn_article.keywords || ' ' || "
    "learn_article.answer_text"
)


class Search:
    """What a query finds in a scope, a queryset of articles; in `subject` of it (by primary key) or in all.

    `forms` are the words of the vocabulary with the stems of the query and of what stands for its words, and how many
    articles use each. Making one costs three queries.
    """

    def __init__(self, query: Query, scope: ArticleQuerySet, subject: int | None = None) -> None:
        query, self.forms = expand(query)
        self.scope = scope
        self._subject = subject
        try:
            self._visible, self._parameters = conditions(scope)
        except EmptyResultSet:
            self._visible, self._parameters = "1 = 0", []
        self._connection = connections[scope.db]
        self._backend = backends.of(self._connection)
        self._users: dict[str, int] = {}
        self._articles_with = {stem_: sum(of.values()) for stem_, of in self.forms.items()}
        self._subjects, self._size = library()
        self.query = self._rarest(query)
        self.terms: list[Term] = terms(self.query, self._articles_with, self._size)

    def _rarest(self, query: Query) -> Query:
        """`query` with no more than MOST_TERMS of its words, the rarest that the library knows; phrases stay.

        Of a pasted text, the words that say most; a word that nothing holds would keep the others from being found.
        """
        if len(query.required) <= MOST_TERMS:
            return query
        words = [required for required in query.required if _is_word(required)]
        known = [required for required in words if self._articles(required)]
        rarest = set(sorted(known or words, key=self._articles)[:MOST_TERMS])
        return query.with_required(
            [required for required in query.required if not _is_word(required) or required in rarest]
        )

    def _articles(self, required: tuple[Phrase, ...]) -> int:
        """How many articles hold one of these phrases in question, description or keywords, about."""
        return max(
            min(self._articles_with.get(stem(fold(word)), 0) for word in phrase.words) for phrase in required
        )

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

    def ranked(self, total: int | None = None, *, is_exact: bool = False) -> list[int]:
        """The primary keys of the RANKED best of `total` (None: unknown) articles that hold all words, and of others.

        Of more matches than can be ranked, those with all words in the question come first, then those with all
        words in question, description and keywords. Where fewer hold all words, those that hold some are ranked with
        them; where `is_exact`, only if none holds all, and no answer is read for the order. One to five queries.
        """
        candidates = self._complete(total)
        complete = frozenset(candidates)
        if not self.query.is_common and (not complete if is_exact else len(complete) < RANKED):
            for row in self._partial():
                candidates.setdefault(row.pk, row)
        best = rank(self.query, self.terms, candidates.values(), complete, self._subjects)[:RANKED]
        if is_exact:  # whoever narrows a list reads on; the order of the first ones decides little
            return best
        read = [candidates[pk] for pk in best[:READ]]
        answers = self._answers(best[:READ])
        return [*rank(self.query, self.terms, read, complete, self._subjects, answers), *best[READ:]]

    def _answers(self, pks: list[int]) -> dict[int, str]:
        """The texts of these articles' answers. One query."""
        if len(pks) < 2:
            return {}  # nothing to put in order
        places = ", ".join(["%s"] * len(pks))
        with self._connection.cursor() as cursor:
            cursor.execute(f"SELECT id, answer_text FROM learn_article WHERE id IN ({places})", pks)
            return dict(cursor.fetchall())

    def _complete(self, total: int | None) -> dict[int, Candidate]:
        """Articles that hold all words."""
        if total == 0:
            return {}
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
        return of_stages if len(of_stages) >= RANKED else candidates | of_stages

    def _partial(self) -> list[Candidate]:
        """The PARTLY articles whose words, in question, description and keywords, weigh most together. One query.

        Each word gives a list of the articles that hold it; the sums choose. A word that more than LISTED articles
        use cannot make an article one of the best alone: it is looked for beside the others only, which bounds what
        is read however large the library is.
        """
        required = sorted(self.query.required, key=self._articles)[:MOST_TERMS]
        if len(required) < 2:
            return []
        weights = {term.stem: term.weight for term in self.terms}
        lists: list[str] = []
        parameters: list[Any] = []
        for one in required:
            articles = self._articles(one)
            weight = weights.get(stem(fold(one[0].words[0])), 1.0)
            parts: list[tuple[Phrase, ...]] = [one]
            if articles > LISTED:
                others = [other for other in required if other is not one][:BESIDE]
                parts.append(tuple(phrase for other in others for phrase in other))
            for columns, factor in ((HEAD, 1.0), (QUESTION, 1.0)):
                query = self.query.with_required(parts)
                statement, values = self.statement(
                    f"learn_article.id AS id, {weight * factor:.6f} AS weight",
                    LISTED, columns=columns, query=query, is_ordered=False,
                )  # fmt: skip
                lists.append(f"SELECT * FROM ({statement}) list{len(lists)}")
                parameters += values
        sums = (
            f"SELECT id, SUM(weight) AS weight FROM ({' UNION ALL '.join(lists)}) lists "
            f"GROUP BY id ORDER BY SUM(weight) DESC, id LIMIT {PARTLY}"
        )
        with self._connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {FIELDS} FROM ({sums}) best JOIN learn_article ON learn_article.id = best.id",
                parameters,
            )
            return [Candidate(*row) for row in cursor.fetchall()]

    def forms_of(self, word: str) -> dict[str, int]:
        """The words of the vocabulary that have the stem of `word`, a word of the query."""
        return self.forms.get(stem(fold(word)), {})

    def users(self, word: str) -> int:
        """How many articles use `word`, if only in their answers; FEW * COMMONER where it is more. One query, once."""
        if word not in self._users:
            query = Query(text=word, required=((Phrase((word,)),),))
            with self._connection.cursor() as cursor:
                cursor.execute(
                    *self.statement("learn_article.id", FEW * COMMONER, query=query, is_ordered=False)
                )
                self._users[word] = len(cursor.fetchall())
        return self._users[word]

    def candidates(
        self, columns: Columns, limit: int | None = None, query: Query | None = None
    ) -> list[Candidate]:
        """The first `limit` (RANKED) articles, by their keys, that match in `columns`. One query."""
        with self._connection.cursor() as cursor:
            cursor.execute(*self.statement(FIELDS, limit or RANKED, columns=columns, query=query))
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
        query = query or self.query
        source, condition, parameters = self._backend.source(query, columns, self._subject)
        for literal in query.literals:
            condition += f" AND LOWER({LITERALLY}) LIKE %s"
            parameters.append(f"%{literal}%")
        order = self._backend.ORDER if is_ordered else ""
        return (
            f"SELECT {fields} FROM {source} WHERE {condition} AND {self._visible} {order} LIMIT %s",
            [*parameters, *self._parameters, limit],
        )


def _titles_and_counts() -> QuerySet[Subject, tuple[int, str, int | None]]:
    count = SubjectCount.objects.filter(subject_id=OuterRef("pk")).values("indexable")
    return Subject.objects.order_by().values_list("pk", "title", Subquery(count))


_subjects = Prepared(_titles_and_counts)


def library() -> tuple[dict[int, str], int]:
    """The folded titles of the subjects by primary key, and how many articles search engines may know.

    One query over a row for each subject: triggers count them.
    """
    rows = _subjects()
    return {pk: fold(title) for pk, title, _count in rows}, sum(count or 0 for _pk, _title, count in rows)


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
    return len(required[0].words) == 1
