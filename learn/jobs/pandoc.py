"""Turns a document of a word processor into HTML by pandoc, in a process of its own with limits.

This file is also the program that sets the limits of that process (`python -I pandoc.py`) and then becomes pandoc, so
that a document which nobody trusts meets neither settings nor database. Pandoc is a program of its own
(https://pandoc.org): where it is not installed, everything else works, and whoever tries is told.
"""

from __future__ import annotations

import io
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import zipfile

MEBIBYTE = 1 << 20
DOCUMENT_MAX_BYTES = 20 * MEBIBYTE
UNPACKED_MAX_BYTES = 200 * MEBIBYTE
MEMBERS_MAX = 5_000
HTML_MAX_BYTES = 5 * MEBIBYTE  # an answer has 0.1
CPU_SECONDS, WALL_SECONDS = 20, 40
HEAP = "512M"
ADDRESS_SPACE = 2048 * MEBIBYTE  # of which Haskell reserves more than it uses
# In a sandbox pandoc reads and fetches nothing but its input.
ARGUMENTS = (
    "+RTS", f"-M{HEAP}", "-RTS", "--sandbox", "--from=docx", "--to=html", "--standalone", "--mathml", "--wrap=none",
    "--metadata=pagetitle:-",
)  # fmt: skip


class DocumentError(Exception):
    """The document cannot be read; the message says why, for people."""


def html_of(data: bytes) -> str:
    """The HTML of a .docx file, formulas as MathML with their TeX. Raises DocumentError; takes a second or less."""
    _check(data)
    program = shutil.which("pandoc")
    if program is None:
        raise DocumentError(
            "This site cannot read .docx files: pandoc is not installed on its server. Save the document as HTML and "
            "choose that, or copy its text and paste it here."
        )
    with tempfile.TemporaryFile() as output:
        try:
            done = subprocess.run(  # noqa: S603 our own program, no word of a visitor in it
                [sys.executable, "-I", __file__, program],
                input=data,
                stdout=output,
                stderr=subprocess.DEVNULL,
                timeout=WALL_SECONDS,
                check=False,
                env={"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8", "HOME": "/nonexistent"},
            )
        except subprocess.TimeoutExpired as error:
            raise DocumentError("This document takes too long to read. Take a part of it.") from error
        except OSError as error:
            raise DocumentError(f"This document could not be read: {error.strerror}.") from error
        output.seek(0)
        html = output.read(HTML_MAX_BYTES + 1)
    if len(html) > HTML_MAX_BYTES:
        raise DocumentError("This document is longer than an answer may be. Take a part of it.")
    if done.returncode or not html:
        raise DocumentError("This document could not be read: it is damaged, too large, or no .docx file.")
    return html.decode(errors="replace")


def _check(data: bytes) -> None:
    """Refuse what is no document of Word before any program reads it."""
    if len(data) > DOCUMENT_MAX_BYTES:
        raise DocumentError(f"This document is larger than {DOCUMENT_MAX_BYTES // MEBIBYTE} MB.")
    try:
        members = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise DocumentError(
            "This is no .docx file: those of older versions have to be saved as one."
        ) from error
    if not any(member.filename == "word/document.xml" for member in members):
        raise DocumentError("This is no .docx file: it holds no document of Word.")
    if len(members) > MEMBERS_MAX or sum(member.file_size for member in members) > UNPACKED_MAX_BYTES:
        raise DocumentError("This document holds more than can be read. Take a part of it, without pictures.")


def _become(program: str) -> None:
    """Set the limits of this process, then be pandoc."""
    for what, value in (
        (resource.RLIMIT_AS, ADDRESS_SPACE),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, HTML_MAX_BYTES + MEBIBYTE),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        hard = resource.getrlimit(what)[1]
        least = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(what, (least, least))
    os.execv(program, ["pandoc", *ARGUMENTS])  # noqa: S606 no shell, no word of a visitor


if __name__ == "__main__":
    _become(sys.argv[1])
