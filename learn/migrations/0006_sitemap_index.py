from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("learn", "0005_search")]

    operations = [
        migrations.AddIndex(
            model_name="article",
            index=models.Index(
                fields=["subject", "publish_at", "status", "modified_at", "is_indexable"],
                name="article_sitemap",
                condition=models.Q(("is_indexable", True)),
            ),
        ),
    ]
