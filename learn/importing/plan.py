"""Decides what an import has to do, from the files' hashes and URLs and what the database knows of them."""

from __future__ import annotations

import logging
from collections import defaultdict

from learn import files
from learn.db.rows import batched
from learn.files.problems import Problem
from learn.models import Article, Redirect

from . import bases
from .absence import match_moved, missing_of, redirected
from .bases import Adoption, Base
from .cases import Case, File, Row, decide
from .facts import Known, Plan, Seen, Task, known_articles
from .reader import content_hash, unreadable
from .sources import SourceFile, Sources

logger = logging.getLogger(__name__)
NAMED = 3  # of the other files with one url, in a message


class _Planner:
    """Matches files with bases, articles and deleted articles. Holds what its steps hand on."""

    def __init__(self, sources: Sources, *, force: bool, revive: bool) -> None:
        self.sources, self.force, self.revive = sources, force, revive
        self.plan = Plan(deleted=bases.deleted_articles())
        whole = sources.can_show_missing
        self.bases = bases.load(sources, all_of_them=whole)
        scope = None if whole else _scope(sources.files, self.bases)
        self.known = known_articles() if scope is None else scope
        self.by_pk = {article.pk: article for article in self.known}
        # An article is known by where it stands; failing that, by the URL that its file had when it was imported.
        self.by_url = {article.source_url: article for article in self.known if article.source_url}
        self.by_url.update((article.path, article) for article in self.known)
        self.by_path = {article.source_path: article for article in self.known if article.source_path}
        self.plan.urls.update(self.by_url)
        self.claims: dict[int, Seen] = {}

    def make(self) -> Plan:
        plan = self.plan
        seen = [file for source in self.sources.files if (file := self.look_at(source))]
        seen = _without_repeated_urls(seen, plan)
        self.match(seen)
        self.follow_redirects([file for file in seen if file.article is None and file.deleted is None])
        for file in seen:
            self.sort_out(file)
        new = [file for file in seen if file.article is None and file.deleted is None]
        missing = missing_of(self.sources, seen, self.bases, self.known, plan)
        named = self.named_deleted()
        gone = {article.pk: article for article in (*named, *missing)}
        plan.tasks += match_moved(new, list(gone.values()))
        for task in plan.tasks:
            if task.moved:
                gone.pop(task.pk or 0, None)
        for article in gone.values():
            row = Row.EDITED if article.is_edited else Row.AS_BASE
            if decide(File.GONE, row) == Case.KEPT:
                plan.kept.append(article)
            else:
                (plan.named if article in named else plan.missing).append(article)
        plan.tasks.sort(key=lambda task: task.source)
        return plan

    def look_at(self, source: SourceFile) -> Seen | None:
        try:
            data = source.file.read_bytes()
        except OSError as error:
            self.plan.problems.append(unreadable(source, error))
            return None
        source_hash = content_hash(data)
        base = self.bases.get((source.source, source.place))
        if base is None and (former := self.sources.renamed.get(source.place)):
            base = self.bases.get((source.source, former))
        if base and base.hash == source_hash:
            return Seen(source, source_hash, base.url, base=base, is_known=True)
        legacy = None if base else (self.by_path.get(source.place) or self.by_path.get(source.path))
        if legacy and legacy.source_hash == source_hash:
            return Seen(source, source_hash, legacy.source_url or legacy.path, article=legacy, is_known=True)
        peek = files.peek(data)
        return Seen(source, source_hash, peek.url or _parsed_url(data, source), peek.id, base)

    def match(self, seen: list[Seen]) -> None:
        """Find the article of each file, or that it was deleted; of two files of one article one is its own."""
        gone_at = {}
        for key, row in self.plan.deleted.items():
            gone_at.update(dict.fromkeys((row.url, row.source_url), key))
        gone_at.pop("", None)
        # First those that stand where their article stands, then those that are known to be its file.
        for file in seen:
            article = self.by_url.get(file.url) if file.url else None
            if article and article.path == file.url:
                self.claim(file, article)
        for file in seen:
            if file.article is not None and self.claims.get(file.article.pk) is file:
                continue
            base = file.base
            article = file.article or (
                self.by_pk.get(base.article_key) if base and base.url == file.url else None
            )
            article = article or (self.by_url.get(file.url) if file.url else None)
            if article is None and file.url is None:
                article = (base and self.by_pk.get(base.article_key)) or self.by_path.get(file.source.path)
            if article:
                self.claim(file, article)
            elif base and base.article_key in self.plan.deleted:
                file.deleted = base.article_key
            elif file.url in gone_at:
                file.deleted = gone_at[file.url]
        self.recognise(seen)

    def claim(self, file: Seen, article: Known) -> None:
        file.article = article
        other = self.claims.setdefault(article.pk, file)
        if other is not file:
            file.is_superseded = True

    def recognise(self, seen: list[Seen]) -> None:
        """Mark the files whose bytes were imported into their article before, from another place."""
        strange = [file for file in seen if not file.is_known and (file.article or file.deleted)]
        keys = {
            file.article.pk if file.article else file.deleted or 0 for file in strange if file.base is None
        }
        others = bases.others_of(keys) if keys else {}
        for file in strange:
            if file.base is not None:
                continue
            key = file.article.pk if file.article else file.deleted or 0
            hashes = {base.hash for base in others.get(key, ())}
            if file.article:
                hashes.add(file.article.source_hash)
            elif key in self.plan.deleted:
                hashes.add(self.plan.deleted[key].source_hash)
            file.is_known = file.source_hash in hashes

    def follow_redirects(self, new: list[Seen]) -> None:
        """A new file at an address that leads to an article which the files know elsewhere may be its former file."""
        if not new:
            return
        for file, article in redirected(new, self.by_pk):
            if article.pk not in self.claims:
                self.claim(file, article)
            else:
                file.article, file.is_superseded = article, True

    def sort_out(self, file: Seen) -> None:
        if file.deleted is not None:
            self.sort_out_deleted(file, file.deleted)
        elif file.article is not None:
            self.sort_out_known(file, file.article)

    def sort_out_deleted(self, file: Seen, key: int) -> None:
        case = decide(File.SAME if file.is_known else File.CHANGED, Row.DELETED)
        if case == Case.KEPT_DELETED and not self.revive:
            self.plan.kept_deleted.append(file.source.path)
            if not file.has_own_base:
                self.adopt(file, key)
            return
        self.plan.tasks.append(Task(file.source, None, base=file.base, deleted=key))

    def sort_out_known(self, file: Seen, article: Known) -> None:
        plan = self.plan
        base = file.base if file.base and file.base.article_key == article.pk else None
        if file.is_superseded:
            case = decide(File.SAME if file.is_known else File.CHANGED, Row.MOVED)
            if case == Case.SUPERSEDED:
                plan.superseded.append((file.source.path, file.url or "", article.path))
            else:
                plan.tasks.append(Task(file.source, article.pk, base=base, superseded=True))
            return
        if file.url and article.path != file.url and file.is_known:
            plan.superseded.append((file.source.path, file.url, article.path))
        if not file.is_known or self.force:
            plan.tasks.append(Task(file.source, article.pk, base=base))
            return
        plan.unchanged += 1
        if not file.has_own_base:
            self.adopt(file, article.pk)
        if article.is_missing:
            plan.returned.append(article.pk)

    def adopt(self, file: Seen, key: int) -> None:
        self.plan.adopted.append(Adoption(file.source, file.url or "", file.source_hash, key))

    def named_deleted(self) -> list[Known]:
        """The articles whose files were named and are not there; a name that means nothing is a problem.

        Not those that another file speaks for: one that was read, or one of the same source that was not named. The
        bases of the files that are gone go with them, so that a file that comes back is compared with its article.
        """
        named: dict[int, Known] = {}
        found = {source: self.bases.get((source.source, source.place)) for source in self.sources.deleted}
        gone = {base.pk for base in found.values() if base}
        self.plan.stale += sorted(gone)
        others = bases.others_of(base.article_key for base in found.values() if base)
        for source, base in found.items():
            article = self.by_pk.get(base.article_key) if base else self.by_path.get(source.path)
            elsewhere = others.get(base.article_key, ()) if base else ()
            has_other = any(other.source == source.source and other.pk not in gone for other in elsewhere)
            if article and article.pk not in self.claims and not has_other:
                named[article.pk] = article
            elif article is None and base is None and not self.sources.is_diff:
                message = "there is no such file, and none was ever imported from there."
                self.plan.problems.append(Problem(source.path, 1, 1, "error", "not-found", message))
        return list(named.values())


def make(sources: Sources, *, force: bool = False, revive: bool = False) -> Plan:
    """Read and hash every file, find its article, and sort out what is to do.

    `force`: load files that did not change, too; `revive`: those of deleted articles. Costs one query over all articles
    and one over the bases, or, where the source speaks of nothing but its files, a few per 500 of them; memory is some
    500 bytes per file and article.
    """
    return _Planner(sources, force=force, revive=revive).make()


def _scope(sources: list[SourceFile], known: dict[tuple[str, str], Base]) -> list[Known]:
    """The articles that stand at the URLs of these files, are known by them, or were imported from them."""
    urls = sorted({url for source in sources if (url := _url_of(source))})
    pks = {base.article_key for base in known.values()}
    for batch in batched(urls):
        pks.update(Article.objects.filter(source_url__in=batch).values_list("pk", flat=True))
        pks.update(Article.objects.at_paths(batch).values())
        leading = Redirect.objects.filter(old_path__in=batch, target__isnull=False)
        pks.update(leading.values_list("target", flat=True))  # a file at an address that its article left
    return [
        article
        for batch in batched(sorted(pks))
        for article in known_articles(Article.objects.filter(pk__in=batch))
    ]


def _url_of(source: SourceFile) -> str | None:
    try:
        data = source.file.read_bytes()
    except OSError:
        return None  # said when it is looked at
    return files.peek(data).url or _parsed_url(data, source)


def _parsed_url(data: bytes, source: SourceFile) -> str | None:
    """The URL of a file whose front matter writes it in an unusual way; None where the file will be rejected."""
    try:
        return files.read_document(data, source.path)[0].url
    except files.DocumentError:
        return None
    except Exception:  # a fault of our own: `load` says so of this file, and the others go on
        logger.exception("%r could not be read", source.path)
        return None


def _without_repeated_urls(seen: list[Seen], plan: Plan) -> list[Seen]:
    """Refuse all files that share a URL with another one: nothing tells which of them is meant."""
    by_url: dict[str, list[Seen]] = defaultdict(list)
    for file in seen:
        if file.url:
            by_url[file.url].append(file)
    refused: set[str] = set()
    for url, group in by_url.items():
        for file in group if len(group) > 1 else ():
            names = [other.source.path for other in group if other is not file]
            more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
            others = " and ".join(names[:NAMED]) + more
            line, column = files.key_position(file.source.file.read_bytes(), "url")
            message = f"{others} has the same url {url}. Give each file a url of its own."
            plan.problems.append(Problem(file.source.path, line, column, "error", "repeated-url", message))
            refused.add(file.source.path)
    return [file for file in seen if file.source.path not in refused]
