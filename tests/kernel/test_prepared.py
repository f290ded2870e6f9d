"""Queries whose SQL is written once."""

from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction
from django.db.models import Count
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories import make_item, make_pipeline
from voronka.items.models import Item
from voronka.kernel.prepared import Prepared
from voronka.kernel.prepared_rows import PreparedRows
from voronka.kernel.remembering import remembering
from voronka.pipelines.models import Stage

pytestmark = pytest.mark.django_db


def test_rows_come_with_their_joins_for_each_value_asked():
    one, other = make_pipeline(), make_pipeline()
    stages = Prepared(
        lambda pk: Stage.objects.select_related("pipeline").filter(pipeline_id=pk), int, model=Stage
    )
    for pipeline in (one, other, one):
        with CaptureQueriesContext(connection) as asked:
            rows = stages.all(pipeline.pk)
            assert {row.pipeline for row in rows} == {pipeline}
        assert rows == list(pipeline.stages.all())
        assert len(asked) == 1
    assert stages.first(0) is None
    with pytest.raises(Stage.DoesNotExist):
        stages.get(0)


def test_values_keep_their_places_whatever_order_the_columns_have():
    pipeline = make_pipeline()
    item = make_item(pipeline, title="Кухня")
    found = Prepared(
        lambda since, title, pk: Item.objects.filter(
            pk=pk, title=title, created_at__gt=since, amount__gte=0
        ),
        datetime,
        str,
        int,
        model=Item,
    )
    past = timezone.now() - timedelta(days=1)
    assert found.first(past, "Кухня", item.pk) == item
    assert found.first(past, "кухня", item.pk) is None
    assert found.first(timezone.now() + timedelta(days=1), "Кухня", item.pk) is None


def test_a_value_that_is_not_compared_with_a_column_is_refused():
    wrong = Prepared(lambda _pk: Item.objects.all(), int, model=Item)
    with pytest.raises(TypeError):
        wrong.first(1)


@pytest.mark.django_db(transaction=True)
def test_rows_are_locked_in_a_transaction_only():
    item = make_item(make_pipeline())
    locking = Prepared(lambda pk: Item.objects.select_for_update().filter(pk=pk), int, model=Item)
    with transaction.atomic():
        assert locking.get(item.pk) == item
    with pytest.raises(TransactionManagementError):
        locking.get(item.pk)


def test_a_list_of_ids_is_one_value_whatever_its_length():
    stages = list(make_pipeline().stages.all())
    found = Prepared(lambda ids: Stage.objects.filter(pk__among=ids), list, model=Stage)
    for some in (stages, stages[:1], stages[1:3], []):
        with CaptureQueriesContext(connection) as asked:
            assert set(found.all([stage.pk for stage in some])) == set(some)
        assert len(asked) == 1
    of_pipelines = Stage.objects.filter(pipeline_id__among=[stages[0].pipeline_id])
    assert list(of_pipelines) == stages


def test_an_id_that_no_row_can_have_is_found_nowhere():
    stages = Prepared(lambda pk: Stage.objects.filter(pipeline_id=pk), int, model=Stage)
    make_pipeline()
    for pk in (2**63, 10**30, -(2**63) - 1):
        assert stages.all(pk) == []


def test_what_is_set_up_is_read_once_for_a_piece_of_work():
    one, other = make_pipeline(), make_pipeline()
    steady = Prepared(
        lambda pk: Stage.objects.filter(pipeline_id=pk), int, model=Stage, steady=True
    )
    with CaptureQueriesContext(connection) as asked, remembering(), remembering():
        for pipeline in (one, other, one, other):
            assert steady.all(pipeline.pk) == steady.all(pipeline.pk)
    assert len(asked) == 2
    one.stages.all().delete()
    assert steady.all(one.pk) == []


def test_columns_left_out_are_read_when_they_are_asked_for():
    item = make_item(make_pipeline(), title="Кухня")
    short = Prepared(lambda pk: Item.objects.filter(pk=pk).only("pk"), int, model=Item)
    found = short.get(item.pk)
    with CaptureQueriesContext(connection) as asked:
        assert found.title == "Кухня"
    assert len(asked) == 1
    found.title = "Шкаф"
    found.save()
    assert Item.objects.get(pk=item.pk).title == "Шкаф"


def test_rows_of_a_values_list_stay_tuples_in_their_order():
    one, other = make_pipeline(), make_pipeline()
    counts = PreparedRows(
        lambda ids: (
            Stage.objects.filter(pipeline_id__among=ids)
            .values_list("pipeline_id", "pipeline__naming", "name")
            .annotate(n=Count("pk"))
            .order_by("-pipeline_id", "position")
        ),
        list,
    )
    wanted = [
        (stage.pipeline_id, stage.pipeline.naming, stage.name, 1)
        for pipeline in (other, one)
        for stage in pipeline.stages.order_by("position")
    ]
    with CaptureQueriesContext(connection) as asked:
        assert counts.all([one.pk, other.pk]) == wanted
    assert len(asked) == 1
    assert counts.all([]) == []
