"""What is pasted into an answer: formatted text of other programs, hostile HTML, plain text."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, Request, expect

from tests.browser.admin.pastes import HOSTILE, LONG, PLAIN, SOURCES
from tests.browser.axe import axe
from tests.browser.conftest import PHONE, SCREENSHOTS

LogIn = Callable[..., Page]

# Gives the field a paste; what no script takes, the browser would paste as text.
PASTE = """([html, plain, picture]) => {
  const field = document.getElementById("id_answer");
  field.focus();
  field.select();
  const data = new DataTransfer();
  if (html) data.setData("text/html", html);
  data.setData("text/plain", plain);
  if (picture) data.items.add(new File(["no matter"], picture, { type: "image/png" }));
  const event = new ClipboardEvent("paste", { bubbles: true, cancelable: true, clipboardData: data });
  return field.dispatchEvent(event) ? null : field.value;
}"""
ON_THE_CLIPBOARD = """async ([html, plain]) => navigator.clipboard.write([new ClipboardItem({
  "text/html": new Blob([html], { type: "text/html" }), "text/plain": new Blob([plain], { type: "text/plain" }),
})])"""


def test_what_other_programs_copy_becomes_markdown(log_in: LogIn) -> None:
    page = log_in("edna")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/admin/learn/article/add/")
    answer = page.locator("#id_answer")
    as_text = page.get_by_role("button", name="Paste as text instead")
    expect(page.locator(".admin-pasted")).to_be_attached()
    expect(as_text).to_be_hidden()

    wrong = {}
    for name, (html, expected) in SOURCES.items():
        got = page.evaluate(PASTE, [html, "plain"])
        if got != expected:
            wrong[name] = got
    assert wrong == {}
    for name, html in PLAIN.items():
        assert page.evaluate(PASTE, [html, "**as it was**"]) is None, name

    # By the keys, from the real clipboard: one undo takes it back, and it can be text instead.
    answer.fill("Before: ")
    answer.press("End")
    page.evaluate(ON_THE_CLIPBOARD, ["<p>All is <b>well</b>.</p>", "All is well."])
    answer.press("Control+v")
    expect(answer).to_have_value("Before: All is **well**.")
    expect(page.locator("[data-preview-pane] strong")).to_have_text("well")
    expect(as_text).to_be_in_viewport()
    page.screenshot(path=SCREENSHOTS / "desk-paste.png")
    assert axe(page) == []
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="dark")
    page.screenshot(path=SCREENSHOTS / "desk-paste-360-dark.png")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    answer.press("Control+z")
    expect(answer).to_have_value("Before: ")
    expect(as_text).to_be_hidden()
    answer.press("Control+v")
    as_text.click()
    expect(answer).to_have_value("Before: All is well.")
    expect(answer).to_be_focused()
    answer.press("Control+z")
    expect(answer).to_have_value("Before: All is **well**.")
    answer.press("Control+End")
    answer.press("Control+Shift+v")
    expect(answer).to_have_value("Before: All is **well**.All is well.")

    # What is a block begins on a line of its own; in a piece of code nothing is converted.
    page.evaluate(ON_THE_CLIPBOARD, ["<ul><li>one</ul>", "one"])
    answer.fill("Before: after")
    answer.evaluate("field => field.setSelectionRange(8, 8)")
    answer.press("Control+v")
    expect(answer).to_have_value("Before: \n\n- one\n\nafter")
    answer.fill("```\n")
    answer.press("Control+End")
    answer.press("Control+v")
    expect(answer).to_have_value("```\none")
    answer.fill("")

    page.on("dialog", lambda dialog: dialog.accept())


def test_a_picture_is_asked_about_where_there_is_nothing_to_read(log_in: LogIn) -> None:
    page = log_in("edna")
    page.goto("/admin/learn/article/add/")
    answer = page.locator("#id_answer")
    expect(page.locator(".admin-pasted")).to_be_attached()
    # A picture beside text is the text's; with nothing to read in the HTML it is asked what it shows.
    assert page.evaluate(PASTE, ["<b>one</b><img src=x>", "one", "one.png"]) == "**one**"
    dialog = page.get_by_role("dialog", name="A picture")
    expect(dialog).to_be_hidden()
    page.evaluate(
        PASTE, ["<meta charset=utf-8><img src='https://example.com/one.png'>", "its address", "one.png"]
    )
    expect(dialog).to_be_visible()
    expect(answer).to_have_value("**one**")
    page.on("dialog", lambda dialog: dialog.accept())


def test_hostile_pastes_are_clean_or_refused(log_in: LogIn) -> None:
    page = log_in("edna")
    page.goto("/admin/learn/article/add/")
    status = page.locator(".admin-pasted")
    expect(status).to_be_attached()
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))  # noqa: PLW0108 needs a Python function
    for index, (html, expected) in enumerate(HOSTILE):
        page.locator("#id_answer").fill(LONG)
        got = page.evaluate(PASTE, [html, "plain"])
        assert got == expected, (index, html[:80], (got or "")[:200])
        if expected is None:
            expect(status).to_contain_text("to be converted; it was pasted as text.")
        if expected == LONG:
            expect(status).to_contain_text("longer than an answer may be. Nothing was pasted.")
    assert len(HOSTILE) >= 40
    assert page.evaluate("window.hurt") is None
    host = page.url.split("/admin")[0]
    assert [request.url for request in asked if not request.url.startswith(host)] == []
    page.on("dialog", lambda dialog: dialog.accept())
