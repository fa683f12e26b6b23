from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth.models import User

from learn.editing import import_conflicts
from learn.importing import import_articles
from learn.models import Article, ImportConflict
from learn.models.articles import latest_revision
from tests.factories import article_file, make_article

pytestmark = pytest.mark.django_db
Resolution = ImportConflict.Resolution
URL = "/learn/physics/questions/why"


@pytest.fixture
def user() -> User:
    return User.objects.create(username="edna")


@pytest.fixture
def clash(tmp_path: Path) -> ImportConflict:
    """An article that was edited here, and whose file changed."""
    article_file(tmp_path, URL, answer="First.\\n\\nSecond.\\n\\nThird.")
    import_articles([str(tmp_path)])
    article = Article.objects.get(slug="why")
    article.answer = "First, edited here.\n\nSecond.\n\nThird."
    article.author = "Edna"
    article.save()
    article_file(tmp_path, URL, answer="First.\\n\\nSecond.\\n\\nThird, from the file.", author="File")
    report = import_articles([str(tmp_path)])
    assert report.conflicts == 1
    return ImportConflict.objects.get()


def again(tmp_path: Path) -> dict[str, int]:
    return import_articles([str(tmp_path)]).counts()


def test_an_import_keeps_the_editors_text_and_the_file(clash: ImportConflict) -> None:
    assert clash.article.answer.startswith("First, edited here.")
    assert "Third, from the file." in clash.document
    assert clash.source_path == "physics/why.md"


def test_the_same_file_again_is_the_same_conflict(clash: ImportConflict, tmp_path: Path) -> None:
    assert again(tmp_path)["conflicts"] == 1
    assert ImportConflict.objects.get() == clash


def test_a_later_file_takes_the_place_of_the_earlier(clash: ImportConflict, tmp_path: Path) -> None:
    article_file(tmp_path, URL, answer="Something else.")
    again(tmp_path)
    clash.refresh_from_db()
    assert clash.resolution == Resolution.SUPERSEDED
    assert ImportConflict.objects.filter(resolved_at=None).get().document != clash.document


def test_shows_what_each_side_says_and_what_both_began_with(clash: ImportConflict) -> None:
    mine, file, base = import_conflicts.sides(clash)
    assert base is not None
    assert (mine.values["answer"], file.values["answer"], base.values["answer"]) == (
        "First, edited here.\n\nSecond.\n\nThird.",
        "First.\n\nSecond.\n\nThird, from the file.",
        "First.\n\nSecond.\n\nThird.",
    )
    assert mine.path == file.path == base.path == URL


def test_keeping_mine_settles_it_for_this_file(clash: ImportConflict, user: User, tmp_path: Path) -> None:
    version = clash.article.version
    assert import_conflicts.resolve(clash, Resolution.MINE, user)
    article = Article.objects.get(pk=clash.article_id)
    assert (article.answer, article.version) == ("First, edited here.\n\nSecond.\n\nThird.", version)
    assert article.edited_at is not None
    assert again(tmp_path)["conflicts"] == 0
    article_file(tmp_path, URL, answer="And again something else.")
    assert again(tmp_path)["conflicts"] == 1


def test_taking_the_file_makes_the_article_what_the_file_says(
    clash: ImportConflict, user: User, tmp_path: Path
) -> None:
    file = import_conflicts.file_side(clash)
    assert import_conflicts.resolve(
        clash,
        Resolution.FILE,
        user,
        values=dict(file.values),
        related=file.related,
        version=clash.article.version,
    )
    article = Article.objects.get(pk=clash.article_id)
    assert (article.answer, article.author) == ("First.\n\nSecond.\n\nThird, from the file.", "File")
    assert article.edited_at is None
    last = latest_revision(article.pk)
    assert (last.history_user, last.source) == (user, "admin")
    assert again(tmp_path)["unchanged"] == 1


def test_a_merge_is_an_edit_of_the_new_file(clash: ImportConflict, user: User, tmp_path: Path) -> None:
    merged = "First, edited here.\n\nSecond.\n\nThird, from the file."
    assert import_conflicts.resolve(
        clash, Resolution.MERGED, user, values={"answer": merged, "author": "File"}
    )
    article = Article.objects.get(pk=clash.article_id)
    assert (article.answer, article.author) == (merged, "File")
    assert article.edited_at is not None
    assert again(tmp_path)["unchanged"] == 1


def test_nothing_is_done_over_a_change_that_was_not_seen(clash: ImportConflict, user: User) -> None:
    assert not import_conflicts.resolve(clash, Resolution.MINE, user, version=clash.article.version - 1)
    assert ImportConflict.objects.filter(resolved_at=None).exists()
    assert import_conflicts.resolve(clash, Resolution.MINE, user)
    assert not import_conflicts.resolve(clash, Resolution.MINE, user)


def test_the_next_merge_begins_with_the_file_that_was_decided_on(
    clash: ImportConflict, user: User, tmp_path: Path
) -> None:
    import_conflicts.resolve(clash, Resolution.MINE, user)
    article_file(tmp_path, URL, answer="First.\\n\\nSecond, later.\\n\\nThird, from the file.", author="File")
    again(tmp_path)
    _mine, _file, base = import_conflicts.sides(ImportConflict.objects.get(resolved_at=None))
    assert base is not None
    assert base.values["answer"] == "First.\n\nSecond.\n\nThird, from the file."


def test_recording_conflicts_costs_three_queries(
    clash: ImportConflict, django_assert_max_num_queries
) -> None:
    articles = [make_article() for _ in range(5)]
    with django_assert_max_num_queries(3):
        import_conflicts.record_conflicts(
            clash.run, [import_conflicts.Clash(a.pk, "p", "h", "text") for a in articles]
        )
    assert ImportConflict.objects.filter(resolved_at=None).count() == 6
