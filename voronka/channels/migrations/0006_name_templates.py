from django.db import migrations


class Migration(migrations.Migration):
    """Give the rows that are there a code of their own."""

    dependencies = [("channels", "0005_add_template_code")]
    operations = [
        migrations.RunSQL(
            "UPDATE channels_messagetemplate SET code = 'template_' || id WHERE code = ''", migrations.RunSQL.noop
        )
    ]
