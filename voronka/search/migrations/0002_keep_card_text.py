"""Triggers that keep the text of cards searchable, and the text of the cards there are.

A statement-level trigger takes a whole COPY at once; the row-level one asks only when a statement
names the title or the key, so moving a card costs nothing here. The index finds the newest open cards, which are asked first.
"""

from django.db import migrations

CREATE = """
CREATE FUNCTION voronka_card_text_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO search_cardtext (item_id, vector)
  SELECT id, voronka_fragments(title || ' ' || external_id) FROM added;
  RETURN NULL;
END $$;

CREATE FUNCTION voronka_card_text_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE search_cardtext SET vector = voronka_fragments(NEW.title || ' ' || NEW.external_id)
  WHERE item_id = NEW.id;
  RETURN NULL;
END $$;

CREATE TRIGGER card_text_added AFTER INSERT ON items_item
REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION voronka_card_text_added();

CREATE TRIGGER card_text_changed AFTER UPDATE OF title, external_id ON items_item
FOR EACH ROW WHEN ((OLD.title, OLD.external_id) IS DISTINCT FROM (NEW.title, NEW.external_id))
EXECUTE FUNCTION voronka_card_text_changed();

CREATE INDEX search_open_cards ON items_item (id) WHERE closed_at IS NULL AND deleted_at IS NULL;

INSERT INTO search_cardtext (item_id, vector)
SELECT id, voronka_fragments(title || ' ' || external_id) FROM items_item;
"""
REMOVE = """
DROP INDEX search_open_cards;
DROP TRIGGER card_text_changed ON items_item;
DROP TRIGGER card_text_added ON items_item;
DROP FUNCTION voronka_card_text_changed();
DROP FUNCTION voronka_card_text_added();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("search", "0001_initial"),
        ("items", "0002_initial"),
        ("clients", "0003_fragments"),
    ]

    operations = [migrations.RunSQL(CREATE, REMOVE)]
