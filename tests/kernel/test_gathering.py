"""Rows that are inserted in a block are written together, and nobody reads too early."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories import make_item, make_pipeline
from voronka.items.models import Item, StageVisit, Touch
from voronka.kernel.gathering import gathered
from voronka.kernel.rows import insert_row, insert_rows

pytestmark = pytest.mark.django_db


class Refused(Exception):
    """What makes a block fail in these tests."""


@pytest.fixture
def item():
    return make_item(make_pipeline(), title="Кухня")


def _touch(item, page):
    return Touch(item_id=item.pk, page=page, at=timezone.now())


def _pages():
    return list(Touch.objects.order_by("pk").values_list("page", flat=True))


@transaction.atomic
def _fail(*touches, asks=False):
    for touch in touches:
        insert_row(touch)
        assert not asks or touch.page in _pages()
    raise Refused


def test_rows_of_several_models_take_two_statements_and_keep_every_value(item):
    copy = Item(**{f.attname: getattr(item, f.attname) for f in Item._meta.concrete_fields})
    copy.pk, copy.title, copy.utm = None, "Шкаф", {"source": "яндекс"}
    with CaptureQueriesContext(connection) as asked, gathered([Item, Touch, Touch]):
        insert_row(copy)
        insert_rows([_touch(copy, "/a"), _touch(copy, "/b")])
    assert len([q for q in asked if "SAVEPOINT" not in q["sql"]]) == 2
    read = Item.objects.get(title="Шкаф")
    assert (read.pk, read.utm, read.stage_id) == (copy.pk, {"source": "яндекс"}, item.stage_id)
    assert list(read.touches.order_by("pk").values_list("page", flat=True)) == ["/a", "/b"]
    assert read.stall_extra == item.stall_extra


def test_rows_that_were_not_expected_are_written_all_the_same(item):
    with gathered([Touch]):
        for page in ("/a", "/b", "/c"):
            insert_row(_touch(item, page))
        visit = StageVisit.objects.get(item=item)
        visit.pk, visit.left_at = None, visit.entered_at
        insert_row(visit)
    assert _pages() == ["/a", "/b", "/c"]
    assert StageVisit.objects.filter(item=item).count() == 2


def test_who_asks_for_a_table_finds_the_rows_that_wait(item):
    with gathered([Touch, Touch]):
        insert_row(_touch(item, "/a"))
        assert _pages() == ["/a"]
        insert_row(_touch(item, "/b"))
    assert _pages() == ["/a", "/b"]


def test_rows_of_a_savepoint_that_failed_are_left_out_and_those_before_it_stay(item):
    with gathered([Touch] * 4):
        insert_row(_touch(item, "/before"))
        with pytest.raises(Refused):
            _fail(_touch(item, "/undone"), _touch(item, "/undone too"), asks=True)
        with pytest.raises(Refused):
            _fail(_touch(item, "/never written"))
        insert_row(_touch(item, "/after"))
    assert _pages() == ["/before", "/after"]


def test_a_block_that_fails_writes_nothing(item):
    with pytest.raises(Refused), gathered([Touch]):
        _fail(_touch(item, "/a"))
    assert _pages() == []
    insert_row(_touch(item, "/b"))
    assert _pages() == ["/b"]
