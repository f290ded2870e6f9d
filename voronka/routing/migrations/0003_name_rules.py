from django.db import migrations


class Migration(migrations.Migration):
    """Give the rows that are there a code of their own."""

    dependencies = [("routing", "0002_add_rule_code")]
    operations = [
        migrations.RunSQL(
            "UPDATE routing_routingrule SET code = 'row_' || id WHERE code = ''", migrations.RunSQL.noop
        )
    ]
