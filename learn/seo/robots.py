"""robots.txt (a template's worth of text, no package needed), with a policy for those that serve AI. https://www.rfc-editor.org/rfc/rfc9309"""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings

from . import absolute

# They fetch a page to answer a reader's question with it, and name it as their source.
SEARCH = (
    "OAI-SearchBot", "ChatGPT-User", "PerplexityBot", "Perplexity-User", "Claude-SearchBot", "Claude-User",
    "MistralAI-User", "DuckAssistBot", "Amzn-SearchBot",
)  # fmt: skip
# They collect text to train models with. Google-Extended and Applebot-Extended are no crawlers: the names only stand
# for the permission, and change nothing in either's search.
TRAINING = (
    "GPTBot", "ClaudeBot", "Google-Extended", "Applebot-Extended", "CCBot", "Bytespider", "meta-externalagent",
    "Amazonbot",
)  # fmt: skip


def robots_txt() -> str:
    """The whole file. A group replaces the group for all, so that each repeats what is private."""
    groups = [
        group(["*"], allowed=True),
        group(SEARCH, allowed=settings.AI_SEARCH_CRAWLERS == "allow"),
        group(TRAINING, allowed=settings.AI_TRAINING_CRAWLERS == "allow"),
    ]
    return "\n".join([*groups, f"Sitemap: {absolute('/sitemap.xml')}", ""])


def group(names: Sequence[str], *, allowed: bool) -> str:
    # Not /learn/search: what is not fetched cannot say `noindex`.
    path = settings.ADMIN_PATH if allowed else "/"
    return "\n".join([*(f"User-agent: {name}" for name in names), f"Disallow: {path}", ""])
