"""Triggers that keep the running tally of closed cards, and the tally of the cards there are.

As in keep_tally: a whole COPY is taken at once, and changes of open cards cost nothing here.
"""

from django.db import migrations

COLUMNS = "pipeline_id, stage_id, owner_id, source_id, loss_reason_id, month, cards, amount, cycle"
LINES = """
  SELECT pipeline_id, stage_id, owner_id, source, reason, month, sum(sign), sum(sign * total),
         sum(CASE WHEN sign > 0 THEN cycle ELSE -cycle END)
  FROM ({cards}) AS card
  WHERE closed_at IS NOT NULL AND deleted_at IS NULL
  GROUP BY pipeline_id, stage_id, owner_id, source, reason, month
  HAVING sum(sign) <> 0 OR sum(sign * total) <> 0
         OR sum(CASE WHEN sign > 0 THEN cycle ELSE -cycle END) <> interval '0'
"""
CARD = """{row}.pipeline_id, {row}.stage_id, {row}.owner_id, coalesce({row}.source_id, 0) AS source,
  coalesce({row}.loss_reason_id, 0) AS reason, {row}.amount AS total, {row}.closed_at,
  date_trunc('month', {row}.closed_at AT TIME ZONE 'UTC')::date AS month,
  {row}.closed_at - {row}.created_at AS cycle, {row}.deleted_at"""
WATCHED = (
    "pipeline_id, stage_id, owner_id, source_id, loss_reason_id, amount, created_at, closed_at,"
    " deleted_at"
)
OLD, NEW = (
    ", ".join(f"{row}.{column.strip()}" for column in WATCHED.split(",")) for row in ("OLD", "NEW")
)


def insert(cards: str) -> str:
    return f"INSERT INTO items_closedtally ({COLUMNS}) {LINES.format(cards=cards)};"


def cards_of(sign: int, row: str, table: str = "") -> str:
    source = f" FROM {table} AS {row}" if table else ""
    return f"SELECT {sign} AS sign, {CARD.format(row=row)}{source}"


CREATE = f"""
CREATE FUNCTION voronka_closed_tally_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM added WHERE closed_at IS NOT NULL) THEN
    {insert(cards_of(1, "card", "added"))}
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION voronka_closed_tally_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  {insert(cards_of(-1, "OLD") + " UNION ALL " + cards_of(1, "NEW"))}
  RETURN NULL;
END $$;

CREATE FUNCTION voronka_closed_tally_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  {insert(cards_of(-1, "card", "removed"))}
  RETURN NULL;
END $$;

CREATE TRIGGER closed_tally_added AFTER INSERT ON items_item
REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION voronka_closed_tally_added();

CREATE TRIGGER closed_tally_changed AFTER UPDATE OF {WATCHED} ON items_item
FOR EACH ROW WHEN (
  (OLD.closed_at IS NOT NULL OR NEW.closed_at IS NOT NULL) AND ({OLD}) IS DISTINCT FROM ({NEW})
)
EXECUTE FUNCTION voronka_closed_tally_changed();

CREATE TRIGGER closed_tally_removed AFTER DELETE ON items_item
REFERENCING OLD TABLE AS removed FOR EACH STATEMENT
EXECUTE FUNCTION voronka_closed_tally_removed();

LOCK TABLE items_item IN SHARE MODE;
{insert(cards_of(1, "card", "items_item"))}
"""
REMOVE = """
DROP TRIGGER closed_tally_removed ON items_item;
DROP TRIGGER closed_tally_changed ON items_item;
DROP TRIGGER closed_tally_added ON items_item;
DROP FUNCTION voronka_closed_tally_removed();
DROP FUNCTION voronka_closed_tally_changed();
DROP FUNCTION voronka_closed_tally_added();
"""


class Migration(migrations.Migration):
    dependencies = [("items", "0010_add_closed_tally")]

    operations = [migrations.RunSQL(CREATE, REMOVE)]
