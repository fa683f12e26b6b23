from django.db import migrations, models
from django.db.models import F


class Migration(migrations.Migration):
    """Where lists of subjects show each; without a number by its title, as before."""

    dependencies = [("learn", "0039_bring_back")]

    operations = [
        migrations.AddField(
            model_name="subject",
            name="position",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="Where lists of subjects show it: 1 before 2. Those without a number follow, by their titles.",
                null=True,
                verbose_name="place",
            ),
        ),
        migrations.AlterModelOptions(
            name="subject",
            options={"ordering": [F("position").asc(nulls_last=True), "title", "slug"]},
        ),
    ]
