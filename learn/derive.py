"""The columns of an article that follow from its question and answer. Pure and picklable: workers call it."""

from __future__ import annotations

from typing import Any

from learn import rendering
from learn.identity import digest
from learn.rendering import flaws

EXCERPT_LENGTH = 220  # characters: two or three lines of a list on a phone
DERIVED_FIELDS = (
    "answer_html", "answer_text", "excerpt", "headings", "word_count", "has_math", "has_code",
    "has_table", "render_problems", "render_version", "content_key", "flaws",
)  # fmt: skip


def content_key(question: str, answer: str) -> str:
    """Equal for articles that ask and answer the same: such articles share one canonical URL."""
    return digest(" ".join(question.split()).casefold(), answer.strip())


def derived_fields(question: str, answer: str, pictures: rendering.Pictures | None = None) -> dict[str, Any]:
    """Render `answer` and return every column that follows from question and answer (`DERIVED_FIELDS`).

    `pictures`: what is known of those in the answer, by their addresses.
    """
    rendered, asked = rendering.render(answer, pictures), rendering.render_line(question)
    return {
        "answer_html": rendered.html,
        "answer_text": rendered.text,
        "excerpt": excerpt(rendered.text),
        "headings": [[heading.level, heading.id, heading.text] for heading in rendered.headings],
        "word_count": len(rendered.text.split()),
        "has_math": rendered.has_math,
        "has_code": rendered.has_code,
        "has_table": "<table" in rendered.html,  # in text it would be escaped
        "render_problems": [
            *([problem.code, f"In the question: {problem.message}"] for problem in asked.problems),
            *([problem.code, problem.message] for problem in rendered.problems),
        ],
        "render_version": rendering.RENDER_VERSION,
        "content_key": content_key(question, answer),
        "flaws": flaws.bits(flaws.examine(answer, rendered)),
    }


def excerpt(text: str) -> str:
    """The beginning of `text` on one line, cut between words, at most EXCERPT_LENGTH characters."""
    line = " ".join(text[: EXCERPT_LENGTH * 4].split())
    if len(line) <= EXCERPT_LENGTH:
        return line
    return line[: EXCERPT_LENGTH - 1].rsplit(" ", 1)[0].rstrip(",;:.–—-") + "…"
