"""What search engines, networks, programs and Anki are told of pictures; and pages without any, which are as before."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from anki.collection import Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest
from django.test import Client

from learn.media import library, store
from learn.models import Article, Picture
from learn.seo.images import images_of, picture_for
from tests.factories import make_article
from tests.media.images import line_art, photograph, picture

pytestmark = pytest.mark.django_db
HOST = "http://testserver"


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "stored"
    settings.CARDS_DIR = tmp_path / "cards"


@pytest.fixture
def article() -> Article:
    library.add(photograph((800, 500)), "wide.jpg")
    library.add(line_art((200, 900)), "tall.png")
    Picture.objects.update(source="NASA", licence="CC0")
    library.prepare()
    return make_article(
        answer="![A < B](media/wide.jpg)\n\n![Tall](/media/tall.png)\n\n![Gone](media/gone.png)"
    )


def test_a_wide_picture_stands_for_its_page(article: Article, client: Client) -> None:
    page = client.get(article.get_absolute_url()).content.decode()
    wide, tall = images_of(article.answer_html)
    assert (wide.alt, wide.width, tall.height) == ("A < B", 800, 900)
    assert f'<meta property="og:image" content="{wide.url}">' in page
    assert '<meta property="og:image:type" content="image/jpeg">' in page
    assert '<meta property="og:image:height" content="500">' in page
    graph = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)[1])
    (node,) = [node for node in graph["@graph"] if "image" in node]
    assert [image["url"] for image in node["image"]] == [wide.url, tall.url]
    assert client.get(wide.url.removeprefix(HOST)).status_code == 200


@pytest.mark.parametrize("data", [line_art((200, 900)), picture(size=(100, 100)), line_art((3000, 200))])
def test_a_picture_of_another_shape_leaves_the_card(data: bytes) -> None:
    name = library.add(data, "x.png").name
    assert picture_for(make_article(answer=f"![X]({name})").answer_html) is None


def test_twins_name_addresses_that_work_anywhere(article: Article, client: Client) -> None:
    wide, tall = images_of(article.answer_html)
    path = article.get_absolute_url()
    text = client.get(f"{path}.md").content.decode()
    assert f"![A < B]({wide.url})" in text
    assert f"![Tall]({tall.url})" in text
    assert "![Gone](media/gone.png)" in text
    told = client.get(f"{path}.json").json()["answer"]["pictures"]
    assert told[0] == {"url": wide.url, "alt": "A < B", "width": 800, "height": 500}


def test_the_sitemap_names_them(article: Article, client: Client) -> None:
    make_article()
    text = b"".join(client.get("/sitemap-physics.xml")).decode()
    wide, _tall = images_of(article.answer_html)
    assert f"<image:image><image:loc>{wide.url}</image:loc></image:image>" in text
    assert text.count("<url>") == 2
    assert text.count("<image:image>") == 2


def test_without_pictures_nothing_is_said_of_them(client: Client) -> None:
    article = make_article()
    page = client.get(article.get_absolute_url()).content.decode()
    assert "pictures.css" not in page
    assert "image:" not in b"".join(client.get("/sitemap-physics.xml")).decode()


def test_a_deck_holds_them_and_anki_finds_them(article: Article, client: Client, tmp_path: Path) -> None:
    def fetched() -> bytes:
        return b"".join(client.get("/learn/physics.apkg"))

    deck = tmp_path / "deck.apkg"
    deck.write_bytes(fetched())
    names = {image.url.rpartition("/")[2] for image in images_of(article.answer_html)}
    with zipfile.ZipFile(deck) as package:
        media = json.loads(package.read("media"))
        assert set(media.values()) == names
        assert {package.read(number) == store.read(f"pictures/{name}") for number, name in media.items()} == {
            True
        }
    collection = Collection(str(tmp_path / "collection.anki2"))
    try:
        collection.import_anki_package(
            ImportAnkiPackageRequest(package_path=str(deck), options=ImportAnkiPackageOptions())
        )
        assert set(collection.media.check().missing) == set()
        (key,) = collection.find_notes("")
        assert "srcset" not in collection.get_note(key)["Answer"]
        assert {file.name for file in Path(collection.media.dir()).iterdir()} == names
    finally:
        collection.close()
    before = fetched()
    library.put_in_place(["media/wide.jpg"], library.take(photograph((900, 500))))
    assert fetched() != before


def test_a_host_of_its_own_is_named_and_allowed(settings: Any, client: Client) -> None:
    settings.MEDIA_URL = "https://media.example.org/"
    name = library.add(photograph((800, 500)), "wide.jpg")
    article = make_article(answer=f"![Wide]({name.name})")
    assert '<img src="https://media.example.org/' in article.answer_html
    assert images_of(article.answer_html)[0].url.startswith("https://media.example.org/")
    assert "https://media.example.org" in client.get(f"{article.get_absolute_url()}.md").content.decode()
