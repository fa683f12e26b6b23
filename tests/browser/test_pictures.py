"""A page with pictures in a real browser: nothing shifts, nothing complains, everybody sees what is shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.axe import axe
from tests.browser.conftest import DESKTOP, PATIENCE, PHONE, SCREENSHOTS
from tests.factories import article_file
from tests.media.images import line_art, photograph, picture
from tests.sites import Samples, running_site

URL = "/learn/physics/questions/what-does-a-prism-do"
ANSWER = r"\n\n".join(
    [
        "Light is bent, each colour in a way of its own.",
        '![Noise, as of a camera at night](media/noise.jpg "Seen by a camera at night")',
        r"- ![A ring](media/ring.png)\n- A word and ![a red sign](media/sign.png) in its line.",
        "![A ring, drawn with ink](media/ring.png)",
        "That is all.",
    ]
)
SHIFTS = """() => new Promise((done) => {
  let total = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) total += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(total), 500);
})"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, samples: Samples) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("pictures")
    source: Path = folder / "source"
    article_file(source, URL, answer=ANSWER)
    (source / "subjects.yaml").write_text("physics:\n  title: Physics\n")
    (source / "media").mkdir()
    for name, data in (
        ("noise.jpg", photograph((1400, 700))),
        ("ring.png", line_art((500, 300))),
        ("sign.png", picture(size=(24, 24))),
    ):
        (source / "media" / name).write_bytes(data)
    with running_site(folder, samples) as site:
        site.manage("import_articles", str(source), "--verbosity=0")
        site.manage("prepare_pictures", "--verbosity=0")
        yield site.url


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_a_page_with_pictures(browser: Browser, address: str, viewport: dict[str, int], scheme: str) -> None:
    context = browser.new_context(base_url=address, viewport=viewport, color_scheme=scheme)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    complaints: list[str] = []
    hosts: set[str] = set()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    page.goto(URL)
    images = page.locator(".answer img")
    for image in images.all():
        image.scroll_into_view_if_needed()
        expect(image).to_have_js_property("complete", True)
        assert image.evaluate("image => image.naturalWidth") > 0
    assert images.count() == 4
    assert images.first.evaluate("image => image.currentSrc").endswith(".avif")
    assert page.evaluate(SHIFTS) == 0
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.screenshot(path=SCREENSHOTS / f"pictures-{viewport['width']}-{scheme}.png", full_page=True)
    plate = page.locator(".plate img").first.evaluate("image => getComputedStyle(image).backgroundColor")
    assert plate == ("rgba(0, 0, 0, 0)" if scheme == "light" else "rgb(246, 245, 240)")
    page.get_by_role("link", name="Noise, as of a camera at night").press("Enter")
    page.wait_for_url("**/media/*.jpg")
    assert (complaints, hosts) == ([], {address.split("/")[2]})
    context.close()


def test_the_pictures_of_a_saved_answer_are_there_without_a_network(browser: Browser, address: str) -> None:
    context = browser.new_context(base_url=address, viewport=PHONE)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(URL)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status")).to_have_text("Saved, and ready to be read without a network")
    kept = page.evaluate(
        "caches.open('saved').then(c => c.keys()).then(all => all.map(r => new URL(r.url).pathname))"
    )
    assert len([name for name in kept if name.startswith("/media/")]) == 3  # one version of each
    page.goto(URL)  # under the worker
    context.set_offline(True)
    context.new_cdp_session(page).send("Network.clearBrowserCache")
    page.goto(URL)
    for image in page.locator(".answer img").all():
        image.scroll_into_view_if_needed()
        expect(image).to_have_js_property("complete", True)
        assert image.evaluate("image => image.naturalWidth") > 0
    context.set_offline(False)
    page.goto("/learn/saved")
    page.get_by_role("button", name="Remove", exact=False).first.click()
    page.wait_for_function("caches.has('saved').then(found => !found)")
    context.close()
