"""Cards in order, page after page."""

import base64
import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import SYSTEM, make_field, make_item, make_pipeline
from tests.people.factories import make_user
from voronka.items import listing as module
from voronka.items.listing import SORTS, Sort, listing, tally
from voronka.items.models import Item
from voronka.pipelines.models import Field
from voronka.timeline.commands.activities import Plan, plan_activity

pytestmark = pytest.mark.django_db
SYSTEM_SORTS = sorted(SORTS)
OPTIONS = [{"code": c, "name": {"ru": c}} for c in ("z", "a")]


@pytest.fixture
def pipeline():
    return make_pipeline()


def walk(pipeline, sort, limit=3):
    """All titles, read page by page."""
    titles, after = [], ""
    while True:
        page = listing(Item.objects.filter(pipeline=pipeline), sort, after=after, limit=limit)
        titles += [item.title for item in page.items]
        after = page.after
        if not after:
            return titles


def make_cards(pipeline, count=8):
    owner, now = make_user(), timezone.now()
    cards = []
    for n in range(count):
        item = make_item(
            pipeline, owner=owner, title=f"{n}", amount=n % 3 * 100, at=now - timedelta(hours=n % 4)
        )
        if n % 2:
            due = now + timedelta(days=n % 3)
            plan_activity(Plan("call", "c", due), by=SYSTEM, item_id=item.pk)
        cards.append(item)
    return cards


@pytest.mark.parametrize("code", SYSTEM_SORTS)
@pytest.mark.parametrize("sign", ["", "-"])
def test_every_order_shows_each_card_once(pipeline, code, sign):
    make_cards(pipeline)
    titles = walk(pipeline, Sort.read(f"{sign}{code}"))
    assert sorted(titles) == [str(n) for n in range(8)]


def test_cards_of_one_amount_stay_in_one_order_and_the_dearest_come_first(pipeline):
    make_cards(pipeline)
    titles = walk(pipeline, Sort.read("-amount"), limit=2)
    assert titles == walk(pipeline, Sort.read("-amount"), limit=5)
    assert titles[:2] == ["5", "2"]


@pytest.mark.parametrize("sign", ["", "-"])
def test_cards_without_a_value_come_last_in_either_direction(pipeline, sign):
    make_cards(pipeline)
    titles = walk(pipeline, Sort.read(f"{sign}next_step"))
    assert {int(title) % 2 for title in titles[4:]} == {0}


def test_a_card_made_meanwhile_neither_repeats_nor_hides_others(pipeline):
    cards = make_cards(pipeline)
    sort = Sort.read("-created_at")
    found = Item.objects.filter(pipeline=pipeline)
    first = listing(found, sort, limit=4)
    make_item(pipeline, title="new")
    Item.objects.filter(pk=first.items[0].pk).delete()
    second = listing(found, sort, after=first.after, limit=10)
    titles = [item.title for item in [*first.items, *second.items]]
    assert sorted(titles) == sorted(card.title for card in cards)


@pytest.mark.parametrize(
    ("kind", "values", "order"),
    [
        ("number", ["10", "9", "1,5"], ["1,5", "9", "10"]),
        ("money", ["1000", "200", "90.50"], ["90.50", "200", "1000"]),
        ("date", ["2025-02-01", "2024-12-31"], ["2024-12-31", "2025-02-01"]),
        ("list", ["a", "z"], ["z", "a"]),  # the order of the options
        ("text", ["б", "а"], ["а", "б"]),
        ("boolean", ["да", "нет"], ["нет", "да"]),
    ],
)
def test_cards_are_sorted_by_custom_fields(pipeline, kind, values, order):
    field = make_field(pipeline.item_type, "x", kind, options=OPTIONS if kind == "list" else [])
    make_item(pipeline, title="none")
    for value in values:
        make_item(pipeline, title=value, x=value)
    up, down = (Sort.read(text, {"x": field}) for text in ("x", "-x"))
    assert walk(pipeline, up, limit=1) == [*order, "none"]
    assert walk(pipeline, down, limit=2) == [*reversed(order), "none"]


def test_what_cannot_be_sorted_by_means_the_newest_first(pipeline):
    files = make_field(pipeline.item_type, "scan", "file")
    for text in ("", "odd", "-odd", "scan"):
        assert Sort.read(text, {"scan": files}).text == "-created_at"


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cursor=st.one_of(
        st.text(max_size=30),
        st.tuples(
            st.one_of(st.none(), st.integers(), st.floats(), st.text(max_size=9), st.booleans()),
            st.one_of(st.integers(), st.text(max_size=4)),
        ).map(lambda pair: base64.urlsafe_b64encode(json.dumps(pair).encode()).decode()),
    ),
    code=st.sampled_from([*SYSTEM_SORTS, "x"]),
)
def test_any_cursor_is_read_without_failing(pipeline, cursor, code):
    number = Field(code="x", kind="number", name="x")
    sort = Sort.read(code, {"x": number})
    listing(Item.objects.filter(pipeline=pipeline), sort, after=cursor)


@pytest.mark.parametrize("text", ["[1e999, 4]", "[4, Infinity]", "[NaN, 4]", "[" * 5000])
def test_a_cursor_that_no_number_fits_means_the_first_page(pipeline, text):
    make_cards(pipeline, 1)
    cursor = base64.urlsafe_b64encode(text.encode()).decode()
    for code in SYSTEM_SORTS:
        assert len(listing(Item.objects.all(), Sort.read(code, {}), after=cursor).items) <= 1


def test_cards_are_counted_as_far_as_it_is_cheap(pipeline, monkeypatch, django_assert_num_queries):
    make_cards(pipeline, 5)
    cards = Item.objects.filter(pipeline=pipeline)
    with django_assert_num_queries(1):
        found = tally(cards)
    assert (found.cards, found.more, found.amount) == (5, False, Decimal(400))
    monkeypatch.setattr(module, "COUNTED", 3)
    found = tally(cards)
    assert (found.cards, found.more, found.amount) == (3, True, None)


def test_an_empty_list_has_an_empty_tally(pipeline):
    found = tally(Item.objects.filter(pipeline=pipeline))
    assert (found.cards, found.amount) == (0, 0)
