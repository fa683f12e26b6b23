"""An editor writes, a publisher publishes, and what is broken is mended."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.admin.steps import open_article, save, write_question

QUESTION = "Why do leaves turn red in autumn?"
ANSWER = """Because **chlorophyll** goes first.

The light has the energy $E = h\\nu$.

| Colour | Pigment |
|---|---|
| red | anthocyanin |
"""


# --- Repair -------------------------------------------------------------------------------------------------


def test_a_missing_page_becomes_a_redirect(log_in: Callable[..., Page]) -> None:
    paul = log_in("paul")
    broken = "/learn/physics/questions/photoelectric-efect"
    assert paul.request.get(broken).status == 404  # the first: written at once
    paul.goto("/admin/learn/missingpage/")
    paul.locator("tr", has_text=broken).get_by_role("link", name="Make redirect").click()
    paul.fill("#id_leads_to", "photoelectric")
    paul.locator(".admin-search [role=option]").first.click()
    save(paul, "_save")
    answer = paul.request.get(broken, max_redirects=0)
    assert answer.status == 301
    assert "photoelectric" in answer.headers["location"]


# --- Writing and publishing ---------------------------------------------------------------------------------


def test_an_editor_writes_with_a_preview_and_a_publisher_publishes(log_in: Callable[..., Page]) -> None:
    edna = log_in("edna")
    write_question(edna, QUESTION, ANSWER)
    pane = edna.locator("[data-preview-pane]")
    expect(pane.locator("strong")).to_have_text("chlorophyll")
    expect(pane.locator("math")).to_have_count(1)
    expect(pane.locator("table")).to_contain_text("anthocyanin")
    # In the site's own style: its table head, its colours; and nothing of them outside the pane.
    font = "element => getComputedStyle(element).fontFamily"
    assert pane.locator("p").first.evaluate(font) != edna.locator("#content h1").evaluate(font)
    expect(edna.locator(".admin-findings")).to_contain_text("words")
    expect(edna.locator(".admin-result-title")).to_have_text(QUESTION)
    expect(edna.locator(".admin-meter").first).to_contain_text("of about 60 characters: good")
    expect(edna.locator("img.admin-card")).to_have_js_property("complete", True)
    save(edna)
    expect(edna.locator(".messagelist")).to_contain_text("Saved as draft. Visitors do not see it.")
    expect(edna.locator("[name=_publish]")).to_have_count(0)
    expect(edna.locator(".admin-submit")).to_contain_text("A publisher has to publish it.")
    address = edna.url

    # A made-up request is refused, too.
    status = edna.evaluate(
        """async () => {
            const form = new FormData(document.getElementById("article_form"));
            form.append("_publish", "1");
            return (await fetch(location.href, {method: "POST", body: form})).status;
        }"""
    )
    assert status == 403

    paul = log_in("paul")
    paul.goto(address)
    paul.click("[name=_publish]")
    expect(paul.locator(".errornote")).to_be_visible()
    expect(paul.locator(".field-description .errorlist")).to_have_text(
        "Write the description that search results show."
    )
    paul.fill("#id_description", "Red leaves show a pigment that the green hid, or that is made in autumn.")
    paul.click("[name=_publish]")
    expect(paul.locator(".badge").first).to_have_text("Published")
    page_path = paul.locator(".admin-status a").first.get_attribute("href")
    visitor = paul.request.get(page_path)
    assert visitor.status == 200
    assert "anthocyanin" in visitor.text()


def test_marks_are_typed_around_the_selection_and_undone(log_in: Callable[..., Page]) -> None:
    edna = log_in("edna")
    edna.goto("/admin/learn/article/add/")
    answer = edna.locator("#id_answer")
    answer.fill("light")
    answer.select_text()
    edna.get_by_role("button", name="Bold").click()
    expect(answer).to_have_value("**light**")
    answer.press("Control+z")
    expect(answer).to_have_value("light")
    answer.select_text()
    answer.press("Control+i")
    expect(edna.locator("[data-preview-pane] em")).to_have_text("light")
    answer.fill("one\ntwo\nthree")
    answer.evaluate("area => area.setSelectionRange(1, 5)")  # from within the first line into the second
    edna.get_by_role("button", name="Numbered list").click()
    expect(answer).to_have_value("1. one\n2. two\nthree")
    edna.focus("[aria-label=Bold]")
    edna.keyboard.press("ArrowRight")
    expect(edna.get_by_role("button", name="Italic")).to_be_focused()
    edna.on("dialog", lambda dialog: dialog.accept())


def test_the_chart_shows_what_its_numbers_say(log_in: Callable[..., Page]) -> None:
    edna = log_in("edna")
    widths = edna.eval_on_selector_all(
        # To the tenth of a pixel: bars that are equal are measured with other last digits at other places.
        ".admin-chart rect",
        "bars => bars.map(bar => Math.round(bar.getBoundingClientRect().width * 10))",
    )
    assert widths[0] > 1000
    assert widths == sorted(widths, reverse=True)


def test_a_moved_page_leaves_a_301(log_in: Callable[..., Page]) -> None:
    paul = log_in("paul")  # whoever publishes may move a page that visitors know
    open_article(paul, "mathematics/why-is-zero-factorial-equal-to-one")
    paul.fill("#id_slug", "zero-factorial")
    expect(paul.locator(".admin-address .admin-note")).to_contain_text("This moves the page")
    save(paul)
    old = paul.request.get("/learn/mathematics/questions/why-is-zero-factorial-equal-to-one", max_redirects=0)
    assert (old.status, old.headers["location"]) == (301, "/learn/mathematics/questions/zero-factorial")


def test_related_questions_by_search_by_suggestion_and_in_order(log_in: Callable[..., Page]) -> None:
    edna = log_in("edna")
    open_article(edna, "physics/what-is-the-difference-between-kinetic-and-potential-energy")
    links = edna.locator(".admin-links li")
    expect(links).to_have_count(0)
    edna.fill("#related-search", "photoelectric")
    expect(edna.locator(".admin-search [role=option]")).to_have_count(1)
    edna.press("#related-search", "ArrowDown")
    edna.press("#related-search", "Enter")
    expect(links).to_have_count(1)
    edna.click("[data-suggest]")
    edna.locator(".admin-suggestions button").first.click()
    expect(links).to_have_count(2)
    second = links.nth(1).locator("a").inner_text()
    edna.get_by_role("button", name=f"Move up: {second}").click()
    expect(links.first.locator("a")).to_have_text(second)
    links.nth(1).drag_to(links.first)
    expect(links.nth(1).locator("a")).to_have_text(second)
    save(edna)
    expect(links).to_have_count(2)
    expect(links.nth(1).locator("a")).to_have_text(second)
    edna.get_by_role("button", name=f"Remove: {second}").click()
    expect(links).to_have_count(1)


def test_a_dead_link_is_shown_and_fixed(log_in: Callable[..., Page]) -> None:
    edna = log_in("edna")
    edna.goto("/admin/content-health/")
    edna.click("text=Related links to nowhere")
    edna.locator(".admin-table th[scope=row] a").first.click()
    expect(edna.locator(".admin-links .badge")).to_have_text("leads nowhere")
    edna.locator(".admin-links li", has=edna.locator(".badge")).get_by_role(
        "button", name=re.compile("Remove")
    ).click()
    save(edna)
    expect(edna.locator(".admin-links .badge")).to_have_count(0)
