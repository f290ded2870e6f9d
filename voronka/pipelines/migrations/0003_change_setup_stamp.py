"""Every change of these tables changes the stamp of the set-up (ADR 13)."""

from django.db import migrations

from voronka.kernel.stamps import stamped


class Migration(migrations.Migration):
    dependencies = [
        ("journal", "0003_add_setup_stamp"),
        ("pipelines", "0002_add_formulas"),
    ]

    operations = [
        stamped("pipelines_itemtype"),
        stamped("pipelines_pipeline"),
        stamped("pipelines_stage"),
        stamped("pipelines_section"),
        stamped("pipelines_field"),
        stamped("pipelines_lossreason"),
        stamped("pipelines_source"),
    ]
