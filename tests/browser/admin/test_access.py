"""Every page of the admin can be used by everybody: axe, widths, motion, without script, by keyboard."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from tests.browser.admin.steps import DESKTOP, PHONE, open_article, save, write_question
from tests.browser.axe import axe
from tests.browser.conftest import PATIENCE, SCREENSHOTS
from tests.sites import Site

# One of each kind of page, by name; ARTICLE and RUN stand for the addresses of one.
ARTICLE, RUN = "{article}", "{run}"
PAGES = {
    "front": "/admin/",
    "list": "/admin/learn/article/",
    "found": "/admin/learn/article/?q=energy&status=published",
    "form": ARTICLE + "change/",
    "new": "/admin/learn/article/add/",
    "unpublished": "/admin/learn/article/draft/",
    "history": ARTICLE + "history/",
    "review": ARTICLE + "review/",
    "links": ARTICLE + "links/",
    "split": ARTICLE + "split/",
    "preview": ARTICLE + "page/",
    "discard": "{discard}",
    "delete": ARTICLE + "delete/",
    "health": "/admin/content-health/",
    "health-kind": "/admin/content-health/duplicates/",
    "replace": "/admin/find-and-replace/?repair=gathered",
    "merge": "/admin/merge/?article=1&article=2",
    "dead-links": "/admin/dead-links/",
    "redirect-table": "/admin/redirects-table/",
    "subject-merge": "/admin/learn/subject/1/merge/",
    "imports": "/admin/learn/importrun/",
    "import": RUN,
    "upload": "/admin/learn/upload/add/",
    "conflicts": "/admin/learn/importconflict/",
    "subjects": "/admin/learn/subject/",
    "subject": "/admin/learn/subject/1/change/",
    "redirects": "/admin/learn/redirect/",
    "redirect": "/admin/learn/redirect/add/?old_path=/learn/x",
    "missing": "/admin/learn/missingpage/",
    "searches": "/admin/searches/",
    "pin": "/admin/learn/searchpin/add/?query=matrix",
    "near-duplicates": "/admin/learn/duplicategroup/",
    "near-duplicate": "/admin/learn/duplicategroup/1/change/",
    "password": "/admin/password_change/",
    "site-history": "/admin/history/",
    "trash": "/admin/learn/deletedarticle/",
    "restore": "{restore}",
    "account": "/admin/account/",
    "sessions": "/admin/sessions/",
    "people": "/admin/auth/user/",
    "invite": "/admin/invite/",
}
ADMINISTRATORS = {"people", "invite"}
LOOKED_FOR = "/learn/history-of-the-world/questions/why-was-gutenbergs-printing-press-so-important"


LONG = "/learn/physics/questions/" + "-".join(["a-question-that-was-never-asked-anywhere"] * 4)


@pytest.fixture(scope="module")
def addresses(browser: Browser, admin_site: Site, sessions: dict[str, StorageState]) -> dict[str, str]:
    """Of each kind of page, one with rows in it: lists hold two long addresses, one missing, one that redirects."""
    context = browser.new_context(base_url=admin_site.url, storage_state=sessions["paul"], viewport=DESKTOP)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(f"/admin/learn/redirect/add/?old_path={LONG}-moved")
    page.fill("#id_leads_to", "/learn/physics")
    save(page, "_save")
    count_a_miss(page)
    page.goto(f"/admin/learn/article/?q={LOOKED_FOR}")
    article = page.locator("#result_list .field-question a").get_attribute("href").partition("?")[0]
    page.goto(article)
    page.fill("#id_keywords", "a draft beside the page")
    save(page, "_draft")
    discard = page.locator(".admin-submit >> text=Discard draft").get_attribute("href")
    page.goto(article.replace("change/", "review/") + "?line=1#comment")
    page.locator("[name=text][required]").fill("Is this so?")
    with page.expect_navigation():
        page.click("[name=_comment]:not([hidden]) >> nth=-1")
    page.goto("/admin/learn/importrun/")
    run = page.locator("#result_list tbody th a").last.get_attribute("href").partition("?")[0]
    write_question(page, "Why is it gone?", "Because.\n\nIt was deleted.")
    save(page)
    page.goto(page.url.partition("?")[0].replace("change/", "delete/"))
    with page.expect_navigation():
        page.click("#content [type=submit]")
    page.goto("/admin/learn/deletedarticle/")
    restore = page.get_by_role("link", name="Bring back").first.get_attribute("href")
    context.close()
    known = {"article": article.removesuffix("change/"), "run": run, "discard": discard, "restore": restore}
    return {name: path.format(**known) for name, path in PAGES.items()}


def count_a_miss(page: Page) -> None:
    for _ in range(30):  # counted at once, or with the next count when ten seconds have passed
        page.request.get(LONG, headers={"referer": f"https://example.org{LONG}"})
        page.goto("/admin/learn/missingpage/")
        if page.locator("#result_list", has_text=LONG).count():
            return
        page.wait_for_timeout(500)
    raise AssertionError("no miss was counted")


# The row of buttons stays at the lower edge, over whatever is scrolled to there: axe would call that hard to hit.
UNSTUCK = "document.querySelectorAll('.submit-row').forEach(row => row.style.position = 'static')"


@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_accessible_and_fits(
    log_in: Callable[..., Page], addresses: dict[str, str], name: str
) -> None:
    page = log_in("ruth" if name in ADMINISTRATORS else "paul", reduced_motion="reduce")
    page.goto(addresses[name])
    violations = {}
    for size, viewport in (("desktop", DESKTOP), ("phone", PHONE)):
        page.set_viewport_size(viewport)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.wait_for_function("document.getAnimations().length === 0")
            # Kept by CI: a change of the pages is looked at, not only tested.
            page.screenshot(path=SCREENSHOTS / f"admin-{name}-{size}-{scheme}.png", full_page=True)
            page.evaluate(UNSTUCK)
            if found := axe(page, only_colours=scheme == "dark"):
                violations[size, scheme] = found
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"too wide on a {size}"
        # Tables of numbers may be pushed sideways on a phone, no other list.
        if size == "desktop" or name not in {"imports", "subjects"}:
            assert page.evaluate(
                "[...document.querySelectorAll('.results')].every(list => list.scrollWidth <= list.clientWidth)"
            ), f"a column is out of sight on a {size}"
    assert violations == {}


def test_nothing_moves_for_who_asked_for_no_motion(log_in: Callable[..., Page]) -> None:
    page = log_in("edna")
    page.goto("/admin/learn/article/")
    page.evaluate("document.body.offsetWidth")
    running = []
    for motion, scheme in (("no-preference", "dark"), ("reduce", "light")):
        page.emulate_media(reduced_motion=motion)
        page.wait_for_function("document.getAnimations().length === 0")
        page.emulate_media(reduced_motion=motion, color_scheme=scheme)
        running.append(page.evaluate("document.getAnimations().length"))
    assert running[0] > 0
    assert running[1] == 0


def test_everything_can_be_done_without_script(log_in: Callable[..., Page]) -> None:
    edna = log_in("edna", java_script_enabled=False)
    edna.goto(
        "/admin/learn/article/?q=/learn/physics/questions/how-do-you-calculate-the-range-of-a-projectile"
    )
    edna.click("#result_list .field-question a")
    expect(edna.locator("#id_related")).to_be_visible()
    related = edna.input_value("#id_related").splitlines()
    edna.fill("#id_related", "\n".join(reversed(related)))
    edna.click("[name=_continue]")
    expect(edna.locator(".messagelist")).to_contain_text("The draft is saved.")
    assert edna.input_value("#id_related").splitlines() == related[::-1]


def test_the_form_is_saved_and_ordered_by_keyboard_alone(log_in: Callable[..., Page]) -> None:
    edna = log_in("edna")
    open_article(edna, "physics/how-do-you-use-newtons-second-law-to-solve-problems")
    edna.focus("#id_keywords")
    edna.keyboard.type("typed, ")
    edna.keyboard.press("Control+s")
    expect(edna.locator(".messagelist")).to_contain_text("The draft is saved.")
    first = edna.locator(".admin-links li a").first.inner_text()
    edna.get_by_role("button", name=f"Move down: {first}").press("Enter")
    expect(edna.locator(".admin-links li a").nth(1)).to_have_text(first)
    expect(edna.get_by_role("button", name=f"Move up: {first}")).to_be_focused()


def test_filters_open_above_the_list_on_a_phone(log_in: Callable[..., Page]) -> None:
    page = log_in("paul", viewport={"width": 360, "height": 740}, has_touch=True, java_script_enabled=False)
    page.goto("/admin/learn/article/")
    filters = page.locator("#changelist-filter")
    expect(filters).to_be_hidden()
    page.get_by_role("link", name="Filters", exact=True).tap()
    expect(filters).to_be_in_viewport()
    box, rows = filters.bounding_box(), page.locator("#result_list").bounding_box()
    assert box
    assert rows
    assert box["y"] + box["height"] <= rows["y"]
    page.screenshot(path=SCREENSHOTS / "admin-filters-phone.png")
    page.get_by_role("link", name="Close the filters").tap()
    expect(filters).to_be_hidden()
    page.get_by_role("link", name="Filters", exact=True).tap()
    filters.get_by_role("link", name="Draft", exact=True).tap()
    expect(page.get_by_role("link", name="Filters (some are on)")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.set_viewport_size(DESKTOP)
    expect(filters).to_be_visible()
