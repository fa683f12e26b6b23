"""Markdown to safe HTML: ``render`` for answers, ``render_line`` for questions and descriptions; no database here."""

from __future__ import annotations

import logging
import re
from html import escape

from .lines import Line, render_line, texts_of
from .markdown import to_html
from .math import protect
from .pictures import Picture, Pictures
from .placeholders import neutralise
from .rendered import Heading, Problems, Rendered, RenderProblem
from .writer import TooDeepError

__all__ = [
    "MAX_LENGTH", "RENDER_VERSION", "Heading", "Line", "Picture", "Pictures", "RenderProblem", "Rendered",
    "picture_addresses", "render", "render_line", "texts_of",
]  # fmt: skip

# Stored with every article. Raise it with every change that makes other HTML or text of the same answer:
# `render_articles` then renders what an older version made.
RENDER_VERSION = 8

# In characters. The longest answer of the library has 5,000.
MAX_LENGTH = 200_000

logger = logging.getLogger(__name__)

_LINE_ENDING = re.compile(r"\r\n?")


def render(text: str, pictures: Pictures | None = None) -> Rendered:
    """Renders an answer, given with real newlines. Never raises: what cannot be rendered is shown as it was written.

    A fault of our own becomes the problem "render-failed" of that answer, with a traceback in the log: it must stop
    neither an editor's save nor the import of everybody else's files. `pictures`: what is known of the pictures by
    their addresses in the text (`picture_addresses`).
    """
    try:
        return _render(text, pictures)
    except Exception as error:
        logger.exception("an answer could not be rendered")
        problems = Problems()
        problems.add("render-failed", f"The answer could not be rendered: {type(error).__name__}.", text[:80])
        return _as_written(text, problems)


def _render(text: str, pictures: Pictures | None = None) -> Rendered:
    problems = Problems()
    if "\r" in text:
        text = _LINE_ENDING.sub("\n", text)
    if len(text) > MAX_LENGTH:
        problems.add("too-long", f"The answer is longer than {MAX_LENGTH:,} characters.", text[:80])
        return _as_written(text, problems)
    protected = protect(text, problems)
    try:
        html, writer = to_html(protected, problems, pictures)
    except TooDeepError as error:
        problems.add("too-deep", str(error), text[:80])
        return _as_written(text, problems)
    return Rendered(
        html=protected.insert(html, writer.block_formulas),
        text=protected.readable("\n".join(writer.lines)),
        has_math=any(formula.converted for formula in protected.formulas),
        has_code=writer.has_code,
        headings=tuple(writer.headings),
        problems=problems.found(),
    )


def picture_addresses(text: str) -> tuple[str, ...]:
    """The addresses of the pictures in an answer, as they are written, each once. Renders it where it may have one."""
    if "![" not in text or len(text) > MAX_LENGTH:
        return ()
    problems = Problems()
    try:
        writer = to_html(protect(_LINE_ENDING.sub("\n", text), problems), problems)[1]
    except Exception:  # noqa: BLE001 `render` says so
        return ()
    return tuple(dict.fromkeys(writer.unknown_pictures))


def _as_written(text: str, problems: Problems) -> Rendered:
    text = neutralise(text).strip()
    html = f'<div class="code"><pre tabindex="0"><code>{escape(text, quote=False)}</code></pre></div>\n'
    return Rendered(html, text, has_math=False, has_code=True, headings=(), problems=problems.found())
