from django.db import migrations

from learn.migrations._groups import make_groups


class Migration(migrations.Migration):
    dependencies = [
        ("learn", "0003_site_state"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    # The groups stay when the migration is undone: users may be in them.
    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
