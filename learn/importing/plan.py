"""Decides what an import has to do, from the files' hashes and URLs and what the database knows of them."""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

from learn import files
from learn.db.rows import batched
from learn.files.problems import Problem
from learn.identity import article_path
from learn.models import Article
from learn.models.querysets import ArticleQuerySet

from .reader import content_hash, unreadable
from .sources import SourceFile, Sources

logger = logging.getLogger(__name__)


class Known(NamedTuple):
    """What the plan needs to know of an article in the database."""

    pk: int
    source_path: str
    source_hash: str
    source_url: str  # the address under which the files know it
    path: str  # where it stands now
    is_published: bool
    is_missing: bool


class Task(NamedTuple):
    """A file to load; `pk` is the article that it may update. `moved`: that article stands elsewhere."""

    source: SourceFile
    pk: int | None = None
    moved: bool = False


@dataclass(slots=True)
class Plan:
    tasks: list[Task] = field(default_factory=list)
    unchanged: int = 0
    returned: list[int] = field(default_factory=list)  # unchanged, but unpublished as missing: publish again
    missing: list[Known] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    urls: set[str] = field(
        default_factory=set
    )  # of the articles looked at, as they stand and as the files know them
    in_scope: int = 0  # published articles of which the source speaks: what --prune-limit is a share of


@dataclass(slots=True)
class _Seen:
    """A file that could be read; `url` is None where its front matter is beyond reading."""

    source: SourceFile
    source_hash: str
    url: str | None
    source_id: int | None = None
    article: Known | None = None


def make(sources: Sources, *, force: bool = False) -> Plan:
    """Read and hash every file, find its article, and sort out what is to do.

    `force`: load files that did not change, too. Costs one query over all articles, or, where the source speaks of
    nothing but its files, two per 500 of them; memory is some 300 bytes per file and per article.
    """
    plan = Plan()
    known = _known_articles() if sources.can_show_missing else _articles_of(sources.files)
    by_path = {article.source_path: article for article in known if article.source_path}
    seen = [file for source in sources.files if (file := _look_at(source, by_path, plan))]
    seen = _without_repeated_urls(seen, plan)

    # An article is known by where it stands; failing that, by the URL that its file had when it was imported.
    by_url = {article.source_url: article for article in known if article.source_url}
    by_url.update((article.path, article) for article in known)
    plan.urls.update(by_url)
    claimed = {file.article.pk for file in seen if file.article}
    for file in seen:
        if file.article is None:
            article = by_url.get(file.url) if file.url else by_path.get(file.source.path)
            if article and article.pk not in claimed:
                file.article = article
                claimed.add(article.pk)
    for file in seen:
        if file.article and file.article.source_hash == file.source_hash and not force:
            plan.unchanged += 1
            if file.article.is_missing:
                plan.returned.append(file.article.pk)
        elif file.article:
            plan.tasks.append(Task(file.source, file.article.pk))

    missing = _missing(sources, seen, plan, [article for article in known if article.source_path])
    plan.tasks += _match_moved([file for file in seen if file.article is None], missing)
    moved = {task.pk for task in plan.tasks if task.moved}
    plan.missing = [article for article in missing if article.pk not in moved]
    plan.tasks.sort()
    return plan


def _articles_of(sources: list[SourceFile]) -> list[Known]:
    """The articles that stand at the URLs of these files, or are known by them."""
    urls = sorted({url for source in sources if (url := _url_of(source))})
    pks: set[int] = set()
    for batch in batched(urls):
        pks.update(Article.objects.filter(source_url__in=batch).values_list("pk", flat=True))
        pks.update(Article.objects.at_paths(batch).values())
    return [
        article
        for batch in batched(sorted(pks))
        for article in _known_articles(Article.objects.filter(pk__in=batch))
    ]


def _url_of(source: SourceFile) -> str | None:
    try:
        data = source.file.read_bytes()
    except OSError:
        return None  # said when it is looked at
    return files.peek(data).url or _parsed_url(data, source)


def _known_articles(scope: ArticleQuerySet | None = None) -> list[Known]:
    articles = Article.objects.all() if scope is None else scope
    missing = set(articles.filter(missing_since__isnull=False).values_list("pk", flat=True))
    # No column that Django has to convert: to read a moment takes it longer than all else here.
    rows = articles.order_by("pk").values_list(
        "pk", "source_path", "source_hash", "source_url", "subject__slug", "slug", "status"
    )
    return [
        Known(
            pk,
            source_path,
            source_hash,
            source_url or "",
            article_path(subject, slug),
            status == Article.Status.PUBLISHED,
            pk in missing,
        )
        for pk, source_path, source_hash, source_url, subject, slug, status in rows.iterator(2000)
    ]


def _look_at(source: SourceFile, by_path: dict[str, Known], plan: Plan) -> _Seen | None:
    try:
        data = source.file.read_bytes()
    except OSError as error:
        plan.problems.append(unreadable(source, error))
        return None
    source_hash = content_hash(data)
    article = by_path.get(source.path)
    if article and article.source_hash == source_hash:
        return _Seen(source, source_hash, article.source_url, article=article)
    peek = files.peek(data)
    return _Seen(source, source_hash, peek.url or _parsed_url(data, source), peek.id)


def _parsed_url(data: bytes, source: SourceFile) -> str | None:
    """The URL of a file whose front matter writes it in an unusual way; None where the file will be rejected."""
    try:
        return files.read_document(data, source.path)[0].url
    except files.DocumentError:
        return None
    except Exception:  # a fault of our own: `load` says so of this file, and the others go on
        logger.exception("%r could not be read", source.path)
        return None


def _without_repeated_urls(seen: list[_Seen], plan: Plan) -> list[_Seen]:
    """Refuse all files that share a URL with another one: nothing tells which of them is meant."""
    by_url: dict[str, list[_Seen]] = defaultdict(list)
    for file in seen:
        if file.url:
            by_url[file.url].append(file)
    refused: set[str] = set()
    for url, group in by_url.items():
        for file in group if len(group) > 1 else ():
            others = " and ".join(other.source.path for other in group if other is not file)
            line, column = files.key_position(file.source.file.read_bytes(), "url")
            message = f"{others} has the same url {url}. Give each file a url of its own."
            plan.problems.append(Problem(file.source.path, line, column, "error", "repeated-url", message))
            refused.add(file.source.path)
    return [file for file in seen if file.source.path not in refused]


def _missing(sources: Sources, seen: list[_Seen], plan: Plan, imported: list[Known]) -> list[Known]:
    """The articles of which the source speaks and that it does not hold.

    A file that is there but rejected is not missing: its article is recognised by the last two parts of its path,
    the subject's folder and the file's name.
    """
    covered = imported
    if sources.is_partial:
        return []
    if not sources.is_whole_library:
        urls = (
            file.article.path if file.article else file.url for file in seen if file.source.in_subject_folder
        )
        subjects = {_subject(url) for url in urls if url}
        covered = [article for article in imported if _subject(article.path) in subjects]
    plan.in_scope = sum(article.is_published for article in covered)
    present = {file.article.pk for file in seen if file.article}
    identified = {file.source.path for file in seen if file.url}
    unidentified = {_tail(source.path) for source in sources.files if source.path not in identified}
    unidentified |= {_tail(problem.path) for problem in sources.problems}
    return [
        article
        for article in covered
        if article.pk not in present
        and not article.is_missing
        and _tail(article.source_path) not in unidentified
    ]


def _match_moved(new: list[_Seen], missing: list[Known]) -> list[Task]:
    """Make a task of each new file; give it the missing article that it is, at another URL than before.

    That is the one that came from the same path, or one with the same id that asks or answers the same (ids are
    not unique); of several, that with the same slug, then the first by URL.
    """
    by_path = {article.source_path: article for article in missing}
    by_id = _by_source_id(missing) if new else {}
    tasks: list[Task] = []
    taken: set[int] = set()
    for file in new:
        candidates = [by_path[file.source.path]] if file.source.path in by_path else []
        if file.source_id in by_id and file.url:
            candidates += _same_question(file, by_id[file.source_id])
        article = next((article for article in candidates if article.pk not in taken), None)
        if article:
            taken.add(article.pk)
        tasks.append(Task(file.source, article.pk if article else None, moved=article is not None))
    return tasks


def _by_source_id(articles: list[Known]) -> dict[int | None, list[Known]]:
    by_pk = {article.pk: article for article in articles}
    by_id: dict[int | None, list[Known]] = defaultdict(list)
    for batch in batched(by_pk):
        rows = Article.objects.filter(pk__in=batch, source_id__isnull=False)
        for pk, source_id in rows.values_list("pk", "source_id"):
            by_id[source_id].append(by_pk[pk])
    return by_id


def _same_question(file: _Seen, articles: list[Known]) -> list[Known]:
    try:
        document, _warnings = files.read_document(file.source.file.read_bytes(), file.source.path)
    except (OSError, files.DocumentError):
        return []  # it will be rejected, with its reasons, when it is loaded
    except Exception:  # as above
        logger.exception("%r could not be read", file.source.path)
        return []
    said = {
        pk
        for pk, question, answer in Article.objects.filter(
            pk__in=[article.pk for article in articles]
        ).values_list("pk", "question", "answer")
        if question == document.question or answer == document.answer
    }
    same = [article for article in articles if article.pk in said]
    return sorted(same, key=lambda article: (not article.path.endswith(f"/{document.slug}"), article.path))


def _subject(path: str) -> str:
    """The subject's slug in an article's path `/learn/<subject>/questions/<slug>`."""
    return path.split("/")[2]


def _tail(path: str) -> str:
    return "/".join(re.split(r"[/\\]", path)[-2:])
