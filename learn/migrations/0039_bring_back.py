from django.db import migrations, models


class Migration(migrations.Migration):
    """A kind of change set more; the column stays as it is."""

    dependencies = [
        ("learn", "0037_words"),
    ]

    operations = [
        migrations.AlterField(
            model_name="changeset",
            name="kind",
            field=models.CharField(
                choices=[
                    ("publish", "Publish"),
                    ("publish-changes", "Publish unpublished changes"),
                    ("unpublish", "Unpublish"),
                    ("no-index", "Keep out of search engines"),
                    ("index", "Let into search engines"),
                    ("move", "Move to another subject"),
                    ("render", "Render anew"),
                    ("replace", "Find and replace"),
                    ("merge", "Merge articles"),
                    ("subject-rename", "Rename a subject"),
                    ("subject-merge", "Merge a subject into another"),
                    ("dead-links", "Mend dead related links"),
                    ("answer-links", "Mend links in answers"),
                    ("redirects", "Redirects from a table"),
                    ("revert", "Take back"),
                    ("import", "Import"),
                    ("bring-back", "Bring back from the trash"),
                ],
                max_length=20,
            ),
        ),
    ]
