from django.db import migrations

CLOCKS = ("silence", "no_next_step", "date_field", "deadline", "unanswered", "activity_overdue")


class Migration(migrations.Migration):
    """Robots that are there already hear of cards that come back, as those saved from now on."""

    dependencies = [("automation", "0004_name_webhooks")]
    operations = [
        migrations.RunSQL(
            "UPDATE automation_robot SET verbs = ARRAY(SELECT DISTINCT verb FROM unnest(verbs ||"
            " ARRAY['item.corrected', 'item.move_undone', 'item.loss_overturned',"
            " 'item.conversion_undone']::varchar[]) AS verb ORDER BY verb)"
            f" WHERE trigger IN {CLOCKS}",
            migrations.RunSQL.noop,
        )
    ]
