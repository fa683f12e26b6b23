"""New articles in a browser: none is lost to another, to a failed save or to a second tab."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

ADD = "/admin/learn/article/add/"
LIST = "/admin/learn/article/"


def test_a_new_article_whose_save_failed_is_still_there_after_another_was_opened(
    log_in: Callable[..., Page],
) -> None:
    edna = log_in("edna")
    edna.on("dialog", lambda dialog: dialog.accept())
    edna.goto(ADD)
    edna.fill("#id_question", "Why is it lost?")
    edna.fill("#id_answer", "It took an hour to write.")
    edna.route(
        "**/article/add/",
        lambda route: route.abort() if route.request.method == "POST" else route.continue_(),
    )
    edna.click("[name=_continue]")
    edna.wait_for_url("chrome-error://**")  # else it may take the place of the list
    edna.goto(LIST)
    edna.locator("#result_list tbody th a").first.click()
    expect(edna.locator("[data-admin-form]")).to_be_visible()
    edna.goto(ADD)
    expect(edna.locator(".admin-offer")).to_contain_text("Why is it lost?")
    edna.click("text=Restore them")
    assert edna.input_value("#id_answer") == "It took an hour to write."


def test_two_tabs_with_new_articles_keep_both(log_in: Callable[..., Page]) -> None:
    first = log_in("edna")
    second = first.context.new_page()
    for number, tab in enumerate((first, second)):
        tab.on("dialog", lambda dialog: dialog.accept())
        tab.goto(ADD)
        expect(tab.locator(".admin-offer")).to_have_count(
            0
        )  # the other tab is open, and its text no lost one
        tab.fill("#id_question", f"Question of tab {number}?")
        tab.wait_for_timeout(700)
    for tab in (first, second):
        tab.goto("/admin/")
    first.wait_for_timeout(500)  # what is sent on leaving is not waited for
    first.goto(ADD)
    for number in range(2):  # from the server, or from this browser where that had no time for it
        expect(first.locator("#content")).to_contain_text(f"Question of tab {number}?")


def test_a_new_article_that_was_saved_is_not_offered_again(log_in: Callable[..., Page]) -> None:
    edna = log_in("edna")
    edna.goto(ADD)
    edna.fill("#id_question", "Why is it kept?")
    edna.select_option("#id_subject", index=1)
    edna.wait_for_timeout(700)
    edna.click("[name=_continue]")
    expect(edna.locator(".messagelist")).to_contain_text("Saved as draft")
    edna.goto(ADD)
    expect(edna.locator(".admin-offer")).to_have_count(0)
