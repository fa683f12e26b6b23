from django.db import migrations, models

from learn.db import triggers
from learn.search import backends

# The tables that pages show.
SHOWN = [
    "learn_article",
    "learn_mostlinked",
    "learn_relatedlink",
    "learn_similarquestions",
    "learn_subject",
]


class Migration(migrations.Migration):
    """What an earlier release made after each `migrate`: triggers, search index, and the index that it looks into."""

    dependencies = [("learn", "0010_namesakes")]

    operations = [
        migrations.AlterField(
            "Article",
            "flaws",
            models.PositiveIntegerField(
                default=0,
                editable=False,
                help_text="What is wrong with the answer: bits of learn.rendering.flaws.Flaw.",
            ),
        ),
        migrations.AlterField(
            "Article",
            "link_flaws",
            models.PositiveSmallIntegerField(
                default=0,
                editable=False,
                help_text="What is wrong with the related links: bits of learn.rendering.flaws.LinkFlaw.",
            ),
        ),
        migrations.AlterModelTable("Tally", "learn_tally"),
        migrations.RenameModel("Tally", "SubjectCount"),
        migrations.RunSQL("DROP INDEX IF EXISTS learn_search_visible", migrations.RunSQL.noop),
        migrations.AddIndex(
            "Article",
            models.Index(
                fields=["id", "subject", "status", "publish_at", "is_indexable", "no_index"],
                name="learn_search_visible",
            ),
        ),
        migrations.RunPython(triggers.follow_counts, triggers.forget_counts),
        migrations.RunPython(triggers.follow_related, triggers.forget_related),
        migrations.RunPython(backends.make_index, backends.remove_index),
        migrations.RunPython(triggers.FollowState(SHOWN), triggers.ForgetState(SHOWN)),
    ]
