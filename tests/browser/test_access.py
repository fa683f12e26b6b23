"""Everybody can use every page: axe, keyboard, zoom, forced colours, reduced motion, paper."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import axe
from tests.browser.conftest import DESKTOP, KINDS, PHONE, SCREENSHOTS, wait_for_scripts
from tests.browser.fonts import use_own_font

OpenPage = Callable[..., Page]

# A colour that is still changing is no colour to judge.
AT_REST = "document.getAnimations().every(animation => animation.playState === 'finished')"


@pytest.mark.parametrize("kind", KINDS)
def test_axe_finds_nothing(open_page: OpenPage, kind: str) -> None:
    page = open_page(reduced_motion="reduce")
    page.goto(KINDS[kind])
    for viewport in (PHONE, DESKTOP):
        for scheme in ("light", "dark"):
            page.set_viewport_size(viewport)
            page.emulate_media(color_scheme=scheme)
            page.wait_for_function(AT_REST)
            # Kept by CI: a change of the pages is looked at, not only tested.
            page.screenshot(path=SCREENSHOTS / f"{kind}-{viewport['width']}-{scheme}.png", full_page=True)
            assert axe(page, only_colours=scheme == "dark") == []


@pytest.mark.parametrize("kind", ["library", "long", "search", "404"])
def test_axe_finds_nothing_where_contents_and_suggestions_are_open(open_page: OpenPage, kind: str) -> None:
    page = open_page(viewport=PHONE)
    page.goto(KINDS[kind])
    for fold in page.locator("summary").all():
        fold.click()
    page.locator("[data-suggest] input").first.fill("how do you")
    expect(page.get_by_role("option").first).to_be_visible()
    page.wait_for_function(AT_REST)
    assert axe(page) == []


# What the focus is on, whether a ring is drawn around it, and whether it can be seen.
FOCUS = """() => {
  const at = document.activeElement;
  if (at === document.body) return null;
  const frame = at.closest(".search") && at.matches("input") ? at.closest(".search") : at;
  const rings = [getComputedStyle(frame), getComputedStyle(frame, "::after")];
  const box = at.getBoundingClientRect();
  const middle = [Math.min(Math.max(box.x + box.width / 2, 0), innerWidth - 1), box.y + Math.min(box.height / 2, 8)];
  const top = document.elementFromPoint(...middle);
  return {
    name: at.outerHTML.slice(0, 120),
    ring: rings.some(style => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2),
    inside: box.bottom > 0 && box.top < innerHeight && box.width > 0 && box.height > 0,
    uncovered: top !== null && (at.contains(top) || top.contains(at)),
  };
}"""


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("kind", KINDS)
def test_tab_reaches_everything_and_the_focus_is_always_seen(
    open_page: OpenPage, kind: str, viewport: dict[str, int]
) -> None:
    page = open_page(viewport=viewport, reduced_motion="reduce")
    page.goto(KINDS[kind])
    seen: list[str] = []
    for _ in range(150):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS)
        if focus is None:
            break
        seen.append(focus["name"])
        assert focus["ring"], f"no ring around {focus['name']}"
        assert focus["inside"], f"out of sight: {focus['name']}"
        assert focus["uncovered"], f"covered: {focus['name']}"
    else:
        pytest.fail("the focus never came to the end of the page")
    assert 'class="skip"' in seen[0]
    visible = "a[href], button, input:not([type=hidden]), summary, [tabindex='0']"
    wanted = page.locator(visible).filter(visible=True).count()
    assert len(seen) >= wanted


def test_the_whole_visit_with_the_keyboard(page: Page) -> None:
    page.goto("/learn")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    tab_to(page, "Mathematics")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Mathematics")
    tab_to(page, "Next page")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"page=2$"))
    question = page.locator(".questions a").last.inner_text()
    tab_to(page, question)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(question)
    wait_for_scripts(page)
    page.keyboard.press("/")
    page.keyboard.type("matrix")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/learn/search\?q=matrix"))


def tab_to(page: Page, name: str) -> None:
    for _ in range(150):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent").strip().endswith(name):
            return
    pytest.fail(f"Tab never reached “{name}”")


def test_a_wide_formula_table_and_code_can_be_scrolled_with_the_keyboard(open_page: OpenPage) -> None:
    page = open_page(viewport={"width": 320, "height": 568})
    for kind, box in (("table", ".table-scroll"), ("code", ".code pre")):
        page.goto(KINDS[kind])
        region = page.locator(box).first
        region.focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_function("box => box.scrollLeft > 0", arg=region.element_handle())


# Below 24 px a target needs room around it, unless it stands in a sentence (WCAG 2.2, 2.5.8).
SMALL = """() => [...document.querySelectorAll("a[href], button, input:not([type=hidden]), summary")]
  .filter(target => target.checkVisibility({ visibilityProperty: true }))
  .filter(target => !target.closest(".answer, .lead, .skip, .block > p"))
  .map(target => [target.getBoundingClientRect(), target.outerHTML.slice(0, 120)])
  .filter(([box]) => box.width < 24 || box.height < 24)
  .map(([box, html]) => `${Math.round(box.width)}x${Math.round(box.height)} ${html}`)"""


@pytest.mark.parametrize("kind", KINDS)
def test_no_width_from_320_pixels_to_4k_needs_scrolling_sideways_or_a_fine_hand(
    open_page: OpenPage, kind: str
) -> None:
    page = open_page()
    page.goto(KINDS[kind])
    for width in (320, 360, 640, 1024, 1280, 3840):
        page.set_viewport_size({"width": width, "height": 400})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(SMALL) == [], f"at {width} pixels"


SPACING = """* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }
p { margin-block-end: 2em !important }"""


@pytest.mark.parametrize("kind", KINDS)
def test_text_may_be_spaced_out(open_page: OpenPage, kind: str) -> None:
    """WCAG 1.4.12: nothing is cut off nor overlaps when a reader spaces the text."""
    page = open_page(viewport={"width": 320, "height": 568}, bypass_csp=True)
    page.goto(KINDS[kind])
    use_own_font(page)
    page.add_style_tag(content=SPACING)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    cut = page.evaluate(
        "[...document.querySelectorAll('h1, h2, h3, p:not(.excerpt), button, .button')]"
        ".filter(e => e.checkVisibility() && !e.closest('.visually-hidden, .neighbours')"
        " && e.scrollHeight > e.clientHeight + 3 && getComputedStyle(e).overflow !== 'visible').map(e => e.outerHTML)"
    )
    assert cut == []


@pytest.mark.parametrize("size", ["100%", "200%"])
def test_lines_of_an_answer_hold_60_to_75_characters(open_page: OpenPage, size: str) -> None:
    page = open_page(viewport=DESKTOP, bypass_csp=True)
    page.goto(KINDS["prose"])
    page.add_style_tag(content=f":root {{ font-size: {size} !important }}")
    use_own_font(page)
    lines = page.evaluate("""() => [...document.querySelectorAll(".answer > p")].flatMap(p => {
      const text = document.createTreeWalker(p, NodeFilter.SHOW_TEXT), lines = new Map(), range = new Range();
      for (let node; (node = text.nextNode());)
        for (let at = 0; at < node.length; at++) {
          range.setStart(node, at);
          range.setEnd(node, at + 1);
          const line = Math.round(range.getBoundingClientRect().bottom / 8);
          lines.set(line, (lines.get(line) ?? 0) + 1);
        }
      return [...lines.values()].slice(0, -1);
    })""")
    average = sum(lines) / len(lines)
    assert 60 <= average <= 75


def test_a_prime_is_as_tall_as_those_of_a_book(open_page: OpenPage) -> None:
    """Small and raised twice, as it comes in most fonts, nobody can tell a derivative from its function."""
    page = open_page()
    page.goto(KINDS["math"], wait_until="networkidle")
    page.evaluate("document.fonts.ready")
    prime, letter = (
        page.locator(f"msup > {part}").filter(has_text=text).first.bounding_box()
        for part, text in (("mo", "′"), ("mi", "g"))
    )
    assert prime is not None
    assert letter is not None
    assert prime["height"] > letter["height"] / 3
    assert prime["y"] + prime["height"] > letter["y"]


@pytest.mark.parametrize("box", [".table-scroll", ".code"])
def test_what_is_wide_takes_the_room_beside_the_text_before_it_scrolls(open_page: OpenPage, box: str) -> None:
    page = open_page()
    page.goto(KINDS["table" if box == ".table-scroll" else "code"])
    wide = page.locator(f".answer > {box}").first
    inner = wide.locator("table, pre")
    if box == ".code":
        inner.evaluate("pre => pre.append('x'.repeat(90))")
    text = page.locator(".answer > p").first

    def width(viewport: int) -> float:
        page.set_viewport_size({"width": viewport, "height": 800})
        contents = page.locator(".beside").bounding_box()
        of_box, of_text = wide.bounding_box(), text.bounding_box()
        assert of_box is not None
        assert of_text is not None
        assert of_box["x"] == of_text["x"]
        assert contents is None or of_box["x"] + of_box["width"] < contents["x"]
        return of_box["width"] - of_text["width"]

    assert width(360) == 0
    assert width(1000) > 50
    assert width(1280) > 30


def test_forced_colours_keep_every_control_visible(open_page: OpenPage) -> None:
    page = open_page(forced_colors="active", viewport=DESKTOP)
    for kind in ("library", "prose", "search"):
        page.goto(KINDS[kind])
        page.screenshot(path=SCREENSHOTS / f"{kind}-forced-colours.png", full_page=True)
        unframed = page.evaluate(
            "[...document.querySelectorAll('.button, .search, .pagination [aria-current]')]"
            ".filter(e => e.checkVisibility() && getComputedStyle(e).borderTopStyle === 'none').length"
        )
        assert unframed == 0


def test_who_wants_no_motion_gets_none(open_page: OpenPage) -> None:
    behaviour = "getComputedStyle(document.documentElement).scrollBehavior"
    page = open_page(reduced_motion="reduce")
    page.goto("/learn")
    assert page.evaluate(behaviour) == "auto"
    assert page.evaluate("document.getAnimations().length") == 0
    page = open_page(reduced_motion="no-preference")
    page.goto("/learn")
    assert page.evaluate(behaviour) == "smooth"


@pytest.mark.parametrize("kind", ["prose", "code", "long"])
def test_paper_gets_the_question_and_the_answer_only(open_page: OpenPage, site: str, kind: str) -> None:
    page = open_page(color_scheme="dark")
    page.goto(KINDS[kind])
    page.emulate_media(media="print", color_scheme="dark")
    for shown in ("h1", ".meta time", ".answer"):
        expect(page.locator(shown)).to_be_visible()
    for hidden in ("form", "footer", ".related", ".neighbours", ".invitation", ".contents", "button"):
        assert page.locator(hidden).filter(visible=True).count() == 0, hidden
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    expect(page.get_by_text(f"{site}{KINDS[kind]}")).to_be_visible()
    page.emulate_media(media=None)
    sheets = len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4", prefer_css_page_size=True)))
    assert sheets <= 2


LANDMARKS = re.compile(
    r"^- (banner|main|contentinfo|search|navigation|complementary|region|article)\b(.*?):?$"
)
HEADING = re.compile(r'- \'?heading "(.*)" \[level=(\d)\]')


@pytest.mark.parametrize("kind", KINDS)
def test_the_outline_that_a_screen_reader_offers(open_page: OpenPage, kind: str) -> None:
    page = open_page()
    page.goto(KINDS[kind])
    tree = [line.strip() for line in page.locator("body").aria_snapshot().splitlines()]
    landmarks = [found[0][2:].rstrip(":") for line in tree if (found := LANDMARKS.match(line))]
    headings = [(int(found[2]), found[1]) for line in tree if (found := HEADING.search(line))]
    print(f"\n{kind} {KINDS[kind]}")  # noqa: T201 the outline is what one wants to see
    print("  landmarks: " + ", ".join(landmarks))  # noqa: T201
    for level, text in headings:
        print("  " + "   " * (level - 1) + f"h{level} {text}")  # noqa: T201
    names = [landmark.split()[0] for landmark in landmarks]
    assert names.count("banner") == names.count("main") == names.count("contentinfo") == 1
    assert "search" in names
    assert len(landmarks) == len(set(landmarks))
    assert [level for level, _text in headings].count(1) == 1
    assert headings[0][0] == 1
