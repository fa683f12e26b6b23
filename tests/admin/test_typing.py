"""What is typed reaches the server, or the browser learns why not: refused forms, notes, drafts that are gone."""

from __future__ import annotations

import pytest
from django.test import Client

from learn.models import Revision, WorkingCopy
from tests.admin.forms import keep, open_form, save
from tests.factories import make_article

pytestmark = pytest.mark.django_db

TEXT = "First.\n\nSecond.\n\nThird."


def test_a_note_alone_is_kept(as_editor: Client, as_publisher: Client) -> None:
    article = make_article(answer=TEXT)
    first = keep(as_editor, article, note=("", "Because."))
    assert open_form(as_publisher, article)["note"] == "Because."
    keep(as_editor, article, first["number"], answer=(TEXT, "Better."))
    assert WorkingCopy.objects.get().values["note"] == "Because."
    save(as_publisher, article)
    assert Revision.objects.filter(id=article.pk).first().history_change_reason == "Because."
    other = make_article()
    keep(as_editor, other, note=("", "Because."))
    keep(as_editor, other, note=("Because.", ""))
    assert not WorkingCopy.objects.exists()
