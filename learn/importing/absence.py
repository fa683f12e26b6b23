"""What is not in a source any more, and where it went: missing articles, moved files, files of moved articles."""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Iterator

from learn import files
from learn.db.rows import batched
from learn.models import Article, FileSource, ImportedFile, Redirect

from .bases import Base
from .facts import Known, Plan, Seen, Task
from .sources import Sources

logger = logging.getLogger(__name__)

Kind = FileSource.Kind
INTERCHANGEABLE = (Kind.FOLDER, Kind.ARCHIVE)  # today a folder, tomorrow an archive of it


def missing_of(
    sources: Sources,
    seen: list[Seen],
    known_bases: dict[tuple[str, str], Base],
    known: list[Known],
    plan: Plan,
) -> list[Known]:
    """The articles of which the source speaks and that it does not hold; notes `plan.in_scope` and `plan.stale`.

    A file that is there but rejected is not missing: its article is recognised by the last two parts of its path,
    the subject's folder and the file's name.
    """
    if not sources.can_show_missing:
        return []
    covered = _covered(sources, seen, known)
    plan.in_scope = sum(article.is_published for article in covered)
    present = {file.article.pk for file in seen if file.article}
    places = {(source.source, source.place) for source in sources.files}
    plan.stale = [
        base.pk
        for key, base in known_bases.items()
        if key not in places and sources.is_whole_library and base.article_key in present
    ]
    identified = {file.source.path for file in seen if file.url}
    unidentified = {_tail(source.path) for source in sources.files if source.path not in identified}
    unidentified |= {_tail(problem.path) for problem in sources.problems}
    unidentified |= {_tail(path) for path in sources.unread}
    return [
        article
        for article in covered
        if article.pk not in present
        and not article.is_missing
        and _tail(article.source_path) not in unidentified
    ]


def _covered(sources: Sources, seen: list[Seen], known: list[Known]) -> list[Known]:
    """The imported articles of which the source speaks.

    Not those that came from another git repository, another source that was given a name, or from nothing but an
    upload: another source may keep silent about them.
    """
    own, foreign = _owners(sources)
    covered = [
        article
        for article in known
        if article.source_path and (article.pk in own or article.pk not in foreign)
    ]
    if sources.is_whole_library:
        return covered
    urls = (file.article.path if file.article else file.url for file in seen if file.source.in_subject_folder)
    subjects = {_subject(url) for url in urls if url}
    return [article for article in covered if _subject(article.path) in subjects]


def _owners(sources: Sources) -> tuple[set[int], set[int]]:
    """The keys of the articles that came from these sources (or from one that is interchangeable), and from others."""
    own: set[int] = set()
    foreign: set[int] = set()
    is_plain = any(kind in INTERCHANGEABLE for kind in sources.kinds.values())
    for pk, name, kind in FileSource.objects.values_list("pk", "name", "kind"):
        is_own = name in sources.kinds or (is_plain and kind in INTERCHANGEABLE)
        keys = ImportedFile.objects.filter(source=pk).values_list("article_key", flat=True)
        (own if is_own else foreign).update(keys.iterator(2000))
    return own, foreign


def match_moved(new: list[Seen], missing: list[Known]) -> list[Task]:
    """Make a task of each new file; give it the missing article that it is, at another URL than before.

    That is the one that came from the same path, or one with the same id that asks or answers the same (ids are
    not unique); of several, that with the same slug, then the first by URL.
    """
    by_path = {article.source_path: article for article in missing}
    by_pk = {article.pk: article for article in missing}
    by_id = _by_source_id(missing) if new else {}
    tasks: list[Task] = []
    taken: set[int] = set()
    for file in new:
        of_base = by_pk.get(file.base.article_key) if file.base else None
        same_place = of_base or by_path.get(file.source.place) or by_path.get(file.source.path)
        candidates = [same_place] if same_place else []
        if file.source_id in by_id and file.url:
            candidates += _same_question(file, by_id[file.source_id])
        article = next((article for article in candidates if article.pk not in taken), None)
        if article:
            taken.add(article.pk)
        tasks.append(
            Task(file.source, article.pk if article else None, moved=article is not None, base=file.base)
        )
    return tasks


def redirected(new: list[Seen], by_pk: dict[int, Known]) -> Iterator[tuple[Seen, Known]]:
    """Those of these files at whose address a redirect leads to the article that they ask and answer for."""
    if not Redirect.objects.filter(target__isnull=False).exists():
        return
    by_url = {file.url: file for file in new if file.url}
    for batch in batched(by_url):
        leading = Redirect.objects.filter(old_path__in=batch, target__isnull=False)
        for path, pk in leading.values_list("old_path", "target"):
            if pk in by_pk and _same_question(by_url[path], [by_pk[pk]]):
                yield by_url[path], by_pk[pk]


def _by_source_id(articles: list[Known]) -> dict[int | None, list[Known]]:
    by_pk = {article.pk: article for article in articles}
    by_id: dict[int | None, list[Known]] = defaultdict(list)
    for batch in batched(by_pk):
        rows = Article.objects.filter(pk__in=batch, source_id__isnull=False)
        for pk, source_id in rows.values_list("pk", "source_id"):
            by_id[source_id].append(by_pk[pk])
    return by_id


def _same_question(file: Seen, articles: list[Known]) -> list[Known]:
    try:
        document, _warnings = files.read_document(file.source.file.read_bytes(), file.source.path)
    except (OSError, files.DocumentError):
        return []  # it will be rejected, with its reasons, when it is loaded
    except Exception:  # a fault of our own: `load` says so of this file, and the others go on
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
