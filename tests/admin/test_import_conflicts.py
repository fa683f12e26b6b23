from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from learn.db import state
from learn.importing import import_articles
from learn.models import Article, ImportConflict
from tests.factories import article_file, related

pytestmark = pytest.mark.django_db
URL = "/learn/physics/questions/why"
TEXT = "First.\\n\\nSecond.\\n\\nThird."


@pytest.fixture
def conflict(tmp_path: Path) -> ImportConflict:
    article_file(tmp_path, "/learn/physics/questions/other")
    article_file(tmp_path, URL, answer=TEXT, author="QuickTakes", no_index=False)
    import_articles([str(tmp_path)])
    article = Article.objects.get(slug="why")
    article.answer = article.answer.replace("First", "EDITED")
    article.author = "Edna"
    article.save()
    article_file(
        tmp_path, URL, answer=TEXT.replace("Third", "FILE"), author="File", no_index=True,
        related_article1=related("/learn/physics/questions/other"),
    )  # fmt: skip
    import_articles([str(tmp_path)])
    return ImportConflict.objects.get()


def choose(client: Client, conflict: ImportConflict, **form: str):
    url = reverse("admin:learn_importconflict_change", args=[conflict.pk])
    return client.post(url, {"version": conflict.article.version, **form})


def test_shows_both_and_what_a_merge_would_say(as_publisher: Client, conflict: ImportConflict) -> None:
    html = as_publisher.get(reverse("admin:learn_importconflict_change", args=[conflict.pk])).content.decode()
    assert "<del>EDITED</del>" in html
    assert "<ins>FILE</ins>" in html
    assert "\nEDITED.\n\nSecond.\n\nFILE.</textarea>" in html
    for label in ("Answer", "Author", "No index", "Related questions"):
        assert f"<legend>{label}</legend>" in html


def test_keeps_the_article(as_editor: Client, conflict: ImportConflict) -> None:
    assert choose(as_editor, conflict, _mine="1").status_code == 302
    conflict.refresh_from_db()
    assert (conflict.resolution, conflict.resolved_by.username) == ("mine", "edna")
    assert Article.objects.get(slug="why").answer.startswith("EDITED.")


def test_takes_the_file(as_publisher: Client, conflict: ImportConflict) -> None:
    choose(as_publisher, conflict, _file="1")
    article = Article.objects.get(slug="why")
    assert (article.answer, article.author, article.no_index) == ("First.\n\nSecond.\n\nFILE.", "File", True)
    assert article.related_links.get().target == Article.objects.get(slug="other")
    assert article.edited_at is None


def test_an_editor_takes_no_file_into_a_live_page(as_editor: Client, conflict: ImportConflict) -> None:
    article = Article.objects.get(slug="why")
    for form in ({"_file": "1"}, {"choice_answer": "file"}, {}):
        assert choose(as_editor, conflict, **form).status_code == 403
    for action in ("take_files", "merge_clean"):
        chosen = {"action": action, "_selected_action": [conflict.pk], "index": "0"}
        as_editor.post(reverse("admin:learn_importconflict_changelist"), chosen)
    assert Article.objects.get(slug="why").version == article.version
    Article.objects.filter(pk=article.pk).update(status="draft")
    assert choose(as_editor, conflict, _file="1").status_code == 302
    article = Article.objects.get(slug="why")
    assert (article.author, article.no_index) == ("File", False)


def test_chooses_field_by_field(as_publisher: Client, conflict: ImportConflict) -> None:
    choose(
        as_publisher,
        conflict,
        _chosen="1",
        choice_answer="merged",
        merged_answer="EDITED.\r\n\r\nSecond.\r\n\r\nFILE.",
        choice_author="mine",
        choice_related="file",
    )
    article = Article.objects.get(slug="why")
    assert (article.answer, article.author) == ("EDITED.\n\nSecond.\n\nFILE.", "Edna")
    assert article.related_links.count() == 1
    conflict.refresh_from_db()
    assert conflict.resolution == "merged"


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"version": "1", "_mine": "1"}, "while you were looking"),
        ({"version": "", "_mine": "1"}, "Load the page again"),
        (
            {"_chosen": "1", "choice_answer": "merged", "merged_answer": "<<<<<<< yours\na\n"},
            "two versions are still beside each other",
        ),
        (
            {"_chosen": "1", "choice_answer": "merged", "merged_answer": ""},
            "Answer: This field cannot be blank.",
        ),
        (
            {"_chosen": "1", "choice_answer": "merged", "merged_answer": " \n "},
            "The page is live and would lose its substance. Write the answer.",
        ),
        ({"_chosen": "1", "choice_author": "merged", "merged_author": "x" * 300}, "at most 200 characters"),
    ],
)
def test_says_why_a_choice_cannot_be_saved(
    as_publisher: Client, conflict: ImportConflict, form: dict[str, str], said: str
) -> None:
    response = choose(as_publisher, conflict, **form)
    assert response.status_code == 409
    assert said in response.content.decode()
    conflict.refresh_from_db()
    assert conflict.resolved_at is None


def test_a_file_that_cannot_be_read_any_more_leaves_the_article(
    as_publisher: Client, conflict: ImportConflict
) -> None:
    ImportConflict.objects.update(document="---\nno: front matter of ours\n---\n")
    url = reverse("admin:learn_importconflict_change", args=[conflict.pk])
    assert "cannot be taken any more" in as_publisher.get(url).content.decode()
    assert choose(as_publisher, conflict, _file="1").status_code == 302
    conflict.refresh_from_db()
    assert conflict.resolution == "mine"


def test_a_settled_conflict_offers_nothing(as_editor: Client, conflict: ImportConflict) -> None:
    choose(as_editor, conflict, _mine="1")
    html = as_editor.get(reverse("admin:learn_importconflict_change", args=[conflict.pk])).content.decode()
    assert "The article stayed as it was, decided by edna" in html
    assert 'name="_file"' not in html


def test_the_article_points_to_its_conflict(as_editor: Client, conflict: ImportConflict) -> None:
    html = as_editor.get(reverse("admin:learn_article_change", args=[conflict.article_id])).content.decode()
    assert reverse("admin:learn_importconflict_change", args=[conflict.pk]) in html
    listing = as_editor.get(reverse("admin:learn_article_changelist"), {"import": "conflict"})
    assert [article.slug for article in listing.context["cl"].result_list] == ["why"]


@pytest.mark.django_db(transaction=True)
def test_a_choice_waits_for_the_lock(as_publisher: Client, conflict: ImportConflict) -> None:
    """Otherwise it would hold the article that the holder of the lock wants: PostgreSQL would stop one of them."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    has_turn = Event()

    def write_meanwhile() -> None:
        try:
            with transaction.atomic():
                state.lock_writes()
                has_turn.set()
                time.sleep(0.5)
                Article.objects.filter(pk=conflict.article_id).update(keywords="written meanwhile")
        finally:
            connection.close()

    with ThreadPoolExecutor() as threads:
        written = threads.submit(write_meanwhile)
        has_turn.wait(10)
        assert choose(as_publisher, conflict, _file="1").status_code == 302
        written.result()
    conflict.refresh_from_db()
    assert conflict.resolution == "file"
