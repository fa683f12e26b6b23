"""Which answers hold a table. In a module that can be imported by name, so that migrations can be squashed."""


def find_tables(_apps, schema_editor):
    """Say of the articles that are there what rendering says of new ones. A `<` of a text is escaped."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("UPDATE learn_article SET has_table = true WHERE answer_html LIKE '%<table%'")
