from __future__ import annotations

from django.contrib.staticfiles import finders
from django.test import Client
from PIL import Image


def test_the_manifest_names_icons_that_exist_in_the_size_it_says(client: Client) -> None:
    response = client.get("/site.webmanifest")
    assert response.headers["Content-Type"] == "application/manifest+json"
    manifest = response.json()
    assert manifest["start_url"] == "/learn"
    for icon in manifest["icons"]:
        path = finders.find(icon["src"].removeprefix("/static/"))
        with Image.open(str(path)) as image:
            assert icon["sizes"] == f"{image.width}x{image.height}"


def test_the_icon_that_browsers_guess_is_there(client: Client) -> None:
    response = client.get("/favicon.ico")
    assert response.status_code == 302
    path = finders.find(response.headers["Location"].removeprefix("/static/"))
    with Image.open(str(path)) as image:
        assert image.info["sizes"] == {(16, 16), (32, 32), (48, 48)}
