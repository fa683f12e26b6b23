"""The next migration needs nothing but Django's operations: our schema editors lose no trigger."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, migrations, models

from learn.models import Article
from learn.search import backends
from tests.db.filling import fill
from tests.db.schemas import (
    NAMES,
    apply,
    assert_nothing_lost,
    assert_triggers_work,
    contents,
    found_by_search,
    generation,
    models_of,
    query,
    query_none,
    schema,
    state_at,
    triggers,
)

pytestmark = pytest.mark.django_db


# --- The next migration -----------------------------------------------------------------------------------------------

ALTERED = [
    migrations.AlterField("Article", "question", models.TextField()),
    migrations.AlterField("Article", "author", models.CharField(max_length=300, default="nobody")),
    migrations.AlterField("Article", "status", models.CharField(max_length=40, default="published")),
    migrations.AlterField("Article", "answer_text", models.CharField(max_length=900_000, default="")),
    migrations.AlterField("Subject", "title", models.TextField()),
    migrations.AlterField("SiteState", "generation", models.CharField(max_length=64)),
    migrations.AlterField("SearchWord", "word", models.CharField(max_length=60, unique=True)),
    migrations.DeleteModel("Upload"),
    migrations.RemoveField("Article", "score"),
]
NEXT = {
    "altered": ALTERED,
    "a shown table goes": [migrations.DeleteModel("MostLinked")],
    "keys": [
        migrations.AlterField("Subject", "id", models.AutoField(primary_key=True)),
        migrations.AlterField("Article", "id", models.AutoField(primary_key=True)),
    ],
    "links": [
        migrations.AlterField(
            "RelatedLink", "article", models.ForeignKey("learn.article", models.CASCADE, related_name="+")
        ),
        migrations.AlterField(
            "Article", "subject", models.ForeignKey("learn.subject", models.CASCADE, related_name="+")
        ),
        migrations.AlterField(
            "Article", "canonical",
            models.ForeignKey("learn.article", models.SET_NULL, null=True, db_index=False, related_name="+"),
        ),
    ],
    "added": [
        migrations.AddField("Article", "level", models.CharField(max_length=10, default="basic")),
        migrations.AddField(
            "Article", "rival", models.ForeignKey("learn.article", models.SET_NULL, null=True, related_name="+")
        ),
        migrations.AddIndex("Article", models.Index(fields=["level"], name="article_level")),
        migrations.AddConstraint(
            "Article", models.CheckConstraint(condition=~models.Q(level=""), name="article_level_is_named")
        ),
        migrations.RemoveConstraint("Article", "article_not_its_own_canonical"),
        migrations.RemoveConstraint("Article", "article_level_is_named"),
        migrations.RemoveIndex("Article", "article_level"),
        migrations.RemoveField("Article", "level"),
    ],
    "tables": [
        migrations.RenameModel("RelatedLink", "Suggestion"),
        migrations.AlterModelTable("MostLinked", "learn_popular"),
        migrations.RenameModel("Subject", "Field"),
        migrations.AlterField("Suggestion", "title", models.TextField(default="")),
        migrations.AlterField("Field", "title", models.TextField()),
    ],
}  # fmt: skip


@pytest.mark.parametrize("operations", NEXT.values(), ids=NEXT.keys())
def test_the_next_migration_needs_nothing_but_djangos_operations(
    begin_at: Callable[[str], None], operations: list[Any]
) -> None:
    begin_at(NAMES[-1])
    before_names = {name for name, _table in triggers()}
    fill(models_of(state_at(NAMES[-1]).apps))
    before = contents(models_of(state_at(NAMES[-1]).apps))
    after = apply(operations)
    of = models_of(after.apps)
    gone = {name for name in before_names if "mostlinked" in name and "MostLinked" not in str(of)}
    assert {name for name, _table in triggers()} == before_names - gone
    assert_nothing_lost(before, contents(of))
    backends.of(connection).check(connection)
    assert_triggers_work(of)
    backends.of(connection).check(connection)


@pytest.mark.parametrize(
    ("model", "old", "new"),
    [
        ("Article", "author", "writer"),
        ("Article", "question", "prompt"),
        ("Article", "subject", "topic"),
        ("Article", "status", "stage"),
        ("Subject", "title", "name"),
    ],
)
def test_a_renamed_column_is_renamed_in_the_triggers(
    begin_at: Callable[[str], None], model: str, old: str, new: str
) -> None:
    begin_at(NAMES[-1])
    fill(models_of(state_at(NAMES[-1]).apps))
    operations: list[Any] = [migrations.RenameField(model, old, new)]
    if old == "subject":  # Django renames nothing in constraints and indexes
        operations[:0] = [
            *(migrations.RemoveConstraint("Article", c.name) for c in Article._meta.constraints),
            *(migrations.RemoveIndex("Article", index.name) for index in Article._meta.indexes),
        ]
    names = triggers()
    after = apply(operations)
    assert triggers() == names
    of = {m._meta.model_name: m for m in models_of(after.apps)}
    key = "topic" if new == "topic" else "subject"
    stage = "stage" if new == "stage" else "status"
    made = fill(of.values())[of["article"]]
    pk = getattr(made, f"{key}_id")
    ((listable, _indexable),) = query("SELECT listable, indexable FROM learn_tally WHERE subject_id = %s", pk)
    assert listable == 1
    assert found_by_search(getattr(made, "prompt" if new == "prompt" else "question")) >= 1
    query_none("DELETE FROM learn_articletorelate")
    before = generation()
    of["article"]._default_manager.filter(pk=made.pk).update(**{stage: "draft"})
    assert generation() != before
    assert query("SELECT listable FROM learn_tally WHERE subject_id = %s", pk) == [(0,)]
    assert query("SELECT article_id FROM learn_articletorelate") == [(made.pk,)]


def test_a_column_of_the_index_goes_with_the_index(begin_at: Callable[[str], None]) -> None:
    """What a trigger reads is not dropped behind its back: the migration fails as a whole."""
    begin_at(NAMES[-1])
    before = schema()
    with pytest.raises(DatabaseError, match="keywords"):
        apply([migrations.RemoveField("Article", "keywords")])
    assert schema() == before
