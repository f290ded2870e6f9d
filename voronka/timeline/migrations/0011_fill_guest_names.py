"""Conversations without a client get the name that was given last in their messages."""

from django.db import migrations

FILL = """
UPDATE timeline_conversation AS talk SET guest_name = said.author_name
FROM (
    SELECT DISTINCT ON (conversation_id) conversation_id, author_name
    FROM timeline_message
    WHERE direction = 'in' AND author_name <> '' AND NOT automatic
    ORDER BY conversation_id, at DESC, id DESC
) AS said
WHERE said.conversation_id = talk.id AND talk.client_id IS NULL
"""


class Migration(migrations.Migration):
    dependencies = [("timeline", "0010_add_guest_name")]
    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
