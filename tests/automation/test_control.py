"""Large orders: the threshold, the fact, and passes at chosen stages."""

from decimal import Decimal

import pytest

from tests.automation.factories import make_robot
from tests.factories import SYSTEM, make_item, make_pipeline, stage
from tests.people.factories import make_department, make_user
from voronka.automation.commands.control import (
    HighValueSpec,
    PassNeeded,
    give_pass,
    restate_thresholds,
    save_high_value,
)
from voronka.automation.models import HighValue
from voronka.automation.worker import drain
from voronka.items.commands import edit_item, move_item, win_item
from voronka.items.models import Watch
from voronka.journal.actors import Actor
from voronka.kernel.errors import Forbidden
from voronka.pipelines.errors import InvalidSetup

pytestmark = pytest.mark.django_db


def controlled(**extra):
    pipeline = make_pipeline()
    spec = HighValueSpec(amount=Decimal(1000), passes=("s3",), **extra)
    save_high_value(pipeline, spec, by=SYSTEM)
    return pipeline


def test_a_large_order_needs_a_pass_for_the_chosen_stage():
    pipeline = controlled()
    head = make_user("head_of_sales")
    owner = make_user(department=make_department(head=head))
    small = make_item(pipeline, owner=owner, amount=999)
    large = make_item(pipeline, owner=owner, amount=1000)
    by = Actor.user(owner)
    move_item(small.pk, to=stage(pipeline, "s3"), by=by)
    move_item(large.pk, to=stage(pipeline, "s2"), by=by)
    with pytest.raises(PassNeeded):
        move_item(large.pk, to=stage(pipeline, "s3"), by=by)
    with pytest.raises(Forbidden):
        give_pass(large.pk, stage(pipeline, "s3"), by=by)
    give_pass(large.pk, stage(pipeline, "s3"), by=Actor.user(head))
    move_item(large.pk, to=stage(pipeline, "s3"), by=by)


def test_a_pass_is_good_up_to_the_amount_it_was_given_for():
    pipeline = controlled()
    owner = make_user()
    item = make_item(pipeline, owner=owner, amount=1000)
    give_pass(item.pk, stage(pipeline, "s3"), by=SYSTEM)
    edit_item(item.pk, {"amount": 5000}, by=SYSTEM)
    with pytest.raises(PassNeeded):
        move_item(item.pk, to=stage(pipeline, "s3"), by=Actor.user(owner))


def test_a_share_of_the_orders_becomes_a_sum():
    pipeline = make_pipeline()
    for amount in (100, 200, 300, 400):
        win_item(make_item(pipeline, amount=amount).pk, by=SYSTEM)
    save_high_value(pipeline, HighValueSpec(top_percent=50), by=SYSTEM)
    assert HighValue.objects.get().threshold == 300
    win_item(make_item(pipeline, amount=900).pk, by=SYSTEM)
    win_item(make_item(pipeline, amount=900).pk, by=SYSTEM)
    restate_thresholds()
    assert HighValue.objects.get().threshold == 400


@pytest.mark.parametrize(
    "spec",
    [
        HighValueSpec(),
        HighValueSpec(amount=Decimal(5), top_percent=5),
        HighValueSpec(amount=Decimal(0)),
        HighValueSpec(top_percent=100),
        HighValueSpec(amount=Decimal(5), passes=("s9",)),
    ],
)
def test_odd_thresholds_are_refused(spec):
    with pytest.raises(InvalidSetup):
        save_high_value(make_pipeline(), spec, by=SYSTEM)


def test_the_head_follows_an_order_that_becomes_large():
    pipeline = controlled()
    head = make_user("head_of_sales")
    owner = make_user(department=make_department(head=head))
    make_robot(
        pipeline,
        "field_changed",
        ("watch", {"who": ["head"]}),
        settings={"fields": ["amount"]},
        conditions={"fact": "large", "op": "is", "value": True},
    )
    item = make_item(pipeline, owner=owner, amount=10)
    edit_item(item.pk, {"amount": 500}, by=SYSTEM)
    drain()
    assert not Watch.objects.exists()
    edit_item(item.pk, {"amount": 1500}, by=SYSTEM)
    drain()
    assert Watch.objects.get().user == head


def test_control_is_taken_away():
    pipeline = controlled()
    save_high_value(pipeline, None, by=SYSTEM)
    assert not HighValue.objects.exists()
