"""Only commands write to the database. Everything else reads."""

from pathlib import Path

import pytest
from django.apps import apps

from tests.architecture.one_door import PRIMITIVES, borrowed_pens, is_command, writes

PACKAGE = Path(__file__).resolve().parents[2] / "voronka"
SKETCH = frozenset({"watchers", "items", "visits"})


def accessors() -> frozenset[str]:
    """Names of all many-to-many fields and reverse relations of our models."""
    names = set()
    for model in apps.get_models():
        names |= {field.name for field in model._meta.many_to_many}
        for relation in model._meta.related_objects:
            name = relation.get_accessor_name()
            if name and (relation.one_to_many or relation.many_to_many):
                names.add(name)
    return frozenset(names)


def test_nothing_but_commands_writes_to_the_database():
    known = accessors()
    found = [
        f"{file.relative_to(PACKAGE.parent)}:{line}: {call}"
        for file in sorted(PACKAGE.rglob("*.py"))
        if not is_command(file.relative_to(PACKAGE))
        if str(file.relative_to(PACKAGE.parent)) not in PRIMITIVES
        for line, call in writes(file.read_text("utf-8"), known)
    ]
    found += [
        f"{file.relative_to(PACKAGE.parent)}:{line}: imports what writes"
        for file in sorted(PACKAGE.rglob("*.py"))
        if not is_command(file.relative_to(PACKAGE))
        for line in borrowed_pens(file.read_text("utf-8"))
    ]
    assert not found, "move these into a command:\n" + "\n".join(found)


@pytest.mark.parametrize(
    "sketch",
    [
        "Item.objects.create(title='x')",
        "item.visits.create(stage=stage)",
        "item.save()",
        "item.save(update_fields=['stage'])",
        "form.save()",
        "Item(title='x').save()",
        "item.delete()",
        "Item.objects.filter(pk=1).delete()",
        "Item.objects.filter(pk=1).update(stage=2)",
        "rows.update(**changes)",
        "Item.objects.bulk_create(rows)",
        "Item.objects.bulk_update(rows, ['stage'])",
        "Item.objects.get_or_create(pk=1)",
        "pipeline.items.update_or_create(pk=1)",
        "await item.asave()",
        "item.watchers.add(user)",
        "item.watchers.set([user])",
        "item.watchers.remove(user)",
        "item.watchers.clear()",
        "item.photo.save('a.png', content)",
        "cursor.execute('INSERT INTO items VALUES (1)')",
        "cursor.execute(f'UPDATE {table} SET stage = 1')",
        "cursor.execute('WITH a AS (SELECT 1) DELETE FROM items')",
        "SQL = 'update items set x = 1'\ncursor.execute(SQL, [1])",
        "cursor.execute(sql.SQL('DELETE FROM {}').format(name))",
        "cursor.copy('COPY items (a, b) FROM STDIN')",
        "connection.cursor().executemany('insert into a values (%s)', rows)",
        "import json\nrows.delete()",
    ],
)
def test_a_write_is_caught(sketch):
    assert writes(_inside_a_function(sketch), SKETCH)


@pytest.mark.parametrize(
    "sketch",
    [
        "seen = set()\nseen.add(1)",
        "self._clients.add(client)",
        "names.remove('x')",
        "cache.clear()",
        "values = {}\nvalues.update(a=1)",
        "context: dict[str, int] = make()\ncontext.update(a=1)",
        "request.session.update({'a': 1})",
        "hashlib.sha256().update(b'x')",
        "messages.add_message(request, 20, 'x')",
        "workbook.save(path)",
        "default_storage.save('a', content)",
        "default_storage.delete('a')",
        "request.session.save()",
        "client.delete('/api/1')",
        "from voronka.items import commands\ncommands.create(title='x')",
        "Theme.create('dark')",
        "cursor.execute('SELECT 1 FROM items FOR UPDATE')",
        "cursor.execute('SELECT pg_notify(%s, %s)', [a, b])",
        "self.refs.create('stage')",
        "response.set_cookie('a', 'b')",
        "event.set()",
        "path.unlink()",
    ],
)
def test_what_only_looks_like_a_write_is_let_through(sketch):
    assert not writes(_inside_a_function(sketch), SKETCH)


def test_only_commands_take_the_pen_for_many_rows():
    for line in ("from voronka.kernel.copying import copy_rows", "import voronka.kernel.copying"):
        assert borrowed_pens(line)
    assert borrowed_pens("from voronka.kernel import copying, errors")
    assert not borrowed_pens("from voronka.kernel import errors")


def test_commands_and_migrations_may_write():
    assert is_command(Path("items/commands.py"))
    assert is_command(Path("items/commands/moving.py"))
    assert is_command(Path("items/migrations/0001_initial.py"))
    assert not is_command(Path("items/queries.py"))
    assert not is_command(Path("web/board/views.py"))


def _inside_a_function(sketch: str) -> str:
    """Wrap what needs a function around it; constants stay at the module's top."""
    if not sketch.startswith("await"):
        return sketch
    return f"async def sketch():\n    {sketch}"
