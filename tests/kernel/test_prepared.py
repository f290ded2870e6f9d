"""Queries whose SQL is written once."""

from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories import make_item, make_pipeline
from voronka.items.models import Item
from voronka.kernel.prepared import Prepared
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
