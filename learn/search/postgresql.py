"""The search index on PostgreSQL: tsvectors in a table of their own, a GIN index, and pg_trgm for spelling.

Not generated columns of learn_article: every change of an article, of its status or its HTML, writes a new row version,
and with it every lexeme into the index anew, some ms each. Triggers write this table, and only where a text differs.

Two text search configurations of our own, `learn_text` (English, without common words) and `learn_words` (English,
with them, for questions), both blind to accents. PostgreSQL's parser would take `TCP/IP` for a file, `e.g.` for a
host and `<b>` for a tag; the characters that lead it there are blanked first, so that words are what they are on
SQLite.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper as Connection
from django.db.backends.utils import CursorWrapper as Cursor

from learn.db import triggers
from learn.identity import digest

from . import shadow
from .query import ALL, HEAD, QUESTION, Columns, Phrase, Query

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
SUBJECT = "#"  # what no word begins with
BLANKED = "/.-_@:''<>&+~"  # as SQL writes it: two apostrophes are one

TABLE = """
    CREATE TABLE {name} (
        article_id bigint PRIMARY KEY, question tsvector NOT NULL, head tsvector NOT NULL, whole tsvector NOT NULL
    )
"""
COLUMNS = {QUESTION: "question", HEAD: "head", ALL: "whole"}
WORDS = "USING gin (question, head, whole)"  # learn_search_words
# Of an expression: the index of a column would also be taken for words that are named (`word IN (…)`), each of which
# costs it three milliseconds.
GROUPED = "(word || '')"
SPELLING = f"ON learn_searchword USING gin ({GROUPED} gin_trgm_ops)"  # learn_search_spelling
INDEXES = ("learn_search_words", "learn_search_spelling")


def _vectors(row: str) -> str:
    """The values of a row of learn_search, made from the columns of `row`."""

    def plain(text: str) -> str:
        return f"translate({text}, '{BLANKED}', '{' ' * (len(BLANKED) - 1)}')"

    head = f"{row}.question || ' ' || {row}.description || ' ' || {row}.keywords"
    whole = f"{head} || ' ' || left({row}.answer_text, {INDEXED_LENGTH})"
    # The subject is a word, too: what a small subject has of a common word is found without a look at the others.
    subject = f"array_to_tsvector(ARRAY['{SUBJECT}' || {row}.subject_id])"
    return (
        f"{row}.id, to_tsvector('learn_words', {plain(f'{row}.question')}) || {subject}, "
        f"to_tsvector('learn_text', {plain(head)}) || {subject}, "
        f"to_tsvector('learn_text', {plain(whole)}) || {subject}"
    )


INDEXED = (*ALL, "subject_id")
_DIFFERS = " OR ".join(f"old.{column} IS DISTINCT FROM new.{column}" for column in INDEXED)
# A session that loads much notes what it writes, for `repair`; all sessions do while the index is made anew.
_NOTE = f"INSERT INTO {shadow.PENDING} (article_id) VALUES (CASE TG_OP WHEN 'DELETE' THEN old.id ELSE new.id END);"
_TRUNCATE = f"""
    TRUNCATE learn_search;
    IF to_regclass('{shadow.SHADOW}') IS NOT NULL THEN EXECUTE 'TRUNCATE {shadow.SHADOW}'; END IF;
"""
_FUNCTION = """
    CREATE OR REPLACE FUNCTION learn_search_follow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        {body}
        RETURN NULL;
    END $$
"""
FUNCTION = _FUNCTION.format(
    body=f"""
        IF TG_OP = 'TRUNCATE' THEN
            {_TRUNCATE}
            RETURN NULL;
        END IF;
        IF current_setting('{shadow.DEFERRED}', true) = 'on' THEN
            {_NOTE}
            RETURN NULL;
        END IF;
        IF to_regclass('{shadow.SHADOW}') IS NOT NULL THEN
            {_NOTE}
        END IF;
        IF TG_OP = 'DELETE' THEN
            DELETE FROM learn_search WHERE article_id = old.id;
        ELSE
            INSERT INTO learn_search VALUES ({_vectors("new")}) ON CONFLICT (article_id) DO UPDATE
                SET question = excluded.question, head = excluded.head, whole = excluded.whole;
        END IF;
    """
)
# Beside an index of an older form, which may have other columns, until the new one takes its place.
NOTING = _FUNCTION.format(
    body=f"IF TG_OP = 'TRUNCATE' THEN {_TRUNCATE} ELSE {_NOTE} END IF;",
)
# Rows of the index that one query looks at, at most.
WALK = 50_000
# In a function, which has its own settings: for a common word the planner would rather compare all rows than ask the
# index, because it does not know that a comparison reads a long vector from elsewhere, which the index spares.
# Not in parallel: what comes before the LIMIT would be chance.
_CHOICES = " ".join(
    f"WHEN '{name}' THEN RETURN QUERY SELECT article_id FROM learn_search WHERE {name} @@ query LIMIT {WALK};"
    for name in COLUMNS.values()
)
MATCHING = f"""
    CREATE OR REPLACE FUNCTION learn_search_matching(place text, query tsquery) RETURNS SETOF bigint
    LANGUAGE plpgsql STABLE SET enable_seqscan = off SET enable_indexscan = off
    SET max_parallel_workers_per_gather = 0 AS $$ BEGIN
        CASE place {_CHOICES} END CASE;
    END $$
"""
TRIGGERS = {
    "learn_search_insert": "AFTER INSERT ON learn_article FOR EACH ROW",
    "learn_search_update": f"AFTER UPDATE OF {', '.join(INDEXED)} ON learn_article FOR EACH ROW WHEN ({_DIFFERS})",
    "learn_search_delete": "AFTER DELETE ON learn_article FOR EACH ROW",
    "learn_search_truncate": "AFTER TRUNCATE ON learn_article FOR EACH STATEMENT",
}
_FILLING = f"SELECT {_vectors('article')} FROM learn_article article"

ORDER = ""  # that of the table, as the index gives it


def set_up(connection: Connection) -> None:
    """Make what is missing or of an older form; fill it where it was made. Searches go on meanwhile.

    Raises ImproperlyConfigured where the database account may not create the extensions.
    """
    _prepare(connection)
    if not is_complete(connection):
        with shadow.only_rebuild(connection):
            _set_up(connection)


def tear_down(connection: Connection) -> None:
    """Remove the index and what keeps it right; extensions stay, others may use them."""
    triggers.drop(connection, TRIGGERS, "learn_article")
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS learn_search, {shadow.SHADOW}, {shadow.PENDING}")
        cursor.execute("DROP INDEX IF EXISTS learn_search_spelling")
        cursor.execute("DROP FUNCTION IF EXISTS learn_search_follow, learn_search_matching")
        cursor.execute("DROP TEXT SEARCH CONFIGURATION IF EXISTS learn_text")
        cursor.execute("DROP TEXT SEARCH CONFIGURATION IF EXISTS learn_words")
        cursor.execute("DROP TEXT SEARCH DICTIONARY IF EXISTS learn_stem")


def is_complete(connection: Connection) -> bool:
    """Whether the index is there and holds every change; not while `pause` holds, or after it was killed."""
    with connection.cursor() as cursor:
        return _is_complete(cursor)


def pause(connection: Connection) -> None:
    """Let this session note its changes instead of indexing them: to index them later is cheaper. See `repair`.

    The index answers as before, and the changes of other sessions go into it as ever.
    """
    shadow.defer(connection, is_on=True)


def repair(connection: Connection) -> None:
    """End `pause`, and index what was noted since, by whomever."""
    shadow.defer(connection, is_on=False)
    if is_complete(connection):
        return
    with shadow.only_rebuild(connection):
        # Another process may have done it in the meantime.
        if not is_complete(connection):
            _set_up(connection)


def rebuild(connection: Connection) -> None:
    """Index all articles anew. The old index answers until it is done."""
    _prepare(connection)
    shadow.defer(connection, is_on=False)
    with shadow.only_rebuild(connection):
        shadow.briefly(connection, _define)
        _rebuild(connection)


def _prepare(connection: Connection) -> None:
    with connection.cursor() as cursor:
        for extension in EXTENSIONS:
            _create_extension(cursor, extension)
        cursor.execute(CONFIGURATIONS)


def _set_up(connection: Connection) -> None:
    with connection.cursor() as cursor:
        is_ours = _is_of_this_form(cursor)
    if not is_ours:
        shadow.briefly(connection, _define)
    if is_ours and not shadow.is_mostly_pending(connection):
        shadow.index_pending(connection, _vectors("article"))
    else:
        _rebuild(connection)


def _define(cursor: Cursor) -> None:
    """Make everything beside the index itself. Blocks writers of articles for a moment, and no reader."""
    cursor.execute(shadow.PENDING_TABLE)
    cursor.execute(TABLE.format(name="IF NOT EXISTS learn_search"))
    cursor.execute("SELECT obj_description(to_regclass('learn_search_spelling'), 'pg_class')")
    if cursor.fetchone() != (SPELLING,):
        cursor.execute("DROP INDEX IF EXISTS learn_search_spelling")
        cursor.execute(f"CREATE INDEX learn_search_spelling {SPELLING}")
        form = SPELLING.replace("'", "''")
        cursor.execute(f"COMMENT ON INDEX learn_search_spelling IS '{form}'")
    if not _is_of_this_form(cursor):
        cursor.execute(NOTING)
        for name, body in TRIGGERS.items():
            cursor.execute(f"CREATE OR REPLACE TRIGGER {name} {body} EXECUTE FUNCTION learn_search_follow()")


def _rebuild(connection: Connection) -> None:
    shadow.rebuild(connection, table=TABLE, index=WORDS, vectors=_vectors("article"), finish=_finish)


def _finish(cursor: Cursor) -> None:
    """What finds, and follows, the rows of the table that took its place."""
    cursor.execute(FUNCTION)
    cursor.execute(MATCHING)
    cursor.execute(f"COMMENT ON TABLE learn_search IS '{_form()}'")


def loading_words(connection: Connection) -> AbstractContextManager[None]:  # noqa: ARG001 the other backend needs it
    """Nothing to do: the index over the vocabulary follows its table."""
    return nullcontext()


def check(connection: Connection) -> None:
    """Compare the index with the articles; raises DatabaseError where they differ. Reads everything."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT (SELECT COUNT(*) FROM (TABLE learn_search EXCEPT {_FILLING}) spare), "
            f"(SELECT COUNT(*) FROM ({_FILLING} EXCEPT TABLE learn_search) lacking)"
        )
        wrong, missing = cursor.fetchone()
    if wrong or missing:
        raise DatabaseError(f"The search index has {wrong} rows too many and {missing} too few.")


def source(query: Query, columns: Columns, subject: int | None) -> tuple[str, str, list[Any]]:
    """SQL after FROM and after WHERE for what matches `query` in `columns`, in `subject` or in all; its parameters."""
    expression, parameters = tsquery(query, "learn_words" if columns == QUESTION else "learn_text")
    if subject is not None:
        expression = f"{expression} && %s::tsquery"
        parameters.append(f"'{SUBJECT}{subject}'")
    matching = f"learn_search_matching('{COLUMNS[columns]}', {expression})"
    return f"{matching} m (id) JOIN learn_article ON learn_article.id = m.id", "1 = 1", parameters


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
        as_prefix = f"to_tsquery('{configuration}', %s)"
        if not before:
            parameters.append(f"{last}:*")
            return as_prefix
        parameters.extend([" ".join(before), f"{last}:*"])
        return f"(phraseto_tsquery('{configuration}', %s) <-> {as_prefix})"

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
        f"SELECT word, articles FROM learn_searchword WHERE {GROUPED} LIKE ANY(%s) AND LENGTH(word) BETWEEN %s AND %s "
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
            f"The search needs PostgreSQL's extension {name}, which this account cannot create ({error}). Ask "
            "whoever administers the database to install PostgreSQL's contrib package and to run, in this database: "
            f"CREATE EXTENSION {name};"
        ) from error


def _form() -> str:
    """Tells this definition of the index from an older one; kept as the comment on the table."""
    return digest(TABLE, FUNCTION, MATCHING, WORDS, SPELLING, *TRIGGERS.values())


def _is_complete(cursor: Cursor) -> bool:
    return _is_of_this_form(cursor) and shadow.is_settled(cursor)


def _is_of_this_form(cursor: Cursor) -> bool:
    """Whether everything is there, as this release defines it."""
    cursor.execute("SELECT obj_description(to_regclass('learn_search'), 'pg_class')")
    if cursor.fetchone() != (_form(),):
        return False
    cursor.execute(
        "SELECT (SELECT COUNT(*) FROM pg_trigger WHERE tgrelid = 'learn_article'::regclass AND tgname = ANY(%s)), "
        "(SELECT COUNT(*) FROM unnest(%s::text[]) name WHERE to_regclass(name) IS NOT NULL)",
        [list(TRIGGERS), list(INDEXES)],
    )
    return bool(cursor.fetchone() == (len(TRIGGERS), len(INDEXES)))
