from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.test import Client
from PIL import Image
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from learn.models import Article
from learn.seo import cards
from learn.seo.cards import Card, drawing
from tests.factories import make_article, make_subject

TEXTS = [
    "Why?",
    "What is the effect of temperature on the rate of a chemical reaction?",
    "why " * 120,
    "W" * 500,
    "Pneumonoultramicroscopicsilicovolcanoconiosis and other long words",
    "How do α-helices and β-sheets differ, and what is √x − 1?",
    "日本語の助詞とは何ですか？",
    "\x00\x1f\u202e\ufffe",
    "",
    "   \n\t ",
    "👩‍🔬 Who was Marie Skłodowska-Curie? Кто?",
]


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.CARDS_DIR = tmp_path / "cards"
    return settings.CARDS_DIR


def opened(picture: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(picture))
    image.load()
    return image


# --- Drawing


@pytest.mark.parametrize("text", TEXTS)
def test_every_text_makes_a_picture_that_networks_take(text: str) -> None:
    picture = drawing.draw("Physics", text, "QuickTakes")
    image = opened(picture)
    assert (image.format, image.size, image.mode) == ("PNG", (1200, 675), "P")
    assert len(picture) < 300_000


@pytest.mark.parametrize("text", TEXTS)
def test_nothing_that_matters_stands_near_the_edge(text: str) -> None:
    """Previews are cropped. The line at the top may go, what is drawn below it may not."""
    image = opened(drawing.draw("A" * 200, text, "QuickTakes")).convert("RGB")
    for box in ((0, 20, 60, 675), (1140, 20, 1200, 675), (0, 615, 1200, 675)):
        assert image.crop(box).getcolors() == [((box[2] - box[0]) * (box[3] - box[1]), drawing.PAPER)]


@pytest.mark.parametrize("text", [text for text in TEXTS if drawing.readable(text) and "W" * 9 not in text])
def test_lines_fit_the_width_and_keep_every_word(text: str) -> None:
    lines, face = drawing.fit(drawing.readable(text))
    width = drawing.WIDTH - 2 * drawing.MARGIN
    assert all(face.getlength(line) <= width * 1.01 for line in lines)
    assert len(lines) * face.size * drawing.LINE_HEIGHT <= drawing.BOTTOM - drawing.TOP
    assert "".join(lines).replace(" ", "") == drawing.readable(text).replace(" ", "")


def test_a_text_without_end_ends_in_an_ellipsis() -> None:
    lines, face = drawing.fit("endless " * 1_000)
    assert lines[-1].endswith("…")
    assert len(lines) * face.size * drawing.LINE_HEIGHT <= drawing.BOTTOM - drawing.TOP


def test_lines_are_about_equally_long() -> None:
    lines, face = drawing.fit(
        "What is the effect of temperature on the rate of a chemical reaction in a gas?"
    )
    widths = [face.getlength(line) for line in lines]
    assert len(lines) > 1
    assert min(widths) > 0.6 * max(widths)


def test_longer_texts_are_set_smaller() -> None:
    sizes = [drawing.fit(" ".join(["temperature"] * count))[1].size for count in (2, 10, 30)]
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) == 3


def test_characters_that_the_font_lacks_are_never_boxes() -> None:
    assert drawing.drawable("a日b\u202ec👩‍🔬d") == "abcd"
    assert drawing.drawable("ﬁne e\u0301") == "fine é"
    assert drawing.readable("日本語の助詞") == ""
    assert drawing.readable("What is 道?") == "What is ?"


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("y = ae^kx?", [(0, "y = ae"), (drawing.RAISED, "kx"), (0, "?")]),
        ("e^(−kt) and x^{10}.", [(0, "e"), (drawing.RAISED, "−kt"), (0, " and x"), (drawing.RAISED, "10"), (0, ".")]),
        ("V_in is eᵏ and tᵢ", [
            (0, "V"), (drawing.LOWERED, "in"), (0, " is e"), (drawing.RAISED, "k"), (0, " and t"),
            (drawing.LOWERED, "i"),
        ]),
        ("the name first_name, a ^ b, ^_^", [(0, "the name first_name, a ^ b, ^_^")]),
    ],
)  # fmt: skip
def test_scripts_are_set_as_in_a_book(text: str, pieces: list[tuple[int, str]]) -> None:
    shown = drawing.drawable(text)
    assert list(drawing.runs(shown)) == pieces
    face = drawing.font("SemiBold", 60)
    plain = "".join(piece for _level, piece in pieces)
    assert drawing.length(shown, face) <= face.getlength(plain)


def test_where_the_font_lacks_the_subject_too_the_wordmark_is_shown() -> None:
    picture = drawing.draw("数学", "什么是数学？", "Site")
    assert picture == drawing.draw("", "Site", "Site")
    assert picture != drawing.draw("数学", "什么是数学？", "数学")


def test_the_same_card_is_the_same_picture() -> None:
    assert drawing.draw("Physics", "Why?", "QuickTakes") == drawing.draw("Physics", "Why?", "QuickTakes")
    assert drawing.draw("Physics", "Why?", "QuickTakes") != drawing.draw("Physics", "How?", "QuickTakes")


# --- Names and the folder


def test_the_name_changes_with_everything_on_the_card(settings: Settings) -> None:
    card = Card("/learn/physics/questions/why", "Physics", "Why?")
    keys = {card.key, Card(card.page, "Science", "Why?").key, Card(card.page, "Physics", "How?").key}
    assert Card("/elsewhere", "Physics", "Why?").key == card.key
    settings.SITE_NAME = "Another name"
    keys.add(card.key)
    assert len(keys) == 4
    assert card.path == f"/og/learn/physics/questions/why/{card.key}.png"


def test_a_full_disk_costs_no_answer(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    settings.CARDS_DIR = tmp_path / "file"
    assert opened(cards.make(Card("/learn", "", "Why?"))).size == (1200, 675)
    assert "could not be stored" in caplog.text


# --- Addresses


@pytest.mark.django_db
@pytest.mark.parametrize(
    "page",
    ["/learn", "/learn/topics", "/learn/physics", "/learn/physics/topics", "/learn/physics/questions/why"],
)
def test_the_picture_that_a_page_names_is_there(
    page: str, client: Client, folder: Path, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_article(slug="why", question="Why is the sky blue?")
    address = (
        client.get(page).text.partition('property="og:image" content="http://testserver')[2].partition('"')[0]
    )
    response = client.get(address)
    assert response.status_code == 200
    assert response["Content-Type"] == "image/png"
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Set-Cookie" not in response.headers
    assert "Vary" not in response.headers
    assert len(list(folder.rglob("*.png"))) == 1
    assert not list(folder.rglob("*.tmp"))
    with django_assert_num_queries(0 if page in ("/learn", "/learn/topics") else 2):  # may it be seen?
        assert client.get(address).content == response.content
        assert client.get(address, headers={"If-None-Match": response["ETag"]}).status_code == 304


@pytest.mark.django_db
def test_a_picture_of_former_content_leads_to_the_present_one(client: Client, folder: Path) -> None:
    article = make_article(slug="why")
    former = f"/og{article.get_absolute_url()}/{'0' * 32}.png"
    response = client.get(former)
    assert response.status_code == 301
    assert response["Location"] == cards.article_card(article).path
    assert not list(folder.rglob("*"))  # nothing was made for a name that somebody made up


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    [
        f"/og/learn/physics/questions/unknown/{'0' * 32}.png",
        f"/og/learn/physics/questions/draft/{'0' * 32}.png",
        f"/og/learn/nowhere/{'0' * 32}.png",
        "/og/learn/physics/questions/why/not-a-hash.png",
        f"/og/learn/physics/questions/why/{'0' * 33}.png",
        f"/og/learn/physics/questions/why/{'A' * 32}.png",
        "/og/learn/physics/questions/why/..%2f..%2fsettings.png",
        f"/og/{'0' * 32}.png",
    ],
)
def test_nothing_else_is_ever_drawn(address: str, client: Client, folder: Path) -> None:
    make_article(slug="why")
    make_article(slug="draft", status=Article.Status.DRAFT)
    assert client.get(address).status_code == 404
    assert not folder.exists()


@pytest.mark.django_db
def test_an_unlisted_subject_has_its_picture(client: Client) -> None:
    subject = make_subject("secret", is_listed=False)
    assert client.get(cards.subject_card(subject).path).status_code == 200
