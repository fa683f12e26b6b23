"""Documents of word processors: what is none is refused before any program reads it, and no program gets too much."""

from __future__ import annotations

import io
import shutil
import subprocess
import zipfile

import pytest

from learn.jobs import pandoc

needs_pandoc = pytest.mark.skipif(not shutil.which("pandoc"), reason="pandoc is not installed")


def archive(**members: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name.replace("__", "/").replace("_", "."), content)
    return data.getvalue()


BOMB = {"word__document_xml": b"<w/>", **{f"word__media__{n}": b"\0" * (41 << 20) for n in range(5)}}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no .docx file"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "no .docx file"),
        (b"PK\x03\x04" + b"\0" * 600, "no .docx file"),
        (archive(a_txt=b"x"), "holds no document of Word"),
        (archive(word__document_xml=b"x", **{f"f{n}": b"" for n in range(5_001)}), "more than can be read"),
        (b"\0" * (pandoc.DOCUMENT_MAX_BYTES + 1), "larger than 20 MB"),
    ],
)  # fmt: skip
def test_what_is_no_document_is_refused_with_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(pandoc.DocumentError, match=reason):
        pandoc.html_of(data)


def test_without_pandoc_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(pandoc.DocumentError, match="pandoc is not installed"):
        pandoc.html_of(archive(word__document_xml=b"<w/>"))


@pytest.mark.slow
@needs_pandoc
def test_a_bomb_is_refused_by_what_it_says_of_itself() -> None:
    with pytest.raises(pandoc.DocumentError, match="more than can be read"):
        pandoc.html_of(archive(**BOMB))


@pytest.mark.slow
@needs_pandoc
def test_a_document_becomes_html_with_its_formulas_and_a_damaged_one_a_sentence() -> None:
    source = "% A lens\n\n## The law\n\nIt is *so*: $n_1 = 2$.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
    command = ["pandoc", "--from=markdown", "--to=docx", "--output=-"]
    made = subprocess.run(command, input=source.encode(), stdout=subprocess.PIPE, check=True).stdout
    html = pandoc.html_of(made)
    for part in ("A lens</h1>", "<em>so</em>", 'encoding="application/x-tex">n_{1} = 2<', "<th>a</th>"):
        assert part in html
    with pytest.raises(pandoc.DocumentError, match="damaged"):
        pandoc.html_of(archive(word__document_xml=b"<not xml"))
    with pytest.raises(pandoc.DocumentError, match=r"damaged|too long|longer"):
        pandoc.html_of(archive(word__document_xml=b"<w>" + b"<a>" * 3_000_000))
