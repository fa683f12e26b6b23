"""The front page, content health, import runs, exports, and the requests of the article's form."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from learn.importing import import_articles
from learn.models import Article, ImportConflict, ImportRun, MissingPage
from learn.related.similar import refresh_similar
from tests.admin.forms import change_url, confirm, save
from tests.factories import article_file, make_article, make_link, make_subject

pytestmark = pytest.mark.django_db
LIST = reverse("admin:learn_article_changelist")


def text_of(client: Client, url: str, **query: str) -> str:
    response = client.get(url, query)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


# --- Front page ---------------------------------------------------------------------------------------------


def test_the_front_page_lists_open_work_and_recent_changes(as_editor: Client, as_publisher: Client) -> None:
    draft = make_article(question="A draft?", status=Article.Status.DRAFT)
    later = make_article(question="Later?", publish_at=timezone.now() + dt.timedelta(days=2))
    changed = make_article(question="Changed?")
    save(as_publisher, changed, answer="New and short.")
    run = ImportRun.objects.create(
        source="files", counts={"created": 3, "updated": 0, "rejected": 2, "conflicts": 1}
    )
    ImportConflict.objects.create(article=changed, run=run, source_path="a.md")
    MissingPage.objects.create(path="/learn/wanted", hits=7)
    html = text_of(as_editor, "/admin/")
    assert change_url(draft) in html
    assert change_url(later) in html
    assert "paul, admin" in html
    assert "2 rejected" in html
    assert "Decide 1 conflict" in html
    assert "?old_path=%2Flearn%2Fwanted" not in html  # a redirect is a publisher's
    assert "?old_path=%2Flearn%2Fwanted" in text_of(as_publisher, "/admin/")
    assert reverse("admin:content_health_kind", args=["thin"]) in html


def test_the_chart_is_drawn_to_scale(as_editor: Client) -> None:
    for _ in range(4):
        make_article(subject="physics")
    make_article(subject="chemistry")
    html = text_of(as_editor, "/admin/")
    assert '<rect width="100.00" height="10"/>' in html
    assert '<rect width="25.00" height="10"/>' in html
    assert html.index("Physics") < html.index("Chemistry")


def test_an_empty_library_has_a_front_page(as_editor: Client) -> None:
    assert "Nothing to mend." in text_of(as_editor, "/admin/")


# --- Content health -----------------------------------------------------------------------------------------


def test_the_report_links_each_kind_to_its_lines_and_is_empty_once_fixed(
    as_editor: Client, as_publisher: Client
) -> None:
    article = make_article(answer="Long enough. " * 60 + "\n\nBut with a `tick.")
    overview = text_of(as_editor, reverse("admin:content_health"))
    kind = reverse("admin:content_health_kind", args=["code"])
    assert f'<a href="{kind}">Unbalanced code</a> <span class="admin-number">1</span>' in overview
    html = text_of(as_editor, kind)
    assert f'href="{change_url(article)}?_changelist_filters=health%3Dcode&amp;line=3"' in html
    assert "Line 3: A backtick opens code that nothing closes." in html
    save(as_publisher, article, answer="Long enough. " * 60)
    assert "Nothing to mend." in text_of(as_editor, kind)


def test_a_kind_has_pages(as_editor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("learn.admin.content_health.PER_PAGE", 2)
    for _ in range(3):
        make_article(answer="Short.")
    url = reverse("admin:content_health_kind", args=["thin"])
    assert "Page 1 of 2" in text_of(as_editor, url)
    assert "Page 2 of 2" in text_of(as_editor, url, page="2")


def test_there_is_no_unknown_kind(as_editor: Client) -> None:
    assert as_editor.get(reverse("admin:content_health_kind", args=["nonsense"])).status_code == 404


# --- Imports ------------------------------------------------------------------------------------------------


def test_a_run_shows_its_counts_and_problems(as_editor: Client, tmp_path: Path) -> None:
    bad = article_file(tmp_path, "/learn/physics/questions/bad")
    bad.write_text(bad.read_text().replace("date: 2025-02-08", "date: never"))
    article_file(tmp_path, "/learn/physics/questions/good", seo={"title": "x"})
    import_articles([str(tmp_path)], who="somebody")
    run = ImportRun.objects.get()
    html = text_of(as_editor, reverse("admin:learn_importrun_changelist"))
    assert "somebody" in html
    page = reverse("admin:learn_importrun_change", args=[run.pk])
    html = text_of(as_editor, page)
    assert "physics/bad.md:4:" in html
    assert "<dt>Rejected</dt><dd>1</dd>" in html
    assert "physics/bad.md:4:" not in text_of(as_editor, page, severity="warning")
    assert "physics/bad.md:4:" in text_of(as_editor, page, severity="error")


# --- Export -------------------------------------------------------------------------------------------------


def unpacked(response) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(response.getvalue())) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_an_export_imports_as_what_it_was(as_editor: Client, tmp_path: Path) -> None:
    source = tmp_path / "source"
    article_file(source / "learn", "/learn/physics/questions/why", answer="One.\\n\\nTwo.")
    article_file(source / "learn", "/learn/chemistry/questions/how")
    import_articles([str(source)])
    exported = unpacked(as_editor.get(reverse("admin:learn_article_export")))
    assert exported.keys() == {"learn/physics/why.md", "learn/chemistry/how.md", "subjects.yaml"}
    target = tmp_path / "target.zip"
    target.write_bytes(as_editor.get(reverse("admin:learn_article_export")).getvalue())
    counts = import_articles([str(target)]).counts() | {"warnings": 0}
    assert {name: count for name, count in counts.items() if count} == {"unchanged": 2}


def test_an_export_holds_what_the_list_holds_drafts_included(as_editor: Client) -> None:
    make_article(subject="physics", slug="why")
    make_article(subject="physics", slug="draft", status=Article.Status.DRAFT)
    make_article(subject="chemistry", slug="how")
    physics = make_subject("physics")
    exported = unpacked(
        as_editor.get(reverse("admin:learn_article_export"), {"subject__id__exact": physics.pk})
    )
    assert exported.keys() == {"learn/physics/why.md", "learn/physics/draft.md", "subjects.yaml"}
    assert "draft: True" in exported["learn/physics/draft.md"]


def test_chosen_articles_are_exported_by_an_action(as_editor: Client) -> None:
    chosen, _other = make_article(slug="why"), make_article(slug="other")
    form = {"action": "export", "_selected_action": [chosen.pk], "index": "0"}
    assert set(unpacked(as_editor.post(LIST, form))) == {"learn/physics/why.md", "subjects.yaml"}


def test_an_export_does_not_ask_for_each_article(as_editor: Client, django_assert_max_num_queries) -> None:
    for _ in range(10):
        make_link(make_article(), make_article())
    # Session, user, device, two for permissions; the list's filter, count and page; articles, links, their files,
    # subjects, pictures, and the folder that most files have.
    with django_assert_max_num_queries(15):
        as_editor.get(reverse("admin:learn_article_export")).getvalue()


# --- What the editor's page asks for ------------------------------------------------------------------------


def test_the_preview_is_what_the_page_will_show(as_editor: Client) -> None:
    answer = (
        "Price $5, formula $x^2$.\r\n\r\n| a |\n|---|\n| 1 |\n\n```python\nprint(1)\n```\n\n"
        "<script>alert(1)</script> and a `tick."
    )
    shown = as_editor.post(reverse("admin:learn_article_preview"), {"answer": answer}).json()
    article = make_article(answer=answer.replace("\r\n", "\n"))
    assert shown["html"] == article.answer_html
    assert "<math" in shown["html"]
    assert "<script" not in shown["html"]
    assert [11, "A backtick opens code that nothing closes."] in shown["findings"]
    assert Article.objects.count() == 1


def test_the_preview_has_a_limit(as_editor: Client) -> None:
    response = as_editor.post(reverse("admin:learn_article_preview"), {"answer": "x" * 100_001})
    assert response.status_code == 413


def test_the_card_is_a_picture(as_editor: Client) -> None:
    url = reverse("admin:learn_article_card")
    response = as_editor.get(url, {"question": "Why is the sky blue?", "subject": "Physics"})
    assert response["Content-Type"] == "image/png"
    assert response.content.startswith(b"\x89PNG")
    assert as_editor.get(url, {"question": " "}).status_code == 404


def found(client: Client, **query: str) -> list[str]:
    return [
        row["question"] for row in client.get(reverse("admin:learn_article_find"), query).json()["articles"]
    ]


def test_finds_articles_by_words_and_by_addresses(as_editor: Client) -> None:
    sky = make_article(question="Why is the sky blue?")
    draft = make_article(question="Why is the sea blue?", status=Article.Status.DRAFT)
    make_article(question="What is gravity?")
    assert set(found(as_editor, q="blue")) == {sky.question, draft.question}
    assert found(as_editor, q="sky bl") == [sky.question]
    assert found(
        as_editor, q=f"{draft.get_absolute_url()}\n/learn/x/questions/y\n{sky.get_absolute_url()}"
    ) == [
        draft.question,
        sky.question,
    ]
    assert found(as_editor, q="") == found(as_editor, q="%_\"'") == []


def test_suggests_what_is_like_the_article(as_editor: Client) -> None:
    questions = (
        "Why is the sky blue?",
        "Why is the sky red at sunset?",
        "Why is the sea blue?",
        "Who was Newton?",
    )
    articles = [make_article(question=question, slug=f"q-{n}") for n, question in enumerate(questions)]
    url = reverse("admin:learn_article_suggestions")
    by_words = as_editor.get(url, {"question": "Why is the sky blue?"}).json()["articles"]
    assert by_words[0]["question"] == "Why is the sky blue?"
    refresh_similar()
    by_key = as_editor.get(url, {"pk": articles[0].pk}).json()["articles"]
    assert articles[0].question not in [row["question"] for row in by_key]
    assert by_key[0]["edit"] == change_url(Article.objects.get(question=by_key[0]["question"]))


def test_the_subject_list_counts_and_guards(as_publisher: Client) -> None:
    article = make_article(subject="physics")
    html = text_of(as_publisher, reverse("admin:learn_subject_changelist"))
    assert f'?subject__id__exact={article.subject_id}">1</a>' in html
    url = reverse("admin:learn_subject_delete", args=[article.subject_id])
    assert as_publisher.post(url, {"post": "yes"}).status_code == 403
    change = reverse("admin:learn_subject_change", args=[article.subject_id])
    unticked = {"title": "Physics", "slug": "physics", "description": "", "_save": "1"}  # is_listed
    confirm(as_publisher, as_publisher.post(change, unticked))
    article.refresh_from_db()
    assert (article.subject.is_listed, article.is_indexable) == (False, False)
