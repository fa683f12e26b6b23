"""axe, put into a page once and asked as often as the page changes.

https://github.com/dequelabs/axe-core/blob/develop/doc/API.md
"""

from __future__ import annotations

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# All that can change where only the colours do: reading the whole page again would find the same again.
OF_COLOUR = ["color-contrast", "link-in-text-block"]


def axe(page: Page, *, only_colours: bool = False) -> list[str]:
    """What axe finds on the page as it stands now, in words; with `only_colours`, by the rules on colours alone."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    wanted = {"type": "rule", "values": OF_COLOUR} if only_colours else {"type": "tag", "values": RULES}
    result = page.evaluate(
        "options => axe.run(document, options)", {"runOnly": wanted, "resultTypes": ["violations"]}
    )
    assert result["passes"] or result["inapplicable"], "axe asked nothing"
    return [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]
