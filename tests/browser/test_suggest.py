"""Suggestions while typing, where they are hardest: with a finger, with a reader of the screen, without a network."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.axe import axe
from tests.browser.conftest import PHONE

OpenPage = Callable[..., Page]


def type_into(page: Page, text: str) -> None:
    field = page.locator("main input[name=q]")
    field.click()
    field.press_sequentially(text)


def test_a_finger_chooses_and_leaving_closes(open_page: OpenPage) -> None:
    page = open_page(viewport=PHONE, has_touch=True, is_mobile=True)
    page.goto("/learn")
    type_into(page, "recur")
    option = page.get_by_role("option").first
    expect(option).to_be_visible()
    box = option.bounding_box()
    assert box is not None
    assert box["height"] >= 24
    page.locator("main input[name=q]").blur()
    expect(option).to_be_hidden()
    type_into(page, "s")
    expect(option).to_be_visible()
    question = option.evaluate("option => option.firstChild.firstChild.textContent")
    option.tap()
    expect(page.get_by_role("heading", level=1)).to_have_text(question)


def test_axe_finds_nothing_in_an_open_list(open_page: OpenPage) -> None:
    for scheme in ("light", "dark"):
        page = open_page(viewport=PHONE, color_scheme=scheme)
        page.goto("/learn")
        type_into(page, "recur")
        expect(page.get_by_role("option").first).to_be_visible()
        page.keyboard.press("ArrowDown")
        expect(page.get_by_role("option").first).to_have_attribute("aria-selected", "true")
        found = axe(page)
        assert found == []


def test_nothing_breaks_without_a_network(page: Page) -> None:
    page.goto("/learn")
    page.route("**/learn/search/suggest*", lambda route: route.abort())
    with page.expect_event("requestfailed"):
        type_into(page, "recur")
    expect(page.get_by_role("option")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/learn/search\?q=recur"))
