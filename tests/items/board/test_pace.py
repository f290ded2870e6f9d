"""How fast cards leave the stages, and what is called a pile-up (F13)."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from tests.factories import make_item, make_pipeline, stage
from tests.people.factories import make_user
from voronka.items import board, commands
from voronka.items.board.pace import norm
from voronka.items.board.reach import Reach
from voronka.journal.actors import Actor
from voronka.pipelines.models import Stage

SYSTEM = Actor.system()


def walked(pipeline, *codes, days_ago, owner=None):
    """A card that entered the first stage and went to the next ones, a day each."""
    at = timezone.now() - timedelta(days=days_ago)
    item = make_item(pipeline, owner=owner, at=at)
    for number, code in enumerate(codes, start=1):
        moment = at + timedelta(days=number)
        commands.move_item(item.pk, to=stage(pipeline, code), by=SYSTEM, at=moment)
    return item


def a_day(pipeline, reach=None):
    cache.clear()
    return board.pace_of(pipeline).within(reach or Reach(pipeline.pk, None))


@pytest.mark.django_db
def test_the_pace_counts_cards_that_left_a_stage_whichever_way_in_full_days():
    pipeline = make_pipeline()
    walked(pipeline, "s2", days_ago=30)  # the beginning of history; left 29 days ago
    walked(pipeline, "s2", "won", days_ago=10)
    walked(pipeline, "s3", days_ago=10)  # jumped over s2, where it never stood
    walked(pipeline, "lost", days_ago=5)
    make_item(pipeline)
    pace = a_day(pipeline)
    assert pace[stage(pipeline, "s1").pk] == 3 / 28
    assert pace[stage(pipeline, "s2").pk] == 1 / 28
    assert stage(pipeline, "s3").pk not in pace


@pytest.mark.django_db
def test_a_seller_is_judged_by_the_own_cards():
    pipeline = make_pipeline()
    anna, boris = make_user(), make_user()
    walked(pipeline, "s2", days_ago=40, owner=anna)
    walked(pipeline, "s2", days_ago=10, owner=anna)
    walked(pipeline, "s2", days_ago=10, owner=boris)
    walked(pipeline, "s2", days_ago=11, owner=boris)
    own = a_day(pipeline, Reach(pipeline.pk, frozenset({anna.pk})))
    assert own == {stage(pipeline, "s1").pk: 1 / 28}


@pytest.mark.django_db
def test_a_young_funnel_is_not_judged():
    pipeline = make_pipeline()
    assert a_day(pipeline) is None
    walked(pipeline, "s2", days_ago=3)
    assert a_day(pipeline) is None


@pytest.mark.django_db
def test_the_pace_is_read_once_for_many_openings(django_assert_num_queries):
    pipeline = make_pipeline()
    walked(pipeline, "s2", days_ago=30)
    cache.clear()
    with django_assert_num_queries(2):
        board.pace_of(pipeline)
        board.pace_of(pipeline)


def a_stage(**passport):
    return Stage(deadline_minutes=passport.get("minutes"), deadline_working=passport.get("w", True))


def test_the_norm_is_the_deadline_in_calendar_days():
    assert norm(a_stage(minutes=5 * 8 * 60)) == 7  # five working days are a week
    assert norm(a_stage(minutes=3 * 24 * 60, w=False)) == 3
    assert norm(a_stage(minutes=15)) == 1
    assert norm(a_stage()) == 14


def test_a_pile_up_is_more_than_the_flow_explains():
    week = a_stage(minutes=5 * 8 * 60)
    assert not board.is_pile_up(week, 20, board.days_to_clear(20, 2.0))  # 10 days: slow but flowing
    assert board.is_pile_up(week, 40, board.days_to_clear(40, 2.0))  # 20 days: over twice the norm
    assert board.is_pile_up(week, 5, board.days_to_clear(5, 0.0))  # nothing leaves
    assert not board.is_pile_up(week, 4, None)  # too few to speak of
