"""Random changes of a library, each followed by requests: what the front sends is what Django makes anew.

For a process of its own with a database in a file: `manage.py shell -c "…front_walk import main; main(1, 60)"`.
"""

from __future__ import annotations

import datetime as dt
import random
import sqlite3
from collections import Counter
from collections.abc import Callable
from io import BytesIO
from typing import Any

from django.conf import settings
from django.utils import timezone

from learn.caching import front
from learn.caching.pages import pages
from learn.db import state
from learn.models import Article, Subject
from quicktakes import wsgi

Answer = tuple[str, dict[str, str], bytes]
HOST = settings.SITE_URL.partition("//")[2]
by: Counter[str] = Counter()


def ask(application: front.Application, path: str, **headers: str) -> Answer:
    told: list[tuple[str, list[tuple[str, str]]]] = []
    address, _, query = path.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "GET", "PATH_INFO": address, "QUERY_STRING": query, "HTTP_HOST": HOST, "SERVER_NAME": HOST,
        "SERVER_PORT": "80", "wsgi.url_scheme": "http", "wsgi.input": BytesIO(), "REMOTE_ADDR": "127.0.0.1", **headers,
    }  # fmt: skip
    result = application(environ, lambda status, sent, *_more: told.append((status, list(sent))))
    body = b"".join(result)
    if close := getattr(result, "close", None):
        close()
    (status, sent), *_ = told
    return status, dict(sent), body


def counting(name: str, application: front.Application) -> front.Application:
    def counted(environ: front.Environ, start_response: front.StartResponse) -> Any:
        by[name] += 1
        return application(environ, start_response)

    return counted


class Editor:
    """Who changes the library: through models, past them, and from another connection."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 repeatable, and no secret
        self.elsewhere = sqlite3.connect(settings.DATABASES["default"]["NAME"], timeout=10)

    def article(self) -> Article:
        return self.random.choice(list(Article.objects.select_related("subject")))

    def save(self) -> None:
        article = self.article()
        article.question = f"Question {self.random.random()}?"
        article.save()

    def answer(self) -> None:
        Article.objects.filter(pk=self.article().pk).update(answer_html=f"<p>{self.random.random()}</p>")

    def bulk(self) -> None:
        Article.objects.filter(pk__lt=self.article().pk).update(author=f"Author {self.random.random()}")

    def hide(self) -> None:
        article = self.article()
        article.status = self.random.choice([Article.Status.PUBLISHED, Article.Status.UNPUBLISHED])
        article.save()

    def move(self) -> None:
        article = self.article()
        article.subject = self.random.choice(list(Subject.objects.all()))
        if not Article.objects.filter(subject=article.subject, slug=article.slug).exists():
            article.save()

    def rename(self) -> None:
        Subject.objects.filter(pk=self.article().subject_id).update(title=f"Subject {self.random.random()}")

    def statement(self) -> None:
        with self.elsewhere:
            self.elsewhere.execute(
                "UPDATE learn_article SET answer_html = ? WHERE id = ?",
                (str(self.random.random()), self.article().pk),
            )

    def schedule(self) -> None:
        soon = timezone.now() + dt.timedelta(milliseconds=self.random.randrange(20))
        Article.objects.filter(pk=self.article().pk).update(publish_at=soon, status=Article.Status.PUBLISHED)

    def delete(self) -> None:
        if Article.objects.count() > 20:
            self.article().delete()

    def nothing(self) -> None:
        """Most of the time."""

    @property
    def changes(self) -> list[Callable[[], None]]:
        often = [self.save, self.answer, self.hide, self.statement, self.nothing, self.nothing]
        return [*often, self.bulk, self.move, self.rename, self.schedule, self.delete]


def main(seed: int, steps: int) -> None:
    """Prints who answered how many. Raises AssertionError where both answers differ."""
    editor = Editor(seed)
    django = counting("django", wsgi._answered)  # what stands behind the front
    served = counting("asked", front.in_front_of(django))
    paths = ["/learn", *(f"/learn/{slug}" for slug in Subject.objects.values_list("slug", flat=True))]
    paths += [article.get_absolute_url() for article in Article.objects.select_related("subject")]
    encodings = ["", "gzip", "br, gzip"]
    tags: dict[tuple[str, str], str] = {}
    for _ in range(steps):
        editor.random.choice(editor.changes)()
        for path in editor.random.sample(paths, 4) * 2:
            encoding = editor.random.choice(encodings)
            headers = {"HTTP_ACCEPT_ENCODING": encoding}
            if (tag := tags.get((path, encoding))) and editor.random.random() < 0.5:
                headers["HTTP_IF_NONE_MATCH"] = tag
            before = state.read()
            answer = ask(served, path, **headers)
            kept = dict(pages._pages)
            pages.clear()
            anew = ask(wsgi._django, path, **headers)
            pages._pages.update(kept)
            if state.read() != before:
                continue  # an article fell due between the two
            assert same(answer, anew), (path, headers, answer[1].items() ^ anew[1].items())
            if "ETag" in answer[1]:
                tags[path, encoding] = answer[1]["ETag"]
    print(f"{by['asked']} asked, {by['asked'] - by['django']} answered in front")  # noqa: T201 what the test reads


def same(one: Answer, other: Answer) -> bool:
    """A kept page's 304 says no more than a cache needs, one that Django makes has the headers of the whole site."""
    if one[0].startswith("304"):
        return one[0] == other[0] and one[1]["ETag"] == other[1]["ETag"]
    for _status, headers, _body in (one, other):
        headers.pop("Last-Modified", None)  # which is not said before its second is over
    return one == other
