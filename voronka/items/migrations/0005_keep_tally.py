"""Triggers that keep the running tally of open cards, and the tally of the cards there are.

Statement-level triggers take a whole COPY at once; the row-level one asks only when a statement
names a column that counts, so planning a step or editing a title costs nothing here.
"""

from django.db import migrations

# Of each open card one line that counts at once, and one from its deadline on.
LINES = """
  SELECT pipeline_id, stage_id, owner_id, counts_from,
         sum(cards), sum(amount), sum(stalled), sum(moments)
  FROM ({cards}) AS card CROSS JOIN LATERAL (VALUES
    ('epoch'::timestamptz, sign, sign * amount, 0, 0),
    (stalls_at, 0, 0, sign, sign * extract(epoch FROM stalls_at)::bigint)
  ) AS line (counts_from, cards, amount, stalled, moments)
  WHERE closed_at IS NULL AND deleted_at IS NULL AND counts_from IS NOT NULL
  GROUP BY pipeline_id, stage_id, owner_id, counts_from
  HAVING sum(cards) <> 0 OR sum(amount) <> 0 OR sum(stalled) <> 0
"""
COLUMNS = "pipeline_id, stage_id, owner_id, counts_from, cards, amount, stalled, moments"
CARD = "{row}.pipeline_id, {row}.stage_id, {row}.owner_id, {row}.amount AS total, "
CARD += "{row}.stalls_at, {row}.closed_at, {row}.deleted_at"


def insert(cards: str) -> str:
    lines = LINES.format(cards=cards).replace("sign * amount", "sign * total")
    return f"INSERT INTO items_tally ({COLUMNS}) {lines};"


def cards_of(sign: int, row: str, table: str = "") -> str:
    source = f" FROM {table} AS {row}" if table else ""
    return f"SELECT {sign} AS sign, {CARD.format(row=row)}{source}"


WATCHED = "pipeline_id, stage_id, owner_id, amount, stalls_at, closed_at, deleted_at"
OLD, NEW = (
    ", ".join(f"{row}.{column.strip()}" for column in WATCHED.split(",")) for row in ("OLD", "NEW")
)
CREATE = f"""
CREATE FUNCTION voronka_tally_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  {insert(cards_of(1, "card", "added"))}
  RETURN NULL;
END $$;

CREATE FUNCTION voronka_tally_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  {insert(cards_of(-1, "OLD") + " UNION ALL " + cards_of(1, "NEW"))}
  RETURN NULL;
END $$;

CREATE FUNCTION voronka_tally_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  {insert(cards_of(-1, "card", "removed"))}
  RETURN NULL;
END $$;

CREATE TRIGGER tally_added AFTER INSERT ON items_item
REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION voronka_tally_added();

CREATE TRIGGER tally_changed AFTER UPDATE OF {WATCHED} ON items_item
FOR EACH ROW WHEN (({OLD}) IS DISTINCT FROM ({NEW}))
EXECUTE FUNCTION voronka_tally_changed();

CREATE TRIGGER tally_removed AFTER DELETE ON items_item
REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION voronka_tally_removed();

LOCK TABLE items_item IN SHARE MODE;
{insert(cards_of(1, "card", "items_item"))}
"""
REMOVE = """
DROP TRIGGER tally_removed ON items_item;
DROP TRIGGER tally_changed ON items_item;
DROP TRIGGER tally_added ON items_item;
DROP FUNCTION voronka_tally_removed();
DROP FUNCTION voronka_tally_changed();
DROP FUNCTION voronka_tally_added();
"""


class Migration(migrations.Migration):
    dependencies = [("items", "0004_add_tally")]

    operations = [migrations.RunSQL(CREATE, REMOVE)]
