"""Messages between processes: after the commit, once, and never of what was undone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

import voronka
from voronka.kernel.telling import LOOK_ANEW, Channel, begin_anew

pytestmark = pytest.mark.django_db(transaction=True)
NEWS = Channel("voronka_test_news")
FENCE = "that is all"


@pytest.fixture
def ears() -> Iterator[psycopg.Connection[Any]]:
    connection.ensure_connection()
    arguments = connection.get_connection_params()
    for name in ("cursor_factory", "context", "pool"):
        arguments.pop(name, None)
    with psycopg.connect(**arguments, autocommit=True) as listening:
        listening.execute(f"LISTEN {NEWS.name}")
        yield listening


def heard(ears: psycopg.Connection[Any]) -> list[str]:
    """What has come so far: the fence comes after it."""
    ears.execute("SELECT pg_notify(%s, %s)", [NEWS.name, FENCE])
    said = []
    for notice in ears.notifies(timeout=10):
        if notice.payload == FENCE:
            return said
        said.append(notice.payload)
    raise AssertionError("the fence did not come")


def test_a_transaction_tells_after_its_commit_each_thing_once(ears):
    with transaction.atomic():
        NEWS.tell("one", "two")
        with transaction.atomic():
            NEWS.tell("three")
        NEWS.tell("one")
        assert heard(ears) == []
    assert sorted(heard(ears)) == ["one", "three", "two"]


def test_what_was_undone_is_not_told(ears):
    with transaction.atomic():
        NEWS.tell("lost")
        transaction.set_rollback(True)
    with transaction.atomic():
        NEWS.tell("kept")
        with transaction.atomic():
            NEWS.tell("lost with its savepoint")
            transaction.set_rollback(True)
        NEWS.tell("kept too")
    assert sorted(heard(ears)) == ["kept", "kept too"]


def test_outside_of_a_transaction_it_is_told_at_once(ears):
    NEWS.tell("now")
    assert heard(ears) == ["now"]


def test_a_process_that_begins_has_everybody_look_anew(ears):
    begin_anew()
    assert heard(ears) == [LOOK_ANEW]


def test_nothing_else_of_ours_notifies():
    """Migrations and the queue's own trigger aside, only `telling` may hold that lock."""
    code = Path(voronka.__file__).parent
    calling = [
        str(path.relative_to(code))
        for path in code.rglob("*.py")
        if "migrations" not in path.parts and "pg_notify(" in path.read_text(encoding="utf-8")
    ]
    assert calling == ["kernel/telling.py"]
