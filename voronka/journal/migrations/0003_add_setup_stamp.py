"""Every change of what is set up changes the stamp (ADR 13)."""

from django.db import migrations

from voronka.kernel.stamps import CREATE


class Migration(migrations.Migration):
    dependencies = [("journal", "0002_append_only")]

    operations = [CREATE]
