"""What may be said better in answers (learn.words): found at a save, and outside of requests for all other changes.

The row of an article is right while it names the article's `content_key` and today's rules, so that no writer has to
tell anybody: an import, a restore or a new release is noticed by the next `refresh`. At an import it would take
longer than rendering does.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, F, Max, OuterRef, Q
from django.db.models.lookups import GreaterThan
from django.utils import timezone

from learn import rendering, words
from learn.db import rows, state
from learn.db.rows import batched
from learn.files.limits import URL_MAX_LENGTH
from learn.jobs.progress import Progress
from learn.jobs.workers import Workers
from learn.models import AnswerLink, AnswerWords, Article, DescriptionStart
from learn.models.pictures import known_pictures
from learn.models.querysets import ArticleQuerySet
from learn.rendering import flaws
from learn.words import Repair, Word
from learn.words.links import library_path, links_of
from learn.words.reading import read

from . import answer_links

CHECKED_AT_ONCE = 2_000  # articles: some six seconds of the process that calls every minute


class Advice(NamedTuple):
    """Something to mend in the form of an article. `line` counts those of the answer from 1; 0: another field."""

    line: int
    message: str
    repair: Repair | None = None
    kind: str = ""  # of a link: where it leads (learn.editing.answer_links)

    def as_json(self, answer: str) -> list[Any]:
        """For the form, whose positions count UTF-16 units, as browsers do."""
        if self.repair is None:
            return [self.line, self.message]
        start, end = (_units(answer[:place]) for place in (self.repair.start, self.repair.end))
        return [self.line, self.message, [start, end, self.repair.text, self.repair.label]]


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


# --- While somebody writes --------------------------------------------------------------------------------------------


def advice(answer: str, rendered: rendering.Rendered, pictures: rendering.Pictures) -> list[Advice]:
    """All that is wrong with an answer or may be said better, in the order of its lines.

    Two queries where it links to articles of this library, up to eight more for each address that is none.
    """
    if not answer.strip():
        return []  # nothing is wrong with a blank sheet
    found = [Advice(one.line, one.message) for one in flaws.examine(answer, rendered)]
    found += [Advice(one.line, one.message, one.repair) for one in words.examine(answer, rendered, pictures)]
    found += link_advice(answer)
    return sorted(found, key=lambda one: one.line)


def link_advice(answer: str) -> list[Advice]:
    """The links to pages of this library that lead nowhere, or on to another address."""
    if "/learn" not in answer.lower():
        return []
    sheet = read(answer)
    links = [(link, path) for link in links_of(sheet) if (path := library_path(link.address))]
    leads = answer_links.leads([path for _link, path in links][: words.MOST * 5])
    found = []
    for link, path in links:
        lead = leads.get(path)
        if lead is None or lead.state == answer_links.LIVE:
            continue
        if lead.state != answer_links.MOVED:
            message = f"{path} leads nowhere: {answer_links.SAYS[lead.state]}"
            found.append(Advice(link.line, message, kind=lead.state))
            continue
        start, end = sheet.span(link.line - 1)
        at = answer.find(f"({path}", start, end) + 1
        new = Repair(at, at + len(path), lead.to, f"Link to {lead.to}") if at else None
        found.append(Advice(link.line, f"{path} moved to {lead.to}", new, lead.state))
    return found


def field_advice(pk: int | None, description: str, keywords: str) -> list[Advice]:
    """What is missing or repeated in the other fields. One query."""
    found = []
    if not keywords.strip():
        found.append(Advice(0, "There are no keywords: similar questions and topics are found by them."))
    if not description.strip():
        found.append(Advice(0, "There is no description: search results show the beginning of the answer."))
    else:
        alike = Article.objects.filter(is_indexable=True).annotate(start=DescriptionStart("description"))
        if twin := alike.filter(start=description[:120]).exclude(pk=pk or 0).order_by("pk").first():
            found.append(
                Advice(0, f"“{twin.question}” has the same description: say what is particular here.")
            )
    return found


# --- Of the whole library ---------------------------------------------------------------------------------------------


def stale() -> ArticleQuerySet:
    """The articles that were not looked at since they changed, or by older rules. Read from two indexes."""
    right = AnswerWords.objects.filter(
        article=OuterRef("pk"), content_key=OuterRef("content_key"), rules=words.RULES
    )
    return Article.objects.filter(~Exists(right))


def refresh(
    pks: Collection[int] | None = None,
    *,
    limit: int | None = None,
    jobs: int | None = 1,
    progress: Progress = lambda _done, _total: None,
) -> int:
    """Look at these articles (None: at those that are stale, `limit` of them at most), and return how many those were.

    Some 3 ms each, in `jobs` processes where they are many; may be stopped and called again at any time.
    """
    keys = list(pks if pks is not None else stale().order_by().values_list("pk", flat=True)[:limit])
    done = 0
    with Workers(jobs, len(keys)) as workers:
        progress(0, len(keys))
        for batch in workers.map(_examine, _sources(keys), lambda source: _Examined(source, 0, ())):
            _store(batch)
            done += len(batch)
            progress(done, len(keys))
    return done


class _Source(NamedTuple):
    pk: int
    content_key: str
    answer: str
    pictures: rendering.Pictures


class _Examined(NamedTuple):
    source: _Source
    bits: int
    paths: tuple[str, ...]


def _sources(keys: Iterable[int]) -> Iterator[_Source]:
    for batch in batched(keys):
        found = list(
            Article.objects.filter(pk__in=batch).values_list("pk", "content_key", "answer", "subject__slug")
        )
        known = known_pictures((answer, slug) for _pk, _key, answer, slug in found)
        for (pk, key, answer, _slug), (pictures, _names) in zip(found, known, strict=True):
            yield _Source(pk, key, answer, pictures)


def _examine(source: _Source) -> _Examined:
    """What is found in one answer; runs in worker processes, and knows no database."""
    rendered = rendering.render(source.answer, source.pictures)
    paths: set[str] = set()
    if "/learn" in source.answer.lower():
        paths = {library_path(link.address) for link in links_of(read(source.answer))}
    kept = tuple(sorted(path for path in paths if path and len(path) <= URL_MAX_LENGTH and "\0" not in path))
    return _Examined(source, words.bits(words.examine(source.answer, rendered, source.pictures)), kept)


def _store(batch: list[_Examined]) -> None:
    try:
        _write(batch)
    except IntegrityError:  # an article was deleted since it was read
        living = set(
            Article.objects.filter(pk__in=[one.source.pk for one in batch]).values_list("pk", flat=True)
        )
        _write([one for one in batch if one.source.pk in living])


def _write(batch: list[_Examined]) -> None:
    now = timezone.now()
    wanted = {(one.source.pk, path) for one in batch for path in one.paths}
    with transaction.atomic():
        state.lock_writes()
        rows.upsert(
            AnswerWords,
            [
                {
                    "article_id": one.source.pk, "content_key": one.source.content_key, "rules": words.RULES,
                    "bits": one.bits, "checked_at": now,
                }
                for one in batch
            ],
            ["article"],
            ["content_key", "rules", "bits", "checked_at"],
        )  # fmt: skip
        present = {
            (link.article_id, link.path): link.pk
            for link in AnswerLink.objects.filter(article__in=[one.source.pk for one in batch])
        }
        gone = [pk for key, pk in present.items() if key not in wanted]
        if gone:
            AnswerLink.objects.filter(pk__in=gone).delete()
        new = sorted(wanted - set(present))
        AnswerLink.objects.bulk_create(AnswerLink(article_id=pk, path=path) for pk, path in new)


def counts() -> dict[Word, int]:
    """How many published articles have each kind. One query, of an index."""
    found = dict.fromkeys(Word, 0)
    held = (
        AnswerWords.objects.filter(bits__gt=0, article__status=Article.Status.PUBLISHED)
        .order_by()
        .values_list("bits")
        .annotate(count=Count("*"))
    )
    for bits, count in held:
        for word in Word:
            if bits & word:
                found[word] += count
    return found


def having(word: Word) -> Q:
    """The articles in which this was found."""
    held = AnswerWords.objects.filter(GreaterThan(F("bits").bitand(int(word)), 0), bits__gt=0)
    return Q(pk__in=held.values("article"))


def stamp() -> str:
    """Changes whenever answers were looked at, for what is kept of their counts. One query, of an index."""
    newest: dt.datetime | None = AnswerWords.objects.aggregate(newest=Max("checked_at"))["newest"]
    return newest.isoformat() if newest else "never"
