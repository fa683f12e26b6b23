"""Visibility (what visitors, lists and search engines may see) and the rules between articles, as querysets.

No view, feed, sitemap or search repeats the conditions of visibility. The rules look at what is in the database, write
only what is wrong there, and may be run again at any time: an import that was stopped half-way is completed by the
next one. They are set-based: their queries do not grow with the number of articles, except where a docstring says so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any, cast

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, Value, When
from django.utils import timezone

from learn.db import rows, state
from learn.db.rows import batched
from learn.identity import ARTICLE_PATH

if TYPE_CHECKING:
    from .articles import Article
    from .links import Redirect, RelatedLink  # noqa: F401 one is named in a string only
    from .subjects import Subject


class SubjectQuerySet(models.QuerySet["Subject"]):
    def listed(self) -> SubjectQuerySet:
        """Subjects shown in lists and indexed; the others can only be reached by their URL."""
        return self.filter(is_listed=True)

    def newest_of_each(self, articles: ArticleQuerySet, each: int) -> set[int]:
        """The keys of the newest `each` of `articles` in every subject, in one query: some steps in an index each."""
        newest = articles.filter(subject=OuterRef("pk")).newest_first().values("pk")
        rows = self.order_by().values_list(*(Subquery(newest[place : place + 1]) for place in range(each)))
        return {pk for row in rows for pk in row if pk is not None}


class ArticleQuerySet(models.QuerySet["Article"]):
    def published(self, at: dt.datetime | None = None) -> ArticleQuerySet:
        """Articles that answer 200 at the moment `at` (None: now): published, neither scheduled nor expired."""
        moment = at or timezone.now()
        return self.filter(
            Q(expires=None) | Q(expires__gt=moment),
            status=self.model.Status.PUBLISHED, publish_at__lte=moment,
        )  # fmt: skip

    def listable(self, at: dt.datetime | None = None) -> ArticleQuerySet:
        """Published articles that a list may show: those not marked `no_index`."""
        return self.published(at).filter(no_index=False)

    def indexable(self) -> ArticleQuerySet:
        """Articles that search engines, sitemaps and feeds may know: published, canonical, in a listed subject."""
        return self.published().filter(is_indexable=True)

    def in_subject(self, subject: Subject) -> ArticleQuerySet:
        return self.filter(subject=subject)

    def newest_first(self) -> ArticleQuerySet:
        """A total order (the slug breaks ties), so that pages of a list neither repeat nor skip a row."""
        return self.order_by("-date", "slug", "subject_id")

    def for_listing(self) -> ArticleQuerySet:
        """With the subject joined and only the columns that a list shows."""
        return self.select_related("subject").only(
            "subject__slug", "subject__title", "slug", "question", "description", "date", "excerpt"
        )

    def for_links(self) -> ArticleQuerySet:
        """With the subject joined and only the columns that a link names: those before the long ones in a row.

        SQLite walks through all of an answer to reach a column behind it.
        """
        return self.select_related("subject").only(
            "subject__slug", "subject__title", "slug", "question", "date"
        )

    def for_page(self, at: dt.datetime | None = None) -> ArticleQuerySet:
        """With what the article's own page shows joined, and no other column: most of a row is for editors and search.

        Two answers come along that would cost a query each: `has_namesake` (the title then names the subject) and
        `state_key` (learn.db.state, at the moment `at`).
        """
        namesakes = self.model.objects.filter(slug=models.OuterRef("slug"), is_indexable=True)
        return (
            self.select_related("subject", "canonical__subject")
            .annotate(
                has_namesake=models.Exists(namesakes.exclude(pk=models.OuterRef("pk"))),
                state_key=state.annotation(at),
            )
            .only(
                "slug", "status", "publish_at", "expires", "no_index", "is_indexable", "question",
                "description", "keywords",
                "author", "date", "date_format", "post_on_text", "modified_at", "answer_html", "answer_text", "excerpt",
                "headings", "word_count", "has_math", "has_code", "subject__slug", "subject__title",
                "subject__is_listed", "canonical__slug", "canonical__status", "canonical__publish_at",
                "canonical__expires", "canonical__no_index",
                "canonical__is_indexable", "canonical__subject__slug", "canonical__subject__title",
            )
        )  # fmt: skip

    def for_markdown(self) -> ArticleQuerySet:
        """With what the article's Markdown twin says, and `state_key` (learn.db.state)."""
        return (
            self.select_related("subject", "canonical__subject")
            .annotate(state_key=state.annotation())
            .only(
                "subject__slug", "subject__title", "slug", "status", "publish_at", "expires", "question",
                "answer", "description", "excerpt", "author", "date", "modified_at", "no_index", "is_indexable",
                "canonical__subject__slug", "canonical__slug", "canonical__status", "canonical__publish_at",
                "canonical__expires", "canonical__no_index", "canonical__is_indexable",
            )
        )  # fmt: skip

    def for_json(self) -> ArticleQuerySet:
        """With what the article's JSON twin says, and `state_key` (learn.db.state)."""
        return (
            self.select_related("subject", "canonical__subject")
            .annotate(state_key=state.annotation())
            .only(
                "subject__slug", "subject__title", "slug", "status", "publish_at", "expires", "question", "answer",
                "answer_html", "answer_text", "description", "excerpt", "keywords", "author", "date", "modified_at",
                "word_count", "has_math", "has_code", "no_index", "is_indexable", "canonical__subject__slug",
                "canonical__slug", "canonical__status", "canonical__publish_at", "canonical__expires",
                "canonical__is_indexable",
            )
        )  # fmt: skip

    def namesakes_of(self, article: Article) -> ArticleQuerySet:
        """Indexable articles with the slug, and so the question, of `article` under other subjects."""
        return self.filter(slug=article.slug, is_indexable=True).exclude(pk=article.pk)

    # --- Addresses ------------------------------------------------------------------------------------------

    def at_paths(self, paths: Iterable[str]) -> dict[str, int]:
        """Map each of `paths` at which an article stands (published or not) to its primary key, in one query."""
        wanted: dict[str, tuple[str, str]] = {}
        for path in paths:
            if match := ARTICLE_PATH.match(path):
                wanted[path] = (match[1], match[2])
        slugs = {slug for _subject, slug in wanted.values()}
        standing = {
            (subject, slug): pk
            for pk, subject, slug in self.filter(slug__in=slugs).values_list("pk", "subject__slug", "slug")
        }
        return {path: standing[address] for path, address in wanted.items() if address in standing}

    def known_paths(self, urls: Iterable[str]) -> set[str]:
        """Those of `urls` at which an article stands, or under which the files know one; two queries per 500."""
        found: set[str] = set()
        for batch in batched(sorted(urls)):
            found.update(self.at_paths(batch))
            by_source = self.filter(source_url__in=batch).values_list("source_url", flat=True)
            found.update(url for url in by_source if url)
        return found

    # --- Duplicates -----------------------------------------------------------------------------------------

    def choose_canonicals(self, keys: Iterable[str] | None = None) -> None:
        """Choose one canonical article for each group with equal question and answer, then who is indexable.

        The canonical one is published and not `no_index`; among several, the one that an editor prefers, then that in
        a listed subject, of the earliest date, of the first subject slug, of the first slug. A group of which an editor
        said that it asks the same as another article (CanonicalChoice) follows that one, while it is public. `keys`
        limits the work to these values of `Article.content_key`; None looks at all articles.
        """
        led, following = self._chosen_elsewhere()
        if keys is not None:
            keys = set(keys)
            keys |= {key for key, originals in following.items() if not originals.isdisjoint(keys)}
            led = {key: original for key, original in led.items() if key in keys}
            keys -= led.keys()
        scopes: Iterable[ArticleQuerySet] = (
            [self.all()]
            if keys is None
            else (self.filter(content_key__in=batch) for batch in batched(sorted(set(keys))))
        )
        # Asked for each row, in the index of keys: PostgreSQL, which knows nothing yet of the rows of a first import,
        # would count all keys again for every one of them.
        others = self.model.objects.filter(content_key=OuterRef("content_key")).exclude(pk=OuterRef("pk"))
        for scope in scopes:
            scope = scope.exclude(content_key__in=led) if led else scope  # noqa: PLW2901 narrower, and named once
            scope.filter(~Exists(others), canonical__isnull=False).update(canonical=None)
            copies = (
                scope.filter(Exists(others))
                .select_related("subject")
                .only(
                    "content_key", "canonical_id", "status", "publish_at", "expires", "no_index", "is_preferred",
                    "date", "slug", "subject__slug", "subject__is_listed",
                )
                .order_by("content_key", "-is_preferred", "-subject__is_listed", "date", "subject__slug", "slug")
            )  # fmt: skip
            changed: list[Article] = []
            for _key, group in groupby(copies.iterator(chunk_size=2000), attrgetter("content_key")):
                members = list(group)
                first = next((a for a in members if a.is_published and not a.no_index), members[0])
                for article in members:
                    canonical = None if article is first else first.pk
                    if article.canonical_id != canonical:
                        article.canonical_id = canonical
                        changed.append(article)
            rows.update(
                self.model,
                [{"pk": article.pk, "canonical_id": article.canonical_id} for article in changed],
                ["canonical"],
            )
            scope.refresh_indexable()
        self._lead(led)

    def _chosen_elsewhere(self) -> tuple[dict[str, Article], dict[str, set[str]]]:
        """For each key of a group that an editor leads elsewhere, the public article that it leads to; one query.

        Where choices lead on from one another, the last one; where they lead in a circle, none. Besides, for each such
        key those of all articles on its way, public or not.
        """
        choices = cast("Any", self.model._meta.get_field("canonical_choice").related_model).objects
        rows = choices.select_related("article", "original").only(
            "article__content_key", "original__content_key", "original__status", "original__publish_at",
            "original__expires",
            "original__no_index",
        )  # fmt: skip
        chosen: dict[str, Article] = {row.article.content_key: row.original for row in rows.order_by("pk")}
        led: dict[str, Article] = {}
        following: dict[str, set[str]] = {}
        for key in chosen:
            on_the_way, here = {key}, key
            while (original := chosen.get(here)) and original.is_published and not original.no_index:
                here = original.content_key
                if here in on_the_way:
                    led.pop(key, None)
                    break
                on_the_way.add(here)
                led[key] = original
            following[key] = on_the_way | ({original.content_key} if original else set())
        return led, following

    def _lead(self, led: Mapping[str, Article]) -> None:
        """Set the canonical article of the groups with these keys. Two queries for each 500."""
        for batch in batched(led.items()):
            originals = {original.pk for _key, original in batch}
            canonical = {
                pk: chosen or pk
                for pk, chosen in self.model.objects.filter(pk__in=originals).values_list(
                    "pk", "canonical_id"
                )
            }
            groups = self.model.objects.filter(content_key__in=[key for key, _original in batch])
            rows.update(
                self.model,
                [
                    {"pk": pk, "canonical_id": canonical[led[key].pk]}
                    for pk, key, present in groups.values_list("pk", "content_key", "canonical_id")
                    if present != canonical[led[key].pk]
                ],
                ["canonical"],
            )
            groups.refresh_indexable()

    def refresh_indexable(self) -> None:
        """Set `is_indexable` where it is not what it should be."""
        indexable = Q(
            status=self.model.Status.PUBLISHED, no_index=False, canonical=None, subject__is_listed=True
        )
        # As one value: SQLite would rather look through all originals (`canonical_id IS NULL`) than at two keys.
        should_be = Case(When(indexable, then=Value(True)), default=Value(False))  # noqa: FBT003 -- an SQL literal
        wrong = self.annotate(should_be=should_be).exclude(is_indexable=F("should_be"))
        self.model.objects.filter(pk__in=wrong.values("pk")).update(
            is_indexable=Case(When(is_indexable=True, then=Value(False)), default=Value(True))  # noqa: FBT003
        )


class RelatedLinkQuerySet(models.QuerySet["RelatedLink"]):
    def dangling(self) -> RelatedLinkQuerySet:
        """Links whose URL leads to no article (yet)."""
        return self.filter(target=None)

    def resolve(self) -> None:
        """Connect the links that lead nowhere yet with the article at their URL.

        The URL is compared with the address under which the files know an article, then with where articles stand now
        (a query per 500 different dangling URLs), then with redirects.
        """
        articles = cast("type[Article]", self._related("target")).objects
        by_source = articles.filter(source_url=OuterRef("url"))
        self.dangling().filter(Exists(by_source)).update(target=Subquery(by_source.values("pk")[:1]))
        redirects = cast("Any", articles.model._meta.get_field("redirects").related_model).objects
        by_redirect = redirects.filter(old_path=OuterRef("url"), target__isnull=False)
        self.dangling().filter(Exists(by_redirect)).update(target=Subquery(by_redirect.values("target")[:1]))
        urls = self.dangling().exclude(url="").order_by().values_list("url", flat=True).distinct()
        for batch in batched(list(urls)):
            for url, pk in articles.at_paths(batch).items():
                self.dangling().filter(url=url).update(target=pk)

    def _related(self, name: str) -> type[models.Model]:
        return cast("type[models.Model]", self.model._meta.get_field(name).related_model)


class RedirectQuerySet(models.QuerySet["Redirect"]):
    def leave(self, moved: Mapping[str, Article]) -> int:
        """Send each old path to the article that stood there; return how many redirects were made or changed."""
        existing = set(self.filter(old_path__in=list(moved)).values_list("old_path", flat=True))
        for path in existing:
            self.filter(old_path=path).update(target=moved[path], new_path="", is_automatic=True)
        self.bulk_create(
            self.model(old_path=path, target=article, is_automatic=True)
            for path, article in moved.items()
            if path not in existing
        )
        return len(moved)
