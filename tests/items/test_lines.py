"""Products in a card: what they cost together, and what is no line."""

from decimal import Decimal

import pytest

from tests.factories import SYSTEM, make_item, make_item_type, make_pipeline
from tests.people.factories import make_user
from voronka.items.commands import create_item, set_lines
from voronka.items.commands.lines import Line
from voronka.items.models import Item, LineItem
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.errors import Forbidden, InvalidInput

pytestmark = pytest.mark.django_db
DESK = Line("Стол", Decimal("1999.90"), Decimal("1.5"), Decimal("7.5"))
LAMP = Line("Лампа", Decimal("10.01"))


def test_the_amount_is_the_sum_of_the_lines_to_the_kopeck():
    item = set_lines(make_item().pk, [DESK, LAMP], by=SYSTEM)
    assert DESK.total == Decimal("2774.86")  # 1999.90 × 1.5 less 7.5 %
    assert Item.objects.get(pk=item.pk).amount == Decimal("2784.87")
    assert [(x.name, x.position) for x in item.lines.all()] == [("Стол", 0), ("Лампа", 1)]
    said = Event.objects.get(verb="item.lines_set").diff
    assert (said["lines"], said["amount"]) == (2, ["0.00", "2784.87"])


def test_new_lines_replace_the_old_and_no_line_leaves_the_amount_as_typed():
    item = make_item()
    set_lines(item.pk, [DESK, LAMP], by=SYSTEM)
    set_lines(item.pk, [LAMP], by=SYSTEM)
    assert LineItem.objects.get().name == "Лампа"
    set_lines(item.pk, [], by=SYSTEM)
    assert not LineItem.objects.exists()
    assert Item.objects.get(pk=item.pk).amount == LAMP.total


def test_a_new_card_comes_with_its_products_and_an_amount_that_was_named_wins():
    pipeline, anna = make_pipeline(), make_user()
    items = [
        create_item(pipeline, title="A", by=SYSTEM, owner_id=anna.pk, lines=[LAMP], changes=changes)
        for changes in ({}, {"amount": 7})
    ]
    assert [i.amount for i in items] == [LAMP.total, 7]
    assert LineItem.objects.count() == 2


@pytest.mark.parametrize(
    "line",
    [
        Line("  ", Decimal(1)),
        Line("A", Decimal(1), Decimal(0)),
        Line("A", Decimal(-1)),
        Line("A", Decimal(1), discount=Decimal(101)),
        Line("A", Decimal(1), discount=Decimal(-1)),
        Line("A", Decimal(1), product_id=0x7FFF),
        Line("A", Decimal("NaN")),
        Line("A", Decimal("Infinity")),
        Line("A", Decimal(10) ** 12),
        Line("A", Decimal(1), Decimal(10) ** 9),
    ],
    ids=repr,
)
def test_a_line_that_makes_no_sense_is_named_by_its_number_and_nothing_is_written(line):
    item = make_item()
    set_lines(item.pk, [LAMP], by=SYSTEM)
    with pytest.raises(InvalidInput, match="Line 2") as refusal:
        set_lines(item.pk, [LAMP, line], by=SYSTEM)
    assert "lines" in refusal.value.fields
    assert LineItem.objects.get().name == "Лампа"


def test_a_sum_that_no_amount_can_hold_is_refused_in_words():
    huge = Line("A", Decimal("999999999.99"), Decimal(9999))
    with pytest.raises(InvalidInput, match="too large"):
        set_lines(make_item().pk, [huge], by=SYSTEM)


def test_the_last_line_stays_while_the_stage_asks_for_products():
    pipeline = make_pipeline()
    item = make_item(pipeline)
    set_lines(item.pk, [LAMP], by=SYSTEM)
    pipeline.stages.filter(code="s1").update(required=["lines", "amount"])
    for lines in ([], [Line("Подарок", Decimal(0))]):
        with pytest.raises(InvalidInput, match="can't be left empty"):
            set_lines(item.pk, lines, by=SYSTEM)
    assert LineItem.objects.get().name == "Лампа"
    assert Item.objects.get(pk=item.pk).amount == LAMP.total


def test_cards_of_a_type_without_products_take_none():
    item = make_item(make_pipeline(make_item_type("lead")))
    with pytest.raises(InvalidInput, match="no products"):
        set_lines(item.pk, [LAMP], by=SYSTEM)


def test_a_stranger_changes_no_products():
    item = make_item()
    with pytest.raises(Forbidden):
        set_lines(item.pk, [LAMP], by=Actor.user(make_user("manager")))
