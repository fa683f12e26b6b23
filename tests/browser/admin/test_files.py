"""Uploads, exports, and many articles at once."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.admin.steps import open_article, save
from tests.factories import article_file

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
    expect(paul.locator(".admin-counts")).to_contain_text("Merged1")
    confirm(paul)
    page = paul.request.get(url).text()
    assert "First, edited." in page
    assert "Third, from the file." in page

    article_file(
        tmp_path / "learn", url, answer="First, of the file.\\n\\nSecond.\\n\\nThird, from the file."
    )
    upload(paul, pack(tmp_path))
    expect(paul.locator(".admin-counts")).to_contain_text("Conflicts1")
    confirm(paul)
    assert "First, edited." in paul.request.get(url).text()

    paul.goto("/admin/learn/importconflict/?decision=open")
    paul.click("#result_list tbody th a")
    expect(paul.locator("label", has_text="1 place to decide")).to_be_visible()
    paul.fill("#merged_answer", "First, decided.\n\nSecond.\n\nThird, from the file.")
    paul.get_by_label("Take both, merged").check()
    paul.click("text=Save what is chosen")
    expect(paul.locator(".messagelist")).to_contain_text("both were merged")
    page = paul.request.get(url).text()
    assert "First, decided." in page
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
