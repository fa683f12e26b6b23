from django.db import migrations, models


class Migration(migrations.Migration):
    """What the log calls a second factor that was set up or removed; the column stays as it is."""

    dependencies = [("accounts", "0002_people")]

    operations = [
        migrations.AlterField(
            model_name="accountevent",
            name="kind",
            field=models.CharField(
                choices=[
                    ("login", "Logged in"),
                    ("invited", "Invited"),
                    ("password", "Password set"),
                    ("address", "Address of mail changed"),
                    ("factor", "Second factor changed"),
                    ("recovery", "Recovery code used"),
                    ("codes", "Recovery codes made"),
                    ("rights", "Rights changed"),
                ],
                max_length=8,
            ),
        )
    ]
