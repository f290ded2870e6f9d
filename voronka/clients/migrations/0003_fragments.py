"""The function behind every search: a text as all endings of its folded words.

One function that calls only PostgreSQL's own: `pg_restore` rebuilds the indexes with an empty
search path, and would not find a second one. Its folding mirrors voronka/kernel/fragments.py.
"""

from django.db import migrations

CREATE = r"""
CREATE FUNCTION voronka_fragments(input text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  folded text := translate(
    lower(left(input, 2000)), 'абвгдеёзийклмнопрстуфыэyьъ', 'abvgdeeziiklmnoprstufiei');
  word text;
  fragments text[] := '{}';
BEGIN
  folded := replace(replace(replace(replace(folded, 'ж', 'zh'), 'х', 'kh'), 'ц', 'ts'), 'ч', 'ch');
  folded := replace(replace(replace(replace(folded, 'ш', 'sh'), 'щ', 'shch'), 'ю', 'iu'), 'я', 'ia');
  folded := regexp_replace(folded, '[^[:alnum:]]+', ' ', 'g');
  FOREACH word IN ARRAY string_to_array(folded, ' ') LOOP
    IF word <> '' AND word <> ALL (fragments) THEN
      fragments := fragments || left(word, 40);
      FOR start IN 2 .. least(length(word), 80) - 2 LOOP
        fragments := fragments || substr(word, start, 40);
      END LOOP;
    END IF;
  END LOOP;
  RETURN array_to_tsvector(fragments);
END $$
"""

class Migration(migrations.Migration):
    dependencies = [("clients", "0002_initial")]

    operations = [migrations.RunSQL(CREATE, "DROP FUNCTION voronka_fragments(text)")]
