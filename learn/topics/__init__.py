"""Topics: the keywords of the articles, normalised; which articles belong to each, and in which order.

`placing` follows the articles, `shown` is what pages ask, `decisions` what editors say. Which keywords make a topic:

- Keywords of one name (`names`) are one topic, and so are those that the table of synonyms (TopicName) leads there.
- An article belongs where its keyword is named in its question or description, or more than once in its answer.
- General words (`general`) make no topic, nor does what is found everywhere and asked for nowhere (`counting`).
- A topic is shown from LEAST articles on.
"""

from __future__ import annotations

LEAST = 5  # articles that make a page; search engines take one with fewer for a thin page
