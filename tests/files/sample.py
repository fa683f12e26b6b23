"""One article in the real layout, to be changed line by line."""

from __future__ import annotations

PATH = "content/learn/physics/why-does-ice-float.md"

SAMPLE = r"""---
_schema: default
id: 209001
date: 2025-03-14
title: >-
    Why does ice float?
article_title: >-
    Why does ice float?
date_format: MMM DD, YYYY
post_on_text: Posted on
seo:
  title: QuickTakes | Physics
  page_description: >-
    Ice is lighter than the water it pushes aside.
  page_keywords: >-
    ice, water, density
author: QuickTakes
question: >-
    Why does ice float?
answer: >-
    Because it is **lighter**.\n\n- Its molecules stand apart.\n- So $\rho \neq \rho_0$.
subject: Physics
file_name: why-does-ice-float.md
url: /learn/physics/questions/why-does-ice-float
score: -1.0
related_article1:
    id: 209002
    title: >-
        Why do lakes freeze from the top?
    subject: Physics
    url: /learn/physics/questions/why-do-lakes-freeze-from-the-top
related_article2:
    id: 209003
    title: >-
        What is density?
    subject: Chemistry
    url: /learn/chemistry/questions/what-is-density
---

&nbsp;"""


def sample(*changes: tuple[str, str]) -> bytes:
    """The article's file with each (old, new) replaced once; `old` must stand in it."""
    text = SAMPLE
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text.encode()
