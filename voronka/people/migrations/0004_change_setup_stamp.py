"""Every change of these tables changes the stamp of the set-up (ADR 13)."""

from django.db import migrations

from voronka.kernel.stamps import stamped


class Migration(migrations.Migration):
    dependencies = [
        ("journal", "0003_add_setup_stamp"),
        ("people", "0003_list_columns"),
    ]

    operations = [
        stamped("people_company"),
        stamped("people_role"),
        stamped("people_department"),
        stamped("people_user"),
        stamped("people_workingcalendar"),
        stamped("people_absence"),
    ]
