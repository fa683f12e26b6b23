"""Imports name a change set, by which what they changed can be taken back."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth.models import User

from learn.changesets import reverting
from learn.changesets.registry import KINDS
from learn.importing import import_articles
from learn.models import Article, ChangeSet, Revision
from tests.changesets.conftest import run
from tests.factories import article_file

pytestmark = pytest.mark.django_db
URLS = [f"/learn/physics/questions/why-{n}" for n in range(4)]


def test_what_an_import_changed_is_taken_back_but_for_what_was_edited_since(
    user: User, tmp_path: Path
) -> None:
    for url in URLS:
        article_file(tmp_path, url)
    import_articles([str(tmp_path)], jobs=1)
    assert not ChangeSet.objects.exists()  # what is new has no history
    before = list(Article.objects.order_by("slug").values_list("answer", flat=True))
    for url in URLS[:3]:
        article_file(tmp_path, url, id=7, answer="Worse than before.")
    import_articles([str(tmp_path)], jobs=1)
    change_set = ChangeSet.objects.get()
    assert (change_set.kind, change_set.state, change_set.changed) == ("import", "done", 3)
    assert Revision.objects.filter(change_set=change_set).count() == 3
    import_articles([str(tmp_path)], jobs=1)
    assert ChangeSet.objects.get() == change_set  # an import that changes nothing makes none
    edited = Article.objects.get(slug="why-1")
    edited.answer = "Edited since."
    edited.save()
    back = run(reverting.revert(KINDS, change_set, user))
    assert (back.changed, back.refused) == (2, 1)
    answers = list(Article.objects.order_by("slug").values_list("answer", flat=True))
    assert answers == [before[0], "Edited since.", *before[2:]]
    assert back.items.get(state="refused").options["texts"]["answer"] == [
        before[1],
        "Worse than before.",
        "Edited since.",
    ]
