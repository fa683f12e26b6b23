"""What editors do again and again."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.browser.conftest import wait_for_scripts

PHONE, DESKTOP = {"width": 360, "height": 740}, {"width": 1400, "height": 900}


def write_question(page: Page, question: str, answer: str, description: str = "") -> None:
    page.goto("/admin/learn/article/add/")
    page.fill("#id_question", question)
    page.select_option("#id_subject", label="Chemistry")
    page.fill("#id_answer", answer)
    page.fill("#id_description", description)


def save(page: Page, button: str = "_continue") -> None:
    with page.expect_navigation():
        page.click(f"[name={button}]")


def open_article(page: Page, slug: str) -> str:
    """Open the form of the article with this slug through the list's search; returns its address."""
    page.goto("/admin/learn/article/")
    page.fill("#searchbar", f"/learn/{slug.partition('/')[0]}/questions/{slug.partition('/')[2]}")
    with page.expect_navigation():
        page.press("#searchbar", "Enter")
    page.click("#result_list .field-question a")
    page.wait_for_selector("#id_answer")
    wait_for_scripts(page)
    return page.url.partition("?")[0]
