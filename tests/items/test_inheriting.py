"""A stage goes, its cards and their history stay (FS-16); a new deadline reaches the cards."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from tests.factories import SYSTEM, make_item, make_pipeline, make_reason, stage
from tests.people.factories import make_user
from voronka.items.commands import delete_item, lose_item, move_item, win_item
from voronka.items.commands.inheriting import remove_stage
from voronka.items.commands.loading import LoadRow, load_items
from voronka.items.models import Item, StageVisit
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.errors import Forbidden
from voronka.kernel.texts import LocalText
from voronka.kernel.worktime import WEEKDAYS
from voronka.people.commands import save_calendar
from voronka.pipelines.commands.pipelines import archive_pipeline, save_pipeline
from voronka.pipelines.commands.stages import save_stage
from voronka.pipelines.commands.types import remove_item_type
from voronka.pipelines.errors import InUse, NoSuchPart
from voronka.pipelines.models import Pipeline, Stage
from voronka.pipelines.specs import PipelineSpec, StageSpec

pytestmark = pytest.mark.django_db
THEN = timezone.now() - timedelta(days=100)


def load(pipeline, *steps):
    """A card that walked through (stage code, day)."""
    visits = [(stage(pipeline, code), THEN + timedelta(days=day)) for code, day in steps]
    (pk,) = load_items(pipeline, [LoadRow("Card", make_user().pk, visits)], by=SYSTEM)
    return Item.objects.get(pk=pk)


def history(item):
    """(stage code, first day, last day or None) of every stay."""
    visits = StageVisit.objects.filter(item=item).order_by("entered_at", "id")
    return [
        (v.stage.code, (v.entered_at - THEN).days, v.left_at and (v.left_at - THEN).days)
        for v in visits
    ]


def remove(pipeline, code, heir, by=SYSTEM):
    return remove_stage(stage(pipeline, code).pk, heir_id=stage(pipeline, heir).pk, by=by)


def test_a_card_that_stood_there_stands_in_the_heir_since_the_same_day():
    pipeline = make_pipeline()
    item = load(pipeline, ("s1", 0), ("s2", 3))
    remove(pipeline, "s2", "s3")
    item.refresh_from_db()
    assert item.stage.code == "s3"
    assert item.stage_entered_at == THEN + timedelta(days=3)
    assert history(item) == [("s1", 0, 3), ("s3", 3, None)]


def test_stays_that_now_follow_each_other_become_one():
    pipeline = make_pipeline()
    passed = load(pipeline, ("s1", 0), ("s2", 3), ("s3", 5), ("s4", 9))
    standing = load(pipeline, ("s1", 0), ("s2", 3), ("s3", 5))
    remove(pipeline, "s2", "s3")
    assert history(passed) == [("s1", 0, 3), ("s3", 3, 9), ("s4", 9, None)]
    assert history(standing) == [("s1", 0, 3), ("s3", 3, None)]
    standing.refresh_from_db()
    assert standing.stage_entered_at == THEN + timedelta(days=3)


def test_stays_that_do_not_touch_are_kept_apart():
    pipeline = make_pipeline()
    item = load(pipeline, ("s1", 0), ("s2", 3), ("s3", 5))
    remove(pipeline, "s1", "s3")
    assert history(item) == [("s3", 0, 3), ("s2", 3, 5), ("s3", 5, None)]


def test_a_jump_over_the_removed_stage_followed_by_a_real_stay_is_a_real_stay():
    pipeline = make_pipeline()
    item = make_item(pipeline, at=THEN)
    move_item(item.pk, to=stage(pipeline, "s3"), by=SYSTEM)
    assert StageVisit.objects.filter(item=item, jump=True).count() == 1
    remove(pipeline, "s2", "s3")
    visits = StageVisit.objects.filter(item=item).order_by("entered_at", "id")
    assert [(v.stage.code, v.jump) for v in visits] == [("s1", False), ("s3", False)]


def test_closed_cards_and_those_in_the_bin_keep_their_history():
    pipeline = make_pipeline(reasons=True)
    won, deleted = make_item(pipeline, at=THEN), make_item(pipeline, at=THEN)
    win_item(won.pk, by=SYSTEM)
    delete_item(deleted.pk, by=SYSTEM)
    remove(pipeline, "s1", "s2")
    won.refresh_from_db()
    deleted.refresh_from_db()
    assert won.is_closed
    assert won.stage.code == "won"
    assert deleted.stage.code == "s2"


def test_nothing_of_any_walk_is_lost_whatever_stage_goes():
    random = Random(7)
    pipeline = make_pipeline(stages=6)
    for _ in range(60):
        steps, day = [], 0
        for n in range(1, 7):
            if random.random() < 0.7:
                steps.append((f"s{n}", day))
                day += random.randint(0, 4)
        load(pipeline, *(steps or [("s1", 0)]), *([("won", day)] if random.random() < 0.3 else []))
    before = outline()
    for code, heir in (("s3", "s4"), ("s5", "s2"), ("s1", "s6")):
        remove(pipeline, code, heir)
        assert outline() == before
        assert not Stage.objects.filter(pipeline=pipeline, code=code).exists()
    for item in Item.objects.all():
        visits = list(StageVisit.objects.filter(item=item).order_by("entered_at", "id"))
        assert [v.left_at is None for v in visits] == [False] * (len(visits) - 1) + [True]
        assert visits[-1].stage_id == item.stage_id
        assert visits[-1].entered_at == item.stage_entered_at
        assert all(a.left_at == b.entered_at for a, b in pairwise(visits))


def outline():
    """Per card: when its history begins, and when and where it ended."""
    return {
        item.pk: (
            item.visits.earliest("entered_at", "id").entered_at,
            item.closed_at,
            item.stage.code if item.closed_at else None,
        )
        for item in Item.objects.select_related("stage")
    }


def test_the_journal_says_what_went_and_who_inherited():
    pipeline = make_pipeline()
    load(pipeline, ("s1", 0), ("s2", 3))
    remove(pipeline, "s2", "s3")
    event = Event.objects.get(verb="stage.removed")
    assert event.pipeline_id == pipeline.pk
    assert (event.diff["code"], event.diff["heir"]) == ("s2", "s3")
    assert (event.diff["cards"], event.diff["visits"]) == (1, 1)
    assert not Event.objects.filter(verb="item.moved", diff__entered=event.subject_id + 1).exists()


def test_the_heir_is_of_the_same_funnel_and_kind_and_won_never_goes():
    pipeline, other = make_pipeline(), make_pipeline()
    with pytest.raises(NoSuchPart):
        remove_stage(stage(pipeline, "s1").pk, heir_id=stage(other, "s1").pk, by=SYSTEM)
    with pytest.raises(NoSuchPart):
        remove(pipeline, "s1", "s1")
    for code, heir in (("s1", "won"), ("lost", "s1"), ("won", "lost")):
        with pytest.raises(InUse):
            remove(pipeline, code, heir)


def test_lost_cards_go_to_another_lost_stage():
    pipeline = make_pipeline()
    spec = replace(StageSpec.of(stage(pipeline, "lost")), code="junk")
    save_stage(spec, by=SYSTEM)
    item = make_item(pipeline, at=THEN)
    reason = make_reason(pipeline)
    lose_item(item.pk, reason=reason, by=SYSTEM)
    remove(pipeline, "lost", "junk")
    item.refresh_from_db()
    assert item.stage.code == "junk"
    assert item.is_closed
    assert item.loss_reason == reason


def test_without_the_right_to_set_up_no_stage_goes():
    pipeline = make_pipeline()
    with pytest.raises(Forbidden):
        remove(pipeline, "s1", "s2", by=Actor.user(make_user("manager")))


def test_a_new_deadline_is_counted_from_the_day_the_card_came():
    pipeline = make_pipeline()
    item = load(pipeline, ("s1", 0))
    assert item.stalls_at is None
    spec = StageSpec.of(stage(pipeline, "s1"))
    save_stage(replace(spec, deadline_minutes=1440, deadline_working=False), by=SYSTEM)
    item.refresh_from_db()
    assert item.stalls_at == THEN + timedelta(days=1)
    save_stage(spec, by=SYSTEM)
    item.refresh_from_db()
    assert item.stalls_at is None


def test_the_heirs_deadline_counts_for_the_inherited_cards():
    pipeline = make_pipeline()
    spec = StageSpec.of(stage(pipeline, "s3"))
    save_stage(replace(spec, deadline_minutes=60, deadline_working=False), by=SYSTEM)
    item = load(pipeline, ("s1", 0), ("s2", 3))
    remove(pipeline, "s2", "s3")
    item.refresh_from_db()
    assert item.stalls_at == THEN + timedelta(days=3, hours=1)


def test_a_funnel_with_open_cards_is_not_archived_and_the_refusal_counts_them():
    pipeline = make_pipeline()
    make_pipeline(pipeline.item_type)
    items = [make_item(pipeline) for _ in range(3)]
    with pytest.raises(InUse, match="3"):
        archive_pipeline(pipeline.code, by=SYSTEM)
    for item in items:
        win_item(item.pk, by=SYSTEM)
    assert archive_pipeline(pipeline.code, by=SYSTEM).archived


def test_a_stage_with_cards_keeps_its_kind_and_a_type_with_cards_stays():
    pipeline = make_pipeline()
    make_item(pipeline)
    with pytest.raises(InUse):
        save_stage(replace(StageSpec.of(stage(pipeline, "s1")), kind="lost"), by=SYSTEM)
    custom = make_pipeline(make_item().pipeline.item_type).item_type
    custom.kind = "custom"
    custom.save()
    with pytest.raises(InUse):
        remove_item_type(custom.code, by=SYSTEM)


def test_a_funnel_with_working_hours_of_its_own_measures_its_cards_by_them():
    pipeline = make_pipeline()
    Stage.objects.filter(pipeline=pipeline, code="s1").update(deadline_minutes=60)
    sunday = datetime(2026, 3, 1, 9, 0, tzinfo=ZoneInfo("Europe/Moscow"))
    item = make_item(pipeline, at=sunday)
    assert item.stalls_at > sunday + timedelta(hours=1)  # the office is closed on Sundays
    save_calendar(
        code="shop",
        name=LocalText("Магазин"),
        hours={day: [["09:00", "21:00"]] for day in WEEKDAYS},
        country="",
        by=SYSTEM,
    )
    row = Pipeline.objects.select_related("item_type", "calendar").get(pk=pipeline.pk)
    save_pipeline(replace(PipelineSpec.of(row), calendar="shop"), by=SYSTEM)
    item.refresh_from_db()
    assert item.stalls_at == sunday + timedelta(hours=1)
    later = make_item(Pipeline.objects.get(pk=pipeline.pk), at=sunday)
    assert later.stalls_at == sunday + timedelta(hours=1)
