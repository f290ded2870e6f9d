"""Every change of these tables changes the stamp of the set-up (ADR 13)."""

from django.db import migrations

from voronka.kernel.stamps import stamped

COLUMNS = ("user_id", "session_key", "mark", "sealed", "agent", "created_at")


class Migration(migrations.Migration):
    dependencies = [
        ("journal", "0003_add_setup_stamp"),
        ("timeline", "0011_fill_guest_names"),
    ]

    operations = [
        stamped("timeline_noticepolicy"),
        stamped("timeline_noticedevice", COLUMNS),
    ]
