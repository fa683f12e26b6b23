"""Django's backends for SQLite and PostgreSQL, whose schema editors lose no trigger when a migration changes a table.

SQLite drops the triggers of a table with the table, and Django makes a new table for most changes of a column. It also
refuses to rename a table while a trigger of another one names a table that is not there. PostgreSQL refuses to change
the type of a column that a trigger names, and drops the trigger with the column. So the triggers are put aside and made
again, within the transaction of the migration. In the schema editor, and not in an operation that migrations would
have to use: to forget it would go unnoticed, and lose changes in silence.

https://docs.djangoproject.com/en/5.2/ref/databases/#subclassing-the-built-in-database-backends
"""
