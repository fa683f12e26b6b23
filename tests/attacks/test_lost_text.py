"""Seeded schedules of two tabs, two people, an import, a killed process and ended sessions: no sentence gets lost.

Each writer only adds sentences. What the server acknowledged must stand in the live text, the draft, or the history.
"""

from __future__ import annotations

import json
import os
import random
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from learn.editing import merge, working_copies
from learn.models import Article, Revision, RevisionDetails, WorkingCopy
from learn.models.revisions import ensure_first_revision, record
from tests.admin.conftest import logged_in, make_user
from tests.admin.forms import change_url, fields
from tests.factories import make_article

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
SCHEDULES = int(os.environ.get("LOST_TEXT_SCHEDULES", "6"))
STEPS = 14
KEEP = reverse("admin:learn_article_keep")


class KilledError(Exception):
    """The process ends in the middle of a request."""


class Tab:
    """A browser's tab with the form open: what it shows, and what it knows that the server has."""

    def __init__(self, user: User, article: Article) -> None:
        self.user, self.article = user, article
        self.client = logged_in(user)
        self.load()

    def load(self) -> None:
        self.form = fields(self.client.get(change_url(self.article)))
        self.known = self.form["answer"]
        self.unsaved: set[str] = set()

    def type(self, sentence: str, chance: random.Random) -> None:
        lines = self.form["answer"].split("\n")
        lines.insert(chance.randint(0, len(lines)), sentence)
        self.form["answer"] = "\n".join(lines)
        self.unsaved.add(sentence)

    def autosave(self) -> set[str]:
        """What the server acknowledged."""
        data = {
            "article": self.article.pk, "number": self.form["seen_copy"],
            "changes": json.dumps({"answer": [self.known, self.form["answer"]]}),
        }  # fmt: skip
        response = self.client.post(KEEP, data)
        if response.status_code != 200:
            return set()
        answer = response.json()
        if answer["clashes"]:
            return set()
        acknowledged, self.unsaved = self.unsaved, set()
        self.known = (answer["values"] or {}).get("answer", self.form["answer"])
        self.form = {**self.form, "answer": self.known, "seen_copy": str(answer["number"])}
        return acknowledged

    def refused(self) -> None:
        """Press Save without a question: the form comes back with what was typed, and with what the server has."""
        answer = self.client.post(change_url(self.article), {**self.form, "question": "", "_draft": "1"})
        self.form = {**fields(answer), "question": self.form["question"]}
        self.known = answer.context["held"]["answer"]

    def save(self, button: str) -> set[str]:
        """Save by hand; where both texts are shown, keep every line of both."""
        for _ in range(4):
            response = self.client.post(change_url(self.article), {**self.form, button: "1"})
            if response.status_code == 302:
                if "/login/" in response.url:
                    return set()
                acknowledged = self.unsaved
                self.load()
                return acknowledged
            self.form = fields(response)
            self.known = response.context["held"]["answer"]
            marks = (merge.MINE, merge.DIVIDER, merge.THEIRS)
            lines = self.form["answer"].split("\n")
            self.form["answer"] = "\n".join(line for line in lines if line not in marks)
        return set()


def arrives(article: Article, sentence: str, chance: random.Random) -> None:
    ensure_first_revision(Article, [article.pk])
    row = Article.objects.get(pk=article.pk)
    lines = row.answer.split("\n")
    lines.insert(chance.randint(0, len(lines)), sentence)
    Article.objects.filter(pk=article.pk).update(answer="\n".join(lines), version=row.version + 1)
    record([Article.objects.get(pk=article.pk)], source=RevisionDetails.Source.IMPORT)


def everywhere(article: Article) -> str:
    texts = [Article.objects.get(pk=article.pk).answer]
    texts += [str(copy.values.get("answer")) for copy in WorkingCopy.objects.filter(article=article)]
    texts += Revision.objects.filter(id=article.pk).values_list("answer", flat=True)
    return "\n".join(texts)


def test_every_sentence_that_was_acknowledged_is_somewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    users = [make_user("edna", "Editor"), make_user("paul", "Publisher")]
    store = working_copies._store
    is_killed = False

    def killed(*arguments: Any, **options: Any) -> Any:
        done = store(*arguments, **options)
        if is_killed:
            raise KilledError  # after the writes, before they are there for good
        return done

    monkeypatch.setattr(working_copies, "_store", killed)
    acknowledged_in_all = 0
    for seed in range(SCHEDULES):
        chance = random.Random(seed)  # noqa: S311 a schedule that can be repeated
        article = make_article(answer="First.\n\nSecond.\n\nThird.")
        tabs = [Tab(users[0], article), Tab(users[0], article), Tab(users[1], article)]
        acknowledged: set[str] = set()
        for step in range(STEPS):
            tab = chance.choice(tabs)
            sentence = f"Sentence {seed}-{step}."
            what = chance.choice(
                ("type", "type", "type", "save", "publish", "import", "kill", "log out", "refused")
            )
            if what == "import":
                arrives(article, sentence, chance)
                acknowledged.add(sentence)
                continue
            tab.type(sentence, chance)
            if what == "refused":
                tab.refused()
            elif what == "kill":
                is_killed = True
                tab.client.raise_request_exception = False
                acknowledged |= tab.autosave()
                is_killed = False
            elif what == "log out":
                before, tab.client = tab.client, Client()
                assert tab.autosave() == set()
                tab.client = before
            if what in ("save", "publish"):
                button = "_continue" if what == "publish" and tab.user.username == "paul" else "_draft"
                acknowledged |= tab.save(button)
            else:
                acknowledged |= tab.autosave()
        text = everywhere(article)
        assert not [sentence for sentence in acknowledged if sentence not in text], seed
        acknowledged_in_all += len(acknowledged)
    assert acknowledged_in_all > SCHEDULES * STEPS / 2
