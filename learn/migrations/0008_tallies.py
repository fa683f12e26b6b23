from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("learn", "0007_desk_indexes"),
    ]

    operations = [
        migrations.CreateModel(
            name="Tally",
            fields=[
                ("subject_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("listable", models.BigIntegerField()),
                ("indexable", models.BigIntegerField()),
            ],
        ),
        migrations.RemoveIndex(
            model_name="article",
            name="article_subject_list",
        ),
        migrations.RemoveIndex(
            model_name="article",
            name="article_sitemap",
        ),
        migrations.AddIndex(
            model_name="article",
            index=models.Index(
                models.F("subject"),
                models.OrderBy(models.F("date"), descending=True),
                models.F("slug"),
                models.F("publish_at"),
                condition=models.Q(("no_index", False), ("status", "published")),
                name="article_subject_list",
            ),
        ),
        migrations.AddIndex(
            model_name="article",
            index=models.Index(
                condition=models.Q(("is_indexable", True)),
                fields=["subject", "-modified_at", "publish_at", "status", "is_indexable"],
                name="article_sitemap",
            ),
        ),
    ]
