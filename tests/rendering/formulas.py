"""What the tests on formulas share."""

from __future__ import annotations

import re

_ANNOTATED = re.compile(
    r'<math( display="block")? alttext="[^"]*"><semantics><mrow>(.*?)</mrow><annotation encoding="application/x-tex">'
    r"[^<]*</annotation></semantics></math>",
    re.DOTALL,
)


def bare(html: str) -> str:
    """HTML whose formulas have neither their TeX nor their words: what readers see."""
    return _ANNOTATED.sub(r"<math\1>\2</math>", html)
