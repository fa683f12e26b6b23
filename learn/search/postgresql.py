"""The search index on PostgreSQL: a generated tsvector and GIN indexes, and pg_trgm over the vocabulary for spelling.

Two text search configurations of our own, `learn_text` (English, without common words) and `learn_words` (English,
with them, for questions), both blind to accents. PostgreSQL's parser would take `TCP/IP` for a file, `e.g.` for a
host and `<b>` for a tag; the characters that lead it there are blanked first, so that words are what they are on
SQLite.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper as Connection
from django.db.backends.utils import CursorWrapper as Cursor

from learn.models import digest

from .query import HEAD, QUESTION, Columns, Phrase, Query

EXTENSIONS = ("pg_trgm", "unaccent")
CONFIGURATIONS = """
    DO $$ BEGIN
        IF NOT EXISTS (SELECT FROM pg_ts_config WHERE cfgname = 'learn_text') THEN
            CREATE TEXT SEARCH CONFIGURATION learn_text (COPY = english);
            ALTER TEXT SEARCH CONFIGURATION learn_text
                ALTER MAPPING FOR asciiword, word, numword WITH unaccent, english_stem;
        END IF;
        IF NOT EXISTS (SELECT FROM pg_ts_config WHERE cfgname = 'learn_words') THEN
            CREATE TEXT SEARCH DICTIONARY learn_stem (TEMPLATE = snowball, LANGUAGE = english);
            CREATE TEXT SEARCH CONFIGURATION learn_words (COPY = english);
            ALTER TEXT SEARCH CONFIGURATION learn_words
                ALTER MAPPING FOR asciiword, word, numword WITH unaccent, learn_stem;
        END IF;
    END $$
"""
# A tsvector holds 1 MB at most; beyond that PostgreSQL would refuse to save the article.
INDEXED_LENGTH = 100_000  # characters of an answer


BLANKED = "/.-_@:''<>&+~"  # as SQL writes it: two apostrophes are one


def _plain(text: str) -> str:
    return f"translate({text}, '{BLANKED}', '{' ' * (len(BLANKED) - 1)}')"


_HEAD = "question || ' ' || description || ' ' || keywords"
_ANSWER = f"left(answer_text, {INDEXED_LENGTH})"
VECTOR = (
    f"setweight(to_tsvector('learn_text', {_plain('question')}), 'A') || "
    f"setweight(to_tsvector('learn_text', {_plain('description')}), 'B') || "
    f"setweight(to_tsvector('learn_text', {_plain('keywords')}), 'C') || "
    f"setweight(to_tsvector('learn_text', {_plain(_ANSWER)}), 'D')"
)
QUESTION_VECTOR = f"to_tsvector('learn_words', {_plain('question')})"
HEAD_VECTOR = f"to_tsvector('learn_text', {_plain(_HEAD)})"

INDEXES = {
    "learn_search_answer": "ON learn_article USING gin (search_vector)",
    "learn_search_question": f"ON learn_article USING gin (({QUESTION_VECTOR}))",
    "learn_search_head": f"ON learn_article USING gin (({HEAD_VECTOR}))",
    "learn_search_spelling": "ON learn_searchword USING gin (word gin_trgm_ops)",
}

ORDER = "ORDER BY learn_article.id"


def set_up(connection: Connection) -> None:
    """Make what is missing or of an older form. Runs in one transaction.

    Raises ImproperlyConfigured where the database account may not create the extensions.
    """
    with connection.cursor() as cursor:
        for extension in EXTENSIONS:
            _create_extension(cursor, extension)
        cursor.execute(CONFIGURATIONS)
        if _column_comment(cursor) != _mark(VECTOR):
            cursor.execute("ALTER TABLE learn_article DROP COLUMN IF EXISTS search_vector")
            cursor.execute(
                f"ALTER TABLE learn_article ADD COLUMN search_vector tsvector GENERATED ALWAYS AS ({VECTOR}) STORED"
            )
            cursor.execute(f"COMMENT ON COLUMN learn_article.search_vector IS '{_mark(VECTOR)}'")
        present = _index_comments(cursor)
        for name, body in INDEXES.items():
            if present.get(name) != _mark(body):
                cursor.execute(f"DROP INDEX IF EXISTS {name}")
                cursor.execute(f"CREATE INDEX {name} {body}")
                cursor.execute(f"COMMENT ON INDEX {name} IS '{_mark(body)}'")


def is_complete(connection: Connection) -> bool:
    """Whether column and indexes are there; not while `pause` holds, or after it was killed."""
    with connection.cursor() as cursor:
        present = _index_comments(cursor)
        return _column_comment(cursor) == _mark(VECTOR) and all(
            present.get(name) == _mark(body) for name, body in INDEXES.items()
        )


def pause(connection: Connection) -> None:
    """Drop the indexes over the articles: to make them anew is cheaper than to grow them. `set_up` does."""
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX IF EXISTS learn_search_answer, learn_search_question, learn_search_head")


def rebuild(connection: Connection) -> None:
    """Make all indexes anew. Searching goes on meanwhile, slowly."""
    pause(connection)
    rebuild_spelling(connection)
    set_up(connection)


def rebuild_spelling(connection: Connection) -> None:
    """Nothing to do: the index over the vocabulary follows its table."""


def check(connection: Connection) -> None:
    """Raises DatabaseError where something is missing; what is there follows the articles by itself."""
    if not is_complete(connection):
        raise DatabaseError("The search index is not complete. Run: python manage.py migrate")


def source(query: Query, columns: Columns) -> tuple[str, str, list[Any]]:
    """SQL after FROM and after WHERE for what matches `query` in `columns`; its parameters."""
    vectors = {QUESTION: QUESTION_VECTOR, HEAD: HEAD_VECTOR}
    expression, parameters = tsquery(query, "learn_words" if columns == QUESTION else "learn_text")
    return "learn_article", f"{vectors.get(columns, 'search_vector')} @@ ({expression})", parameters


def tsquery(query: Query, configuration: str) -> tuple[str, list[str]]:
    """An expression of type tsquery, and its parameters: words, in functions that take any text."""
    parameters: list[str] = []

    def any_of(phrases: tuple[Phrase, ...]) -> str:
        return "(" + " || ".join(one(phrase) for phrase in phrases) + ")"

    def one(phrase: Phrase) -> str:
        if not phrase.is_beginning:
            parameters.append(" ".join(phrase.words))
            return f"phraseto_tsquery('{configuration}', %s)"
        *before, last = phrase.words
        begun = f"to_tsquery('{configuration}', %s)"
        if not before:
            parameters.append(f"{last}:*")
            return begun
        parameters.extend([" ".join(before), f"{last}:*"])
        return f"(phraseto_tsquery('{configuration}', %s) <-> {begun})"

    parts = [any_of(alternatives) for alternatives in query.required]
    if query.excluded:
        parts.append("!! " + any_of(query.excluded))
    return " && ".join(parts), parameters


def similar_words(cursor: Cursor, word: str, edits: int, limit: int) -> list[tuple[str, int]]:
    """Words that share most groups of three letters with `word` and are at most `edits` longer or shorter.

    Each with how many articles use it.
    """
    groups = sorted({word[start : start + 3] for start in range(len(word) - 2)})
    cursor.execute(
        "SELECT word, articles FROM learn_searchword WHERE word LIKE ANY(%s) AND LENGTH(word) BETWEEN %s AND %s "
        "ORDER BY similarity(word, %s) DESC, word LIMIT %s",
        [[f"%{group}%" for group in groups], len(word) - edits, len(word) + edits, word, limit],
    )
    return list(cursor.fetchall())


def words_beginning(cursor: Cursor, beginning: str, limit: int) -> list[str]:
    """The commonest words of the vocabulary that begin so."""
    cursor.execute(
        "SELECT word FROM learn_searchword WHERE word LIKE %s ORDER BY articles DESC, word LIMIT %s",
        [f"{beginning}%", limit],
    )
    return [word for (word,) in cursor.fetchall()]


def _create_extension(cursor: Cursor, name: str) -> None:
    cursor.execute("SELECT 1 FROM pg_extension WHERE extname = %s", [name])
    if cursor.fetchone():
        return
    try:
        with transaction.atomic(using=cursor.db.alias):
            cursor.execute(f"CREATE EXTENSION IF NOT EXISTS {name}")
    except DatabaseError as error:
        raise ImproperlyConfigured(
            f"The search needs PostgreSQL's extension {name}, which this account cannot create ({error}). Ask whoever "
            f"administers the database to install PostgreSQL's contrib package and to run, in this database: "
            f"CREATE EXTENSION {name};"
        ) from error


def _mark(definition: str) -> str:
    """What tells a definition from an older one; kept as the comment on what was made by it."""
    return digest(definition)


def _column_comment(cursor: Cursor) -> str | None:
    cursor.execute(
        "SELECT col_description(attrelid, attnum) FROM pg_attribute "
        "WHERE attrelid = 'learn_article'::regclass AND attname = 'search_vector' AND NOT attisdropped"
    )
    row = cursor.fetchone()
    return row[0] if row else None


def _index_comments(cursor: Cursor) -> dict[str, str | None]:
    cursor.execute(
        "SELECT relname, obj_description(oid, 'pg_class') FROM pg_class "
        "WHERE relkind = 'i' AND relname = ANY(%s) AND pg_table_is_visible(oid)",
        [list(INDEXES)],
    )
    return dict(cursor.fetchall())
