"""The search index on SQLite: an FTS5 table over learn_article, and one over the vocabulary for spelling.

The table is of the kind "external content" (https://sqlite.org/fts5.html#external_content_tables): it holds the index
only, the text stays where it is. Triggers keep it right, whoever writes: `ON CONFLICT DO UPDATE` fires them as well.
They are guarded, so that rendering, relating or publishing an article, which write none of their columns anew,
do not index it again.

No ranking is asked of FTS5: `bm25()` visits every row that matches, which for common words is the whole library.
Matches come by rowid, are cut off, and are ranked by learn.search.ranking.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper as Connection
from django.db.backends.utils import CursorWrapper as Cursor

from learn.db import triggers

from .query import ALL, Columns, Phrase, Query

TABLES = {
    "learn_search": (
        "CREATE VIRTUAL TABLE learn_search USING fts5(question, description, keywords, answer_text, subject_id, "
        "content='learn_article', content_rowid='id', columnsize=0, "
        "tokenize='porter unicode61 remove_diacritics 2')"
    ),
    # Words differ by letters, so they are found by the groups of three letters that they share.
    "learn_search_spelling": (
        "CREATE VIRTUAL TABLE learn_search_spelling USING fts5(word, "
        "content='learn_searchword', content_rowid='id', tokenize='trigram')"
    ),
}
# Who may see an article, beside its key: the columns stand behind the answer in the row, three pages further on.
VISIBLE = "learn_search_visible"  # an index of the model Article
# The subject is a word of the index, too: what a small subject has of a common word is found without a walk through
# all that others have of it.
INDEXED: Columns = (*ALL, "subject_id")


def _followers(index: str, table: str, columns: Columns, prefix: str) -> dict[str, str]:
    """The statements of the triggers by which `index` follows `table`, by name."""
    names = ", ".join(columns)

    def values(row: str) -> str:
        return ", ".join(f"{row}.{column}" for column in ("id", *columns))

    add = f"INSERT INTO {index}(rowid, {names}) VALUES ({values('new')});"
    remove = f"INSERT INTO {index}({index}, rowid, {names}) VALUES ('delete', {values('old')});"
    bodies = {"insert": add, "delete": remove, "update": f"{remove} {add}"}
    return {
        f"{prefix}_{event}": triggers.for_each_row(f"{prefix}_{event}", table, event, body, columns)
        for event, body in bodies.items()
    }


ARTICLE_TRIGGERS = _followers("learn_search", "learn_article", INDEXED, "learn_search")
WORD_TRIGGERS = _followers("learn_search_spelling", "learn_searchword", ("word",), "learn_search_word")
TRIGGERS = {**ARTICLE_TRIGGERS, **WORD_TRIGGERS}

# Rows of the index that one query walks at most: some 15 ms. Without it, a word that a million articles use, few of
# which may be seen, would be read to its end.
WALK = 50_000
ORDER = ""  # see `source`


def set_up(connection: Connection) -> None:
    """Make what is missing or of an older form; fill it where it was made. One transaction."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        existing = _definitions(cursor)
        for name, statement in TABLES.items():
            if existing.get(name) != statement:
                cursor.execute(f"DROP TABLE IF EXISTS {name}")
                cursor.execute(statement)
        if not _is_complete(existing):
            triggers.create(connection, TRIGGERS)
            for name in TABLES:
                _rebuild(cursor, name)


def tear_down(connection: Connection) -> None:
    """Remove the index and what keeps it right."""
    triggers.drop(connection, ARTICLE_TRIGGERS, "learn_article")
    triggers.drop(connection, WORD_TRIGGERS, "learn_searchword")
    with connection.cursor() as cursor:
        for name in TABLES:
            cursor.execute(f"DROP TABLE IF EXISTS {name}")


def is_complete(connection: Connection) -> bool:
    """Whether everything that keeps the index right is there; not while `pause` holds, or after it was killed."""
    with connection.cursor() as cursor:
        return _is_complete(_definitions(cursor))


def pause(connection: Connection) -> None:
    """Stop indexing: a bulk load followed by `repair` takes a third of the time."""
    with transaction.atomic(using=connection.alias):
        triggers.drop(connection, ARTICLE_TRIGGERS, "learn_article")


def repair(connection: Connection) -> None:
    """End `pause`, and make the index anew where it does not follow the articles."""
    if not is_complete(connection):
        set_up(connection)


def rebuild(connection: Connection) -> None:
    """Index all articles and the whole vocabulary anew."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        set_up(connection)
        for name in TABLES:
            _rebuild(cursor, name)


@contextmanager
def loading_words(connection: Connection) -> Iterator[None]:
    """Within it, and within one transaction, most words are written: to index them after is a fifth the work."""
    triggers.drop(connection, WORD_TRIGGERS, "learn_searchword")
    yield
    triggers.create(connection, WORD_TRIGGERS)
    with connection.cursor() as cursor:
        _rebuild(cursor, "learn_search_spelling")


def check(connection: Connection) -> None:
    """Compare the index with the articles; raises DatabaseError where they differ. Reads everything."""
    with connection.cursor() as cursor:
        for name in TABLES:
            cursor.execute(f"INSERT INTO {name}({name}, rank) VALUES ('integrity-check', 1)")


def source(query: Query, columns: Columns, subject: int | None) -> tuple[str, str, list[Any]]:
    """SQL after FROM and after WHERE for what matches `query` in `columns`, in `subject` or in all; its parameters.

    The rows come in the order of their ids without being sorted, so that a LIMIT stops the search.
    """
    walk = f"SELECT rowid FROM learn_search WHERE learn_search MATCH %s LIMIT {WALK}"
    joined = f"({walk}) m CROSS JOIN learn_article INDEXED BY {VISIBLE} ON learn_article.id = m.rowid"
    return joined, "1 = 1", [expression(query, columns, subject)]


def expression(query: Query, columns: Columns, subject: int | None) -> str:
    """The FTS5 expression. Each word stands in quotes and holds letters and digits only: nothing to escape."""
    required = " AND ".join(f"({' OR '.join(map(_string, alternatives))})" for alternatives in query.required)
    text = f"{{{' '.join(columns)}}} : ({required})"
    if subject is not None:
        text = f'subject_id : "{subject}" AND ({text})'
    if query.excluded:
        # In texts alone: a number is no subject's key.
        text = f"({text}) NOT ({{{' '.join(ALL)}}} : ({' OR '.join(map(_string, query.excluded))}))"
    return text


def similar_words(cursor: Cursor, word: str, edits: int, limit: int) -> list[tuple[str, int]]:
    """Words that share most groups of three letters with `word` and are at most `edits` longer or shorter.

    Each with how many articles use it.
    """
    groups = {word[start : start + 3] for start in range(len(word) - 2)}
    cursor.execute(
        "SELECT w.word, w.articles FROM learn_search_spelling s JOIN learn_searchword w ON w.id = s.rowid "
        "WHERE learn_search_spelling MATCH %s AND LENGTH(w.word) BETWEEN %s AND %s ORDER BY s.rank LIMIT %s",
        [" OR ".join(f'"{group}"' for group in sorted(groups)), len(word) - edits, len(word) + edits, limit],
    )
    return list(cursor.fetchall())


def words_beginning(cursor: Cursor, beginning: str, limit: int) -> list[str]:
    """The commonest words of the vocabulary that begin so."""
    cursor.execute(
        "SELECT word FROM learn_searchword WHERE word >= %s AND word < %s ORDER BY articles DESC, word LIMIT %s",
        [beginning, beginning + chr(0x10FFFF), limit],
    )
    return [word for (word,) in cursor.fetchall()]


def _string(phrase: Phrase) -> str:
    return f'"{" ".join(phrase.words)}"{" *" if phrase.is_beginning else ""}'


def _definitions(cursor: Cursor) -> dict[str, str]:
    names = [*TABLES, *TRIGGERS]
    marks = ", ".join(["%s"] * len(names))
    cursor.execute(f"SELECT name, sql FROM sqlite_master WHERE name IN ({marks})", names)
    return dict(cursor.fetchall())


def _is_complete(existing: dict[str, str]) -> bool:
    expected = {**TABLES, **TRIGGERS}
    return all(existing.get(name) == statement for name, statement in expected.items())


def _rebuild(cursor: Cursor, index: str) -> None:
    cursor.execute(f"INSERT INTO {index}({index}) VALUES ('rebuild')")
