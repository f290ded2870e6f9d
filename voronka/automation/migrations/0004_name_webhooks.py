from django.db import migrations


class Migration(migrations.Migration):
    """Give the rows that are there a code of their own."""

    dependencies = [("automation", "0003_add_webhook_code")]
    operations = [
        migrations.RunSQL(
            "UPDATE automation_webhook SET code = 'webhook_' || id WHERE code = ''", migrations.RunSQL.noop
        )
    ]
