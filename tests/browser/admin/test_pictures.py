"""Pictures in the form of an article, as editors bring them: chosen, dropped, pasted, from the library."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.admin.steps import PHONE
from tests.browser.axe import axe
from tests.browser.conftest import SCREENSHOTS
from tests.media.images import line_art, picture

LogIn = Callable[..., Page]

# A file as a person drops or pastes it: with the data that browsers give with one.
GIVE = """([selector, kind, name, base]) => {
  const bytes = Uint8Array.from(atob(base), (sign) => sign.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], name, { type: "image/png" }));
  const options = { bubbles: true, cancelable: true };
  const event = kind === "drop"
    ? new DragEvent("drop", { ...options, dataTransfer: data })
    : new ClipboardEvent("paste", { ...options, clipboardData: data });
  document.querySelector(selector).dispatchEvent(event);
}"""


def give(page: Page, kind: str, name: str, data: bytes) -> None:
    page.evaluate(GIVE, ["#id_answer", kind, name, base64.b64encode(data).decode()])


def shown_in_preview(page: Page, alt: str) -> None:
    expect(page.locator("[data-preview-pane]").get_by_role("img", name=alt)).to_be_visible()


def test_pictures_come_into_an_answer_by_keyboard_drop_and_paste(log_in: LogIn, tmp_path: Path) -> None:
    page = log_in("edna", viewport=PHONE)
    page.goto("/admin/learn/article/add/")
    answer = page.locator("#id_answer")
    answer.fill("Look:")
    answer.press("End")
    page.get_by_role("button", name="Picture", exact=True).press("Enter")
    dialog = page.get_by_role("dialog", name="A picture")
    expect(dialog.get_by_label("File")).to_be_focused()
    page.screenshot(path=SCREENSHOTS / "desk-picture-dialog-360.png")
    assert axe(page) == []
    file = tmp_path / "red square.png"
    file.write_bytes(picture())
    dialog.get_by_label("File").set_input_files(file)
    dialog.get_by_role("button", name="Upload and insert").press("Enter")
    expect(dialog.get_by_role("status")).to_have_text("Say what the picture shows, or that it is decorative.")
    dialog.get_by_label("What it shows").fill("A red square")
    dialog.get_by_role("button", name="Upload and insert").press("Enter")
    expect(dialog).to_be_hidden()
    expect(answer).to_have_value("Look:\n\n![A red square](media/red-square.png)")
    expect(answer).to_be_focused()
    shown_in_preview(page, "A red square")

    for kind, colour in (("drop", (0, 200, 0)), ("paste", (0, 0, 200))):
        give(page, kind, f"{kind}.png", picture(colour=colour))
        dialog.get_by_label("What it shows").fill(f"By {kind}")
        dialog.get_by_label("What it shows").press("Tab")
        dialog.get_by_role("button", name="Upload and insert").click()
        expect(dialog).to_be_hidden()
        shown_in_preview(page, f"By {kind}")
    assert answer.input_value().endswith("![By drop](media/drop.png)\n\n![By paste](media/paste.png)")

    give(page, "paste", "notes.png", b"not a picture")
    dialog.get_by_label("What it shows").fill("Notes")
    dialog.get_by_role("button", name="Upload and insert").click()
    expect(dialog.get_by_role("status")).to_contain_text("It is no picture that browsers show.")
    dialog.get_by_role("button", name="Close").click()

    page.get_by_role("button", name="Picture", exact=True).press("Enter")
    dialog.get_by_label("Or one from the library").fill("red square")
    dialog.get_by_role("button", name="A red square").click()
    assert answer.input_value().endswith("![A red square](media/red-square.png)")
    answer.press("Control+z")
    assert answer.input_value().endswith("![By paste](media/paste.png)")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_library_can_be_used_by_everybody(log_in: LogIn, scheme: str) -> None:
    page = log_in("paul", color_scheme=scheme)
    page.goto("/admin/learn/picture/add/")
    page.locator("#id_file").set_input_files(
        {"name": "ring.png", "mimeType": "image/png", "buffer": line_art()}
    )
    page.locator("#id_alt").fill("A ring")
    page.locator("[name=_continue]").click()
    for address in ("/admin/learn/picture/add/", page.url, "/admin/learn/picture/"):
        page.goto(address)
        for width, height in ((360, 740), (1280, 800)):
            page.set_viewport_size({"width": width, "height": height})
            name = "add" if address.endswith("add/") else "change" if "change" in address else "list"
            page.screenshot(path=SCREENSHOTS / f"desk-pictures-{name}-{width}-{scheme}.png", full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (address, width)
            assert axe(page) == [], (address, width)


def test_without_script_the_library_tells_what_to_write(log_in: LogIn) -> None:
    page = log_in("edna", java_script_enabled=False)
    page.goto("/admin/learn/picture/add/")
    buffer = picture(colour=(9, 9, 9))
    page.locator("#id_file").set_input_files({"name": "dark.png", "mimeType": "image/png", "buffer": buffer})
    page.locator("#id_alt").fill("Dark")
    page.locator("[name=_continue]").click()
    expect(page.get_by_text("![Dark](media/dark.png)")).to_be_visible()
    page.goto("/admin/learn/article/add/")
    expect(page.get_by_role("link", name="library of pictures")).to_be_visible()
