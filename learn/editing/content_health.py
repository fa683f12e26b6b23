"""Content health: what an editor should fix, by kind. Shared by `check_content` and the admin.

Only published articles are checked. What an answer's own text tells is stored with the
article (`learn.rendering.flaws`); the rest is asked of the database, each kind in one query that an index serves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db.models import Count, F, Min, Q
from django.db.models.lookups import GreaterThan

from learn import rendering, words
from learn.db.rows import BATCH, batched
from learn.identity import article_path
from learn.models import Article, DescriptionStart, DuplicateMember, RelatedLink
from learn.models.pictures import known_pictures, render_answer
from learn.models.querysets import ArticleQuerySet
from learn.rendering import flaws
from learn.rendering.flaws import Flaw, LinkFlaw
from learn.words import Word, sentences

from . import answer_links, wording


@dataclass(frozen=True)
class Kind:
    """One thing that may be wrong with an article."""

    key: str
    short: str  # in a list
    title: str
    advice: str
    condition: Callable[[], Q]
    flaw: Flaw | None = None
    link_flaw: LinkFlaw | None = None
    word: Word | None = None
    is_of_links: bool = False  # in answers, asked of the articles and redirects


class Location(NamedTuple):
    """Where something is to be fixed. `line` counts the lines of the answer from 1; 0: not in the answer."""

    path: str
    title: str
    message: str = ""
    line: int = 0


@dataclass
class KindReport:
    kind: Kind
    count: int
    locations: list[Location] = field(default_factory=list)


def _flaw(key: str, flaw: Flaw, short: str, title: str, advice: str) -> Kind:
    def condition() -> Q:
        return Q(GreaterThan(F("flaws").bitand(int(flaw)), 0), flaws__gt=0)

    return Kind(key, short, title, advice, condition, flaw=flaw)


def _link_flaw(key: str, flaw: LinkFlaw, short: str, title: str, advice: str) -> Kind:
    def condition() -> Q:
        return Q(GreaterThan(F("link_flaws").bitand(int(flaw)), 0), link_flaws__gt=0)

    return Kind(key, short, title, advice, condition, link_flaw=flaw)


def _word(key: str, word: Word, short: str, title: str, advice: str) -> Kind:
    return Kind(key, short, title, advice, lambda: wording.having(word), word=word)


def _lost_links() -> Q:
    return wording.having(Word.LOST_LINK) | Q(pk__in=answer_links.holding().lost)


def _repeated_descriptions() -> Q:
    """Pages that compete in search results with one description, as far as a result shows it."""
    described = (
        Article.objects.filter(is_indexable=True).annotate(start=DescriptionStart("description")).order_by()
    )
    # One of each group by its key, which the index holds: for the text itself SQLite would read every article.
    repeated = described.exclude(start="").values("start").annotate(copies=Count("*"), one=Min("pk"))
    starts = described.filter(pk__in=repeated.filter(copies__gt=1).values("one")).values("start")
    # By key: the few that are found are looked up, instead of all asked.
    return Q(pk__in=described.filter(start__in=starts).values("pk"))


def _namesakes() -> Q:
    """Pages with one question that are no copies of each other: their answers differ."""
    indexable = Article.objects.filter(is_indexable=True).order_by()
    slugs = indexable.values("slug").annotate(copies=Count("*")).filter(copies__gt=1)
    return Q(is_indexable=True, slug__in=slugs.values("slug"))


def _dead_links() -> Q:
    hidden = Article.objects.exclude(status=Article.Status.PUBLISHED)
    return Q(pk__in=RelatedLink.objects.dangling().order_by().values("article")) | Q(
        pk__in=RelatedLink.objects.filter(target__in=hidden.values("pk")).order_by().values("article")
    )


KINDS: dict[str, Kind] = {
    kind.key: kind
    for kind in (
        _flaw(
            "formulas", Flaw.FORMULA, "formula", "Formulas that fail",
            "Visitors see the source of the formula. Correct its TeX.",
        ),
        _flaw(
            "math", Flaw.UNBALANCED_MATH, "math", "Unbalanced math",
            "A formula is opened and not closed, or the other way round. Add the missing delimiter.",
        ),
        _flaw(
            "code", Flaw.UNBALANCED_CODE, "code", "Unbalanced code",
            "A code block or a backtick has no partner. Close it, or write a lone backtick as \\`.",
        ),
        _flaw(
            "markup", Flaw.MARKUP, "markup", "Stray markup",
            "Marks of Markdown have no partner, or something is not shown. The preview says what.",
        ),
        _flaw(
            "cut-off", Flaw.CUT_OFF, "cut off", "Answers cut off in mid-sentence",
            "The last line ends without a full stop. Finish the sentence.",
        ),
        _flaw(
            "refusals", Flaw.REFUSAL, "refusal", "“Cannot answer this question”",
            "Write an answer, or unpublish the article.",
        ),
        _flaw(
            "leaks", Flaw.LEAK, "leak", "Leaked phrases of the generator",
            "The answer speaks of how it was made. Say the same thing of the subject itself.",
        ),
        _flaw(
            "thin", Flaw.THIN, "thin", "Thin answers",
            f"Fewer than {flaws.THIN_WORDS} words. Say more, or keep the page out of search engines.",
        ),
        Kind(
            "no-description", "no description", "Missing descriptions",
            "Search results show the beginning of the answer instead. Write one or two sentences.",
            lambda: Q(description=""),
        ),
        Kind(
            "descriptions", "description", "Repeated descriptions",
            "Several pages have one description. Say what is particular to each.",
            _repeated_descriptions,
        ),
        Kind(
            "duplicates", "copy", "Duplicates",
            "The same question and answer stands at another address too, which search engines are sent to.",
            lambda: Q(canonical__isnull=False),
        ),
        Kind(
            "namesakes", "namesake", "One question, several answers",
            "The same question has another answer in another subject. Merge them, or make the questions differ.",
            _namesakes,
        ),
        Kind(
            "near-duplicates", "near-duplicate", "Near-duplicates",
            "Another article asks the same in other words. Merge the two, or make the questions differ; or mark them "
            "as different, under “Groups of near-duplicates”.",
            lambda: Q(duplicate_member__isnull=False),
        ),
        Kind(
            "dead-links", "dead link", "Related links to nowhere",
            "A related question leads to no published article. Mend or remove it.",
            _dead_links,
        ),
        _link_flaw(
            "repeated-links", LinkFlaw.REPEATED, "repeated link", "Repeated related links",
            "A related question stands there twice, or is the article itself. Remove it.",
        ),
        _link_flaw(
            "no-related", LinkFlaw.NONE, "no related", "No related question",
            "Add one to five questions that lead on from this one.",
        ),
        Kind(
            "no-keywords", "no keywords", "Missing keywords",
            "Topics and similar questions are found by them. Write three to eight, separated by commas.",
            lambda: Q(keywords=""),
        ),
        Kind(
            "lost-links", "lost link", "Links in answers that lead nowhere",
            "Nothing answers at the address. Link to another page, or leave the words without a link.",
            _lost_links, word=Word.LOST_LINK, is_of_links=True,
        ),
        Kind(
            "moved-links", "moved link", "Links in answers to pages that moved",
            "Visitors get there by a redirect. Let the links lead to the new address.",
            lambda: Q(pk__in=answer_links.holding().moved), is_of_links=True,
        ),
        _word(
            "empty-links", Word.EMPTY_LINK, "empty link", "Links without words or address",
            "Nobody sees a link without words, and one without an address leads nowhere.",
        ),
        _word(
            "vague-links", Word.VAGUE_LINK, "“click here”", "Links such as “click here”",
            "Say where a link leads: screen readers list links without what stands around them.",
        ),
        _word(
            "faked-headings", Word.FAKED_HEADING, "bold as heading", "Bold lines in the place of headings",
            "A line in bold looks like a heading, and is in no list of contents. The form makes it one by a key.",
        ),
        _word(
            "skipped-headings", Word.SKIPPED_HEADING, "skipped heading", "Headings that skip a level",
            "A heading stands one level below the one that it belongs to.",
        ),
        _word(
            "headless-tables", Word.HEADLESS_TABLE, "table", "Tables without a head",
            "The first row says what each column holds; a line of dashes follows it.",
        ),
        _word(
            "silent-pictures", Word.SILENT_PICTURE, "no alt text", "Pictures without alternative text",
            "Say what the picture shows, or in the library of pictures that it is decorative.",
        ),
        _word(
            "colour-alone", Word.COLOUR_ALONE, "colour", "Colour as the only sign",
            "Some readers do not see the colour. Say it by a word or a sign as well.",
        ),
        _word(
            "walls", Word.WALL, "wall of text", "Walls of text",
            f"A paragraph has more than {sentences.WALL_WORDS} words. Begin a new one where the thought turns.",
        ),
        _word(
            "long-sentences", Word.LONG_SENTENCE, "long sentence", "Very long sentences",
            f"A sentence has more than {sentences.LONG_WORDS} words. A hint: make two of it.",
        ),
        _word(
            "hard-to-read", Word.HARD, "hard to read", "Hard to read",
            "Flesch reading ease below 0, as in few scholarly texts. A hint: shorter sentences, shorter words.",
        ),
    )
}  # fmt: skip


def affected(kind: Kind) -> ArticleQuerySet:
    """The published articles with this flaw."""
    return Article.objects.filter(kind.condition(), status=Article.Status.PUBLISHED)


def counts() -> dict[str, int]:
    """How many articles have each flaw, in the order of KINDS: 12 queries, each answered by an index.

    And those of learn.editing.answer_links, where answers link to pages of the library.
    """
    by_bits = {column: _count_bits(column) for column in ("flaws", "link_flaws")}
    by_word, of_links = wording.counts(), _count_links()
    result = {}
    for key, kind in KINDS.items():
        if kind.flaw is not None:
            result[key] = by_bits["flaws"].get(int(kind.flaw), 0)
        elif kind.is_of_links:
            result[key] = of_links[key]
        elif kind.word is not None:
            result[key] = by_word[kind.word]
        elif kind.link_flaw is not None:
            result[key] = by_bits["link_flaws"].get(int(kind.link_flaw), 0)
        else:
            result[key] = affected(kind).count()
    return result


def _count_links() -> dict[str, int]:
    """The same of the links in answers: two queries, and those that find out where each leads that is no article's."""
    moved, lost = answer_links.holding()
    held = Article.objects.filter(wording.having(Word.LOST_LINK), status=Article.Status.PUBLISHED)
    return {"lost-links": len(lost.union(held.values_list("pk", flat=True))), "moved-links": len(moved)}


def _count_bits(column: str) -> dict[int, int]:
    """Bit -> number of published articles that have it set in `column`."""
    rows = (
        Article.objects.filter(status=Article.Status.PUBLISHED, **{f"{column}__gt": 0})
        .order_by()
        .values_list(column)
        .annotate(count=Count("*"))
    )
    by_bit: dict[int, int] = {}
    for bits, count in rows:
        for position in range(bits.bit_length()):
            if bits >> position & 1:
                by_bit[1 << position] = by_bit.get(1 << position, 0) + count
    return by_bit


def report(keys: Iterable[str] = KINDS, *, limit: int | None = None) -> Iterator[KindReport]:
    """Each kind with its count and the locations to fix, by path; at most `limit` locations of each (None: all)."""
    for key in keys:
        kind = KINDS[key]
        articles = affected(kind)
        locations = list(locations_of(kind, articles.order_by("subject__slug", "slug"), limit))
        count = len(locations) if limit is None or len(locations) < limit else articles.count()
        yield KindReport(kind, count, locations)


def locations_of(kind: Kind, articles: ArticleQuerySet, limit: int | None = None) -> Iterator[Location]:
    """The location of the problem in each of `articles`; reads them in batches of 500."""
    columns = ("pk", "subject__slug", "slug", "question", "answer", "canonical")
    rows = articles.values(*columns)[:limit]
    for batch in batched(rows.iterator(chunk_size=BATCH)):
        yield from _locations(kind, batch)


def _locations(kind: Kind, rows: Sequence[dict[str, Any]]) -> Iterator[Location]:
    messages = _messages(kind, rows)
    for row in rows:
        line, message = messages.get(row["pk"], (0, ""))
        if kind.flaw is not None:
            line, message = _first(kind.flaw, row)
        elif kind.word is not None or kind.is_of_links:
            line, message = _first_word(kind, row)
        yield Location(article_path(row["subject__slug"], row["slug"]), row["question"], message, line)


def _first(flaw: Flaw, row: dict[str, Any]) -> tuple[int, str]:
    """Where in the answer a flaw is found (a millisecond); nowhere, if the rules changed since it was stored."""
    found = flaws.examine(row["answer"], render_answer(row["answer"], row["subject__slug"]))
    return next(((finding.line, finding.message) for finding in found if finding.flaw is flaw), (0, ""))


def _first_word(kind: Kind, row: dict[str, Any]) -> tuple[int, str]:
    """The same of the words of an answer (three milliseconds) and its links (two queries where it has any)."""
    answer = row["answer"]
    if kind.is_of_links:
        is_moved = kind.word is None
        links = wording.link_advice(answer)
        found = [one for one in links if (one.kind == answer_links.MOVED) == is_moved]
        if found or is_moved:
            return next(((one.line, one.message) for one in found), (0, ""))
    ((pictures, _names),) = known_pictures([(answer, row["subject__slug"])])
    findings = words.examine(answer, rendering.render(answer, pictures), pictures)
    return next(((one.line, one.message) for one in findings if one.kind is kind.word), (0, ""))


def _messages(kind: Kind, rows: Sequence[dict[str, Any]]) -> dict[int, tuple[int, str]]:
    """What to say of each article (by pk) where another row tells it: one query."""
    pks = [row["pk"] for row in rows]
    if kind.key == "dead-links":
        links = RelatedLink.objects.filter(article__in=pks).exclude(target__status=Article.Status.PUBLISHED)
    elif kind.key == "repeated-links":
        links = RelatedLink.objects.filter(article__in=pks)
    elif kind.key == "duplicates":
        originals = Article.objects.filter(pk__in={row["canonical"] for row in rows})
        paths = {
            pk: article_path(subject, slug)
            for pk, subject, slug in originals.values_list("pk", "subject__slug", "slug")
        }
        return {row["pk"]: (0, paths.get(row["canonical"], "")) for row in rows}
    elif kind.key == "near-duplicates":
        return _others_of_groups(pks)
    elif kind.key == "namesakes":
        return _others_of_slugs(rows)
    else:
        return {}
    urls: dict[int, list[str]] = {}
    for pk, url in links.order_by("article", "position").values_list("article", "url"):
        urls.setdefault(pk, []).append(url)
    if kind.key == "repeated-links":
        urls = {
            pk: sorted({url for url in of_article if of_article.count(url) > 1})
            for pk, of_article in urls.items()
        }
    return {pk: (0, ", ".join(of_article)) for pk, of_article in urls.items()}


def _others_of_groups(pks: Sequence[int]) -> dict[int, tuple[int, str]]:
    """The paths of the articles that ask the same as each of `pks`. Two queries."""
    group_of = dict(DuplicateMember.objects.filter(article__in=pks).values_list("article_id", "group_id"))
    paths: dict[int, list[tuple[int, str]]] = {}
    members = DuplicateMember.objects.filter(group__in=set(group_of.values())).order_by("article_id")
    for group, pk, subject, slug in members.values_list(
        "group_id", "article_id", "article__subject__slug", "article__slug"
    ):
        paths.setdefault(group, []).append((pk, article_path(subject, slug)))
    return {
        pk: (0, ", ".join(path for other, path in paths.get(group, ()) if other != pk))
        for pk, group in group_of.items()
    }


def _others_of_slugs(rows: Sequence[dict[str, Any]]) -> dict[int, tuple[int, str]]:
    """The paths of the indexable articles with the same slug as each of `rows`. One query, of the slug's index."""
    namesakes = Article.objects.filter(slug__in={row["slug"] for row in rows}, is_indexable=True).order_by(
        "pk"
    )
    paths: dict[str, list[tuple[int, str]]] = {}
    for pk, subject, slug in namesakes.values_list("pk", "subject__slug", "slug"):
        paths.setdefault(slug, []).append((pk, article_path(subject, slug)))
    return {
        row["pk"]: (0, ", ".join(path for other, path in paths.get(row["slug"], ()) if other != row["pk"]))
        for row in rows
    }
