from django.db import migrations, models


class Migration(migrations.Migration):
    """What the entry of subjects.yaml said when it was last imported: so that both sides' changes are put together."""

    dependencies = [("learn", "0040_subject_position")]

    operations = [
        migrations.AddField(
            model_name="subject",
            name="imported_entry",
            field=models.JSONField(blank=True, default=dict, editable=False),
        ),
    ]
