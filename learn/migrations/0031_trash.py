from django.db import migrations, models

from learn.migrations._groups import add_trash


class Migration(migrations.Migration):
    """What a deleted article takes with it into the trash, and who may empty that."""

    dependencies = [
        ("learn", "0028_change_sets"),
    ]

    operations = [
        migrations.AddField(
            model_name="deletedarticle",
            name="redirects",
            field=models.JSONField(blank=True, default=list, help_text="The older paths that led to it."),
        ),
        migrations.AddField(
            model_name="deletedarticle",
            name="purged_at",
            field=models.DateTimeField(
                blank=True, help_text="When its history was deleted, too: it cannot come back.", null=True
            ),
        ),
        # The groups stay when the migration is undone.
        migrations.RunPython(add_trash, migrations.RunPython.noop),
    ]
