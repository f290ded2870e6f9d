"""A new deadline on a stage with many cards: they are measured by it in a job, batch by batch."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.factories import SYSTEM, make_item, make_pipeline
from voronka.items.commands import lose_item, restating
from voronka.items.models import Item
from voronka.items.tasks import restate_cards
from voronka.pipelines.commands.stages import save_stage
from voronka.pipelines.specs import StageSpec

pytestmark = pytest.mark.django_db
THEN = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def stage(monkeypatch):
    monkeypatch.setattr(restating, "BATCH", 2)
    return make_pipeline().stages.get(code="s1")


def _deadline(stage, minutes):
    spec = replace(StageSpec.of(stage), deadline_minutes=minutes, deadline_working=False)
    save_stage(spec, by=SYSTEM)


def _jobs(stage):
    jobs = ProcrastinateJob.objects.filter(task_name="items.restate_cards")
    return jobs.filter(args={"stage_id": stage.pk}).count()


def _stalls(stage):
    cards = Item.objects.filter(stage=stage, closed_at=None).order_by("pk")
    return list(cards.values_list("stalls_at", flat=True))


def test_few_cards_are_measured_at_once(stage):
    for _n in range(2):
        make_item(stage.pipeline, at=THEN)
    _deadline(stage, 1440)
    assert _stalls(stage) == [THEN + timedelta(days=1)] * 2
    assert _jobs(stage) == 0


def test_many_cards_are_left_to_a_job_that_may_stop_anywhere(stage):
    made = [make_item(stage.pipeline, at=THEN) for _n in range(5)]
    paused, lost = made[1], made[4]
    Item.objects.filter(pk=paused.pk).update(paused_at=THEN)
    lose_item(lost.pk, reason=None, by=SYSTEM)
    _deadline(stage, 1440)
    assert _jobs(stage) == 1
    assert _stalls(stage) == [None] * 4
    day = THEN + timedelta(days=1)
    Item.objects.filter(pk=made[0].pk).update(stalls_at=day)  # as far as a killed worker came
    assert restating.restate_open_cards(stage.pk) == 2
    assert _stalls(stage) == [day, None, day, day]
    assert restating.restate_open_cards(stage.pk) == 0
    assert Item.objects.get(pk=lost.pk).stalls_at is None


def test_a_job_whose_stage_is_gone_does_nothing(stage):
    assert restating.restate_open_cards(stage.pk + 1000) == 0
    assert restate_cards(stage_id=stage.pk + 1000) is None
