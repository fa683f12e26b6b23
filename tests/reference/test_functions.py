from __future__ import annotations

import pytest

from tests.reference import functions
from tests.reference.test_pictures import has_katex, need

# Links, pictures and styles, which an answer's formulas may not have; and what is nothing in itself, or a mistake.
REFUSED = {
    "href", "url", "includegraphics", "htmlStyle", "futurelet", "expandafter", "noexpand", "let", "providecommand",
    "renewcommand", "newcommand", "not", "tag", "color", "textcolor", "colorbox", "fcolorbox", "H", "c", "r", "u", "v",
    "textcircled",
}  # fmt: skip


@pytest.mark.slow
def test_what_katex_draws_is_drawn_or_refused_for_a_reason() -> None:
    need(has_katex(), "KaTeX")
    found = functions.outcomes()
    assert len(found) > 950
    refused = {each.tex.partition("\\")[2].split("{")[0].split()[0] for each in found if each.reason}
    assert refused <= REFUSED
