"""Pages as Markdown, for readers that are programs: an article, a subject's list, and llms.txt for the whole site."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml
from django.conf import settings
from django.db.models import Q

from learn.db import counts
from learn.identity import article_path
from learn.models import Article, Subject
from learn.models.pictures import known_pictures
from learn.related import popular
from learn.rendering import render_line

from . import absolute, canonical_of, description_of, library_url
from .images import full
from .jsonld import dates

BEST_QUESTIONS = 40
ROWS_AT_ONCE = 2_000


def article_page(article: Article) -> str:
    """An article as front matter, question and answer: what its page shows, in the words of its author."""
    when = dates(article)
    matter = {
        "title": article.question_text,
        "url": absolute(canonical_of(article).get_absolute_url()),
        "subject": article.subject.title,
        "description": description_of(article),
        "author": article.author or settings.SITE_NAME,
        "published": when["datePublished"],
        "updated": when["dateModified"],
        **({"license": settings.CONTENT_LICENSE_URL} if settings.CONTENT_LICENSE_URL else {}),
    }
    return f"{front_matter(matter)}\n# {one_line(article.question)}\n\n{with_addresses(article).strip()}\n"


def with_addresses(article: Article) -> str:
    """The answer with the addresses of its pictures in the place of their names. A query where it has any."""
    ((known, _names),) = known_pictures([(article.answer, article.subject.slug)])
    answer = article.answer
    for address, picture in known.items():
        written = rf"(?:(?<=\]\()|(?<=\]\(<)){re.escape(address)}(?=[\s)>])"
        answer = re.sub(written, full(picture.address), answer)  # which has no backslash
    return answer


def subject_page(subject: Subject) -> Iterator[str]:
    """The whole list of a subject, newest first, as links to the Markdown of its articles.

    A query for the number and one for each 2,000 articles: no cursor stays open while a slow reader reads.
    """
    articles = Article.objects.listable().in_subject(subject)
    matter = {
        "title": subject.title,
        "url": absolute(subject.get_absolute_url()),
        "questions": counts.of_subject(subject.pk).listable,
    }
    yield f"{front_matter(matter)}\n# {one_line(subject.title)}\n\n"
    if subject.description:
        yield f"{one_line(subject.description_text)}\n\n"
    newest = articles.newest_first().values_list("date", "slug", "question")
    rows = newest[:ROWS_AT_ONCE]
    while rows:
        for _date, slug, question in rows:
            yield f"- {link(render_line(question).text, article_path(subject.slug, slug) + '.md')}\n"
        date, slug, _question = rows[len(rows) - 1]
        rows = newest.filter(Q(date__lt=date) | Q(date=date, slug__gt=slug), date__lte=date)[:ROWS_AT_ONCE]


def llms_txt() -> str:
    """A map of the site for language models: the subjects, and the questions that most others lead to.

    https://llmstxt.org
    """
    subjects = counts.with_counts(Subject.objects.listed())
    total = sum(subject.article_count for subject in subjects)
    where = f"The library starts at {library_url()}; new questions are in {library_url()}/feed.atom"
    lines = [
        f"# {settings.SITE_NAME} Learn",
        "",
        f"> {total:,} questions that students ask, each answered step by step, in {len(subjects)} subjects.",
        "",
        f"Every page can be read as Markdown: add `.md` to its address, or `.json` for JSON. {where}.",
        "",
        "## Subjects",
        "",
    ]
    for subject in subjects:
        about = f": {one_line(subject.description_text)}" if subject.description else ""
        lines.append(
            f"- {link(subject.title, subject.get_absolute_url() + '.md')} ({subject.article_count:,}){about}"
        )
    if best := popular.questions(BEST_QUESTIONS):
        lines += ["", "## Questions that many others lead to", ""]
        lines += [
            f"- {link(article.question_text, article.get_absolute_url() + '.md')}: {one_line(description_of(article))}"
            for article in best
        ]
    return "\n".join(lines) + "\n"


def front_matter(values: dict[str, Any]) -> str:
    body = yaml.safe_dump(values, allow_unicode=True, sort_keys=False, width=1_000_000)
    return f"---\n{body}---\n"


def link(text: str, path: str) -> str:
    """A Markdown link; brackets in the text would end it."""
    return f"[{one_line(text).translate(BRACKETS)}]({absolute(path)})"


def one_line(text: str) -> str:
    return " ".join(text.split())


BRACKETS = str.maketrans({"[": r"\[", "]": r"\]", "\\": r"\\"})
