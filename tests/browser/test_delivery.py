"""Delivery: bytes, requests, caching, console errors, layout shifts."""

from __future__ import annotations

import json
from collections.abc import Callable

import brotli
import pytest
from django.contrib.staticfiles import finders
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import DESKTOP, KINDS, LAST_WORD, MOVED, PHONE

OpenPage = Callable[..., Page]
Complaints = Callable[[Page], list[str]]


def weigh(page: Page, path: str) -> dict[str, int]:
    """The bytes of everything that a first visit to `path` fetches, heads of the answers included."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    addresses: dict[str, str] = {}
    sizes: dict[str, int] = {}
    session.on(
        "Network.requestWillBeSent", lambda e: addresses.__setitem__(e["requestId"], e["request"]["url"])
    )
    session.on(
        "Network.loadingFinished",
        lambda e: sizes.__setitem__(
            addresses.get(e["requestId"], e["requestId"]), int(e["encodedDataLength"])
        ),
    )
    page.goto(path, wait_until="networkidle")
    page.evaluate("document.fonts.ready")
    icon = page.locator("link[rel=icon][type='image/svg+xml']").get_attribute("href")
    response = page.request.get(str(icon))  # a headless browser shows no tab, so it fetches no icon
    sizes[response.url] = len(response.body()) + sum(len(k) + len(v) + 4 for k, v in response.headers.items())
    return sizes


@pytest.mark.parametrize(
    ("kind", "budget"),
    [("prose", 35_000), ("code", 35_000), ("table", 130_000), ("math", 130_000), ("long", 130_000)],
)
def test_the_weight_of_a_first_visit(open_page: OpenPage, kind: str, budget: int) -> None:
    page = open_page(viewport=PHONE, is_mobile=True)
    sizes = weigh(page, KINDS[kind])
    print(f"\n{kind}: {sum(sizes.values()):,} bytes")  # noqa: T201 the numbers are what one wants to see
    for address, size in sizes.items():
        print(f"  {size:>7,}  {address.partition('/')[2].partition('/')[2].partition('/')[2][:70]}")  # noqa: T201
    has_math = page.locator("math").count() > 0
    assert has_math == (budget > 35_000)
    assert any("fonts/math." in address for address in sizes) == has_math
    assert sum(sizes.values()) <= budget


def compressed(name: str) -> int:
    with open(str(finders.find(name)), "rb") as file:  # noqa: PTH123 finders give strings
        return len(brotli.compress(file.read()))


def test_one_style_sheet_and_little_script(page: Page) -> None:
    page.goto(KINDS["code"])
    assert page.locator("link[rel=stylesheet]").count() == 1
    assert compressed("css/site.css") < 12_000
    scripts = ["theme", "appearance", "search", "suggest", "copy", "answer"]
    assert page.locator("script[src]").count() == len(scripts)
    assert sum(compressed(f"js/{name}.js") for name in scripts) < 6_000


def test_files_are_compressed_and_kept_for_ever(page: Page, site: str) -> None:
    page.goto(KINDS["math"])
    files = page.locator("link[rel=stylesheet], link[rel=preload], script[src], link[rel=icon]").all()
    for file in files:
        address = file.get_attribute("href") or file.get_attribute("src")
        response = page.request.get(str(address), headers={"Accept-Encoding": "br"})
        assert response.ok
        assert "immutable" in response.headers["cache-control"]
        if str(address).endswith((".css", ".svg")):
            assert response.headers["content-encoding"] == "br"
            assert response.headers["vary"] == "Accept-Encoding"


def test_hints_name_the_files_that_the_page_asks_for(page: Page) -> None:
    response = page.goto(KINDS["prose"])
    assert response is not None
    for address in (
        page.locator("link[rel=stylesheet]").get_attribute("href"),
        page.locator("head script:not([type])").first.get_attribute("src"),
    ):
        assert f"<{address}>; rel=preload" in response.headers["link"]
    rules = page.request.get(response.headers["speculation-rules"].strip('"'))
    assert rules.headers["content-type"] == "application/speculationrules+json"
    assert "prefetch" in json.loads(rules.text())


def test_a_link_under_the_pointer_is_fetched_ahead_but_no_search(open_page: OpenPage) -> None:
    page = open_page()
    session = page.context.new_cdp_session(page)
    session.send("Preload.enable")
    ready: list[str] = []
    session.on("Preload.prefetchStatusUpdated", lambda e: ready.append(e["prefetchUrl"]))
    page.goto("/learn/mathematics")
    link = page.locator(".questions a").first
    link.hover()
    for _ in range(600):  # events arrive only while Playwright is asked for something
        page.wait_for_timeout(50)
        if ready:
            break
    assert {address.partition("/learn/")[2] for address in ready} == {
        str(link.get_attribute("href")).removeprefix("/learn/")
    }


# Takes what is in header and footer away again, the last first, and says what moved where that was not there.
TAKE_AWAY = """() => {
  const at = (one) => {
    const { x, y, width, height } = one.getBoundingClientRect();
    return width * height ? `${x} ${y}` : "";
  };
  const start = (one) => one.outerHTML.slice(0, 60);
  const moved = [];
  for (const part of document.querySelectorAll(".site-footer, .site-header")) {
    const places = new Map([...part.querySelectorAll("*")].map((one) => [one, at(one)]));
    for (const last of [...places.keys()].reverse()) {
      last.remove();
      places.delete(last);
      for (const [one, place] of places) {
        const now = at(one);
        if (now && now !== place) moved.push(`${start(one)} at ${place}, ${now} without ${start(last)}`);
      }
    }
  }
  return moved;
}"""


@pytest.mark.parametrize("width", [320, 360, 412, 640, 768, 1024, 1280, 2560])
def test_what_comes_later_in_header_and_footer_moves_nothing_before_it(
    open_page: OpenPage, width: int
) -> None:
    """A browser may draw the page as soon as its parser has come anywhere."""
    page = open_page(viewport={"width": width, "height": 800})
    page.goto(KINDS["prose"])
    assert page.evaluate(TAKE_AWAY) == []


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_complains_and_nothing_moves(
    open_page: OpenPage, complaints: Complaints, kind: str, viewport: dict[str, int]
) -> None:
    page = open_page(viewport=viewport)
    heard = complaints(page)
    page.add_init_script(MOVED)
    page.goto(KINDS[kind], wait_until="networkidle")
    page.evaluate("document.fonts.ready")
    if page.locator("math").count():  # what a font that comes late moves is the next test's
        page.reload(wait_until="networkidle")
        page.evaluate("document.fonts.ready")
    page.mouse.wheel(0, 20_000)
    page.wait_for_timeout(100)
    assert heard == []
    assert page.evaluate("moved") < LAST_WORD
    assert page.context.cookies() == []


@pytest.mark.parametrize("width", [320, 360, 412, 640, 768, 1280, 2560])
def test_the_footer_reserves_its_space_while_it_loads(open_page: OpenPage, width: int) -> None:
    page = open_page(viewport={"width": width, "height": 800})
    page.goto(KINDS["search"])
    whole, half = page.evaluate(
        """() => {
            const footer = document.querySelector(".site-footer");
            const whole = footer.offsetHeight;
            footer.querySelector("nav").remove();
            return [whole, footer.offsetHeight];
        }"""
    )
    assert half == whole


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("kind", ["math", "table", "long"])
def test_a_math_font_that_comes_late_moves_little(
    open_page: OpenPage, kind: str, viewport: dict[str, int]
) -> None:
    """The answer is there to be read before its font is. Below 0.1 is good: https://web.dev/articles/cls"""
    page = open_page(viewport=viewport)
    page.add_init_script(MOVED)
    waiting: list[Route] = []
    page.route("**/*.woff2", lambda route: waiting.append(route))  # noqa: PLW0108 needs a Python function
    page.goto(KINDS[kind], wait_until="commit")
    expect(page.locator(".answer math").first).to_be_visible()
    page.evaluate("() => new Promise(painted => requestAnimationFrame(() => setTimeout(painted, 100)))")
    assert waiting
    for route in waiting:
        route.continue_()
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready")
    page.evaluate("() => new Promise(painted => requestAnimationFrame(() => setTimeout(painted, 100)))")
    assert page.evaluate("moved") < 0.1
