"""Help with the words in the form: what may be said better is mended by a key, and a link is found by its question."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.axe import axe
from tests.browser.conftest import PHONE, SCREENSHOTS

LogIn = Callable[..., Page]
ANSWER = """😀 Light bends, see [](https://example.org/light) and [here](https://example.org).

**The parts**

| a | b |
| c | d |"""


def test_what_may_be_said_better_is_mended_by_a_key_and_taken_back(log_in: LogIn) -> None:
    page = log_in("edna")
    page.goto("/admin/learn/article/add/")
    answer = page.locator("#id_answer")
    findings = page.locator("[data-findings]")
    answer.fill(ANSWER)
    expect(findings).to_contain_text("Line 1: “here” does not say where the link leads")
    expect(findings).to_contain_text("There are no keywords")
    page.locator("#id_keywords").fill("light")
    expect(findings).not_to_contain_text("There are no keywords")
    page.screenshot(path=SCREENSHOTS / "desk-words.png")

    answer.evaluate("area => area.setSelectionRange(0, 0)")
    answer.press("Control+.")
    expect(answer).to_have_value(
        ANSWER.replace("[](https://example.org/light)", "<https://example.org/light>")
    )
    answer.press("Control+z")
    expect(answer).to_have_value(ANSWER)
    # One after the other: each waits until the server has read the text that the one before it left.
    for done, left in (
        ("<https", "nobody sees"),
        ("### The parts", "looks like a heading"),
        ("| --- |", "no table"),
    ):
        expect(findings).to_contain_text(left)
        answer.press("Control+.")
        expect(findings).not_to_contain_text(left)
        assert done in answer.input_value()
    answer.press("Control+.")
    expect(page.locator("[data-preview-facts]")).to_have_text("There is nothing here that a key could mend.")
    assert axe(page) == []
    page.locator("[data-findings] button", has_text="Line 1").first.click()
    expect(answer).to_be_focused()
    answer.fill("[](https://example.org)")
    page.get_by_role("button", name="Show the address").click()
    expect(answer).to_have_value("<https://example.org>")
    page.on("dialog", lambda dialog: dialog.accept())


def test_two_brackets_find_a_question_to_link_to(log_in: LogIn) -> None:
    page = log_in("edna")
    page.goto("/admin/learn/article/add/")
    answer = page.locator("#id_answer")
    search = page.get_by_role("combobox", name="Link to a question")
    option = page.locator(".admin-linking [role=option]")
    answer.press_sequentially("See [[")
    expect(search).to_be_focused()
    search.press_sequentially("photoelectric")
    expect(option.first).to_contain_text("photoelectric")
    expect(page.locator(".admin-linking [role=status]")).to_contain_text("found")
    assert axe(page) == []
    search.press("ArrowDown")
    expect(search).to_have_attribute("aria-activedescendant", option.first.get_attribute("id") or "")
    question = (option.first.text_content() or "").rpartition(" (")[0]
    page.screenshot(path=SCREENSHOTS / "desk-linking.png")
    search.press("Enter")
    expect(answer).to_be_focused()
    value = answer.input_value()
    assert value.startswith(f"See [{question}](/learn/physics/questions/")
    assert value.endswith(")")
    answer.press_sequentially(" too")
    expect(answer).to_have_value(f"{value} too")
    answer.press("Control+z")
    answer.press("Control+z")
    expect(answer).to_have_value("See [[")

    # The button links the words that are selected; Escape closes the list first, then goes back.
    answer.fill("the effect")
    answer.select_text()
    page.get_by_role("button", name="Link to a question").click()
    search.press_sequentially("photoelectric")
    expect(option.first).to_be_visible()
    search.press("Escape")
    expect(option.first).to_be_hidden()
    expect(search).to_be_focused()
    search.press("Escape")
    expect(answer).to_be_focused()
    expect(answer).to_have_value("the effect")
    answer.select_text()
    page.set_viewport_size(PHONE)
    page.get_by_role("button", name="Link to a question").click()
    search.press_sequentially("photoelectric")
    expect(option.first).to_be_visible()
    page.screenshot(path=SCREENSHOTS / "desk-linking-phone.png")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    option.first.click()
    assert answer.input_value().startswith("[the effect](/learn/physics/questions/")

    for code in ("`a[[", "$x[[", "```\n[["):
        answer.fill("")
        answer.press_sequentially(code)
        expect(search).to_be_hidden()
        expect(answer).to_be_focused()
    page.on("dialog", lambda dialog: dialog.accept())
