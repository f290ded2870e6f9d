"""Every change of these tables changes the stamp of the set-up (ADR 13)."""

from django.db import migrations

from voronka.kernel.stamps import stamped


class Migration(migrations.Migration):
    dependencies = [
        ("journal", "0003_add_setup_stamp"),
        ("routing", "0003_name_rules"),
    ]

    operations = [
        stamped("routing_routingrule"),
        stamped("routing_distribution"),
    ]
