"""The site as in production, for a real browser: hashed and compressed static files, our own articles."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from tests.conftest import ROOT
from tests.sites import Samples, running_site

SCREENSHOTS = ROOT / "var" / "screenshots"  # kept by CI as artefacts
# How long a page, an element or a word may take to appear: a busy machine is slow, and no test waits for nothing.
PATIENCE = 60_000  # milliseconds
expect.set_options(timeout=PATIENCE)
# A script that adds up in `moved` what moves unasked: https://web.dev/articles/cls
MOVED = (
    "window.moved = 0; new PerformanceObserver(list => list.getEntries().forEach(e => moved += e.value))"
    ".observe({ type: 'layout-shift', buffered: true })"
)
# What may move: where a part of the page ends within one of a row of links, that link may be drawn before the rest of
# its words make it too long for its line. A tenth of a percent of the page; https://web.dev/articles/cls calls .1 good.
LAST_WORD = 0.001
# A module that waits for another has not run when the page has loaded; asked for again, it is there when it ran.
MODULES = "Promise.all([...document.querySelectorAll('script[type=module]')].map(each => import(each.src)))"
PHONE, DESKTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 800}

QUESTION = "/learn/mathematics/questions/"
# One of each kind of page; "long" has a question of 170 characters and a table of formulas.
KINDS = {
    "library": "/learn",
    "subject": "/learn/mathematics",
    "subject-2": "/learn/mathematics?page=2",
    "prose": "/learn/history-of-the-world/questions/why-did-the-roman-republic-fall",
    "math": QUESTION + "how-does-integration-by-substitution-work-and-how-do-you-choose-u",
    "code": "/learn/computer-science/questions/how-does-recursion-work-and-how-do-i-know-when-to-stop",
    "table": "/learn/accounting-and-finance/questions/how-does-a-loan-amortization-schedule-work",
    "long": QUESTION
    + "how-can-you-tell-whether-an-infinite-series-converges-when-the-ratio-test-gives-no-answer"
    "-and-which-of-the-comparison-integral-and-alternating-series-tests-should-you-try-first",
    "subject-filtered": "/learn/mathematics?letter=w&with=formulas",
    "subject-topics": "/learn/mathematics/topics",
    "topic": "/learn/mathematics/topics/theorem",
    "search": "/learn/search?q=matrix",
    "search-nothing": "/learn/search?q=xyzzyx",
    "404": "/learn/mathematics/questions/how-do-you-multiply-two-matrixes",
    "410": "/learn/mathematics/questions/what-was-removed",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, object]) -> dict[str, object]:
    if not Path(str(browser_type_launch_args["executable_path"])).exists():
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail("CI has no Chromium: set CHROMIUM to its path")
        pytest.skip("no Chromium: set CHROMIUM to its path")
    return {**browser_type_launch_args, "timeout": PATIENCE}


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory, samples: Samples) -> Iterator[str]:
    """The address of a site of which every test of the package reads; none writes."""
    folder = tmp_path_factory.mktemp("site")
    links = {"SIGNUP_URL": "https://example.com/join", "ABOUT_ANSWERS_URL": "https://example.com/how"}
    with running_site(folder, samples, **links) as running:
        code = f"from learn.models import Redirect; Redirect.objects.create(old_path={KINDS['410']!r})"
        running.manage("shell", "-c", code)
        yield running.url


@pytest.fixture(scope="session")
def base_url() -> str:
    """In place of pytest-base-url's, whose way of being defined pytest 9 warns of; ours is `site`."""
    return ""


def wait_for_scripts(page: Page) -> None:
    """Wait until whatever the page listens to is listened to: a key or a file that comes earlier is lost."""
    page.wait_for_load_state()
    page.evaluate(f"{MODULES}.then(() => null)")


@pytest.fixture
def open_page(browser: Browser, site: str) -> Iterator[Callable[..., Page]]:
    """`open_page(**context)` gives a page of a new, empty browser context, as a first visitor has it."""
    contexts: list[BrowserContext] = []

    def new(**options: object) -> Page:
        context = browser.new_context(**{"base_url": site, "viewport": DESKTOP, **options})
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        return context.new_page()

    yield new
    for context in contexts:
        context.close()


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    return open_page()


@pytest.fixture
def complaints() -> Callable[[Page], list[str]]:
    """Collects what a page says on the console, throws or is refused by its Content-Security-Policy."""

    def listen(page: Page) -> list[str]:
        heard: list[str] = []

        def on_console(message: ConsoleMessage) -> None:
            # Chromium reports the status of the page itself where it is 404 or 410.
            if message.location.get("url") != page.url or "Failed to load resource" not in message.text:
                heard.append(f"{message.type}: {message.text}")

        page.on("console", on_console)
        page.on("pageerror", lambda error: heard.append(f"error: {error}"))
        page.on("requestfailed", lambda request: heard.append(f"failed: {request.url}"))
        page.expose_function("heard", lambda message: heard.append(message))  # noqa: PLW0108 needs a Python function
        page.add_init_script(
            "addEventListener('securitypolicyviolation', e => heard(`refused: ${e.violatedDirective} ${e.blockedURI}`))"
        )
        return heard

    return listen
