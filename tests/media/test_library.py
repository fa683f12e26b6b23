from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from learn.editing import bulk
from learn.media import library, store
from learn.models import Article, Picture, PictureName, PictureUse
from tests.factories import make_article, make_subject
from tests.media.images import line_art, photograph, picture, svg

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


def answer_with(address: str) -> str:
    return f"It looks so:\n\n![A cell]({address})\n\nAnd that is all."


def test_equal_bytes_are_stored_once_and_kept_as_they_were(media: Path) -> None:
    data = photograph((300, 200))
    first, second = library.add(data, "Zelle 1.JPG"), library.add(data, "another.jpg")
    assert (first.name, second.name) == ("media/zelle-1.jpg", "media/another.jpg")
    assert first.picture_id == second.picture_id
    assert Picture.objects.count() == 1
    assert store.read(first.picture.original) == data
    assert library.add(data, "Zelle 1.JPG").pk == first.pk


def test_another_picture_of_the_same_name_gets_a_name_of_its_own() -> None:
    names = [library.add(picture(colour=(number, 0, 0)), "cell.png").name for number in range(3)]
    assert names == ["media/cell.png", "media/cell-2.png", "media/cell-3.png"]


def test_a_page_is_right_at_once_and_names_smaller_files_when_there_are_any(client: Client) -> None:
    name = library.add(photograph(), "cell.jpg").name
    article = make_article(answer=answer_with(name))
    assert '<img src="/media/' in article.answer_html
    assert 'width="1200" height="800"' in article.answer_html
    assert "<source" not in article.answer_html
    assert library.prepare() == 1
    html = Article.objects.get().answer_html
    assert '<source type="image/avif" srcset="/media/' in html
    found = Picture.objects.get()
    for file in found.file_names:
        assert file in html
        response = client.get(f"/media/{file}")
        assert response.status_code == 200
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "immutable" in response.headers["Cache-Control"]
        assert "sandbox" in response.headers["Content-Security-Policy"]
    assert library.prepare() == 0


def test_a_picture_that_comes_later_appears_where_it_was_missed() -> None:
    article = make_article(answer=answer_with("media/cell.png"))
    assert "<figure" not in article.answer_html
    assert "A cell" in article.answer_html
    assert [code for code, _message in article.render_problems] == ["picture-missing"]
    library.put_in_place(["media/cell.png"], library.take(line_art()))
    article.refresh_from_db()
    assert '<figure class="picture plate">' in article.answer_html
    assert article.render_problems == []


def test_replacing_one_changes_every_page(django_assert_max_num_queries: Any) -> None:
    old, new = library.add(picture(), "cell.png"), library.take(line_art())
    articles = [make_article(answer=answer_with(old.name)) for _ in range(3)]
    with django_assert_max_num_queries(16):
        assert library.put_in_place([old.name], new) == 3
    for article in articles:
        article.refresh_from_db()
        assert new.file_name() in article.answer_html
        assert article.version == 1


def test_uses_follow_the_answer() -> None:
    name = library.add(picture(), "cell.png")
    article = make_article(answer=answer_with(name.name))
    assert [use.name for use in PictureUse.objects.all()] == ["media/cell.png"]
    assert list(library.uses_of(name.picture)) == [article]
    with pytest.raises(library.PictureInUseError):
        library.delete(name.picture)
    article.answer = "No picture any more, but a sentence."
    article.save()
    assert not PictureUse.objects.exists()
    assert list(library.unused()) == [name.picture]
    library.delete(name.picture)
    assert not Picture.objects.exists()
    assert store.read(name.picture.original) is None


def test_a_picture_beside_the_article_is_named_by_its_subject() -> None:
    cell = library.take(picture())
    PictureName.objects.create(name="biology/cell.png", picture=cell)
    article = make_article(subject="biology", answer=answer_with("cell.png"))
    other = make_article(subject="physics", answer=answer_with("../biology/cell.png"))
    missing = make_article(subject="physics", answer=answer_with("cell.png"))
    assert cell.file_name() in article.answer_html
    assert cell.file_name() in other.answer_html
    assert cell.file_name() not in missing.answer_html


def test_moved_with_many_an_article_names_the_pictures_of_its_new_subject() -> None:
    cell, art = library.take(picture()), library.take(line_art())
    PictureName.objects.create(name="biology/cell.png", picture=cell)
    PictureName.objects.create(name="physics/cell.png", picture=art)
    article, plain = (
        make_article(subject="biology", answer=text) for text in (answer_with("cell.png"), "No picture.")
    )
    assert bulk.move([article.pk, plain.pk], None, subject=make_subject("physics")).changed == 2
    article.refresh_from_db()
    assert art.file_name() in article.answer_html
    assert cell.file_name() not in article.answer_html
    assert [use.name for use in PictureUse.objects.all()] == ["physics/cell.png"]


def test_an_address_that_leads_out_names_nothing() -> None:
    article = make_article(answer=answer_with("../../../../etc/passwd.png"))
    assert "A cell" in article.answer_html
    assert not PictureUse.objects.exists()


def test_words_of_the_library_stand_in_pages_until_an_answer_says_others() -> None:
    name = library.add(picture(), "cell.png")
    Picture.objects.update(
        alt="From the library", caption="Seen at <night>", source="https://example.org/a", licence="CC0"
    )
    article = make_article(answer='![](media/cell.png)\n\n![Mine](media/cell.png "Mine, too")')
    assert name.name == "media/cell.png"
    assert 'alt="From the library"' in article.answer_html
    assert "<figcaption>Seen at &lt;night&gt; <span" in article.answer_html
    assert 'alt="Mine"' in article.answer_html
    assert "<figcaption>Mine, too <span" in article.answer_html


@pytest.mark.parametrize("is_decorative", [True, False])
def test_decoration_has_to_be_said(is_decorative: bool) -> None:
    library.add(picture(), "cell.png")
    Picture.objects.update(is_decorative=is_decorative)
    article = make_article(answer="![](media/cell.png)\n\nAnd some words.")
    assert [code for code, _message in article.render_problems] == (
        [] if is_decorative else ["picture-without-alt"]
    )
    assert 'alt=""' in article.answer_html


def test_an_image_of_another_site_stays_a_link() -> None:
    article = make_article(answer="![A cell](https://example.org/media/cell.png)")
    assert '<a href="https://example.org/media/cell.png"' in article.answer_html
    assert "<img" not in article.answer_html


def test_rendering_everything_again_changes_nothing() -> None:
    library.add(svg(), "cell.svg")
    article = make_article(answer=answer_with("media/cell.svg"))
    before = article.answer_html
    assert "<figure" in before
    call_command("render_articles", "--all", verbosity=0)
    article.refresh_from_db()
    assert article.answer_html == before
    assert PictureUse.objects.count() == 1


@pytest.mark.any_database
def test_what_is_no_file_of_ours_is_not_found(client: Client) -> None:
    for name in ("x.png", "..%2foriginals%2fabc", "0" * 20 + ".exe", "0" * 20 + ".png"):
        assert client.get(f"/media/{name}").status_code == 404


@pytest.mark.any_database
def test_a_known_file_is_not_sent_again(client: Client) -> None:
    file = library.add(picture(), "cell.png").picture.file_name()
    tag = client.get(f"/media/{file}").headers["ETag"]
    assert client.get(f"/media/{file}", headers={"If-None-Match": tag}).status_code == 304
