"""Every change of these tables changes the stamp of the set-up (ADR 13)."""

from django.db import migrations

from voronka.kernel.stamps import stamped


class Migration(migrations.Migration):
    dependencies = [
        ("journal", "0003_add_setup_stamp"),
        ("automation", "0005_wake_clocks_of_returned_cards"),
    ]

    operations = [
        stamped("automation_highvalue"),
    ]
