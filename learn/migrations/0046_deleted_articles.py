import django.db.models.deletion
from django.db import migrations, models

from learn.migrations import _trash


class Migration(migrations.Migration):
    """Comments, reviews and the draft of a deleted article wait in the trash with it, and come back with it."""

    dependencies = [("learn", "0045_subject_entries")]

    operations = [
        migrations.AddField(
            model_name="workingcopy",
            name="article_key",
            field=models.BigIntegerField(
                help_text="The primary key of its article, where that was deleted: it may come back.",
                null=True,
                unique=True,
            ),
        ),
        migrations.AlterField(
            model_name="comment",
            name="article",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="comments",
                to="learn.article",
            ),
        ),
        migrations.AlterField(
            model_name="review",
            name="article",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="reviews",
                to="learn.article",
            ),
        ),
        migrations.RunPython(_trash.make_no_constraint, _trash.remove_what_waits),
    ]
