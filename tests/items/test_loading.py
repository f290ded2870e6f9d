"""The bulk door keeps the invariants of the single one."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from tests.factories import SYSTEM, make_field, make_pipeline, stage
from tests.people.factories import make_user
from voronka.items.commands.loading import Loader, LoadRow
from voronka.items.models import Item, StageVisit
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.errors import Forbidden

pytestmark = pytest.mark.django_db


def test_history_comes_in_with_its_own_dates_and_one_open_visit_per_card():
    pipeline, owner = make_pipeline(), make_user()
    then = timezone.now() - timedelta(days=400)
    steps = [("s1", 0), ("s2", 1), ("won", 9)]
    rows = [
        LoadRow(
            title=f"Old deal {n}",
            owner_id=owner.pk,
            visits=[(stage(pipeline, code), then + timedelta(days=d)) for code, d in steps],
            amount=Decimal(100),
        )
        for n in range(3)
    ]
    ids = Loader(pipeline, by=SYSTEM).load(rows)
    item = Item.objects.get(pk=ids[0])
    assert item.closed_at == then + timedelta(days=9)
    assert item.created_at == then
    assert StageVisit.objects.filter(item__in=ids, left_at=None).count() == 3
    told = Event.objects.filter(subject_type="item", subject_id=item.pk).order_by("id")
    assert [e.verb for e in told] == ["item.created", "item.moved", "item.won"]


def test_the_loader_tells_which_required_fields_a_row_lacks():
    pipeline, owner = make_pipeline(), make_user()
    make_field(pipeline.item_type, "budget", "money")
    pipeline.stages.filter(code="s2").update(required=["budget", "amount"])
    row = LoadRow("Deal", owner.pk, [(stage(pipeline, "s3"), timezone.now())])
    assert Loader(pipeline, by=SYSTEM).missing(row) == ["budget", "amount"]


def test_a_manager_may_not_import():
    manager, pipeline = make_user("manager"), make_pipeline()
    row = LoadRow("Deal", manager.pk, [(stage(pipeline, "s1"), timezone.now())])
    with pytest.raises(Forbidden):
        Loader(pipeline, by=Actor.user(manager)).load([row])
