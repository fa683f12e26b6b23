"""A font of our own for tests that count what a page's text takes: a machine's fonts would decide otherwise.

Inter, which the project ships for its social pictures (SIL Open Font License 1.1, learn/seo/cards/fonts/OFL.txt).
"""

from __future__ import annotations

import base64

from playwright.sync_api import Page

from tests.conftest import ROOT

FILE = ROOT / "learn" / "seo" / "cards" / "fonts" / "Inter-Medium.ttf"


def use_own_font(page: Page) -> None:
    """Set the text of an open page in Inter; its context bypasses the Content-Security-Policy."""
    data = base64.b64encode(FILE.read_bytes()).decode()
    page.add_style_tag(
        content=f"@font-face {{ font-family: Brought; src: url(data:font/ttf;base64,{data}) }}"
        ":root { --sans: Brought !important } body { font-family: Brought !important }"
    )
    page.evaluate("document.fonts.load('16px Brought').then(() => document.fonts.ready)")
    assert page.evaluate("document.fonts.check('16px Brought') && document.fonts.size > 0")
