"""Articles in the reader modes of browsers: Mozilla's Readability finds the answer, whole and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.reference import pictures
from tests.reference.test_pictures import need

from .conftest import KINDS

READABILITY = pictures.HERE / "node_modules" / "@mozilla" / "readability" / "Readability.js"
READ = """() => {
    const article = new Readability(document.cloneNode(true)).parse();
    const found = new DOMParser().parseFromString(article.content, "text/html").body;
    const answer = document.querySelector("article .answer").cloneNode(true);
    for (const each of answer.querySelectorAll("a[href^='#section-'], button, [hidden]")) each.remove();
    const count = (root, selector) => root.querySelectorAll(selector).length;
    const kinds = ["math", "pre", "table tr", "li", "h2, h3, h4", "strong, b"];
    return {
        title: article.title, excerpt: article.excerpt, text: found.innerText ?? found.textContent,
        found: kinds.map((kind) => count(found, kind)), answer: kinds.map((kind) => count(answer, kind)),
        words: answer.textContent.split(/\\s+/).filter(Boolean), read: found.textContent.split(/\\s+/).filter(Boolean),
    };
}"""


@pytest.mark.parametrize("kind", ["prose", "math", "code", "table", "long"])
def test_a_reader_mode_shows_the_answer_whole(open_page: Callable[..., Page], kind: str) -> None:
    need(READABILITY.exists(), "Readability")
    page = open_page(java_script_enabled=True)
    page.goto(KINDS[kind])
    question = page.locator("h1").inner_text()
    page.evaluate(READABILITY.read_text(encoding="utf-8") + "\nwindow.Readability = Readability; 0")
    found: dict[str, Any] = page.evaluate(READ)
    assert re.sub(r"\W", "", found["title"]).startswith(re.sub(r"\W", "", question)[:40])
    text = " ".join(found["read"])
    assert " ".join(found["words"][:12]) in text
    assert " ".join(found["words"][-12:]) in text
    assert found["found"] == found["answer"]
    assert len(found["read"]) < len(found["words"]) + 25  # the date and the author
    for other in (
        "Was this helpful",
        "Related questions",
        "Ask QuickTakes",
        "On this page",
        "Mathematics",
        "http",
    ):
        assert other not in text
