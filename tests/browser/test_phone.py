"""What a phone needs: the answer above the fold, room for suggestions, an edge where more lies, text twice as large."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import DESKTOP, KINDS

OpenPage = Callable[..., Page]

SMALL = {"width": 360, "height": 640}
SCROLLERS = ".math-scroll, .table-scroll, .code pre"
OVERFLOWS = "box => box.scrollWidth > box.clientWidth + 2"
TAB_STOPS = f"""() => [...document.querySelectorAll("{SCROLLERS}")]
  .every((box) => (box.tabIndex === 0) === ({OVERFLOWS})(box))"""


def box_of(element: Locator) -> dict[str, float]:
    box = element.bounding_box()
    assert box is not None
    return dict(box)


@pytest.mark.parametrize(
    "address", ["/learn/search?q=work", "/learn/search?q=work+xyzzyx&subject=mathematics"]
)
def test_the_first_result_stands_above_the_fold(open_page: OpenPage, address: str) -> None:
    page = open_page(viewport=SMALL)
    page.goto(address)
    assert box_of(page.locator(".questions a").first)["y"] < 320
    subjects = [box_of(link)["y"] for link in page.locator(".facets a").all()]
    assert len(set(subjects)) == 1


@pytest.mark.parametrize("kind", ["library", "prose", "search"])
def test_suggestions_take_the_width_of_the_phone_and_two_lines_each(open_page: OpenPage, kind: str) -> None:
    page = open_page(viewport=SMALL, has_touch=True, is_mobile=True)
    page.goto(KINDS[kind])
    field = page.locator("input[name=q]").first
    field.fill("")
    field.press_sequentially("how")
    expect(page.get_by_role("option").first).to_be_visible()
    assert box_of(page.locator(".suggestions"))["width"] >= 320
    for option in page.get_by_role("option").all():
        assert option.evaluate("option => option.firstChild.getClientRects()[0].height / 20") < 2
    page.get_by_text("Close", exact=True).tap()
    expect(page.locator(".suggestions")).to_be_hidden()
    expect(field).to_be_focused()


@pytest.mark.parametrize("kind", KINDS)
def test_text_twice_as_large_keeps_search_and_theme_in_reach(open_page: OpenPage, kind: str) -> None:
    page = open_page(viewport=SMALL, bypass_csp=True)
    page.goto(KINDS[kind])
    page.add_style_tag(content="html { font-size: 200% !important }")
    page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")
    for control in (page.locator("input[name=q]").first, page.locator(".appearance")):
        box = box_of(control)
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= SMALL["width"]
        assert box["width"] >= 40


def test_an_edge_shows_where_more_lies_and_only_what_scrolls_is_a_tab_stop(open_page: OpenPage) -> None:
    for kind, selector in (("table", ".table-scroll"), ("code", ".code pre")):
        page = open_page(viewport={"width": 320, "height": 568})
        page.goto(KINDS[kind])
        boxes = page.locator(selector)
        wide = next(box for box in boxes.all() if box.evaluate(OVERFLOWS))
        expect(wide).to_have_class("more-after" if selector == ".code pre" else "table-scroll more-after")
        wide.evaluate("box => { box.scrollLeft = box.scrollWidth; }")
        expect(wide).to_have_class("more-before" if selector == ".code pre" else "table-scroll more-before")
        for width in (320, 1920):
            page.set_viewport_size({"width": width, "height": 800})
            page.wait_for_function(TAB_STOPS)


def test_a_heading_gives_its_address(open_page: OpenPage, site: str) -> None:
    page = open_page(viewport=DESKTOP, permissions=["clipboard-read", "clipboard-write"])
    page.goto(KINDS["code"])
    heading = page.locator(".answer h3").first
    heading.get_by_role("link", name="Link to this section").click()
    expect(page.locator("[data-status]")).to_have_text("Link copied to the clipboard")
    address = f"{site}{KINDS['code']}#{heading.get_attribute('id')}"
    assert page.evaluate("navigator.clipboard.readText()") == address
    expect(page).to_have_url(address)


def test_browsers_that_know_no_light_dark_have_all_colours(open_page: OpenPage) -> None:
    page = open_page()
    page.goto(KINDS["prose"])
    sheet = page.request.get(page.locator("link[rel=stylesheet]").get_attribute("href") or "").text()
    assert ": light-dark(" not in sheet
