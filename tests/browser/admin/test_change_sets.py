"""A wrong move of many articles, seen, confirmed by its number, and taken back but for what was edited in between."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.admin.steps import save
from tests.browser.axe import axe

SIZES = ({"width": 360, "height": 740}, {"width": 1400, "height": 900})


def confirm(page: Page) -> None:
    page.check("[name=sure]")
    page.click("main button.default, #content-main button.default")
    expect(page.locator(".badge")).to_have_text("Done", timeout=60_000)


def assert_fits_and_is_accessible(page: Page) -> None:
    before = page.viewport_size
    page.wait_for_function("document.getAnimations().length === 0")
    for size in SIZES:
        page.set_viewport_size(size)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (page.url, size)
        found = axe(page)
        assert found == [], found
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.wait_for_function("document.getAnimations().length === 0")
    found = axe(page, only_colours=True)
    assert found == [], found
    page.emulate_media(color_scheme="light")
    page.wait_for_function("document.getAnimations().length === 0")
    assert before is not None
    page.set_viewport_size(before)


def test_a_wrong_move_is_taken_back_but_for_what_was_edited_in_between(log_in: Callable[..., Page]) -> None:
    page = log_in("paul")
    page.goto("/admin/learn/article/?subject__id__exact=1")
    total = int(page.locator(".paginator").inner_text().split()[0])
    page.check("#action-toggle")
    page.select_option("select[name=action]", "move")
    page.click("button[name=index]")
    target = page.locator("#id_subject option").last
    page.select_option("#id_subject", target.get_attribute("value"))
    page.click("text=Show what would happen")
    expect(page.locator("h2").first).to_have_text("Nothing is changed yet")
    button = page.locator("button.default")
    expect(button).to_have_text(f"Move {total} articles")
    assert_fits_and_is_accessible(page)
    confirm(page)
    done = page.url.partition("?")[0]
    slug = page.locator(".admin-change h3 a").first
    slug.click()
    page.wait_for_selector("#id_answer")
    page.fill("#id_keywords", "edited in between")
    save(page, "_continue")
    page.goto(done)
    page.click("text=Take it back")
    expect(page.locator("h2").first).to_have_text("Nothing is changed yet")
    expect(page.locator("button.default")).to_have_text(f"Take back {total - 1} articles")
    page.click("nav[aria-label='Which ones'] >> text=Refused")
    page.locator("details summary").first.click()
    expect(page.locator(".admin-three pre").first).to_be_visible()
    assert_fits_and_is_accessible(page)
    page.check("[name=sure]")
    page.click("button.default")
    expect(page.locator(".badge")).to_have_text("Partly refused", timeout=60_000)
    page.goto("/admin/learn/article/?subject__id__exact=1")
    assert int(page.locator(".paginator").inner_text().split()[0]) == total - 1
    page.goto("/admin/learn/changeset/")
    expect(page.locator("#result_list")).to_contain_text("Taken back")
    assert_fits_and_is_accessible(page)


def test_hits_of_a_replacement_are_left_out_one_by_one(log_in: Callable[..., Page]) -> None:
    page = log_in("paul")
    page.goto("/admin/find-and-replace/")
    page.fill("#id_find", "the")
    page.fill("#id_replace", "this")
    page.check("#id_whole_words")
    page.select_option("#id_into", "live")
    page.click("text=Show what would change")
    expect(page.locator("h2").first).to_have_text("Nothing is changed yet")
    hit = page.locator("[name=hit]").first
    hit.uncheck()
    page.click("text=Leave out what is not ticked")
    expect(page.locator("[name=hit]").first).not_to_be_checked()
    assert_fits_and_is_accessible(page)
    page.click("text=Discard")
    expect(page.locator(".messagelist")).to_contain_text("Nothing was changed")
