"""The limits of the file format: what a file, its front matter and its fields may hold at most.

Here and not in `document.py`, so that the models may use them without loading pydantic into every server process.
Lengths are in characters. Beside each stands the largest value among 4,087 real files.
"""

from __future__ import annotations

FILE_MAX_BYTES = 512 * 1024  # 7,278: an answer of five thousand characters and its front matter
MAX_DEPTH = 16  # 2: seo and related_articleN. libyaml overflows its stack at 100,000 nested brackets
MAX_EVENTS = 10_000  # 130: bounds the time that one file may take
MAX_PROBLEMS = 100  # reported of one file, so that a file of 10,000 aliases does not fill the report

SCHEMA_NAME_MAX_LENGTH = 100  # 7
TITLE_MAX_LENGTH = 500  # 148; also article_title, question and the titles of related articles
DATE_FORMAT_MAX_LENGTH = 50  # 12
POST_ON_TEXT_MAX_LENGTH = 100  # 9
SEO_TITLE_MAX_LENGTH = 300  # 39
DESCRIPTION_MAX_LENGTH = 2_000  # 437
KEYWORDS_MAX_LENGTH = 2_000  # 461
LABEL_MAX_LENGTH = 200  # 26; also author
FILE_NAME_MAX_LENGTH = 300  # 148
SLUG_MAX_LENGTH = 255  # 144; 176 in the whole library
URL_MAX_LENGTH = 600  # 179: two slugs and the fixed parts
ANSWER_MAX_LENGTH = 100_000  # 4,966
BODY_MAX_LENGTH = 100_000  # 7: a real file's body is `&nbsp;`
EXTRA_MAX_LENGTH = 50_000  # unknown keys and their values, as JSON
INTEGER_LIMIT = 10**18  # every whole number is smaller: what a column of 64 bits holds, in decimal digits
KEY_MAX_LENGTH = 100  # an unknown key; YAML itself stops at 1,024, escapes included
RELATED_MAX_NUMBER = 99  # 5

# /learn/search, /learn/topics and /learn/feed.atom are pages; /learn/<subject>/questions and the
# /questions/undefined/... of the former site must not be mistaken for subjects.
RESERVED_SUBJECT_SLUGS = frozenset(
    {"feed", "feed.atom", "practise", "questions", "saved", "schema", "search", "topics", "undefined"}
)
