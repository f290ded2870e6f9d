"""The cards of the columns: order, pages by key, one query for all columns."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import make_field, make_item, make_item_type, make_pipeline, stage
from tests.people.factories import make_user
from voronka.items import board, commands
from voronka.items.board.reach import Reach
from voronka.items.commands import edit_item
from voronka.journal.actors import Actor

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system()
NOW = timezone.now()


def everything(pipeline):
    return Reach(pipeline.pk, None).cards(pipeline.stages.all())


def graded_pipeline():
    """A funnel whose cards are graded by one question: "hot" is A, "warm" B, "cold" C."""
    kind = make_item_type(grade_rule={"fields": ["heat"], "a": 9, "b": 5})
    points = (("hot", 9), ("warm", 5), ("cold", 1))
    options = [{"code": code, "name": {"ru": code}, "points": n} for code, n in points]
    make_field(kind, "heat", "list", options=options)
    return make_pipeline(kind)


def titles(page):
    return [card.title for card in page.cards]


def test_the_best_grade_stands_first_and_then_whoever_came_last():
    pipeline = graded_pipeline()
    for hours, heat, title in (
        (3, "warm", "B, older"),
        (5, "hot", "A, oldest"),
        (1, None, "no grade"),
        (2, "warm", "B, newer"),
        (4, "cold", "C"),
    ):
        at = NOW - timedelta(hours=hours)
        extra = {"heat": heat} if heat else {}
        make_item(pipeline, title=title, at=at, **extra)
    page = board.first_pages(everything(pipeline), pipeline.stages.all())[stage(pipeline, "s1").pk]
    assert titles(page) == ["A, oldest", "B, newer", "B, older", "C", "no grade"]


def test_pages_follow_each_other_without_gap_or_repeat_whatever_happens_meanwhile():
    pipeline = graded_pipeline()
    s1 = stage(pipeline, "s1")
    for n in range(11):  # several share their moment: the key still tells them apart
        at = NOW - timedelta(minutes=n // 3)
        make_item(pipeline, title=f"{n}", at=at, heat=["hot", "warm", "cold"][n % 3])
    cards = everything(pipeline)
    whole = titles(board.page_of(cards, s1, size=100))
    first = board.first_pages(cards, [s1], size=4)[s1.pk]
    seen, after = titles(first), first.after
    while after:
        make_item(pipeline, title="new", at=NOW, heat="hot")  # above: offsets would shift
        page = board.page_of(cards, s1, after=after, size=4)
        seen, after = seen + titles(page), page.after
    assert seen == whole
    assert len(seen) == 11


def test_all_columns_are_read_by_one_query(django_assert_num_queries):
    pipeline = make_pipeline(stages=5)
    for code in ("s1", "s1", "s3", "s5"):
        item = make_item(pipeline)
        commands.move_item(item.pk, to=stage(pipeline, code), by=SYSTEM)
    stages = list(pipeline.stages.all())
    cards = everything(pipeline)
    with django_assert_num_queries(1):
        pages = board.first_pages(cards, stages)
    assert [len(pages[s.pk].cards) for s in stages if s.is_open] == [2, 0, 1, 0, 1]


def test_pages_without_a_filter_are_the_same_whoever_asks(django_assert_num_queries):
    anna, boris = make_user(), make_user()
    pipeline = graded_pipeline()
    for n in range(7):
        heat = ["hot", "cold", "warm"][n % 3]
        make_item(pipeline, owner=[anna, boris][n % 2], heat=heat, at=NOW - timedelta(hours=n))
    commands.delete_item(make_item(pipeline, owner=anna).pk, by=SYSTEM)
    stages = list(pipeline.stages.all())
    for owners in (None, {anna.pk}, {boris.pk}, {anna.pk, boris.pk}):
        reach = Reach(pipeline.pk, owners if owners is None else frozenset(owners))
        for size in (2, board.FIRST):
            with django_assert_num_queries(1):
                pages = board.whole_pages(reach, stages, size=size)
            assert pages == board.first_pages(reach.cards(stages), stages, size=size)
            assert pages[stage(pipeline, "s1").pk].cards
    nobody = board.whole_pages(Reach(pipeline.pk, frozenset()), stages)
    assert not any(page.cards for page in nobody.values())


def test_closed_cards_come_by_their_closing_and_stay_out_of_the_open_columns():
    pipeline = make_pipeline()
    won = stage(pipeline, "won")
    for n in range(5):
        item = make_item(pipeline, title=f"{n}", at=NOW - timedelta(days=9))
        at = NOW - timedelta(days=n % 3, minutes=n)
        commands.move_item(item.pk, to=won, by=SYSTEM, at=at)
    cards = everything(pipeline)
    first = board.page_of(cards, won, size=3)
    rest = board.page_of(cards, won, after=first.after, size=3)
    assert titles(first) + titles(rest) == ["0", "3", "1", "4", "2"]
    assert rest.after == ""
    assert all(not page.cards for page in board.first_pages(cards, [won]).values())


@pytest.mark.parametrize(
    "after", ["x", "1.2", "1.2.3.4", "9" * 40, "1.99999999999999999999.1", "-"]
)
def test_a_broken_cursor_begins_at_the_top(after):
    pipeline = make_pipeline()
    item = make_item(pipeline)
    page = board.page_of(everything(pipeline), stage(pipeline, "s1"), after=after)
    assert [card.pk for card in page.cards] == [item.pk]


def test_a_card_brings_what_the_board_shows():
    owner = make_user(name="Анна Белова")
    item = make_item(owner=owner, title="Kitchen", amount="1200.50")
    edit_item(item.pk, {"title": "Kitchen in oak"}, by=SYSTEM)
    (card,) = board.cards_by_id(everything(item.pipeline), [item.pk])
    assert (card.title, card.owner_name, f"{card.amount}") == (
        "Kitchen in oak",
        "Анна Белова",
        "1200.50",
    )
    assert card.entered_at == item.stage_entered_at
    assert (card.stalls_at, card.step_at, card.closed_at) == (None, None, None)
    assert card.client == ""


def test_cards_of_another_pipeline_or_beyond_reach_are_not_read_by_their_ids():
    pipeline = make_pipeline()
    mine, other, elsewhere = make_item(pipeline), make_item(pipeline), make_item()
    cards = Reach(pipeline.pk, frozenset({mine.owner_id})).cards(pipeline.stages.all())
    found = board.cards_by_id(cards, [mine.pk, other.pk, elsewhere.pk])
    assert [card.pk for card in found] == [mine.pk]
