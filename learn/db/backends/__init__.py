"""Django's backends for SQLite and PostgreSQL, whose schema editors lose no trigger when a migration changes a table.

SQLite drops the triggers of a table with the table, and Django makes a new table for most changes of a column. It also
refuses to rename a table while a trigger of another one names a table that is not there. PostgreSQL refuses to change
the type of a column that a trigger names, and drops the trigger with the column. So the triggers are put aside and made
again, within the transaction of the migration. In the schema editor, and not in an operation that migrations would
have to use: to forget it would go unnoticed, and lose changes in silence.

Where a column is renamed, triggers name it by its new name afterwards. They are found by the word before it, so a
trigger writes `old.subject_id`, never `subject_id` alone, where it means a column of its table (see learn.db.triggers).

https://docs.djangoproject.com/en/5.2/ref/databases/#subclassing-the-built-in-database-backends
"""

from __future__ import annotations

import re

ROWS = ("old", "new", "before", "after", "was", "became")  # how triggers call the rows of their table
OF_COLUMNS = re.compile(r"\bUPDATE OF .*? ON\b", re.DOTALL | re.IGNORECASE)


def with_column_renamed(statement: str, old: str, new: str) -> str:
    """The statement of a trigger, or of its function, that names the column `old` of its table as `new`."""
    quoted = f'"?{re.escape(old)}\\b"?'
    statement = re.sub(rf"\b({'|'.join(ROWS)})\.{quoted}", rf"\1.{new}", statement, flags=re.IGNORECASE)
    return OF_COLUMNS.sub(lambda match: re.sub(rf"(?<!\w){quoted}", new, match[0]), statement)
