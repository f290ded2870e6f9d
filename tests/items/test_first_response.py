"""The five-minute clock: from the client's event to the first human touch (Q1, IN-14)."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from tests.channels.factories import make_channel, sheet, write_in
from tests.factories import SYSTEM, make_item, make_item_type, make_pipeline, make_reason
from tests.people.factories import make_user
from voronka.channels.commands import receive, send_message
from voronka.channels.models import Enquiry
from voronka.items.commands import convert_lead, lose_item
from voronka.items.commands.answering import note_answer, start_clock
from voronka.items.first_response import due_clocks, speed, step_at, waiting
from voronka.items.models import Item, ResponseClock
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.texts import LocalText
from voronka.people.models import WorkingCalendar
from voronka.timeline.commands.activities import Plan, finish_activity, plan_activity
from voronka.timeline.commands.notes import write_note
from voronka.timeline.models import Conversation

pytestmark = pytest.mark.django_db
MOSCOW = ZoneInfo("Europe/Moscow")
NOON = datetime(2026, 3, 17, 12, 0, tzinfo=MOSCOW)  # a Tuesday


def at(minutes=0, seconds=0, of=NOON):
    return of + timedelta(minutes=minutes, seconds=seconds)


@pytest.fixture
def all_day(db):
    hours = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    return WorkingCalendar.objects.create(
        code="all", name=LocalText("Всегда", "Always"), hours=hours, is_default=True
    )


def make_waiting(started=NOON, pipeline=None, **extra):
    pipeline = pipeline or make_pipeline(make_item_type("lead"), reasons=True)
    item = make_item(pipeline, **extra)
    start_clock(Item.objects.select_related("pipeline__calendar", "stage").get(pk=item.pk),
                at=started)  # fmt: skip
    item.refresh_from_db()
    return item


def by(user):
    return Actor.user(user)


def test_an_enquiry_starts_the_clock_at_the_client_s_time(all_day):
    then = timezone.now() - timedelta(minutes=2)
    item = receive(make_channel(), sheet("a", at=then)).item
    clock = ResponseClock.objects.get()
    assert item.clock_started_at == clock.started_at == then
    assert item.clock_due_at == then + timedelta(minutes=5)


def test_a_card_that_a_person_makes_has_no_clock():
    assert make_item().clock_started_at is None
    assert not ResponseClock.objects.exists()


def test_outside_of_working_time_the_clock_waits():
    night = datetime(2026, 3, 17, 23, 0, tzinfo=MOSCOW)
    item = make_waiting(night)
    assert item.clock_due_at == datetime(2026, 3, 18, 9, 5, tzinfo=MOSCOW)
    note_answer(item.pk, by=by(item.owner), at=datetime(2026, 3, 18, 9, 2, tzinfo=MOSCOW))
    assert ResponseClock.objects.get().seconds == 120


def test_the_funnel_s_hours_count_not_the_seller_s(all_day):
    office = WorkingCalendar.objects.create(
        code="office", name=LocalText("Офис"), hours={"tue": [["13:00", "18:00"]]}
    )
    pipeline = make_pipeline(make_item_type("lead"), calendar=office)
    assert make_waiting(NOON, pipeline).clock_due_at == at(65)


def test_a_message_by_a_person_stops_it_to_the_second():
    channel = make_channel()
    item = write_in(channel).item
    start = item.clock_started_at
    talk = Conversation.objects.get()
    send_message(channel_id=channel.pk, conversation_id=talk.pk, text="Hi", by=by(channel.owner))
    item.refresh_from_db()
    clock = ResponseClock.objects.get()
    assert item.clock_started_at is item.clock_due_at is None
    assert item.first_response_at is not None
    assert (clock.outcome, clock.by_user_id) == ("answered", channel.owner.pk)
    assert clock.started_at == start
    event = Event.objects.get(verb="item.answered")
    assert event.diff["late"] is False
    assert Enquiry.objects.get().state == Enquiry.State.ANSWERED


def test_a_robot_s_message_is_no_human_touch():
    channel = make_channel()
    item = write_in(channel).item
    talk = Conversation.objects.get()
    robot = Actor("robot", None, "Hello robot")
    send_message(channel_id=channel.pk, conversation_id=talk.pk, text="Wait", by=robot)
    item.refresh_from_db()
    talk.refresh_from_db()
    assert item.clock_started_at is not None
    assert talk.waiting_since is not None


@pytest.mark.parametrize(
    ("kind", "outcome", "stops"),
    [
        ("call", "done", True),
        ("call", "no_answer", True),
        ("meeting", "done", True),
        ("call", "cancelled", False),
        ("task", "done", False),
    ],
)
def test_calls_and_meetings_stop_it_tasks_do_not(kind, outcome, stops):
    item = make_waiting(timezone.now())
    due = timezone.now() + timedelta(hours=1)
    activity = plan_activity(Plan(kind, "Do", due), by=SYSTEM, item_id=item.pk)
    finish_activity(activity.pk, outcome=outcome, by=by(item.owner))
    item.refresh_from_db()
    assert (item.clock_started_at is None) == stops


def test_a_note_and_a_move_are_work_not_an_answer():
    item = make_waiting(timezone.now())
    write_note("Will call", by=by(item.owner), item_id=item.pk)
    item.refresh_from_db()
    assert item.clock_started_at is not None
    assert item.last_touch_at is not None
    assert item.first_response_at is None


def test_closing_ends_it_and_only_a_target_refusal_counts_as_unanswered():
    pipeline = make_pipeline(make_item_type("lead"), reasons=True)
    spam = make_reason(pipeline, target=False)
    won, refused, rubbish = (make_waiting(timezone.now(), pipeline) for _ in range(3))
    convert_lead(won.pk, by=SYSTEM, pipeline=make_pipeline())
    lose_item(refused.pk, by=SYSTEM, reason=pipeline.loss_reasons.first())
    lose_item(rubbish.pk, by=SYSTEM, reason=spam)
    outcomes = dict(ResponseClock.objects.values_list("item_id", "outcome"))
    assert outcomes == {won.pk: "answered", refused.pk: "unanswered", rubbish.pk: "void"}
    assert waiting(None, at=timezone.now()) == []


def test_a_repeat_enquiry_starts_it_again_an_answer_in_the_thread_does_not():
    channel = make_channel()
    item = write_in(channel, "a", external_id="m1").item
    note_answer(item.pk, by=by(channel.owner))
    write_in(channel, "b", reply_to=["m1"])
    assert ResponseClock.objects.running().count() == 0
    write_in(channel, "c")
    item.refresh_from_db()
    assert item.clock_started_at is not None
    assert ResponseClock.objects.count() == 2
    write_in(channel, "d")
    assert ResponseClock.objects.count() == 2


def test_who_waits_now_is_seen_by_those_who_see_the_card(all_day, django_assert_max_num_queries):
    seller, boss = make_user(), make_user("owner")
    first = make_waiting(at(-4), owner=seller)
    make_waiting(at(-9), first.pipeline, owner=boss)
    with django_assert_max_num_queries(5):  # rights twice, cards, calendar, company
        [row] = waiting(seller, at=NOON)
    assert (row.item, row.waited, row.left) == (first, timedelta(minutes=4), timedelta(minutes=1))
    late, soon = waiting(boss, at=NOON)
    assert (late.is_late, soon.is_late) == (True, False)


def test_robots_learn_which_steps_are_due(all_day):
    item = make_waiting(at(-4))
    assert [i.pk for i in due_clocks(3, at=NOON)] == [item.pk]
    assert due_clocks(5, at=NOON) == []
    item = Item.objects.select_related("pipeline__calendar").get()
    assert step_at(item, 7) == at(3)


def test_the_speed_is_told_by_source_hour_and_person(all_day, django_assert_num_queries):
    seller = make_user()
    pipeline = make_pipeline(make_item_type("lead"))
    for started, answered in ((0, 60), (1, 240), (2, 600)):
        item = make_waiting(at(started), pipeline, owner=seller)
        note_answer(item.pk, by=by(seller), at=at(started, answered))
    make_waiting(at(60), pipeline, owner=seller)  # still waits
    period = {"since": at(-60), "until": at(120)}
    with django_assert_num_queries(1):
        [total] = speed("", **period, at=at(61))
    assert (total.clocks, total.answered, total.unanswered) == (3, 3, 0)
    assert total.median == timedelta(minutes=4)
    assert total.in_norm == pytest.approx(2 / 3)
    [later] = speed("owner", **period, at=at(70))
    assert (later.key, later.clocks, later.unanswered, later.in_norm) == (seller.pk, 4, 1, 0.5)
    assert [(s.key, s.clocks) for s in speed("hour", **period, at=at(70))] == [(12, 3), (13, 1)]
    assert speed("source", **period, at=at(70), user=make_user()) == []  # others' cards
    [own] = speed("source", **period, at=at(70), user=seller)
    assert own.clocks == 4
