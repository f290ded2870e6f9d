"""The memory of the set-up in a process, and the stamp by which it knows that it is out of date."""

import re
import threading
from collections.abc import Callable, Iterator
from importlib import import_module
from pkgutil import walk_packages

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

import voronka
from tests.factories import make_item, make_pipeline
from voronka.items.commands import edit_item
from voronka.journal.actors import Actor
from voronka.kernel import remembering as memory
from voronka.kernel.prepared import Prepared
from voronka.kernel.remembering import remembering
from voronka.kernel.stamps import read_stamp
from voronka.pipelines.models import Pipeline, Stage

STAGES = Prepared(
    lambda pk: Stage.objects.select_related("pipeline").filter(pipeline_id=pk),
    int,
    model=Stage,
    steady=True,
)


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    memory.forget()
    yield
    memory.forget()


def elsewhere(do: Callable[[], object]) -> None:
    """Do something in another thread, that is by another connection."""

    def work() -> None:
        try:
            do()
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def names(pipeline: Pipeline) -> list[str]:
    with remembering():
        return [str(stage.name) for stage in STAGES.all(pipeline.pk)]


@pytest.mark.django_db(transaction=True)
def test_the_setup_is_read_once_and_anew_after_somebody_has_changed_it():
    pipeline = make_pipeline()
    before = names(pipeline)
    with CaptureQueriesContext(connection) as asked:
        assert names(pipeline) == before
    assert len(asked) == 1  # the stamp
    elsewhere(lambda: Stage.objects.filter(pipeline=pipeline).update(name={"ru": "Новое"}))
    assert set(names(pipeline)) == {"Новое"}
    with remembering():  # a piece of work asks once: who comes after it sees the change
        STAGES.all(pipeline.pk)
        elsewhere(lambda: Stage.objects.filter(pipeline=pipeline).update(name={"ru": "Ещё"}))
        assert {str(stage.name) for stage in STAGES.all(pipeline.pk)} == {"Новое"}
    assert set(names(pipeline)) == {"Ещё"}


@pytest.mark.django_db(transaction=True)
def test_work_that_changes_the_setup_sees_it_and_leaves_nothing_of_what_is_undone():
    pipeline = make_pipeline()
    before = names(pipeline)
    with remembering(), transaction.atomic():
        STAGES.all(pipeline.pk)
        Stage.objects.filter(pipeline=pipeline).update(name={"ru": "Новое"})
        assert {str(stage.name) for stage in STAGES.all(pipeline.pk)} == {"Новое"}
        transaction.set_rollback(True)
    assert names(pipeline) == before
    with remembering(), transaction.atomic():
        with transaction.atomic():
            Stage.objects.filter(pipeline=pipeline).delete()
            assert STAGES.all(pipeline.pk) == []
            transaction.set_rollback(True)
        assert [str(stage.name) for stage in STAGES.all(pipeline.pk)] == before
    with transaction.atomic():
        Stage.objects.filter(pipeline=pipeline).update(name={"ru": "Новое"})
        assert set(names(pipeline)) == {"Новое"}
        transaction.set_rollback(True)
    assert names(pipeline) == before


@pytest.mark.django_db(transaction=True)
def test_what_was_written_before_a_query_named_its_tables_is_not_kept():
    pipeline = make_pipeline()
    with remembering(), transaction.atomic():
        Stage.objects.filter(pipeline=pipeline).delete()
        memory.read_by_steady(["made_up_table"])  # as a module does that is first loaded here
        assert STAGES.all(pipeline.pk) == []
        transaction.set_rollback(True)
    assert names(pipeline)


@pytest.mark.django_db(transaction=True)
def test_rows_of_the_memory_are_nobody_elses():
    pipeline = make_pipeline()
    before = names(pipeline)
    with remembering():
        for stage in STAGES.all(pipeline.pk):
            stage.name = {"ru": "Только здесь"}
            stage.pipeline.code = "here"
        again = STAGES.all(pipeline.pk)
        assert [str(stage.name) for stage in again] == before
        assert {stage.pipeline.code for stage in again} == {pipeline.code}
    assert names(pipeline) == before


@pytest.mark.django_db(transaction=True)
def test_two_threads_that_change_and_read_never_keep_what_is_old():
    pipeline = make_pipeline()
    seen: list[str] = []
    gone = threading.Event()

    def read() -> None:
        while not gone.is_set():
            seen.extend(names(pipeline)[:1])

    def change() -> None:
        reader = threading.Thread(target=lambda: (read(), connection.close()))
        reader.start()
        try:
            for number in range(30):
                Stage.objects.filter(pipeline=pipeline).update(name={"ru": f"Имя {number}"})
                assert set(names(pipeline)) == {f"Имя {number}"}
        finally:
            gone.set()
            reader.join()

    elsewhere(change)
    assert set(names(pipeline)) == {"Имя 29"}
    numbers = [int(name.split()[1]) for name in seen if name.startswith("Имя")]
    assert numbers == sorted(numbers)


@pytest.mark.django_db(transaction=True)
def test_only_a_committed_change_of_the_setup_changes_the_stamp():
    pipeline, seen = make_pipeline(), []
    item = make_item(pipeline)
    before = read_stamp()
    edit_item(item.pk, {"title": "Кухня"}, by=Actor.system("test"))
    assert read_stamp() == before
    with transaction.atomic():
        Stage.objects.filter(pipeline=pipeline).update(position=1)
        assert read_stamp() != before
        elsewhere(lambda: seen.append(read_stamp()))
        assert seen == [before]
        transaction.set_rollback(True)
    assert read_stamp() == before


@pytest.mark.django_db
def test_what_was_found_for_a_long_word_or_nothing_plain_is_not_kept():
    by_code = Prepared(lambda code: Stage.objects.filter(code=code), str, model=Stage, steady=True)
    with CaptureQueriesContext(connection) as asked, remembering():
        for _ in range(2):
            assert by_code.all("x" * 1000) == []
            assert by_code.all("nowhere") == []
    assert len(asked) == 3


@pytest.mark.django_db
def test_every_table_of_a_steady_query_changes_the_stamp():
    steady = _steady_queries()
    assert len(steady) > 10
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, array(SELECT attname::text FROM pg_attribute"
            " WHERE attrelid = tgrelid AND attnum = ANY (tgattr::int2[]))"
            " FROM pg_trigger WHERE tgname = 'setup_stamp' AND tgenabled = 'O'"
        )
        watched = dict(cursor.fetchall())
    for name, query in steady.items():
        sql = (query._written or query._write()).sql
        for table, alias in re.findall(r'(?:FROM|JOIN) "(\w+)"(?: ([TU]\d+))?', sql):
            assert table in watched, f"{name}: {table} needs `stamped` in a migration"
            if watched[table]:
                read = set(re.findall(rf'"?{alias or table}"?\."(\w+)"', sql))
                loose = read - {"id", *watched[table]}
                assert not loose, f"{name}: {table} changes {loose} without changing the stamp"


def _steady_queries() -> dict[str, Prepared]:
    found = {}
    for module in walk_packages(voronka.__path__, "voronka."):
        if ".migrations" in module.name or module.name.endswith("asgi"):
            continue
        for name, value in vars(import_module(module.name)).items():
            if isinstance(value, Prepared) and value.steady:
                found[f"{module.name}.{name}"] = value
    return found
