import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("learn", "0008_tallies"),
    ]

    operations = [
        migrations.CreateModel(
            name="MostLinked",
            fields=[
                (
                    "article",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="most_linked",
                        serialize=False,
                        to="learn.article",
                    ),
                ),
                ("links", models.PositiveIntegerField()),
            ],
        ),
        migrations.RemoveIndex(
            model_name="article",
            name="article_indexable",
        ),
        migrations.AddIndex(
            model_name="article",
            index=models.Index(
                models.OrderBy(models.F("date"), descending=True),
                models.F("slug"),
                models.F("subject"),
                models.F("publish_at"),
                condition=models.Q(("is_indexable", True)),
                name="article_indexable",
            ),
        ),
    ]
