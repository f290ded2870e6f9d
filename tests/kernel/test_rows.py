"""Rows written with SQL that is made once say the same as rows that Django saves."""

import pytest
from django.db import DatabaseError
from django.forms.models import model_to_dict

from tests.factories import make_item
from voronka.items.models import Item
from voronka.journal.models import Event
from voronka.kernel.rows import insert_row, update_row
from voronka.kernel.texts import LocalText
from voronka.pipelines.models import Stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def item():
    return make_item(title="Кухня", amount="12.50")


def _again(row):
    return type(row)(**{f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields})


def test_an_inserted_row_has_its_key_and_every_value(item):
    copy = _again(item)
    copy.pk, copy.title, copy.utm = None, "Шкаф", {"source": "яндекс"}
    insert_row(copy)
    assert copy.pk not in (None, item.pk)
    read = Item.objects.get(pk=copy.pk)
    assert model_to_dict(read) == model_to_dict(copy)
    assert not copy._state.adding
    copy.save()  # it is a saved row to Django: this changes it and makes no second one
    assert Item.objects.count() == 2


def test_a_row_that_the_database_completes_or_that_brings_its_key_is_inserted_too(item):
    event = Event(verb="test.made", subject_type="test", subject_id=1, actor_kind="system")
    event.at = item.created_at
    insert_row(event)
    assert Event.objects.get(pk=event.pk).recorded_at is not None
    own = _again(item)
    own.pk = 4_000_000_001
    insert_row(own)
    assert Item.objects.filter(pk=4_000_000_001).exists()


def test_an_update_writes_the_named_columns_and_no_others(item):
    stage = Stage.objects.filter(pipeline=item.pipeline_id).order_by("position")[1]
    item.title, item.amount, item.stage = "Стол", 7, stage
    update_row(item, ["title", "stage"])
    read = Item.objects.get(pk=item.pk)
    assert (read.title, read.stage_id, str(read.amount)) == ("Стол", stage.pk, "12.50")
    stage.name = LocalText("Замер", "Survey")
    update_row(stage, ["name"])
    assert Stage.objects.get(pk=stage.pk).name == LocalText("Замер", "Survey")


def test_a_row_that_is_gone_is_not_updated_in_silence(item):
    item.pk += 1000
    with pytest.raises(DatabaseError, match="no items"):
        update_row(item, ["title"])
