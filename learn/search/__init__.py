"""Search: one interface over SQLite's FTS5 and PostgreSQL's full text search.

`search` and `suggest` serve visitors, `article_ids` the admin. The index follows the articles by itself
(triggers, made by migrations); `bulk_load` makes a large import cheaper, `rebuild` and
`refresh_vocabulary` make everything anew.

No library does this: Haystack and its like need a server of their own beside the database, or rank by one field; the
engines below are the databases' own, and what stands here decides what they are asked and how the answers are ranked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import connections, router
from django.db.models.expressions import RawSQL
from django.utils.safestring import SafeString

from learn.models import Article, Subject
from learn.models.querysets import ArticleQuerySet

from . import backends, pins
from .highlight import mark, snippet
from .matching import COUNTED, FEW, RANKED, Search, as_prefix
from .query import ALL, QUESTION, parse
from .ranking import Candidate, Term, marked
from .spelling import COMMONER, MOST_EDITS, Closest, closest, correction, is_form, refresh_vocabulary
from .words import fold

__all__ = [
    "PAGE_SIZE",
    "Facet",
    "Hit",
    "Results",
    "Suggestion",
    "article_ids",
    "bulk_load",
    "every_match",
    "is_complete",
    "rebuild",
    "refresh_vocabulary",
    "repair_index",
    "search",
    "suggest",
]  # fmt: skip

PAGE_SIZE = 20
SUGGESTIONS = 8
SUGGESTED_FROM = 100  # matches among which suggestions are chosen
SHORTEST_SUGGESTED = 2  # letters
CORRECTED = 3  # words of one query: a text with more mistakes is in another language
SURELY = 30  # times as many articles use the word that was meant
EVERY = 2**31 - 1
BULK = 5_000  # rows from which indexing them afterwards is cheaper


@dataclass(frozen=True, slots=True)
class Hit:
    """An article that was found; `title` and `snippet` are safe HTML with `<mark>` around what was looked for."""

    article: Article
    title: SafeString
    snippet: SafeString


@dataclass(frozen=True, slots=True)
class Facet:
    """A subject in which something was found, and how much; None where there is too much to count."""

    subject: Subject
    count: int | None


@dataclass(slots=True)
class Results:
    """One page of what a search found.

    `total` counts the articles that hold all words (in the chosen subject); where `is_capped`, there are at least as
    many. `reachable` is how many can be paged through: of the total, the best RANKED.
    Where fewer than FEW hold all words, `partial` articles that hold most of them follow. Articles that editors pinned
    to the query come first and count as holding it. `instead_of` is what was typed where nothing holds that and the
    results are those of its correction, `query`.
    """

    query: str
    subject: Subject | None = None
    total: int = 0
    partial: int = 0
    is_capped: bool = False
    reachable: int = 0
    hits: list[Hit] = field(default_factory=list)
    facets: list[Facet] = field(default_factory=list)
    did_you_mean: str = ""
    instead_of: str = ""


@dataclass(frozen=True, slots=True)
class Suggestion:
    question: str
    url: str
    subject: str


def search(text: str, subject: Subject | None = None, page: int = 1, page_size: int = PAGE_SIZE) -> Results:
    """Find the public articles that hold the words of `text`, in `subject` or in all.

    `text` may be anything a visitor sends; nothing in it raises. Words are found in all their forms, "words in
    quotes" as they follow each other, and -words exclude. A page beyond the last has no hits. Ten queries for most
    texts, one or two more per misspelled word, one more where something is pinned; what bounds each stands in
    learn.search.matching.
    """
    query = parse(text)
    if not query:
        return Results(query.text, subject)
    scope = Article.objects.indexable()
    found = Search(query, scope)
    counts: dict[int, int] | None = None
    sure, maybe = _corrected(found)
    instead_of = ""
    if sure:
        other = Search(parse(sure), scope)
        counts = other.count_by_subject()
        if counts or not (old := found.count_by_subject()):
            found, instead_of = other, query.text
        else:
            counts, maybe = old, maybe or sure
    if counts is None:
        counts = found.count_by_subject()
    if maybe and not counts and not instead_of:
        other = Search(parse(maybe), scope)
        if counts := other.count_by_subject():
            found, instead_of, maybe = other, query.text, ""
    better = "" if instead_of else maybe
    results = Results(found.query.text, subject, did_you_mean=better, instead_of=instead_of)
    results.total = sum(counts.values())
    results.is_capped = results.total >= COUNTED
    # Which subjects come first among so many is chance: then all of them are offered, uncounted.
    results.facets = _all_facets() if results.is_capped else _facets(counts)
    if subject:
        found = Search(found.query, scope.in_subject(subject), subject.pk)
        if results.is_capped:
            counts = found.count_by_subject()
        results.total = counts.get(subject.pk, 0)
        results.is_capped = results.total >= COUNTED
    ids = found.ranked(results.total)
    chosen = pins.pinned((query.text, found.query.text), found.scope)
    if chosen:
        # An editor says that these answer it, whatever words they hold.
        results.total += len(chosen) if not results.total else sum(pk not in ids for pk in chosen)
        ids = list(dict.fromkeys([*chosen, *ids]))
    results.partial = max(0, len(ids) - results.total)
    results.reachable = len(ids)
    results.hits = _hits(ids[(page - 1) * page_size : page * page_size], marked(found.terms))
    return results


def suggest(text: str, limit: int = SUGGESTIONS) -> list[Suggestion]:
    """At most `limit` public questions that hold what is typed so far, the last word as far as it goes; pinned first.

    Takes any text, like `search`.
    """
    query = parse(text)
    if not query or len(query.text) < SHORTEST_SUGGESTED:
        return []
    scope = Article.objects.indexable()
    found = Search(as_prefix(query, scope.db), scope)
    typed = fold(query.text)

    def distance(row: Candidate) -> tuple[bool, bool, int, int]:
        question = fold(row.question)
        return not question.startswith(typed), typed not in question, len(question), row.pk

    rows = sorted(found.candidates(QUESTION, SUGGESTED_FROM), key=distance)
    pks = list(dict.fromkeys([*pins.suggested(query.text, scope), *(row.pk for row in rows)]))[:limit]
    articles = Article.objects.for_listing().in_bulk(pks)
    return [
        Suggestion(article.question, article.get_absolute_url(), article.subject.title)
        for article in (articles[pk] for pk in pks if pk in articles)
    ]


def article_ids(text: str, scope: ArticleQuerySet | None = None, limit: int = RANKED) -> list[int]:
    """The primary keys of at most `limit` articles that hold the words of `text`, the best first.

    Where none holds them all, those that hold some. For editors, whose every word narrows what is found: looks in all
    articles, published or not, unless `scope` (a queryset that joins nothing) says otherwise, and takes the last word
    as far as it goes. The first RANKED are the best; the others, where `limit` asks
    for more, follow as they are found. Three to six queries.
    """
    query = parse(text)
    if not query:
        return []
    scope = Article.objects.all() if scope is None else scope
    found = Search(as_prefix(query, scope.db), scope)
    best = found.ranked(is_exact=True)
    if limit > RANKED and len(best) == RANKED:
        best = list(dict.fromkeys([*best, *found.matches(limit)]))
    return best[:limit]


def every_match(text: str, scope: ArticleQuerySet) -> RawSQL:
    """The keys of all articles of `scope` that hold the words of `text`, for `pk__in`: for editors, without a limit."""
    found = Search(as_prefix(parse(text), scope.db), scope)
    return RawSQL(*found.statement("learn_article.id", EVERY, columns=ALL, is_ordered=False))


def rebuild() -> None:
    """Make index and vocabulary anew from the articles. Needed after nothing that this code does; safe at any time."""
    connection = connections[router.db_for_write(Article)]
    backends.of(connection).rebuild(connection)
    refresh_vocabulary()


def is_complete() -> bool:
    """Whether the index follows the articles: not during a bulk load, nor after one was killed (see `repair_index`)."""
    connection = connections[router.db_for_write(Article)]
    return backends.of(connection).is_complete(connection)


def repair_index() -> None:
    """Bring the index up to date where it does not follow the articles. Two or three queries where it does."""
    connection = connections[router.db_for_write(Article)]
    backends.of(connection).repair(connection)


@contextmanager
def bulk_load(rows: int) -> Iterator[None]:
    """Within it, at most `rows` articles are about to be written: where that is most of the library, index them after.

    The search finds the state before until the end, and no search or page waits for it. If the process is killed in
    between, the next `bulk_load`, of whatever size, `repair_index`, or `refresh_similar` completes it.
    """
    connection = connections[router.db_for_write(Article)]
    backend = backends.of(connection)
    if rows >= BULK and rows >= Article.objects.using(connection.alias).count() / 2:
        backend.pause(connection)
    try:
        yield
    finally:
        repair_index()


def _corrected(found: Search) -> tuple[str, str]:
    """What the visitor surely meant, and what he may have meant; "" where every word is one that articles use.

    Surely: a word that next to nobody uses, beside one that many more do.
    """
    if found.query.is_common:
        return "", ""
    sure: dict[str, str] = {}
    maybe: dict[str, str] = {}
    for word in found.query.single_words:
        if len(maybe) == CORRECTED:
            break
        folded, forms = fold(word), found.forms_of(word)
        own = forms.get(folded, 0)
        better = Closest()
        if own >= FEW or (sum(forms.values()) >= FEW and is_form(folded, forms.keys() - {folded})):
            continue
        if sum(forms.values()) >= FEW:
            # Others have its stem, but it is none of their forms: a mistake that only looks so, like `existance`.
            better = closest(folded, own, edits=1)
        elif (users := max(own, found.users(word))) < FEW:
            better = closest(folded, users, edits=MOST_EDITS)
        elif not own and users < FEW * COMMONER and not sum(forms.values()):
            # Some answers have it, and nothing that editors wrote about them: a mistake of one letter, at most.
            better = closest(folded, users * COMMONER, edits=1)
        if better.word:
            maybe[word] = better.word
            if better.articles >= SURELY * max(own, 1):
                sure[word] = better.word
    text, spans = found.query.text, found.query.spans
    return correction(text, spans, sure), correction(text, spans, maybe)


def _facets(counts: Mapping[int, int]) -> list[Facet]:
    """The most articles first."""
    subjects = Subject.objects.only("slug", "title").in_bulk(list(counts))
    ordered = sorted(subjects.values(), key=lambda subject: (-counts[subject.pk], subject.title))
    return [Facet(subject, counts[subject.pk]) for subject in ordered]


def _all_facets() -> list[Facet]:
    return [Facet(subject, None) for subject in Subject.objects.listed().only("slug", "title")]


def _hits(ids: Sequence[int], terms: Sequence[Term]) -> list[Hit]:
    articles = (
        Article.objects.select_related("subject")
        .only("subject__slug", "subject__title", "slug", "question", "description", "date", "answer_text")
        .in_bulk(ids)
    )
    return [
        Hit(
            article,
            mark(article.question, terms),
            snippet([article.answer_text, article.description_text], terms),
        )
        for article in (articles[pk] for pk in ids if pk in articles)
    ]
