"""A document as the beginning of an article: .html in the browser, .docx by pandoc where the site has it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable

from playwright.sync_api import FilePayload, Page, expect

from tests.browser.axe import axe

HTML = """<!DOCTYPE html><html><head><meta charset="windows-1252"><title>x</title><style>p { color: red }</style></head>
<body onload="alert(1)"><h1>How does a <i>lens</i> bend light?</h1><h2>The law</h2><p style="color:red">It is <b>so</b>,
caf\u00e9. <img src="lens.png" onerror="alert(1)"><img src="other.png"></p><table><tr><th>Glass</th><th>Index</th></tr>
<tr><td>crown</td><td>1.52</td></tr></table><script>alert(1)</script></body></html>"""
EXPECTED = "## The law\n\nIt is **so**, caf\u00e9.\n\n| Glass | Index |\n| --- | --- |\n| crown | 1.52 |"
SOURCE = "% How does a prism work?\n\n## The law\n\nIt is *so*: $n_{1} = 2$.\n\n- one\n- two\n"


def file(name: str, data: bytes) -> FilePayload:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": data}


def test_a_document_becomes_question_and_answer_and_one_undo_takes_it_back(
    log_in: Callable[..., Page],
) -> None:
    page = log_in("edna")
    page.goto("/admin/learn/article/add/")
    answer, question = page.locator("#id_answer"), page.locator("#id_question")
    chooser = page.get_by_label("A document to begin with")
    said = page.locator(".admin-pasted [role=status]")
    expect(page.get_by_role("button", name="Document")).to_be_visible()
    expect(page.locator(".admin-pasted")).to_be_attached()
    chooser.set_input_files(file("lens.html", HTML.encode("windows-1252")))
    expect(answer).to_have_value(EXPECTED)
    expect(question).to_have_value("How does a lens bend light?")
    expect(said).to_have_text(
        "lens.html as Markdown. Its 2 pictures are not taken along: add them by “Picture”."
    )
    assert axe(page) == []
    answer.press("Control+z")
    expect(answer).to_have_value("")

    question.fill("My own?")
    made = b"PK"
    if shutil.which("pandoc"):
        command = ["pandoc", "--from=markdown", "--to=docx", "--output=-"]
        made = subprocess.run(command, input=SOURCE.encode(), stdout=subprocess.PIPE, check=True).stdout
        chooser.set_input_files(file("prism.docx", made))
        expect(answer).to_have_value(
            "# How does a prism work?\n\n## The law\n\nIt is *so*: $n_{1} = 2$.\n\n- one\n- two"
        )
        expect(question).to_have_value("My own?")
    told = page.locator(".admin-document-told")
    for name, data, reason in (
        ("broken.docx", b"PK", "This is no .docx file"),
        ("old.doc", b"x", "Choose a .docx or .html file"),
        ("large.html", b"x" * (21 << 20), "large.html is larger than 20 MB."),
    ):
        before = answer.input_value()
        chooser.set_input_files(file(name, data))
        expect(told).to_contain_text(reason)
        expect(answer).to_have_value(before)
    chooser.set_input_files(file("empty.html", b"<p></p>"))
    expect(said).to_have_text("empty.html has no text.")
    page.on("dialog", lambda dialog: dialog.accept())
