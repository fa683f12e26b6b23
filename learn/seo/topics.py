"""The pages of topics for search engines and machines: heads, structured data, Markdown, feeds, cards, sitemaps."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from django.conf import settings
from django.core.paginator import Page
from django.db.models import Exists, Max, OuterRef, QuerySet, Subquery

from learn.models import Article, Subject, Topic, TopicCount
from learn.models.querysets import ArticleQuerySet
from learn.rendering import render_line
from learn.topics import LEAST
from learn.topics.shown import TopicLink, articles_of, path_of

from . import feeds, jsonld, markdown, sitemaps
from .addresses import absolute, library_url
from .cards import Card
from .heads import ATOM, INDEX, MARKDOWN, NOINDEX, Alternate, Head, description_of, picture
from .jsonld import Node
from .lengths import described, titled
from .markdown import front_matter, link, one_line

NEWS = 10  # articles from which on a topic has a feed
# How descriptions begin that speak of their article: nearly half of the real ones.
_OF_THE_ARTICLE = re.compile(
    r"(?:This|The) (?:content|article|text|answer|page|passage|document|analysis|explanation|discussion|response)\b"
)


@dataclass(frozen=True, slots=True)
class TopicPage:
    """A topic in a subject or, without one, in all subjects."""

    topic: Topic
    subject: Subject | None
    articles: int
    indexable: int

    @property
    def path(self) -> str:
        return path_of(self.topic.slug, self.subject.slug if self.subject else "")

    @property
    def name(self) -> str:
        return f"{self.topic.heading} in {self.subject.title}" if self.subject else self.topic.heading

    @property
    def is_open(self) -> bool:
        """Whether search engines may know it: not what is thin for them, nor what is unlisted."""
        return self.indexable >= LEAST and (self.subject is None or self.subject.is_listed)

    @property
    def has_feed(self) -> bool:
        return self.is_open and self.indexable >= NEWS

    @property
    def card(self) -> Card:
        label = f"Questions and answers: {self.subject.title}" if self.subject else "Questions and answers"
        return Card(self.path, label, self.topic.heading)

    def all_articles(self) -> ArticleQuerySet:
        """Its articles, the most central questions first."""
        return articles_of(self.topic, self.subject)


def page_of(count: TopicCount) -> TopicPage:
    """The page of a topic in a subject; reads `count.topic` and `count.subject`."""
    return TopicPage(count.topic, count.subject, count.articles, count.indexable)


def page_for_all(topic: Topic) -> TopicPage:
    return TopicPage(topic, None, topic.indexable, topic.indexable)


# --- Heads -----------------------------------------------------------------------------------------------------------


def topic_head(of: TopicPage, page: Page[Article], lead: str) -> Head:
    """The head of a page of a topic; `lead` is what the first one says of itself."""
    url = absolute(f"{of.path}?page={page.number}" if page.number > 1 else of.path)
    heading = f"{of.name}: questions and answers{number(page)}"
    shown = list(page.object_list)
    says = lead if page.number == 1 else " ".join(article.question_text for article in shown[:2])
    description = described(f"{counted(of.articles, 'question')} on {of.name}{number(page)}. {says}".strip())
    card = picture(of.card)
    feed = Alternate(
        absolute(f"{of.path}/feed.atom"), ATOM, f"New questions on {of.name} — {settings.SITE_NAME}"
    )
    items = [(article.question_text, absolute(article.get_absolute_url())) for article in shown]
    graph = {
        **jsonld.page_node("CollectionPage", url, heading, description, card),
        "about": {"@id": f"{absolute(of.path)}#topic"},
        "breadcrumb": {"@id": f"{url}#breadcrumb"},
        "mainEntity": jsonld.items_node(url, items),
    }
    nodes = [*jsonld.site_nodes(), graph, term_node(of), jsonld.breadcrumb_node(url, trail(of.subject, of))]
    return Head(
        title=titled(heading),
        heading=heading,
        description=description,
        canonical=url,
        robots=INDEX if of.is_open else NOINDEX,
        picture=card,
        alternates=[Alternate(absolute(f"{of.path}.md"), MARKDOWN), *([feed] if of.has_feed else [])],
        describedby=absolute("/llms.txt"),
        jsonld=jsonld.script(nodes),
        site_name=settings.SITE_NAME,
    )


def list_card(subject: Subject | None) -> Card:
    """The card of the list of topics of a subject; None: of the library."""
    path = f"{subject.get_absolute_url() if subject else '/learn'}/topics"
    return Card(path, "Topics", subject.title if subject else f"{settings.SITE_NAME} Learn")


def topics_head(subject: Subject | None, page: Page[Any], links: Sequence[TopicLink], letter: str) -> Head:
    """The head of a page of the topics of a subject, or of the largest of all. Those of one letter are not indexed."""
    path = f"{subject.get_absolute_url()}/topics" if subject else "/learn/topics"
    url = absolute(f"{path}?page={page.number}" if page.number > 1 else path)
    heading = f"Topics in {subject.title}{number(page)}" if subject else f"Topics{number(page)}"
    names = ", ".join(topic.heading for topic in links[:8])
    description = described(
        f"{counted(page.paginator.count, 'topic')}{f' in {subject.title}' if subject else ''}: {names}."
    )
    card = picture(list_card(subject))
    graph = {
        **jsonld.page_node("CollectionPage", url, heading, description, card),
        "breadcrumb": {"@id": f"{url}#breadcrumb"},
        "mainEntity": jsonld.items_node(url, [(topic.heading, absolute(topic.path)) for topic in links]),
    }
    steps = [*trail(subject), ("Topics", absolute(path))]
    is_open = not letter and bool(links) and (subject is None or subject.is_listed)
    return Head(
        title=titled(heading),
        heading=heading,
        description=description,
        canonical="" if letter else url,
        robots=INDEX if is_open else NOINDEX,
        picture=card,
        alternates=[Alternate(absolute(f"{path}.md"), MARKDOWN)] if subject else [],
        describedby=absolute("/llms.txt"),
        jsonld=jsonld.script([*jsonld.site_nodes(), graph, jsonld.breadcrumb_node(url, steps)]),
        site_name=settings.SITE_NAME,
    )


def counted(amount: int, thing: str) -> str:
    return f"{amount:,} {thing}{'' if amount == 1 else 's'}"


def number(page: Page[Any]) -> str:
    return f", page {page.number}" if page.number > 1 else ""


def term_node(of: TopicPage) -> Node:
    """The topic as a term, of the set of its subject's: https://schema.org/DefinedTerm"""
    owner = of.subject.get_absolute_url() if of.subject else "/learn"
    about = of.topic.description
    return {
        "@type": "DefinedTerm",
        "@id": f"{absolute(of.path)}#topic",
        "name": of.topic.heading,
        "url": absolute(of.path),
        **({"description": render_line(about).text} if about else {}),
        "inDefinedTermSet": {
            "@type": "DefinedTermSet",
            "@id": f"{absolute(owner)}/topics",
            "name": f"Topics in {of.subject.title}" if of.subject else "Topics",
        },
    }


def trail(subject: Subject | None, of: TopicPage | None = None) -> list[tuple[str, str]]:
    steps = [("Learn", library_url())]
    if subject:
        steps.append((subject.title, absolute(subject.get_absolute_url())))
    if of:
        owner = subject.get_absolute_url() if subject else "/learn"
        steps += [("Topics", absolute(f"{owner}/topics")), (of.topic.heading, absolute(of.path))]
    return steps


def lead_of(of: TopicPage, first: Article | None) -> str:
    """What the page says of its topic: the editors' words or else the answer to its most central question, in short.

    A description that speaks of its article instead of the topic gives way to the beginning of the answer.
    """
    if of.topic.description:
        return render_line(of.topic.description).text
    if first is None:
        return ""
    says = description_of(first)
    return first.excerpt if first.excerpt and _OF_THE_ARTICLE.match(says) else says


# --- Markdown, feeds -------------------------------------------------------------------------------------------------


def topic_markdown(of: TopicPage) -> Iterator[str]:
    """The whole list of a topic as links to the Markdown of its articles, the most central questions first."""
    matter = {"title": of.name, "url": absolute(of.path), "questions": of.articles}
    yield f"{front_matter(matter)}\n# {one_line(of.name)}\n\n"
    if of.topic.description:
        yield f"{one_line(render_line(of.topic.description).text)}\n\n"
    rows = list(of.all_articles().values_list("question", "subject__slug", "slug"))
    for question, subject_slug, slug in rows:
        yield f"- {link(render_line(question).text, f'/learn/{subject_slug}/questions/{slug}.md')}\n"


def topics_markdown(subject: Subject, links: Sequence[TopicLink]) -> str:
    """The topics of a subject, the largest first, as links to their Markdown."""
    title = f"Topics in {subject.title}"
    matter = {"title": title, "url": absolute(f"{subject.get_absolute_url()}/topics"), "topics": len(links)}
    lines = [f"- {link(topic.heading, f'{topic.path}.md')} ({topic.articles:,})" for topic in links]
    return f"{front_matter(matter)}\n# {one_line(title)}\n\n" + "\n".join(lines) + "\n"


def topic_feed(of: TopicPage) -> bytes:
    """The newest questions on a topic. One query."""
    articles = articles_of(of.topic, of.subject).indexable()
    return feeds.feed(f"New questions on {of.name} — {settings.SITE_NAME}", absolute(of.path), articles)


LARGEST = 60  # topics in llms.txt


def llms_txt() -> str:
    """The map of the site for language models, with the largest topics: one query more."""
    largest = list(open_topics().order_by("-indexable", "slug")[:LARGEST])
    lines = [
        f"- {link(topic.heading, path_of(topic.slug) + '.md')} ({topic.indexable:,})" for topic in largest
    ]
    return markdown.llms_txt() + ("\n## Topics\n\n" + "\n".join(lines) + "\n" if lines else "")


# --- Sitemaps --------------------------------------------------------------------------------------------------------


def sitemap(number: int) -> Iterator[str] | None:
    """The lines of the `number`th file with the pages of topics; None where there is no such file.

    Pages for all subjects first, then those of each subject, with the last change of their articles, which is stored.
    Four queries.
    """
    start = (number - 1) * sitemaps.MOST_URLS
    entries = list(_entries(start, start + sitemaps.MOST_URLS))
    if not entries and number > 1:
        return None
    return sitemaps.document("urlset", "url", entries)


def sitemap_path(number: int) -> str:
    """Where a file stands; a dot sets its name off from those of subjects, whose slugs have none."""
    return "/sitemap.topics.xml" if number == 1 else f"/sitemap.topics.{number}.xml"


def sitemap_files() -> list[str]:
    """The addresses of the files, in two queries; none where there is no topic."""
    files = ceil((open_topics().count() + open_counts().count()) / sitemaps.MOST_URLS)
    return [absolute(sitemap_path(number)) for number in range(1, files + 1)]


def _entries(start: int, end: int) -> Iterator[sitemaps.Entry]:
    everywhere, total = open_topics().order_by("slug"), open_topics().count()
    if start < total:
        latest = TopicCount.objects.filter(topic=OuterRef("pk"), indexable__gt=0).order_by().values("topic")
        changed = Subquery(latest.annotate(at=Max("changed_at")).values("at"))
        for slug, at in everywhere.annotate(last=changed)[start:end].values_list("slug", "last"):
            yield absolute(path_of(slug)), at
    if end > total:
        own = open_counts().order_by("subject__slug", "slug")
        columns = own.values_list("slug", "subject__slug", "changed_at")
        for slug, subject_slug, at in columns[max(0, start - total) : end - total]:
            yield absolute(path_of(slug, subject_slug)), at


def open_topics() -> QuerySet[Topic]:
    """The topics whose page for all subjects search engines may know."""
    return Topic.objects.filter(has_page=True, indexable__gte=LEAST)


def open_counts() -> QuerySet[TopicCount]:
    """The pages of topics in subjects that search engines may know."""
    return TopicCount.objects.filter(is_shown=True, indexable__gte=LEAST, subject__is_listed=True)


def list_paths() -> list[str]:
    """The paths of the lists of topics that search engines may know. One query."""
    open_there = open_counts().filter(subject=OuterRef("pk"))
    slugs = (
        Subject.objects.listed().filter(Exists(open_there)).order_by("slug").values_list("slug", flat=True)
    )
    paths = [f"/learn/{slug}/topics" for slug in slugs]
    return ["/learn/topics", *paths] if paths else []
