"""What is said of deleted articles. In a module that can be imported by name, so that migrations can be squashed."""


def remove_what_waits(apps, schema_editor):
    """Going back: what was said of deleted articles goes, as it did with them before."""
    articles = apps.get_model("learn", "Article").objects.values("pk")
    for name in ("Comment", "Review"):
        model = apps.get_model("learn", name)
        model.objects.exclude(article__in=articles).delete()
    if schema_editor.connection.vendor == "postgresql":  # or no table could be altered after it
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        schema_editor.execute("SET CONSTRAINTS ALL DEFERRED")


def make_no_constraint(_apps, schema_editor):
    """Where migrations are squashed into one, the constraints of its new tables are made last: these, too."""
    taken_away = [f'ALTER TABLE "learn_{name}" ADD CONSTRAINT' for name in ("comment", "review")]
    schema_editor.deferred_sql[:] = [
        statement
        for statement in schema_editor.deferred_sql
        if '("article_id")' not in str(statement) or not str(statement).startswith(tuple(taken_away))
    ]
