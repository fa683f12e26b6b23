"""What search engines and social networks are told about a page: title, description, canonical, robots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.core.paginator import Page
from django.urls import reverse

from .models import Article, Subject

INDEX = "max-image-preview:large, max-snippet:-1, max-video-preview:-1"
NOINDEX = "noindex, follow"


@dataclass(frozen=True)
class Head:
    title: str
    heading: str
    description: str = ""
    canonical: str = ""
    robots: str = INDEX
    kind: str = "website"


def absolute(path: str) -> str:
    return f"{settings.SITE_URL}{path}"


def titled(heading: str) -> str:
    return f"{heading} — {settings.SITE_NAME}"


def library_head(subjects: Sequence[Subject]) -> Head:
    return Head(
        title=titled("Learn: questions and answers for students"),
        heading="Learn",
        description=f"Clear answers to students' questions in {len(subjects)} subjects.",
        canonical=absolute(reverse("learn:library")),
    )


def subject_head(subject: Subject, page: Page[Article]) -> Head:
    path = subject.get_absolute_url()
    number = f", page {page.number}" if page.number > 1 else ""
    return Head(
        title=titled(f"{subject.title} questions and answers{number}"),
        heading=subject.title,
        description=subject.description or f"Questions and answers in {subject.title}{number}.",
        canonical=absolute(f"{path}?page={page.number}" if page.number > 1 else path),
        robots=INDEX if subject.is_listed else NOINDEX,
    )


def article_head(article: Article) -> Head:
    return Head(
        title=titled(article.question),
        heading=article.question,
        description=article.description or article.excerpt,
        canonical=absolute((article.canonical or article).get_absolute_url()),
        robots=INDEX if article.is_indexable or article.canonical_id else NOINDEX,
        kind="article",
    )


def plain_head(title: str, *, noindex: bool = True) -> Head:
    return Head(title=titled(title), heading=title, robots=NOINDEX if noindex else INDEX)


def signup_url(article: Article) -> str:
    """SIGNUP_URL with the subject and the question as parameters; empty where it is not set."""
    if not settings.SIGNUP_URL:
        return ""
    parameters: dict[str, Any] = {"subject": article.subject.slug, "question": article.question}
    separator = "&" if urlsplit(settings.SIGNUP_URL).query else "?"
    return f"{settings.SIGNUP_URL}{separator}{urlencode(parameters)}"
