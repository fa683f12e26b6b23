"""A library of made-up articles, and a change set of each kind over it, for tests that run it in other processes."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.models import User

from learn.changesets import making
from learn.models import Article, ChangeSet, Subject

SUBJECTS = ("physics", "chemistry", "biology")


def library(size: int) -> None:
    """`size` articles under three subjects, some of them copies of another, and somebody who may do everything."""
    User.objects.create(username="root", is_superuser=True, is_staff=True)
    subjects = [Subject.objects.create(slug=slug, title=slug.title()) for slug in SUBJECTS]
    for number in range(size):
        twin = number - number % 7 if number % 7 == 3 else number
        Article.objects.create(
            subject=subjects[number % 3], slug=f"question-{number % (size - 2)}", question=f"What about {twin}?",
            answer=f"In the provided context, {twin} is so.\n\n`the provided context` and $x_{{{twin}}}$.",
            description=f"About {twin}.", status="draft" if number % 5 == 4 else "published",
        )  # fmt: skip


def root() -> User:
    return User.objects.get(username="root")


def all_articles() -> list[dict[str, int]]:
    return making.of_articles(Article.objects.order_by("pk").values_list("pk", flat=True))  # type: ignore[return-value]


def move() -> ChangeSet:
    subject = Subject.objects.get(slug="chemistry")
    return making.create("move", "Move", root(), all_articles(), options={"subject": subject.pk})


def publish() -> ChangeSet:
    return making.create("publish", "Publish", root(), all_articles())


def unpublish() -> ChangeSet:
    return making.create("unpublish", "Unpublish", root(), all_articles())


SCENES: dict[str, Callable[[], ChangeSet]] = {"move": move, "publish": publish, "unpublish": unpublish}
