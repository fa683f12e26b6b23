"""The page of results tells that one of them was opened: once, with the text alone, holding nobody up."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qs

from playwright.sync_api import Page, Request, expect

OpenPage = Callable[..., Page]


def told(page: Page) -> list[Request]:
    requests: list[Request] = []

    def note(request: Request) -> None:
        if request.url.endswith("/learn/search/opened"):
            requests.append(request)

    page.context.on("request", note)
    return requests


def test_an_opened_result_is_told_of_once(open_page: OpenPage) -> None:
    page = open_page()
    requests = told(page)
    page.goto("/learn/search?q=Recursion?")
    with page.expect_response("**/learn/search/opened") as answer:
        page.locator(".results ol a").first.click(modifiers=["Control"])  # in a tab of its own
    assert answer.value.status == 204
    page.locator(".results ol a").first.click()
    expect(page).to_have_url(re.compile("/questions/"))
    (request,) = requests
    assert parse_qs(request.post_data or "") == {"q": ["Recursion?"]}
    assert "cookie" not in request.headers
    assert page.context.cookies() == []


def test_without_script_a_result_opens_all_the_same(open_page: OpenPage) -> None:
    page = open_page(java_script_enabled=False)
    requests = told(page)
    page.goto("/learn/search?q=recursion")
    page.locator(".results ol a").first.click()
    expect(page).to_have_url(re.compile("/questions/"))
    assert requests == []
