"""A working day in the admin, in a real browser: an editor and a publisher, with a strict policy for scripts.

The site runs as in production. These tests write, so it is one of their own, which each test leaves changed.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PATIENCE, SCREENSHOTS
from tests.factories import article_file
from tests.sites import Site, running_site

PASSPHRASE = "correct horse battery staple"  # noqa: S105 of users that live for one test
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
PHONE, DESKTOP = {"width": 400, "height": 800}, {"width": 1400, "height": 900}
USERS = f"""
from django.contrib.auth.models import Group, User
for name, group in (("edna", "Editor"), ("paul", "Publisher")):
    user = User.objects.create_user(name, password={PASSPHRASE!r}, is_staff=True)
    user.groups.add(Group.objects.get(name=group))
"""
QUESTION = "Why do leaves turn red in autumn?"
ANSWER = """Because **chlorophyll** goes first.

The light has the energy $E = h\\nu$.

| Colour | Pigment |
|---|---|
| red | anthocyanin |
"""


@pytest.fixture(scope="module")
def admin_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site with the fixture articles, Edna (an editor) and Paul (a publisher)."""
    folder = tmp_path_factory.mktemp("desktop")
    with running_site(folder, "tests.browser.admin_settings") as site:
        site.manage("shell", "--no-imports", "-c", USERS)
        yield site


@pytest.fixture
def log_in(browser: Browser, admin_site: Site) -> Iterator[Callable[..., Page]]:
    """`log_in("edna", **context)` gives a page of a session of its own; what it complains of fails the test."""
    contexts = []
    complaints: list[str] = []

    def new(name: str, **options: object) -> Page:
        context = browser.new_context(base_url=admin_site.url, **{"viewport": DESKTOP, **options})
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if is_complaint(message) else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto("/admin/login/?next=/admin/")
        page.fill("#id_username", name)
        page.fill("#id_password", PASSPHRASE)
        page.click("text=Log in >> nth=-1")
        expect(page.locator("h1")).to_have_text("Desk")
        return page

    yield new
    for context in contexts:
        context.close()
    assert complaints == []


def is_complaint(message: object) -> bool:
    """Anything on the console but the browser's word on answers that the test provokes (409, 404)."""
    text = str(getattr(message, "text", ""))
    is_status = text.startswith("Failed to load resource") and re.search(r"status of (403|404|409)", text)
    is_axe = "Couldn't load preload assets" in text or getattr(message, "location", {}).get("url") == ""
    if is_axe:
        return False
    return getattr(message, "type", "") in ("error", "warning") and not is_status


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
    return page.url.partition("?")[0]


# --- Repair -------------------------------------------------------------------------------------------------


def test_a_missing_page_becomes_a_redirect(log_in: Callable[..., Page]) -> None:
    edna = log_in("edna")
    broken = "/learn/physics/questions/photoelectric-efect"
    assert edna.request.get(broken).status == 404  # the first: written at once
    edna.goto("/admin/learn/missingpage/")
    edna.locator("tr", has_text=broken).get_by_role("link", name="Make redirect").click()
    edna.fill("#id_leads_to", "photoelectric")
    edna.locator(".admin-search [role=option]").first.click()
    save(edna, "_save")
    answer = edna.request.get(broken, max_redirects=0)
    assert answer.status == 301
    assert "photoelectric" in answer.headers["location"]


# --- Writing and publishing ---------------------------------------------------------------------------------


def test_an_editor_writes_with_a_preview_and_a_publisher_publishes(log_in: Callable[..., Page]) -> None:
    edna = log_in("edna")
    write_question(edna, QUESTION, ANSWER)
    pane = edna.locator("[data-preview-pane]")
    expect(pane.locator("strong")).to_have_text("chlorophyll")
    expect(pane.locator("math")).to_have_count(1)
    expect(pane.locator("table")).to_contain_text("anthocyanin")
    # In the site's own style: its table head, its colours; and nothing of them outside the pane.
    font = "element => getComputedStyle(element).fontFamily"
    assert pane.locator("p").first.evaluate(font) != edna.locator("#content h1").evaluate(font)
    expect(edna.locator(".admin-findings")).to_contain_text("words")
    expect(edna.locator(".admin-result-title")).to_have_text(QUESTION)
    expect(edna.locator(".admin-meter").first).to_contain_text("of about 60 characters: good")
    expect(edna.locator("img.admin-card")).to_have_js_property("complete", True)
    save(edna)
    expect(edna.locator(".messagelist")).to_contain_text("Saved as draft. Visitors do not see it.")
    expect(edna.locator("[name=_publish]")).to_have_count(0)
    expect(edna.locator(".admin-submit")).to_contain_text("A publisher has to publish it.")
    address = edna.url

    # A made-up request is refused, too.
    status = edna.evaluate(
        """async () => {
            const form = new FormData(document.getElementById("article_form"));
            form.append("_publish", "1");
            return (await fetch(location.href, {method: "POST", body: form})).status;
        }"""
    )
    assert status == 403

    paul = log_in("paul")
    paul.goto(address)
    paul.click("[name=_publish]")
    expect(paul.locator(".errornote")).to_be_visible()
    expect(paul.locator(".field-description .errorlist")).to_have_text(
        "Write the description that search results show."
    )
    paul.fill("#id_description", "Red leaves show a pigment that the green hid, or that is made in autumn.")
    paul.click("[name=_publish]")
    expect(paul.locator(".badge").first).to_have_text("Published")
    page_path = paul.locator(".admin-status a").first.get_attribute("href")
    visitor = paul.request.get(page_path)
    assert visitor.status == 200
    assert "anthocyanin" in visitor.text()


def test_marks_are_typed_around_the_selection_and_undone(log_in: Callable[..., Page]) -> None:
    edna = log_in("edna")
    edna.goto("/admin/learn/article/add/")
    answer = edna.locator("#id_answer")
    answer.fill("light")
    answer.select_text()
    edna.get_by_role("button", name="Bold").click()
    expect(answer).to_have_value("**light**")
    answer.press("Control+z")
    expect(answer).to_have_value("light")
    answer.select_text()
    answer.press("Control+i")
    expect(edna.locator("[data-preview-pane] em")).to_have_text("light")
    answer.fill("one\ntwo\nthree")
    answer.evaluate("area => area.setSelectionRange(1, 5)")  # from within the first line into the second
    edna.get_by_role("button", name="Numbered list").click()
    expect(answer).to_have_value("1. one\n2. two\nthree")
    edna.focus("[aria-label=Bold]")
    edna.keyboard.press("ArrowRight")
    expect(edna.get_by_role("button", name="Italic")).to_be_focused()
    edna.on("dialog", lambda dialog: dialog.accept())


def test_the_chart_shows_what_its_numbers_say(log_in: Callable[..., Page]) -> None:
    edna = log_in("edna")
    widths = edna.eval_on_selector_all(
        ".admin-chart rect", "bars => bars.map(bar => bar.getBoundingClientRect().width)"
    )
    assert widths[0] > 100
    assert widths == sorted(widths, reverse=True)


def test_a_moved_page_leaves_a_301(log_in: Callable[..., Page]) -> None:
    edna = log_in("edna")
    open_article(edna, "mathematics/why-is-zero-factorial-equal-to-one")
    edna.fill("#id_slug", "zero-factorial")
    expect(edna.locator(".admin-address .admin-note")).to_contain_text("This moves the page")
    save(edna)
    old = edna.request.get("/learn/mathematics/questions/why-is-zero-factorial-equal-to-one", max_redirects=0)
    assert (old.status, old.headers["location"]) == (301, "/learn/mathematics/questions/zero-factorial")


def test_related_questions_by_search_by_suggestion_and_in_order(log_in: Callable[..., Page]) -> None:
    edna = log_in("edna")
    open_article(edna, "physics/what-is-the-difference-between-kinetic-and-potential-energy")
    links = edna.locator(".admin-links li")
    expect(links).to_have_count(0)
    edna.fill("#related-search", "photoelectric")
    expect(edna.locator(".admin-search [role=option]")).to_have_count(1)
    edna.press("#related-search", "ArrowDown")
    edna.press("#related-search", "Enter")
    expect(links).to_have_count(1)
    edna.click("[data-suggest]")
    edna.locator(".admin-suggestions button").first.click()
    expect(links).to_have_count(2)
    second = links.nth(1).locator("a").inner_text()
    edna.get_by_role("button", name=f"Move up: {second}").click()
    expect(links.first.locator("a")).to_have_text(second)
    links.nth(1).drag_to(links.first)
    expect(links.nth(1).locator("a")).to_have_text(second)
    save(edna)
    expect(links).to_have_count(2)
    expect(links.nth(1).locator("a")).to_have_text(second)
    edna.get_by_role("button", name=f"Remove: {second}").click()
    expect(links).to_have_count(1)


def test_a_dead_link_is_shown_and_fixed(log_in: Callable[..., Page]) -> None:
    edna = log_in("edna")
    edna.goto("/admin/content-health/")
    edna.click("text=Related links to nowhere")
    edna.locator(".admin-table th[scope=row] a").first.click()
    expect(edna.locator(".admin-links .badge")).to_have_text("leads nowhere")
    edna.locator(".admin-links li", has=edna.locator(".badge")).get_by_role(
        "button", name=re.compile("Remove")
    ).click()
    save(edna)
    expect(edna.locator(".admin-links .badge")).to_have_count(0)


# --- Never losing work --------------------------------------------------------------------------------------


def test_two_sessions_on_one_article_lose_nothing(log_in: Callable[..., Page]) -> None:
    edna, paul = log_in("edna"), log_in("paul")
    address = open_article(edna, "physics/what-do-maxwells-four-equations-say-in-plain-language")
    paul.goto(address)
    text = paul.input_value("#id_answer")
    paul.fill("#id_answer", "Paul's new beginning.\n\n" + text)
    save(paul)
    edna.fill("#id_answer", text.rstrip() + "\n\nEdna's new ending.")
    edna.fill("#id_keywords", "Edna's keywords")
    save(edna)
    expect(edna.locator(".admin-conflict h2")).to_have_text("Two people changed this article")
    expect(edna.locator(".admin-conflict")).to_contain_text("paul saved it")
    merged = edna.input_value("#id_answer")
    assert merged.startswith("Paul's new beginning.")
    assert merged.endswith("Edna's new ending.")
    edna.get_by_role("button", name="Use theirs").click()
    assert "Edna" not in edna.input_value("#id_answer")
    edna.get_by_role("button", name="Use both").click()
    assert edna.input_value("#id_answer") == merged
    expect(edna.locator("[data-preview-pane]")).to_contain_text("Edna's new ending.")
    save(edna)
    expect(edna.locator(".admin-conflict")).to_have_count(0)
    assert edna.input_value("#id_answer") == merged
    assert edna.input_value("#id_keywords") == "Edna's keywords"

    edna.click(".admin-status >> text=History")
    expect(edna.locator(".admin-table tbody tr")).to_have_count(3)


def test_a_diff_and_a_restore(log_in: Callable[..., Page]) -> None:
    edna = log_in("edna")
    address = open_article(edna, "physics/why-does-a-moving-clock-run-slow")
    before = edna.input_value("#id_answer")
    edna.fill("#id_answer", before + "\n\nA sentence to regret.")
    save(edna)
    edna.click(".admin-status >> text=History")
    edna.locator(".admin-table tbody tr").first.locator("a").click()
    expect(edna.locator(".admin-diff .added")).to_contain_text(["", "A sentence to regret."])
    edna.click("text=Earlier: version 1")
    edna.click("text=Restore this version")
    expect(edna).to_have_url(address)
    assert edna.input_value("#id_answer") == before


def test_what_was_not_saved_is_offered_again(log_in: Callable[..., Page]) -> None:
    edna = log_in("edna")
    address = open_article(edna, "chemistry/what-is-entropy-in-simple-words")
    edna.fill("#id_keywords", "written and not saved")
    warned: list[str] = []
    edna.on("dialog", lambda dialog: (warned.append(dialog.type), dialog.accept()))
    edna.goto("/admin/")
    assert warned == ["beforeunload"]
    edna.goto(address)
    expect(edna.locator(".admin-offer")).to_contain_text("never saved")
    edna.click("text=Restore them")
    assert edna.input_value("#id_keywords") == "written and not saved"
    save(edna)
    edna.goto(address)
    expect(edna.locator(".admin-offer")).to_have_count(0)
    assert edna.input_value("#id_keywords") == "written and not saved"
    assert warned == ["beforeunload"]


def test_a_restored_draft_over_a_newer_version_is_put_together(log_in: Callable[..., Page]) -> None:
    edna, paul = log_in("edna"), log_in("paul")
    address = open_article(edna, "economics/what-is-opportunity-cost-can-you-give-an-everyday-example")
    edna.on("dialog", lambda dialog: dialog.accept())
    edna.fill("#id_keywords", "Edna's")
    edna.goto("/admin/")
    paul.goto(address)
    paul.fill("#id_description", "Paul's description.")
    save(paul)
    edna.goto(address)
    edna.click("text=Restore them")
    save(edna)
    expect(edna.locator(".admin-conflict")).to_be_visible()
    save(edna)
    assert (edna.input_value("#id_keywords"), edna.input_value("#id_description")) == (
        "Edna's",
        "Paul's description.",
    )


# --- Files --------------------------------------------------------------------------------------------------


def test_an_upload_is_tried_confirmed_and_its_conflict_decided(
    log_in: Callable[..., Page], tmp_path: Path
) -> None:
    url = "/learn/physics/questions/what-is-an-upload"
    article_file(tmp_path / "learn", url, answer="First.\\n\\nSecond.\\n\\nThird.")
    broken = article_file(tmp_path / "learn", "/learn/physics/questions/broken")
    broken.write_text(broken.read_text().replace("date: 2025-02-08", "date: someday"))
    paul = log_in("paul")
    upload(paul, pack(tmp_path))
    expect(paul.locator("h2", has_text="What an import would do")).to_be_visible()
    expect(paul.locator(".admin-problems")).to_contain_text("learn/physics/broken.md:4:")
    expect(paul.locator(".admin-counts")).to_contain_text("Created1")
    assert paul.request.get(url).status == 404
    confirm(paul)
    assert paul.request.get(url).status == 200

    open_article(paul, "physics/what-is-an-upload")
    paul.fill("#id_answer", "First, edited.\n\nSecond.\n\nThird.")
    save(paul)
    article_file(tmp_path / "learn", url, answer="First.\\n\\nSecond.\\n\\nThird, from the file.")
    broken.unlink()
    upload(paul, pack(tmp_path))
    expect(paul.locator(".admin-counts")).to_contain_text("Conflicts1")
    confirm(paul)
    assert "First, edited." in paul.request.get(url).text()

    paul.goto("/admin/learn/importconflict/?decision=open")
    paul.click("#result_list tbody th a")
    expect(paul.locator("#merged_answer")).to_have_value("First, edited.\n\nSecond.\n\nThird, from the file.")
    paul.click("text=Save what is chosen")
    expect(paul.locator(".messagelist")).to_contain_text("both were merged")
    page = paul.request.get(url).text()
    assert "First, edited." in page
    assert "Third, from the file." in page


def pack(folder: Path) -> Path:
    path = folder / "articles.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*.md")):
            archive.write(file, str(file.relative_to(folder)))
    return path


def upload(page: Page, path: Path) -> None:
    page.goto("/admin/learn/upload/add/")
    page.set_input_files("#id_file", path)
    page.click("text=Upload and try")
    expect(page.locator(".admin-counts")).to_be_visible()


def confirm(page: Page) -> None:
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.locator("h2", has_text="What came of it")).to_be_visible()


def test_an_export_of_chosen_articles(log_in: Callable[..., Page], tmp_path: Path) -> None:
    edna = log_in("edna")
    edna.goto("/admin/learn/article/?q=photoelectric")
    edna.check("#result_list input.action-select >> nth=0")
    edna.select_option("[name=action]", "export")
    with edna.expect_download() as download:
        edna.click("button[name=index]")
    download.value.save_as(tmp_path / "out.zip")
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert any(name.startswith("learn/physics/") for name in archive.namelist())


# --- Many at once -------------------------------------------------------------------------------------------


def test_many_are_changed_at_once(log_in: Callable[..., Page]) -> None:
    paul = log_in("paul")
    paul.goto("/admin/learn/article/?q=logarithm")
    paul.check("#result_list input.action-select >> nth=0")
    paul.select_option("[name=action]", "move")
    paul.click("button[name=index]")
    paul.select_option("#id_subject", label="Physics")
    paul.click("input[value=Move]")
    expect(paul.locator(".messagelist")).to_contain_text(
        "Moved to Physics, each with a redirect from its old address: 1."
    )


# --- For everybody ------------------------------------------------------------------------------------------


def pages(page: Page) -> dict[str, str]:
    """One of each kind of page of the admin, by name."""
    page.goto(
        "/admin/learn/article/?q=/learn/history-of-the-world/questions/why-was-gutenbergs-printing-press-so-important"
    )
    article = page.locator("#result_list .field-question a").get_attribute("href").partition("?")[0]
    page.goto("/admin/learn/importrun/")
    run = page.locator("#result_list tbody th a").last.get_attribute("href").partition("?")[0]
    return {
        "front": "/admin/",
        "list": "/admin/learn/article/",
        "found": "/admin/learn/article/?q=energy&status=published",
        "form": article,
        "new": "/admin/learn/article/add/",
        "history": article.replace("change", "history"),
        "delete": article.replace("change", "delete"),
        "health": "/admin/content-health/",
        "health-kind": "/admin/content-health/duplicates/",
        "imports": "/admin/learn/importrun/",
        "import": run,
        "upload": "/admin/learn/upload/add/",
        "conflicts": "/admin/learn/importconflict/",
        "subjects": "/admin/learn/subject/",
        "subject": "/admin/learn/subject/1/change/",
        "redirects": "/admin/learn/redirect/",
        "redirect": "/admin/learn/redirect/add/?old_path=/learn/x",
        "missing": "/admin/learn/missingpage/",
        "password": "/admin/password_change/",
    }


LONG = "/learn/physics/questions/" + "-".join(["a-question-that-was-never-asked-anywhere"] * 4)


def fill_lists(page: Page) -> None:
    """Two long addresses, one missing and one that redirects, so that their lists have rows."""
    page.goto(f"/admin/learn/redirect/add/?old_path={LONG}-moved")
    page.fill("#id_leads_to", "/learn/physics")
    save(page, "_save")
    for _ in range(30):  # counted at once, or with the next count when ten seconds have passed
        page.request.get(LONG, headers={"referer": f"https://example.org{LONG}"})
        page.goto("/admin/learn/missingpage/")
        if page.locator("#result_list", has_text=LONG).count():
            return
        page.wait_for_timeout(500)
    raise AssertionError("no miss was counted")


def test_every_page_is_accessible_and_fits(log_in: Callable[..., Page]) -> None:
    page = log_in("paul", reduced_motion="reduce")
    fill_lists(page)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    violations = {}
    for name, path in pages(page).items():
        page.goto(path)
        page.wait_for_load_state("networkidle")
        for size, viewport in (("desktop", DESKTOP), ("phone", PHONE)):
            for scheme in ("light", "dark"):
                page.set_viewport_size(viewport)
                page.emulate_media(color_scheme=scheme)
                page.wait_for_function("document.getAnimations().length === 0")
                # Kept by CI: a change of the pages is looked at, not only tested.
                page.screenshot(path=SCREENSHOTS / f"admin-{name}-{size}-{scheme}.png", full_page=True)
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
                    f"{name} is too wide"
                )
                # Tables of numbers may be pushed sideways on a phone, no other list.
                if size == "desktop" or name not in {"imports", "subjects"}:
                    assert page.evaluate(
                        "[...document.querySelectorAll('.results')].every(list => list.scrollWidth <= list.clientWidth)"
                    ), f"a column of {name} is out of sight on a {size}"
                if found := axe(page):
                    violations[name, size, scheme] = found
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


def axe(page: Page) -> list[str]:
    """What axe finds, in words."""
    result = Axe().run(page, options=RULES).response
    return [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]


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
    expect(edna.locator(".messagelist")).to_contain_text("Saved.")
    assert edna.input_value("#id_related").splitlines() == related[::-1]


def test_the_form_is_saved_and_ordered_by_keyboard_alone(log_in: Callable[..., Page]) -> None:
    edna = log_in("edna")
    open_article(edna, "physics/how-do-you-use-newtons-second-law-to-solve-problems")
    edna.focus("#id_keywords")
    edna.keyboard.type("typed, ")
    edna.keyboard.press("Control+s")
    expect(edna.locator(".messagelist")).to_contain_text("Saved.")
    first = edna.locator(".admin-links li a").first.inner_text()
    edna.get_by_role("button", name=f"Move down: {first}").press("Enter")
    expect(edna.locator(".admin-links li a").nth(1)).to_have_text(first)
    expect(edna.get_by_role("button", name=f"Move up: {first}")).to_be_focused()
