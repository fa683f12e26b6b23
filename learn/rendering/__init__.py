"""Answer text to safe HTML. ``render`` is the only entry point; nothing here knows of a database."""

from __future__ import annotations

import re
from html import escape

from .markdown import to_html
from .math import neutralise, protect
from .rendered import Heading, Problems, Rendered, RenderProblem
from .writer import TooDeepError

__all__ = ["MAX_LENGTH", "RENDER_VERSION", "Heading", "RenderProblem", "Rendered", "render"]

# Stored with every article. Raise it with every change that makes other HTML or text of the same answer:
# `render_articles` then renders what an older version made.
RENDER_VERSION = 5

# In characters. The longest answer of the library has 5,000.
MAX_LENGTH = 200_000

_LINE_ENDING = re.compile(r"\r\n?")


def render(text: str) -> Rendered:
    """Renders an answer, given with real newlines. Never raises: what cannot be rendered is shown as it was written."""
    problems = Problems()
    if "\r" in text:
        text = _LINE_ENDING.sub("\n", text)
    if len(text) > MAX_LENGTH:
        problems.add("too-long", f"The answer is longer than {MAX_LENGTH:,} characters.", text[:80])
        return _as_written(text, problems)
    protected = protect(text, problems)
    try:
        html, writer = to_html(protected, problems)
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


def _as_written(text: str, problems: Problems) -> Rendered:
    text = neutralise(text).strip()
    html = f'<div class="code"><pre tabindex="0"><code>{escape(text, quote=False)}</code></pre></div>\n'
    return Rendered(html, text, has_math=False, has_code=True, headings=(), problems=problems.found())
