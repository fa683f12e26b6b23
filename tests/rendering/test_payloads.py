"""Scripts that authors might write, opened in a real Chromium without a Content-Security-Policy: none runs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils.html import conditional_escape
from playwright.sync_api import Browser, Page

from learn.rendering import render, render_line
from tests.rendering.payloads import ADDRESSES, VECTORS, payloads

pytestmark = pytest.mark.browser

PAGE = "<!doctype html><meta charset=utf-8><body>{mains}"

# What visitors and scripts of the page do to an answer: click, point, focus, and put its HTML somewhere again, which is
# when a browser reads it otherwise than the first time (mutation XSS).
STIR = """async () => {
  const stir = () => {
    for (const element of document.querySelectorAll("main *")) {
      for (const kind of ["mouseover", "mouseenter", "pointerover", "focus", "animationstart", "toggle"]) {
        element.dispatchEvent(new Event(kind, { bubbles: true }));
      }
      if (["javascript:", "vbscript:", "view-source:"].includes(element.protocol)) element.click();
    }
  };
  stir();
  for (const answer of document.querySelectorAll("main")) {
    const copy = document.createElement("main");
    copy.innerHTML = answer.innerHTML;
    answer.after(copy);
    answer.innerHTML = copy.innerHTML;
  }
  stir();
  await new Promise((resolve) => setTimeout(resolve, 50));
}"""


class Trial:
    """Opens HTML in the page and tells whether a script ran."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.ran = False
        page.expose_function("ran", self._note)
        page.on("dialog", lambda dialog: dialog.dismiss())
        page.route("**/*", lambda route: route.fulfill(status=404, body=""))

    def _note(self) -> None:
        self.ran = True

    def runs(self, *answers: str) -> bool:
        self.ran = False
        mains = "".join(f"<main>{html}</main>" for html in answers)
        self.page.set_content(PAGE.format(mains=mains), wait_until="domcontentloaded")
        self.page.evaluate(STIR)
        return self.ran


@pytest.fixture
def trial(browser: Browser) -> Iterator[Trial]:
    page = browser.new_page()
    yield Trial(page)
    page.close()


def test_the_trial_notices_scripts_that_run(trial: Trial) -> None:
    """Without this, a page that ran nothing at all would pass every other test."""
    ran = [name for name, vector in VECTORS.items() if trial.runs(vector)]
    assert len(ran) >= 15, ran
    assert trial.runs(f'<a href="{ADDRESSES["plain"]}">a</a>')


def test_no_script_of_an_author_runs(trial: Trial) -> None:
    groups = payloads()
    assert sum(map(len, groups.values())) > 200
    ran = []
    for texts in groups.values():
        answers = {name: render(text).html for name, text in texts.items()}
        if trial.runs(*answers.values()):
            ran += [name for name, html in answers.items() if trial.runs(html)] or list(answers)
    assert ran == []


def test_no_script_in_a_title_runs(trial: Trial) -> None:
    """A question stands in headings and in links."""
    for group in payloads().values():
        titles = [str(conditional_escape(render_line(text).html)) for text in group.values()]
        assert not trial.runs(*(f"<h1>{title}</h1><a href=/>{title}</a>" for title in titles)), group


def test_no_script_runs_where_all_are_in_one_answer(trial: Trial) -> None:
    """What one leaves open, another might use."""
    texts = [text for group in payloads().values() for text in group.values()]
    assert not trial.runs(render("\n\n".join(texts)).html)
    assert not trial.runs(render(" ".join(VECTORS.values())).html)
