"""Photograph a running site that holds fixtures/articles, for the README.

make run  # in another terminal
python scripts/make_screenshots.py http://127.0.0.1:8000
"""

from __future__ import annotations

import argparse
import io
import os
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

TARGET = Path(__file__).resolve().parent.parent / "docs" / "screenshots"
DESKTOP, PHONE = (1280, 800), (390, 800)
# Name, path, size of the window, scheme, what to type into the search field
SHOTS = [
    ("library", "/learn", DESKTOP, "light", ""),
    (
        "article",
        "/learn/computer-science/questions/how-does-recursion-work-and-how-do-i-know-when-to-stop",
        DESKTOP,
        "light",
        "",
    ),
    (
        "phone",
        "/learn/mathematics/questions/how-does-integration-by-substitution-work-and-how-do-you-choose-u",
        PHONE,
        "dark",
        "",
    ),
    ("search", "/learn", PHONE, "light", "how do you"),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("site", help="the address of a running site")
    site = parser.parse_args().site.rstrip("/")
    TARGET.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox"]
        )
        for name, path, (width, height), scheme, typed in SHOTS:
            page = browser.new_page(
                viewport={"width": width, "height": height},
                color_scheme="dark" if scheme == "dark" else "light",
            )
            page.goto(site + path, wait_until="networkidle")
            if typed:
                page.locator("input[name=q]").fill(typed)
                page.get_by_role("option").first.wait_for()
                page.keyboard.press("ArrowDown")
            with Image.open(io.BytesIO(page.screenshot())) as image:
                image.convert("RGB").quantize(128).save(TARGET / f"{name}.png", optimize=True)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
