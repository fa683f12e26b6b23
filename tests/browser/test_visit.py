"""The visits of readers, step by step."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import KINDS, PHONE

OpenPage = Callable[..., Page]


def walk(page: Page) -> None:
    page.goto("/")
    expect(page).to_have_url(re.compile(r"/learn$"))
    page.get_by_role("link", name="Mathematics", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mathematics")
    page.get_by_role("link", name="Next page").click()
    expect(page).to_have_url(re.compile(r"/learn/mathematics\?page=2$"))
    expect(page.locator("[aria-current=page]")).to_have_text("Page 2")
    question = page.locator(".questions a").first
    title = question.inner_text()
    question.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    related = page.locator(".related .questions a").first
    title = related.inner_text()
    related.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    page.go_back()
    expect(page.get_by_role("heading", level=1)).not_to_have_text(title)
    page.get_by_role("navigation", name="Breadcrumb").get_by_role("link", name="Mathematics").click()
    expect(page).to_have_url(re.compile(r"/learn/mathematics$"))


def search(page: Page) -> None:
    page.goto("/learn")
    page.locator("input[name=q]").first.fill("matrix")
    page.locator("input[name=q]").first.press("Enter")
    expect(page).to_have_url(re.compile(r"/learn/search\?q=matrix"))
    page.locator(".results a").first.click()
    expect(page).to_have_url(re.compile("/questions/"))


def test_from_the_library_to_an_answer_and_on(page: Page) -> None:
    walk(page)


def test_search_and_open_what_is_found(page: Page) -> None:
    search(page)


def test_the_same_without_javascript(open_page: OpenPage) -> None:
    page = open_page(java_script_enabled=False)
    walk(page)
    search(page)


def test_the_same_on_a_phone_of_320_pixels(open_page: OpenPage) -> None:
    page = open_page(viewport={"width": 320, "height": 568}, has_touch=True, is_mobile=True)
    walk(page)
    search(page)


def test_slash_moves_to_the_search_field(page: Page) -> None:
    page.goto(KINDS["prose"])
    page.keyboard.press("/")
    expect(page.locator("input[name=q]").first).to_be_focused()
    page.keyboard.type("a/b")
    expect(page.locator("input[name=q]").first).to_have_value("a/b")


def test_suggestions_while_typing(page: Page) -> None:
    page.goto("/learn")
    field = page.get_by_role("combobox", name="Question or words")
    options = page.get_by_role("listbox", name="Suggested questions").get_by_role("option")
    field.press_sequentially("matr")
    expect(options.first).to_be_visible()
    expect(field).to_have_attribute("aria-expanded", "true")
    field.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    assert field.get_attribute("aria-activedescendant") == options.first.get_attribute("id")
    field.press("Escape")
    expect(options.first).to_be_hidden()
    expect(field).to_have_value("matr")
    field.press_sequentially("i")
    chosen = options.last
    expect(chosen).to_be_visible()
    subject = chosen.locator("small").inner_text()
    question = chosen.inner_text().removesuffix(subject).strip()
    field.press("ArrowUp")
    field.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(question)


def test_a_suggestion_can_be_clicked(page: Page) -> None:
    page.goto(KINDS["prose"])
    page.locator("input[name=q]").press_sequentially("matri")
    page.get_by_role("option").first.click()
    expect(page).to_have_url(re.compile("/questions/"))


def test_without_an_active_suggestion_enter_searches(page: Page) -> None:
    page.goto("/learn")
    page.locator("input[name=q]").press_sequentially("matri")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/learn/search\?q=matri$"))


def test_a_contents_link_leads_to_its_heading(page: Page) -> None:
    page.goto(KINDS["code"])
    link = page.locator(".beside a").last
    title = link.inner_text()
    link.click()
    expect(page.locator(".answer :target")).to_have_text(title)
    expect(page.locator(".answer :target")).to_be_in_viewport()


def test_on_a_phone_the_contents_unfold(open_page: OpenPage) -> None:
    page = open_page(viewport=PHONE)
    page.goto(KINDS["code"])
    expect(page.locator(".beside")).to_be_hidden()
    page.locator("summary").click()
    page.locator("details.contents a").last.click()
    expect(page.locator(".answer :target")).to_be_in_viewport()


def test_code_and_the_address_can_be_copied(open_page: OpenPage, site: str) -> None:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.clock.install()
    page.goto(KINDS["code"])
    page.clock.pause_at(dt.datetime.now() + dt.timedelta(hours=1))  # noqa: DTZ005 as the browser's own clock
    page.get_by_role("button", name="Copy Python code").first.click()
    expect(page.get_by_role("status")).to_have_text("Copied to the clipboard")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("def ")
    assert copied == page.locator(".code pre").first.text_content()
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == f"{site}{KINDS['code']}"
    page.clock.run_for(2_000)  # milliseconds
    expect(page.get_by_role("button", name="Copy link")).to_be_visible()


def test_without_javascript_there_is_no_dead_button(open_page: OpenPage) -> None:
    page = open_page(java_script_enabled=False)
    page.goto(KINDS["code"])
    visible = page.get_by_role("button").all()
    assert [button.inner_text() for button in visible] == ["Search", "Yes", "No"]  # which send forms


# --- Light and dark ---

PAPER = "getComputedStyle(document.documentElement).backgroundColor"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_scheme_is_the_systems_until_the_visitor_chooses(open_page: OpenPage, scheme: str) -> None:
    page = open_page(color_scheme=scheme)
    page.goto("/learn")
    of_system = page.evaluate(PAPER)
    button = page.get_by_role("button", name="Dark colours")
    expect(button).to_have_attribute("aria-pressed", str(scheme == "dark").lower())
    button.click()
    chosen = page.evaluate(PAPER)
    assert chosen != of_system
    assert page.context.cookies() == []
    page.goto("/learn/mathematics")
    assert page.evaluate(PAPER) == chosen
    page.get_by_role("button", name="Dark colours").click()
    assert page.evaluate(PAPER) == of_system
    assert page.evaluate("localStorage.length") == 0  # the system's choice need not be remembered


def test_the_visitors_choice_is_there_before_the_first_paint(open_page: OpenPage) -> None:
    page = open_page(color_scheme="light")
    page.goto("/learn")
    page.get_by_role("button", name="Dark colours").click()
    # The script that applies it stands before the style sheet and blocks: whatever is painted is painted after it.
    page.add_init_script(
        "new MutationObserver(() => { if (document.body) window.atBody ??= document.documentElement.dataset.theme })"
        ".observe(document, { childList: true, subtree: true })"
    )
    page.goto("/learn/mathematics")
    assert page.evaluate("window.atBody") == "dark"


def test_other_open_pages_follow_the_choice(open_page: OpenPage) -> None:
    page = open_page(color_scheme="light")
    page.goto("/learn")
    other = page.context.new_page()
    other.goto("/learn/mathematics")
    before = other.evaluate(PAPER)
    page.get_by_role("button", name="Dark colours").click()
    expect(other.locator("html")).to_have_attribute("data-theme", "dark")
    assert other.evaluate(PAPER) != before
