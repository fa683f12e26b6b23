"""A moment from which on a published article is not visible: in the article, and in the indexes that lists are read from."""

from django.db import migrations, models

from learn.migrations import _expires


class Migration(migrations.Migration):
    dependencies = [
        ("learn", "0017_sync"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="article",
            name="article_subject_list",
        ),
        migrations.RemoveIndex(
            model_name="article",
            name="article_sitemap",
        ),
        migrations.RemoveIndex(
            model_name="article",
            name="article_indexable",
        ),
        migrations.RemoveIndex(
            model_name="article",
            name="learn_search_visible",
        ),
        migrations.AddField(
            model_name="article",
            name="expires",
            field=models.DateTimeField(
                blank=True,
                help_text="From this moment on a published article is not visible any more.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="revision",
            name="expires",
            field=models.DateTimeField(
                blank=True,
                help_text="From this moment on a published article is not visible any more.",
                null=True,
            ),
        ),
        migrations.AddIndex(
            model_name="article",
            index=models.Index(
                models.F("subject"),
                models.OrderBy(models.F("date"), descending=True),
                models.F("slug"),
                models.F("publish_at"),
                models.F("expires"),
                condition=models.Q(("no_index", False), ("status", "published")),
                name="article_subject_list",
            ),
        ),
        migrations.AddIndex(
            model_name="article",
            index=models.Index(
                models.OrderBy(models.F("date"), descending=True),
                models.F("slug"),
                models.F("subject"),
                models.F("publish_at"),
                models.F("expires"),
                condition=models.Q(("is_indexable", True)),
                name="article_indexable",
            ),
        ),
        migrations.AddIndex(
            model_name="article",
            index=models.Index(
                condition=models.Q(("is_indexable", True)),
                fields=["subject", "-modified_at", "publish_at", "expires", "status", "is_indexable"],
                name="article_sitemap",
            ),
        ),
        migrations.AddIndex(
            model_name="article",
            index=models.Index(
                condition=models.Q(("expires__isnull", False), ("status", "published")),
                fields=["expires"],
                name="article_expires",
            ),
        ),
        migrations.AddIndex(
            model_name="article",
            index=models.Index(
                fields=["id", "subject", "status", "publish_at", "expires", "is_indexable", "no_index"],
                name="learn_search_visible",
            ),
        ),
        migrations.RunPython(_expires.read_files, migrations.RunPython.noop),
    ]
