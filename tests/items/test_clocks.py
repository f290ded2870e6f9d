"""The clock of a stage: prolonged, paused, resumed, and what survives a hand-over or an undo."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import SYSTEM, make_item, make_pipeline, stage
from tests.people.factories import make_user
from voronka.items.clocks import clocks
from voronka.items.commands import assign_owner, move_item, undo_move
from voronka.items.commands.clocks import end_pauses, pause_stage, prolong_stage, resume_stage
from voronka.items.models import ClockChange, Item
from voronka.journal.actors import Actor
from voronka.kernel.errors import InvalidInput

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def item():
    pipeline = make_pipeline()
    pipeline.stages.update(deadline_minutes=600, deadline_working=False)
    owner = make_user()
    return make_item(pipeline, owner=owner, by=Actor.user(owner), at=timezone.now() - HOUR)


def fresh(item):
    return Item.objects.select_related("stage", "pipeline").get(pk=item.pk)


def test_a_prolongation_needs_a_reason_and_is_counted(item):
    with pytest.raises(InvalidInput) as refusal:
        prolong_stage(item.pk, by_amount=HOUR, reason=" ", by=SYSTEM)
    assert "reason" in refusal.value.fields
    before = item.stalls_at
    prolong_stage(item.pk, by_amount=2 * HOUR, reason="ждём размеры", by=SYSTEM)
    assert fresh(item).stalls_at == before + 2 * HOUR
    seen = clocks(fresh(item))
    assert (seen.prolonged, seen.allowed) == (1, 12 * HOUR)
    assert 0.08 < seen.share < 0.09


def test_a_hand_over_keeps_the_prolongation(item):
    before = item.stalls_at
    prolong_stage(item.pk, by_amount=2 * HOUR, reason="ждём размеры", by=SYSTEM)
    assign_owner(item.pk, to=make_user(), by=SYSTEM)
    assert fresh(item).stalls_at == before + 2 * HOUR


def test_a_pause_stops_the_clock_and_adds_its_time(item):
    before = item.stalls_at
    pause_stage(item.pk, reason="клиент в отпуске", by=SYSTEM)
    assert fresh(item).stalls_at is None
    with pytest.raises(InvalidInput):
        pause_stage(item.pk, reason="ещё раз", by=SYSTEM)
    Item.objects.filter(pk=item.pk).update(paused_at=timezone.now() - HOUR / 2)
    resume_stage(item.pk, by=SYSTEM)
    added = fresh(item).stalls_at - before
    assert HOUR / 2 <= added < HOUR / 2 + timedelta(minutes=5)
    assert resume_stage(item.pk, by=SYSTEM).stall_extra == added


def test_a_pause_ends_by_itself(item):
    with pytest.raises(InvalidInput):
        pause_stage(item.pk, reason="отпуск", until=timezone.now() - HOUR, by=SYSTEM)
    pause_stage(item.pk, reason="отпуск", until=timezone.now() + HOUR, by=SYSTEM)
    assert end_pauses() == 0
    assert end_pauses(now=timezone.now() + 2 * HOUR) == 1
    assert fresh(item).stalls_at is not None


def test_a_move_ends_the_pause_and_an_undo_brings_the_clock_back(item):
    by = Actor.user(item.owner)
    prolong_stage(item.pk, by_amount=2 * HOUR, reason="ждём размеры", by=by)
    before = fresh(item).stalls_at
    pause_stage(item.pk, reason="отпуск", by=by)
    move_item(item.pk, to=stage(item.pipeline, "s2"), by=by)
    moved = fresh(item)
    assert (moved.paused_at, moved.stall_extra) == (None, timedelta())
    assert not ClockChange.objects.filter(kind="paused", ended_at=None).exists()
    undo_move(item.pk, by=by)
    assert fresh(item).stalls_at >= before


def test_a_stage_without_a_deadline_has_nothing_to_prolong():
    item = make_item(make_pipeline())
    with pytest.raises(InvalidInput):
        prolong_stage(item.pk, by_amount=HOUR, reason="просто так", by=SYSTEM)
    with pytest.raises(InvalidInput):
        pause_stage(item.pk, reason="просто так", by=SYSTEM)
