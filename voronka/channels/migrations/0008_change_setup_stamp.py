"""Every change of these tables changes the stamp of the set-up (ADR 13)."""

from django.db import migrations

from voronka.kernel.stamps import stamped

# The others say how it fares, and are written while it works.
COLUMNS = (
    "provider",
    "code",
    "key",
    "name",
    "settings",
    "sealed",
    "pipeline_id",
    "source_id",
    "owner_id",
    "distribution_id",
    "active",
    "position",
    "created_at",
    "archived_at",
    "usual_pause",
    "for_staff",
)


class Migration(migrations.Migration):
    dependencies = [
        ("journal", "0003_add_setup_stamp"),
        ("channels", "0007_add_for_staff"),
    ]

    operations = [
        stamped("channels_channel", COLUMNS),
    ]
