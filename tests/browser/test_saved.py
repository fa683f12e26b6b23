"""Saving, reading offline and practising: in a real browser, with the network cut."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import axe
from tests.browser.conftest import (
    DESKTOP,
    KINDS,
    LAST_WORD,
    MOVED,
    PHONE,
    SCREENSHOTS,
    wait_for_scripts,
)
from tests.sites import Samples, Site, running_site

OpenPage = Callable[..., Page]


@pytest.fixture
def changing(tmp_path: Path, samples: Samples) -> Iterator[Site]:
    """A site of the test's own, on which articles change."""
    with running_site(tmp_path, samples) as running:
        yield running


def save(page: Page, address: str) -> str:
    """Save the question at `address`, wait until its page is kept, and return the question."""
    page.goto(address)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("button", name="Saved")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("status")).to_have_text("Saved, and ready to be read without a network")
    return page.locator("h1").inner_text()


def rewrite(site: Site, address: str, answer: str) -> None:
    slug = address.rpartition("/")[2]
    code = f"from learn.models import Article as A; a = A.objects.get(slug={slug!r}); a.answer = {answer!r}; a.save()"
    site.manage("shell", "-c", code)


def test_save_cut_the_network_read_practise_and_come_back(open_page: OpenPage, changing: Site) -> None:
    page = open_page(base_url=changing.url)
    question = save(page, KINDS["math"])
    save(page, KINDS["code"])
    page.context.set_offline(True)
    page.goto("/learn/saved")
    expect(page.get_by_role("heading", level=2)).to_have_text("2 saved questions")
    page.get_by_role("link", name=question).click()
    expect(page.locator("h1")).to_have_text(question)
    assert page.locator(".answer math").count() > 0
    assert (
        page.evaluate("document.fonts.load('1em \"QuickTakes Math\"').then(fonts => fonts[0].status)")
        == "loaded"
    )
    assert page.evaluate("getComputedStyle(document.querySelector('.answer')).position") == "relative"
    page.goto(KINDS["prose"])  # was not saved: the list is shown instead
    expect(page.get_by_role("heading", level=1)).to_have_text("Saved questions")
    page.get_by_role("link", name=re.compile("Practise")).click()
    expect(page.get_by_text("0 done, 2 to go")).to_be_visible()
    page.get_by_role("button", name="Show the answer").click()
    expect(page.locator("[data-answer]")).to_be_visible()
    page.get_by_role("button", name="Knew it").click()
    expect(page.get_by_text("1 done, 1 to go")).to_be_visible()
    # Meanwhile the answer changes; who comes back reads the new one at once, and offline afterwards.
    rewrite(changing, KINDS["math"], "A new answer.")
    page.context.set_offline(False)
    page.goto("/learn/saved")
    expect(page.get_by_text("Changed since you last read it")).to_be_visible()
    page.goto(KINDS["math"])
    expect(page.locator(".answer")).to_contain_text("A new answer.")
    page.context.set_offline(True)
    page.reload()
    expect(page.locator(".answer")).to_contain_text("A new answer.")
    assert page.context.cookies() == []


def test_a_change_is_told_until_it_is_read(open_page: OpenPage, changing: Site) -> None:
    page = open_page(base_url=changing.url)
    save(page, KINDS["prose"])
    rewrite(changing, KINDS["prose"], "Another one.")
    for _visit in range(2):
        page.goto("/learn/saved")
        expect(page.locator(".saved")).to_contain_text("Changed since you last read it")
    page.goto(KINDS["prose"])
    wait_for_scripts(page)
    page.wait_for_function("!localStorage.saved.includes('\"changed\":true')")
    page.goto("/learn/saved")
    wait_for_scripts(page)
    expect(page.locator(".saved")).not_to_contain_text("Changed since")


def test_online_no_page_is_ever_an_old_one(open_page: OpenPage, changing: Site) -> None:
    page = open_page(base_url=changing.url)
    save(page, KINDS["prose"])
    rewrite(changing, KINDS["prose"], "Newer.")
    page.goto("/learn")
    page.goto(KINDS["prose"])
    expect(page.locator(".answer")).to_have_text(re.compile("Newer."))


def test_an_emptied_list_leaves_nothing_behind(open_page: OpenPage) -> None:
    page = open_page()
    question = save(page, KINDS["prose"])
    page.goto("/learn/saved")
    page.get_by_role("button", name=f"Remove “{question}”").click()
    expect(page.get_by_role("heading", level=2)).to_have_text("Nothing saved yet")
    expect(page.get_by_role("heading", level=2)).to_be_focused()
    page.wait_for_function("caches.has('saved').then(found => !found)")
    assert page.evaluate("navigator.serviceWorker.getRegistrations().then(all => all.length)") == 0
    assert page.evaluate("localStorage.length") == 0


def test_a_site_that_switches_it_off_removes_what_browsers_kept(open_page: OpenPage, changing: Site) -> None:
    page = open_page(base_url=changing.url)
    save(page, KINDS["prose"])
    page.route(
        "**/learn/saved",
        lambda route: route.fulfill(
            response=(answer := route.fetch()),
            body=answer.text().replace('data-offline="true"', 'data-offline="false"'),
        ),
    )
    page.goto("/learn/saved")
    page.wait_for_function("caches.has('saved').then(found => !found)")
    assert page.evaluate("JSON.parse(localStorage.saved).length") == 1  # the list itself is the reader's


def test_files_of_an_older_release_stay_with_their_page(open_page: OpenPage) -> None:
    page = open_page()
    save(page, KINDS["math"])
    names = page.evaluate(
        "caches.open('saved').then(c => c.keys()).then(all => all.map(r => new URL(r.url).pathname))"
    )
    assert any(re.search(r"/css/site\.\w+\.css", name) for name in names)
    assert any(re.search(r"/fonts/math\.\w+\.woff2", name) for name in names)
    # The next release has other names; the page that is kept names the old ones, and they are there.
    page.route("**/static/**", lambda route: route.fulfill(status=404))
    page.context.set_offline(True)
    page.goto(KINDS["math"])
    assert page.evaluate("getComputedStyle(document.querySelector('.answer')).position") == "relative"


def test_the_list_goes_into_a_file_and_comes_back(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page()
    question = save(page, KINDS["prose"])
    page.goto("/learn/saved")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export as a file").click()
    path = tmp_path / "saved.json"
    download.value.save_as(path)
    file = json.loads(path.read_text())
    assert [entry["question"] for entry in file["saved"]] == [question]
    hostile = {"path": "/learn/x/questions/y", "question": "<img src=x onerror=alert(1)>", "subject": "<b>"}
    file["saved"] += [
        hostile,
        {**hostile, "path": "javascript:alert(1)"},
        {**hostile, "path": "//example.com"},
        7,
    ]
    path.write_text(json.dumps(file))
    other = open_page()
    other.goto("/learn/saved")
    wait_for_scripts(other)
    other.locator("[data-import]").set_input_files(path)
    expect(other.get_by_role("status")).to_have_text("2 questions added.")
    assert other.locator(".saved img").count() == 0
    assert other.locator(".saved a").last.inner_text() == hostile["question"]
    path.write_text("no json")
    other.locator("[data-import]").set_input_files(path)
    expect(other.get_by_role("status")).to_contain_text("is no list of saved questions")


def test_practise_a_subject_with_the_keyboard(open_page: OpenPage) -> None:
    page = open_page(reduced_motion="reduce")
    page.goto("/learn/mathematics/practise")
    wait_for_scripts(page)
    first = page.locator("[data-question]").inner_text()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Knew it")).to_be_focused()
    assert axe(page) == []
    page.keyboard.press("1")
    expect(page.locator("[data-question]")).not_to_have_text(first)
    expect(page.locator("[data-question]")).to_be_focused()
    for _ in range(40):
        if page.locator("[data-card]").is_hidden():
            break
        page.keyboard.press("Space")
        page.keyboard.press("2")
    expect(page.get_by_text(re.compile(r"^Done: \d+ questions"))).to_be_visible()
    cards = page.evaluate("Object.values(JSON.parse(localStorage.practice))")
    assert all(card["days"] == 1 and card["times"] == 1 for card in cards)
    assert min(card["ease"] for card in cards) == 2.36  # the one that was not known at first
    page.reload()
    expect(page.get_by_text("Nothing is due.")).to_be_visible()


def test_an_answer_is_shown_from_its_beginning_and_the_end_takes_the_focus(open_page: OpenPage) -> None:
    page = open_page(viewport={"width": 360, "height": 640})
    page.goto("/learn/chemistry/practise")
    wait_for_scripts(page)
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Knew it")).to_be_focused()
    top = page.locator("[data-answer]").evaluate("element => element.getBoundingClientRect().top")
    assert 0 <= top < 640
    for _ in range(40):
        page.keyboard.press("2")
        if page.locator("[data-card]").is_hidden():
            break
        page.keyboard.press("Space")
    expect(page.locator("[data-progress]")).to_be_focused()


def test_what_somebody_else_wrote_into_the_storage_ends_no_session(open_page: OpenPage) -> None:
    page = open_page()
    page.goto("/learn/chemistry/practise")
    path = page.locator(".sheet li[data-path]").first.get_attribute("data-path")
    for card in (None, 7, {"ease": "x", "days": 1, "times": 1, "due": 1}):
        page.evaluate(
            "([path, card]) => localStorage.practice = JSON.stringify({[path]: card})", [path, card]
        )
        page.reload()
        wait_for_scripts(page)
        expect(page.locator("[data-question]")).not_to_be_empty()


def test_what_was_practised_is_removed_with_the_list(open_page: OpenPage) -> None:
    page = open_page()
    page.goto("/learn/chemistry/practise")
    wait_for_scripts(page)
    page.keyboard.press("Space")
    page.keyboard.press("2")
    page.goto("/learn/saved")
    wait_for_scripts(page)
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Remove all").click()
    expect(page.get_by_role("status")).to_have_text("The list is empty.")
    assert page.evaluate("localStorage.length") == 0


def test_who_cannot_save_is_told_so(open_page: OpenPage) -> None:
    page = open_page()
    page.goto(KINDS["prose"])
    wait_for_scripts(page)
    page.evaluate(
        "() => { Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError'); }; }"
    )
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("[data-status]")).to_contain_text("keeps nothing more")
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_visible()


def test_the_days_between_are_those_of_sm_2(open_page: OpenPage) -> None:
    page = open_page()
    page.goto("/learn/practise")
    script = page.locator("script[src*=practise]").get_attribute("src")
    found = page.evaluate(
        """async (script) => {
            const { graded } = await import(script);
            const days = [];
            let card;
            for (const grade of [4, 4, 4, 4, 3, 2, 4, 5]) {
                card = graded(card, grade, 0);
                days.push([card.days, card.ease]);
            }
            return days;
        }""",
        script,
    )
    assert found == [[1, 2.5], [6, 2.5], [15, 2.5], [38, 2.5], [95, 2.36], [0, 2.36], [1, 2.36], [6, 2.46]]


@pytest.mark.parametrize(
    "address",
    [
        "/learn/mathematics/practise",
        "/learn/practise",
        "/learn/saved",
        "/learn/topics/equation",
        "/learn/mathematics/topics/theorem",
    ],
)
def test_without_script_the_pages_are_whole(open_page: OpenPage, address: str) -> None:
    page = open_page(java_script_enabled=False)
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert [button.inner_text() for button in page.get_by_role("button").all()] == ["Search"]
    if address.endswith("mathematics/practise"):
        fold = page.locator(".sheet details").first
        fold.locator("summary").click()
        expect(fold.locator(".answer")).to_be_visible()
    if "/topics/" in address:
        question = page.locator(".questions a").first
        asked = question.inner_text()
        question.click()
        expect(page.get_by_role("heading", level=1)).to_have_text(asked)


READERS = {
    "saved": "/learn/saved",
    "practise": "/learn/mathematics/practise",
    "practise-saved": "/learn/practise",
    "report": KINDS["math"] + "/report?quote=x",
    "cite": KINDS["math"] + "/cite",
    "topics": "/learn/topics",
    "topic-of-all-subjects": "/learn/topics/equation",
    "practise-topic": "/learn/mathematics/topics/theorem/practise",
}


@pytest.mark.parametrize("kind", READERS)
def test_axe_finds_nothing(open_page: OpenPage, complaints: Callable[[Page], list[str]], kind: str) -> None:
    page = open_page(reduced_motion="reduce")
    heard = complaints(page)
    if kind == "saved":
        save(page, KINDS["prose"])
    page.set_viewport_size(PHONE)
    page.add_init_script(MOVED)
    page.goto(READERS[kind], wait_until="networkidle")
    assert page.evaluate("moved") < LAST_WORD
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(one => one.id)")
    assert len(ids) == len(set(ids))
    for viewport in (PHONE, DESKTOP):
        for scheme in ("light", "dark"):
            page.set_viewport_size(viewport)
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=SCREENSHOTS / f"{kind}-{viewport['width']}-{scheme}.png", full_page=True)
            assert axe(page, only_colours=scheme == "dark") == []
            assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    assert heard == []
    assert page.context.cookies() == []


def test_only_an_article_can_be_saved(open_page: OpenPage) -> None:
    page = open_page()
    page.goto(KINDS["prose"])
    wait_for_scripts(page)
    refused = page.evaluate(
        """async () => {
          const { save } = await import(document.querySelector("[data-save]").dataset.save);
          const entry = { path: "/preview/1:signed", question: "A draft?", subject: "Physics" };
          return save(entry, true).catch(({ message }) => message);
        }"""
    )
    assert refused == "No article stands at /preview/1:signed."
    assert page.evaluate("localStorage.length") == 0
    assert page.evaluate("caches.keys()") == []
