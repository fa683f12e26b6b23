"""The head of a page: title, description, canonical URL, robots, Open Graph, feeds.

Packages such as django-meta print given values; what is written here decides which they are.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.core.paginator import Page
from django.utils.safestring import SafeString

from learn.models import Article, Subject
from learn.topics.shown import TopicLink

from . import cards, jsonld
from .addresses import LIBRARY_TITLE, absolute, library_url
from .cards import Card, Picture
from .images import picture_for
from .lengths import described, titled

# Indexing is the default and need not be said; large pictures and long snippets have to be allowed.
# https://developers.google.com/search/docs/crawling-indexing/robots-meta-tag
INDEX = "max-image-preview:large, max-snippet:-1, max-video-preview:-1"
NOINDEX = "noindex, follow"
MOST_TAGS = 6  # article:tag
WORDS_PER_MINUTE = 220  # silent reading of non-fiction: 238 on average (Brysbaert 2019); formulas slow it
MARKDOWN = "text/markdown"
ATOM = "application/atom+xml"


@dataclass(frozen=True, slots=True)
class Alternate:
    """The page, or what is new on it, in another form."""

    url: str
    media_type: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class ArticleTags:
    """Open Graph's article:* properties; `facts` are the pairs that some chats show below the description."""

    published: dt.datetime
    modified: dt.datetime
    section: str
    tags: Sequence[str]
    facts: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Head:
    """Everything that templates/learn/_head.html writes."""

    title: str
    heading: str  # the title without the site's name, for places that show the name beside it
    description: str = ""
    canonical: str = ""
    robots: str = INDEX
    kind: str = "website"
    picture: Picture | None = None
    article: ArticleTags | None = None
    alternates: Sequence[Alternate] = ()
    describedby: str = ""
    jsonld: SafeString | None = None
    site_name: str = ""

    @property
    def is_indexed(self) -> bool:
        return self.robots == INDEX

    @property
    def links(self) -> str:
        """The page's other forms for the Link header: found without reading the page, and in a HEAD request.

        https://www.rfc-editor.org/rfc/rfc8288 and https://llmstxt.org
        """
        found = [
            f'<{alternate.url}>; rel="alternate"; type="{alternate.media_type}"'
            for alternate in self.alternates
        ]
        if self.describedby:
            found.append(f'<{self.describedby}>; rel="describedby"; type="text/plain"')
        return ", ".join(found)


def library_head(subjects: Sequence[Subject]) -> Head:
    url = library_url()
    description = f"Clear answers to the questions that students ask, in {len(subjects)} subjects."
    card = picture(cards.library_card())
    return Head(
        title=titled(LIBRARY_TITLE),
        heading=LIBRARY_TITLE,
        description=description,
        canonical=url,
        picture=card,
        alternates=[Alternate(f"{url}/feed.atom", ATOM, f"New questions — {settings.SITE_NAME}")],
        describedby=absolute("/llms.txt"),
        jsonld=jsonld.script(jsonld.library_graph(url, description, card, subjects)),
        site_name=settings.SITE_NAME,
    )


def subject_head(
    subject: Subject,
    page: Page[Article],
    articles: Sequence[Article] | None = None,
    *,
    topics: Sequence[str] = (),
    is_indexed: bool = True,
) -> Head:
    """The head of a page of a subject's list; `articles` are those it shows (by default those of `page`).

    `topics` are the names of the subject's largest topics, where they are at hand. Search engines may show a listed
    subject where they may one of its articles (`is_indexed`): a list of copies is itself no page of its own.
    """
    path = subject.get_absolute_url()
    url = absolute(f"{path}?page={page.number}" if page.number > 1 else path)
    shown = list(page.object_list if articles is None else articles)
    number = f", page {page.number}" if page.number > 1 else ""
    heading = f"{subject.title}: questions and answers{number}"
    description = described(subject_description(subject, page, shown, topics))
    card = picture(cards.subject_card(subject))
    feed = Alternate(
        absolute(f"{path}/feed.atom"), ATOM, f"New questions in {subject.title} — {settings.SITE_NAME}"
    )
    return Head(
        title=titled(heading),
        heading=heading,
        description=description,
        canonical=url,
        robots=INDEX if subject.is_listed and is_indexed else NOINDEX,
        picture=card,
        alternates=[Alternate(absolute(f"{path}.md"), MARKDOWN), *([feed] if subject.is_listed else [])],
        describedby=absolute("/llms.txt"),
        jsonld=jsonld.script(jsonld.subject_graph(subject, url, heading, description, card, shown)),
        site_name=settings.SITE_NAME,
    )


def subject_description(
    subject: Subject, page: Page[Article], shown: Sequence[Article], topics: Sequence[str]
) -> str:
    """The editors' description on the first page, or its topics; on the others, and without any, what it holds."""
    if subject.description and page.number == 1:
        return subject.description_text
    if topics and page.number == 1:
        return f"{page.paginator.count:,} questions in {subject.title}, answered step by step. {about_topics(topics)}"
    questions = " ".join(article.question_text for article in shown[:2])
    return f"{page.paginator.count:,} questions in {subject.title}, answered. {questions}".strip()


NAMED = 6  # topics in a description


def about_topics(topics: Sequence[str]) -> str:
    """A sentence that names the first of `topics`; empty without any."""
    named = list(topics[:NAMED])
    if not named:
        return ""
    *others, last = named
    return f"Among the topics: {', '.join(others)} and {last}." if others else f"On {last}."


def unindexed(head: Head) -> Head:
    """The head of the same page sorted or filtered: followed, not indexed, and no page of its own."""
    return replace(head, robots=NOINDEX, canonical="", alternates=(), jsonld=None)


def article_head(article: Article, topic: TopicLink | None = None) -> Head:
    """The head of an article's page: no query for an article of `ArticleQuerySet.for_page`.

    `topic` is what its breadcrumb names between the subject and the article.
    """
    original = canonical_of(article)
    url = absolute(original.get_absolute_url())
    minutes = reading_minutes(article)
    description = description_of(article)
    card = picture_for(article.answer_html) or picture(cards.article_card(article))
    published = jsonld.published_at(article)
    return Head(
        title=titled(
            f"{article.question_text} ({article.subject.title})"
            if has_namesake(article)
            else article.question_text
        ),
        heading=article.question_text,
        description=described(description),
        canonical=url,
        robots=INDEX if is_open(article) else NOINDEX,
        kind="article",
        picture=card,
        article=ArticleTags(
            published=published,
            modified=max(published, article.modified_at.replace(microsecond=0)),
            section=article.subject.title,
            tags=jsonld.keywords(article)[:MOST_TAGS],
            facts=[("Subject", article.subject.title), ("Reading time", f"{minutes} min")],
        ),
        alternates=[Alternate(f"{url}.md", MARKDOWN)],
        describedby=absolute("/llms.txt"),
        jsonld=jsonld.script(jsonld.article_graph(article, url, description, card, minutes, topic)),
        site_name=settings.SITE_NAME,
    )


def plain_head(title: str, description: str) -> Head:
    """The head of a page that search engines must not show (`noindex`): search results, errors."""
    return Head(
        title=titled(title),
        heading=title,
        description=description,
        robots=NOINDEX,
        site_name=settings.SITE_NAME,
    )


def description_of(article: Article) -> str:
    return article.description_text or article.excerpt


def canonical_of(article: Article) -> Article:
    """The article whose address stands for this one's text: itself, unless a copy that may be indexed does."""
    original = article.canonical
    return original if original is not None and original.is_published and not original.no_index else article


def is_open(article: Article) -> bool:
    """Whether search engines may index the page.

    A copy is left open although it is not to be indexed: its canonical link says so, and a `noindex` beside it would
    contradict that. https://developers.google.com/search/docs/crawling-indexing/consolidate-duplicate-urls
    """
    return article.is_indexable or (not article.no_index and canonical_of(article).is_indexable)


def has_namesake(article: Article) -> bool:
    """Whether another indexable article asks the same under another subject, so that the titles have to differ."""
    known: bool | None = getattr(article, "has_namesake", None)
    return Article.objects.namesakes_of(article).exists() if known is None else known


def reading_minutes(article: Article) -> int:
    return max(1, round(article.word_count / WORDS_PER_MINUTE))


def picture(card: Card) -> Picture:
    return Picture(absolute(card.path), card.alt)


def signup_url(article: Article) -> str:
    """SIGNUP_URL with the subject and the question as parameters; empty where it is not set."""
    if not settings.SIGNUP_URL:
        return ""
    parameters = {"subject": article.subject.slug, "question": article.question}
    separator = "&" if urlsplit(settings.SIGNUP_URL).query else "?"
    return f"{settings.SIGNUP_URL}{separator}{urlencode(parameters)}"
