"""What was typed stays: after a refused save, beside a colleague, in two tabs, and when the session has ended."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.admin.conftest import PASSPHRASE
from tests.browser.admin.steps import open_article, save
from tests.browser.conftest import wait_for_scripts

KEPT = re.compile("Draft saved at")
ADD = "/admin/learn/article/add/"
STORED = (
    "Object.entries(localStorage).filter(([name]) => name.startsWith('desk:')).map(([, text]) => text).join()"
)


def kept(page: Page) -> None:
    expect(page.locator("[data-kept]")).to_have_text(KEPT)


def reopened(page: Page, address: str) -> None:
    """Close the form, and open it again."""
    page.goto("/admin/")
    page.goto(address)
    wait_for_scripts(page)


def cut_off(page: Page) -> None:
    """The server is gone for what the page sends by itself."""
    page.route("**/draft/keep/", lambda route: route.fulfill(status=404))
    without_beacons = "navigator.sendBeacon = () => false"  # which come when the page is gone, and its routes
    page.add_init_script(without_beacons)
    page.evaluate(without_beacons)


# --- A save that was refused --------------------------------------------------------------------------------


def test_what_a_refused_form_holds_is_kept_at_once(log_in: Callable[..., Page]) -> None:
    edna = log_in("edna")
    edna.on("dialog", lambda dialog: dialog.accept())
    address = open_article(edna, "accounting-and-finance/how-does-a-loan-amortization-schedule-work")
    question, answer = edna.input_value("#id_question"), edna.input_value("#id_answer")
    edna.fill("#id_answer", f"FIRST EDIT\n\n{answer}")
    edna.fill("#id_question", "")
    save(edna)
    expect(edna.locator(".field-question .errorlist")).to_contain_text("This field is required")
    kept(edna)  # before another key is pressed
    edna.fill("#id_question", question)
    edna.fill("#id_answer", f"FIRST EDIT\n\n{answer}\n\nLAST LINE")
    with edna.expect_response("**/draft/keep/"):
        pass
    kept(edna)
    reopened(edna, address)
    assert edna.input_value("#id_answer") == f"FIRST EDIT\n\n{answer}\n\nLAST LINE"
    assert edna.input_value("#id_question") == question
    expect(edna.locator(".admin-offer")).to_have_count(0)
    assert edna.evaluate(STORED) == ""


def test_both_texts_of_an_edit_conflict_are_kept_at_once(log_in: Callable[..., Page]) -> None:
    edna, paul = log_in("edna"), log_in("paul")
    slug = "accounting-and-finance/what-does-the-current-ratio-say-about-a-company"
    address = open_article(edna, slug)
    answer = edna.input_value("#id_answer")
    paul.goto(address)
    paul.fill("#id_answer", f"Paul's beginning.\n\n{answer}")
    save(paul)
    edna.fill("#id_answer", f"{answer}\n\nEdna's end.")
    save(edna)
    expect(edna.locator(".admin-conflict")).to_be_visible()
    kept(edna)
    edna.focus("#id_keywords")
    edna.keyboard.press("Control+End")
    with edna.expect_response("**/draft/keep/"):
        edna.keyboard.type(" word")
    kept(edna)
    reopened(edna, address)
    assert edna.input_value("#id_answer") == f"Paul's beginning.\n\n{answer}\n\nEdna's end."
    assert edna.input_value("#id_keywords").endswith(" word")


def test_a_refused_form_stays_in_the_browser_while_the_server_is_gone(log_in: Callable[..., Page]) -> None:
    edna = log_in("edna")
    edna.on("dialog", lambda dialog: dialog.accept())
    address = open_article(edna, "chemistry/what-is-an-element")
    answer = edna.input_value("#id_answer")
    cut_off(edna)
    edna.fill("#id_answer", f"{answer}\n\nWritten once.")
    edna.fill("#id_question", "")
    save(edna)
    expect(edna.locator("[data-kept]")).to_contain_text("This browser keeps what you typed")
    edna.goto("/admin/")
    edna.unroute("**/draft/keep/")
    edna.goto(address)
    edna.click("text=Restore them")
    kept(edna)
    assert edna.input_value("#id_answer") == f"{answer}\n\nWritten once."


# --- Beside a colleague -------------------------------------------------------------------------------------


def test_what_the_browser_kept_is_put_together_with_a_newer_draft(log_in: Callable[..., Page]) -> None:
    edna, paul = log_in("edna"), log_in("paul")
    edna.on("dialog", lambda dialog: dialog.accept())
    address = open_article(edna, "chemistry/how-do-you-balance-a-chemical-equation")
    answer = edna.input_value("#id_answer")
    cut_off(edna)
    edna.fill("#id_answer", f"{answer}\n\nEdna's end.")
    edna.fill("#id_keywords", "ednas")
    expect(edna.locator("[data-kept]")).to_contain_text("This browser keeps")
    edna.goto("/admin/")
    paul.goto(address)
    paul.fill("#id_answer", f"Paul's beginning.\n\n{answer}")
    paul.fill("#id_description", "Paul's description.")
    kept(paul)
    edna.unroute("**/draft/keep/")
    edna.goto(address)
    edna.click("text=Restore them")
    kept(edna)
    both = f"Paul's beginning.\n\n{answer}\n\nEdna's end."
    for _ in range(2):
        expect(edna.locator("#id_answer")).to_have_value(both)
        assert edna.input_value("#id_keywords") == "ednas"
        assert edna.input_value("#id_description") == "Paul's description."
        reopened(edna, address)


def test_an_offer_that_nobody_decided_about_stays(log_in: Callable[..., Page]) -> None:
    edna = log_in("edna")
    edna.on("dialog", lambda dialog: dialog.accept())
    address = open_article(edna, "mathematics/how-do-you-calculate-a-percentage-change")
    answer = edna.input_value("#id_answer")
    cut_off(edna)
    edna.fill("#id_answer", f"{answer}\n\nWritten offline.")
    expect(edna.locator("[data-kept]")).to_contain_text("This browser keeps")
    edna.goto("/admin/")
    edna.unroute("**/draft/keep/")
    edna.goto(address)
    edna.fill("#id_keywords", "typed before she looked")
    kept(edna)
    reopened(edna, address)
    edna.click("text=Restore them")
    kept(edna)
    reopened(edna, address)
    assert edna.input_value("#id_answer") == f"{answer}\n\nWritten offline."
    assert edna.input_value("#id_keywords") == "typed before she looked"
    expect(edna.locator(".admin-offer")).to_have_count(0)


def test_what_the_browser_kept_of_the_same_lines_is_shown_beside_the_newer(
    log_in: Callable[..., Page],
) -> None:
    edna, paul = log_in("edna"), log_in("paul")
    edna.on("dialog", lambda dialog: dialog.accept())
    address = open_article(edna, "computer-science/how-do-i-undo-my-last-commit-in-git")
    answer = edna.input_value("#id_answer")
    cut_off(edna)
    edna.fill("#id_answer", f"Edna's beginning. {answer}")
    expect(edna.locator("[data-kept]")).to_contain_text("This browser keeps")
    edna.goto("/admin/")
    paul.goto(address)
    paul.fill("#id_answer", f"Paul's beginning. {answer}")
    kept(paul)
    edna.unroute("**/draft/keep/")
    edna.goto(address)
    edna.click("text=Restore them")
    expect(edna.locator("[data-kept]")).to_contain_text("Somebody changed the same lines")
    edna.focus("#id_keywords")
    with edna.expect_response("**/draft/keep/"):  # another field is kept; what clashes still waits
        edna.keyboard.type("x")
    expect(edna.locator("[data-kept]")).to_contain_text("Somebody changed the same lines")
    save(edna)
    expect(edna.locator(".admin-conflict")).to_be_visible()
    assert "Edna's beginning." in edna.input_value("#id_answer")
    assert "Paul's beginning." in edna.input_value("#id_answer")


def test_the_caret_stays_where_it_was(log_in: Callable[..., Page]) -> None:
    edna, paul = log_in("edna"), log_in("paul")
    address = open_article(edna, "computer-science/how-does-recursion-work-and-how-do-i-know-when-to-stop")
    answer = "\n\n".join(f"Paragraph {number}." for number in range(60))
    edna.fill("#id_answer", answer)
    kept(edna)
    paul.goto(address)
    top, end = ("\n".join(f"{place} {number}." for number in range(9)) for place in ("Top", "End"))
    paul.fill("#id_answer", f"{top}\n\n{answer}\n\n{end}")
    kept(paul)
    field = edna.locator("#id_answer")
    before = field.evaluate(
        """area => {
            area.focus();
            const at = area.value.indexOf("graph 30.");
            area.setSelectionRange(at, at + 5);
            area.scrollTop = 600;
            const line = parseFloat(getComputedStyle(area).lineHeight);
            return {top: area.scrollTop, line};
        }"""
    )
    edna.fill("#id_keywords", "something else")
    field.evaluate("area => area.focus()")
    expect(field).to_have_value(f"{top}\n\n{answer}\n\n{end}")
    after = field.evaluate(
        """area => ({
            top: area.scrollTop,
            chosen: area.value.slice(area.selectionStart, area.selectionEnd),
            before: area.value.slice(0, area.selectionStart),
        })"""
    )
    assert after["chosen"] == "graph"
    assert after["before"].endswith("Paragraph 29.\n\nPara")
    assert after["top"] > before["top"] + 100  # Paul's ten lines are above what she looks at


def test_a_discarded_draft_is_told_and_takes_no_text_away(log_in: Callable[..., Page]) -> None:
    edna, paul = log_in("edna"), log_in("paul")
    edna.on("dialog", lambda dialog: dialog.accept())
    address = open_article(edna, "economics/how-is-inflation-measured-with-the-consumer-price-index")
    answer = edna.input_value("#id_answer")
    edna.fill("#id_answer", f"{answer}\n\nWritten before.")
    kept(edna)
    paul.goto(address)
    paul.click("text=Discard draft")
    expect(paul.locator("#content")).to_contain_text("edna is writing here")
    paul.click("text=Discard the draft")
    expect(paul.locator(".messagelist")).to_contain_text("The draft is discarded.")
    edna.fill("#id_answer", f"{answer}\n\nWritten before.\n\nWritten after.")
    expect(edna.locator("[data-kept]")).to_contain_text("paul discarded this draft")
    assert edna.input_value("#id_answer").endswith("Written before.\n\nWritten after.")
    edna.wait_for_timeout(700)
    assert "Written before." in edna.evaluate(STORED)
    edna.goto("/admin/")
    edna.goto(address)
    assert edna.input_value("#id_answer") == answer
    edna.click("text=Restore them")
    kept(edna)
    assert edna.input_value("#id_answer").endswith("Written before.\n\nWritten after.")


# --- In two tabs --------------------------------------------------------------------------------------------


def test_a_new_article_that_was_saved_elsewhere_is_found(log_in: Callable[..., Page]) -> None:
    edna = log_in("edna")
    edna.on("dialog", lambda dialog: dialog.accept())
    edna.goto(ADD)
    edna.fill("#id_question", "Which of two tabs is it?")
    edna.fill("#id_answer", "First.\n\nSecond.")
    kept(edna)
    second = edna.context.new_page()
    second.on("dialog", lambda dialog: dialog.accept())
    second.goto(edna.url)
    wait_for_scripts(second)
    assert second.input_value("#id_answer") == "First.\n\nSecond."
    edna.select_option("#id_subject", label="Physics")
    save(edna)
    expect(edna.locator(".messagelist")).to_contain_text("Saved as draft")

    second.fill("#id_answer", "First.\n\nSecond.\n\nOf the other tab.")
    told = second.locator("[data-kept]")
    expect(told).to_contain_text("was saved as an article")
    assert second.input_value("#id_question") == "Which of two tabs is it?"
    assert second.input_value("#id_answer").endswith("Of the other tab.")
    second.click("[name=_continue]")  # makes no second one
    second.wait_for_url(edna.url)
    assert second.input_value("#id_answer") == "First.\n\nSecond.\n\nOf the other tab."


def test_a_new_article_saved_elsewhere_is_found_by_a_save_too(log_in: Callable[..., Page]) -> None:
    edna, paul = log_in("edna"), log_in("paul")
    edna.goto(ADD)
    edna.fill("#id_question", "Which of two people is it?")
    kept(edna)
    paul.goto(edna.url)
    wait_for_scripts(paul)
    edna.select_option("#id_subject", label="Physics")
    save(edna)
    paul.fill("#id_answer", "Of the other person.")
    paul.click("[name=_continue]")
    paul.wait_for_url(edna.url)
    wait_for_scripts(paul)
    assert paul.input_value("#id_answer") == "Of the other person."


# --- When the session has ended -----------------------------------------------------------------------------


def test_a_comment_outlives_the_session(log_in: Callable[..., Page]) -> None:
    edna = log_in("edna")
    address = open_article(edna, "mathematics/how-do-you-complete-the-square")
    edna.goto(address.replace("change", "review"))
    wait_for_scripts(edna)
    comment = edna.get_by_label("What you want to say")
    comment.fill("An hour of thought.")
    edna.context.clear_cookies()
    edna.click("[name=_comment]")
    dialog = edna.locator("[data-login-dialog]")
    expect(dialog).to_be_visible()
    edna.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert comment.input_value() == "An hour of thought."
    edna.click("[name=_comment]")
    dialog.get_by_label("Password").fill(PASSPHRASE)
    with edna.expect_navigation():
        dialog.get_by_role("button", name="Log in").click()
    expect(edna.locator(".admin-thread")).to_contain_text("An hour of thought.")


def test_a_comment_stays_while_the_server_is_gone(log_in: Callable[..., Page]) -> None:
    edna = log_in("edna")
    address = open_article(edna, "mathematics/how-do-you-convert-degrees-to-radians")
    edna.goto(address.replace("change", "review"))
    wait_for_scripts(edna)
    comment = edna.get_by_label("What you want to say")
    comment.fill("Another hour of thought.")
    edna.route("**/draft/token/", lambda route: route.fulfill(status=404))
    edna.click("[name=_comment]")
    expect(edna.get_by_role("alert")).to_contain_text("The site cannot be reached")
    assert comment.input_value() == "Another hour of thought."
    edna.unroute("**/draft/token/")
    with edna.expect_navigation():
        edna.click("[name=_comment]")
    expect(edna.locator(".admin-lines, .admin-thread").first).to_be_visible()
    expect(edna.locator("#content")).to_contain_text("Another hour of thought.")
