from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("learn", "0009_order_of_the_newest"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="article",
            name="article_slug",
        ),
        migrations.AddIndex(
            model_name="article",
            index=models.Index(fields=["slug", "is_indexable"], name="article_slug"),
        ),
    ]
