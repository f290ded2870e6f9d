"""My day: what stands in it, in which order, for whom, and in how many queries."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from tests.channels.factories import make_channel, write_in
from tests.clients.factories import make_client
from tests.factories import make_item, make_item_type, make_pipeline, stage
from tests.people.factories import make_department, make_role, make_user
from voronka.channels.commands import send_message
from voronka.items.commands import move_item
from voronka.items.commands.answering import note_answer, start_clock
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.kernel.errors import Forbidden
from voronka.people.models import User
from voronka.timeline import day as days
from voronka.timeline.commands.activities import Plan, finish_activity, plan_activity
from voronka.timeline.day import MOST, Due, Kind, day
from voronka.timeline.models import Conversation

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 12, tzinfo=ZoneInfo("Europe/Moscow"))


@pytest.fixture
def me():
    return make_user("manager")


def card(me, *, grade=0, touched=True, stalls=None, pipeline=None, **extra):
    """A card of `me`, with a grade and a clock of its own."""
    item = make_item(pipeline, owner=me, **extra)
    fields = {"stalls_at": stalls}
    if touched:
        fields["last_touch_at"] = fields["first_response_at"] = item.created_at
    if grade:
        fields |= {"grade": "ABC"[grade - 1], "grade_order": grade}
    Item.objects.filter(pk=item.pk).update(**fields)
    return Item.objects.get(pk=item.pk)


def plan(me, due, item=None, title="Позвонить", kind="call"):
    by = Actor.system() if item else Actor.user(me)
    item_id = item.pk if item else None
    return plan_activity(Plan(kind, title, due), by=by, item_id=item_id, owner_id=me.pk)


def reasons(me, viewer=None, at=NOON):
    """(group, kind, what) of every row of the list."""
    rows = day(me, viewer or me, at=at).rows
    return [
        (r.group.code, r.kind.code, r.activity.title if r.activity else r.item.title) for r in rows
    ]


def test_the_list_runs_from_clocks_over_grades_and_broken_promises_to_new_cards(me):
    card(me, title="new", touched=False)
    card(me, title="no step")
    card(me, title="graded", grade=1, touched=False)
    card(me, title="clock", stalls=NOON - timedelta(hours=5))
    plan(me, NOON + timedelta(hours=3), card(me, title="c"), title="later today")
    plan(me, NOON - timedelta(hours=3), card(me, title="d"), title="broken promise")
    assert reasons(me) == [
        ("clock", "clock", "clock"),
        ("a_grade", "new", "graded"),
        ("overdue", "overdue", "broken promise"),
        ("today", "today", "later today"),
        ("no_step", "no_step", "no step"),
        ("new", "new", "new"),
    ]


def test_a_card_stands_once_and_takes_todays_promise_along(me):
    item = card(me, title="clock", stalls=NOON + timedelta(hours=1))
    plan(me, NOON + timedelta(hours=4), item, title="call at four")
    (row,) = day(me, me, at=NOON).rows
    assert (row.kind.code, row.activity.title, row.item) == ("clock", "call at four", item)


def test_a_client_who_waits_for_the_first_answer_stands_above_everything(me):
    plan(me, NOON - timedelta(hours=3), card(me, title="a", grade=1), title="broken promise")
    later, sooner = card(me, title="later"), card(me, title="sooner")
    for item, minutes in ((later, 4), (sooner, -10)):
        start_clock(item, at=NOON + timedelta(minutes=minutes - 5))
    plan(me, NOON + timedelta(hours=1), sooner, title="call")
    assert reasons(me) == [
        ("enquiry", "enquiry", "sooner"),
        ("enquiry", "enquiry", "later"),
        ("a_grade", "overdue", "broken promise"),
        ("today", "today", "call"),
    ]


def test_whoever_owes_a_client_an_answer_sees_it_until_it_is_given(me):
    channel = make_channel(owner=me)
    item = write_in(channel).item
    note_answer(item.pk, by=Actor.user(me), at=timezone.now())  # by phone: nobody was reached
    talk = Conversation.objects.get()
    Conversation.objects.update(waiting_since=NOON - timedelta(hours=2))
    (row,) = [r for r in day(me, me, at=NOON).rows if r.item == item]
    assert (row.kind.code, row.at) == ("answer", NOON - timedelta(hours=2))
    send_message(channel_id=channel.pk, conversation_id=talk.pk, text="Hi", by=Actor.user(me))
    assert "answer" not in [r.kind.code for r in day(me, me, at=NOON).rows]


def test_two_promises_on_one_card_are_two_things_to_do(me):
    item = card(me, stalls=NOON - timedelta(hours=1))
    plan(me, NOON - timedelta(hours=2), item, title="first")
    plan(me, NOON - timedelta(hours=1), item, title="second")
    assert [what for _group, _kind, what in reasons(me)] == ["first", "second"]


def test_a_deadline_later_today_stands_between_the_meetings_by_the_clock(me):
    plan(me, NOON + timedelta(hours=3), title="at three")
    card(me, title="until five", stalls=NOON + timedelta(hours=5))
    plan(me, NOON + timedelta(hours=7), title="at seven")
    card(me, title="tomorrow", stalls=NOON + timedelta(days=1))
    found = [what for group, _kind, what in reasons(me) if group == "today"]
    assert found == ["at three", "until five", "at seven"]


def test_among_broken_promises_the_better_grade_comes_first(me):
    for grade in (3, 1, 2):
        plan(me, NOON - timedelta(hours=1), card(me, grade=grade), title="ABC"[grade - 1])
    assert [what for _group, _kind, what in reasons(me)] == ["A", "B", "C"]


def test_a_day_ends_at_midnight_where_the_person_lives(me):
    User.objects.filter(pk=me.pk).update(time_zone="Asia/Vladivostok")
    person = User.objects.get(pk=me.pk)
    noon = datetime(2026, 11, 24, 2, tzinfo=UTC)  # in Vladivostok
    plan(me, noon + timedelta(hours=11), title="before midnight")
    plan(me, noon + timedelta(hours=13), title="after midnight")
    assert [what for _g, _k, what in reasons(person, at=noon)] == ["before midnight"]


def test_closed_cards_and_elements_of_custom_types_do_not_ask_for_a_next_step(me):
    pipeline = make_pipeline(reasons=True)
    closed = card(me, pipeline=pipeline)
    move_item(closed.pk, to=stage(pipeline, "won"), by=Actor.system())
    card(me, pipeline=make_pipeline(make_item_type("custom")))
    assert reasons(me) == []


def test_a_card_is_new_until_somebody_works_on_it_or_moves_it(me):
    item = card(me, title="lead", touched=False)
    assert reasons(me) == [("new", "new", "lead")]
    move_item(item.pk, to=stage(item.pipeline, "s2"), by=Actor.user(me))
    assert reasons(me) == [("no_step", "no_step", "lead")]


def test_what_is_done_today_counts_towards_the_progress_and_cancelled_does_not(me):
    for outcome in ("done", "no_answer", "cancelled"):
        finish_activity(plan(me, timezone.now()).pk, outcome=outcome, by=Actor.user(me))
    plan(me, timezone.now() - timedelta(minutes=1))
    found = day(me, me)
    assert (found.done, found.left, found.progress) == (2, 1, 2 / 3)


def test_no_more_than_a_page_is_read_however_long_the_list(me):
    for number in range(5):
        plan(me, NOON - timedelta(hours=number + 1))
    found = day(me, me, shown=2, at=NOON)
    assert (len(found.rows), found.left, found.more) == (2, 5, False)


def test_a_list_that_is_too_long_says_there_is_more(me, monkeypatch):
    assert MOST == 200
    monkeypatch.setattr(days, "MOST", 3)
    for number in range(4):
        plan(me, NOON - timedelta(hours=number + 1))
    found = day(me, me, at=NOON)
    assert (found.left, found.more) == (3, True)


def test_the_phone_of_the_client_is_shown_to_those_who_see_clients(me):
    client = make_client(owner=me, phones=("+7 916 123-45-67",))
    card(me, contact=client.pk)
    assert day(me, me, at=NOON).rows[0].phone.value == "+79161234567"
    blind = make_user(make_role(matrix={"*": {"see": "own"}, "client": {"see": "none"}}))
    card(blind, contact=client.pk)
    row = day(blind, blind, at=NOON).rows[0]
    assert (row.client, row.phone) == (client, None)


def test_the_head_of_sales_sees_the_days_of_the_department_and_a_manager_only_the_own():
    department = make_department()
    head = make_user("head_of_sales", department=department)
    seller, other = make_user(department=department), make_user()
    assert days.may_look(head, seller)
    assert not days.may_look(head, other)
    assert not days.may_look(seller, head)
    assert days.team(head) == [head, seller]
    assert days.team(seller) == [seller]
    assert set(days.team(make_user("owner"))) >= {head, seller, other}


def test_who_looks_at_anothers_day_sees_only_promises_on_cards_that_they_see(me):
    role = make_role(matrix={"*": {"see": "own"}, "client": {"see": "all"}}, rights=["control"])
    viewer = make_user(role)
    plan(me, NOON + timedelta(hours=1), card(me), title="on a card")
    plan(me, NOON + timedelta(hours=2), title="own task")
    assert [what for _g, _k, what in reasons(me, viewer)] == ["own task"]


def test_a_promise_on_a_card_that_one_may_not_see_stays_without_the_card(me):
    plan(me, NOON + timedelta(hours=1), card(make_user()), title="help a colleague")
    (row,) = day(me, me, at=NOON).rows
    assert (row.activity.title, row.item) == ("help a colleague", None)


def test_tomorrow_and_the_week_show_plans_and_deadlines_by_the_clock(me):
    morning = days.midnight(me, days=1)
    plan(me, morning + timedelta(hours=15), title="at three")
    card(me, title="until noon", stalls=morning + timedelta(hours=12))
    plan(me, morning + timedelta(days=1, hours=1), title="the day after")
    found = days.ahead(me, me, since=morning, until=morning + timedelta(days=1)).rows
    titles = [row.activity.title if row.activity else row.item.title for row in found]
    assert titles == ["until noon", "at three"]


def test_of_a_card_with_a_promise_the_deadline_of_that_day_is_not_shown_beside_it(me):
    morning = days.midnight(me, days=1)
    item = card(me, title="card", stalls=morning + timedelta(hours=12))
    plan(me, morning + timedelta(hours=9), item, title="call")
    rows = days.ahead(me, me, since=morning, until=morning + timedelta(days=7)).rows
    assert [row.activity.title for row in rows] == ["call"]


def test_another_kind_of_row_is_one_function(me, monkeypatch):
    monkeypatch.setattr(days, "KINDS", list(days.KINDS))
    item = card(me, title="unanswered")
    days.register_kind(Kind("enquiry", 10, "Answer", lambda asked: [Due(NOON, item.pk)]))
    assert reasons(me) == [("enquiry", "enquiry", "unanswered")]


@pytest.mark.parametrize("cards", [2, 12])
def test_the_number_of_queries_does_not_grow_with_the_list(
    me, cards, django_assert_max_num_queries
):
    client = make_client(owner=me, phones=("+7 916 123-45-67",))
    for number in range(cards):
        item = card(me, contact=client.pk, stalls=NOON - timedelta(hours=1))
        plan(me, NOON + timedelta(hours=1 + number), item)
        card(me, contact=client.pk, touched=number % 2 == 0)
    person = User.objects.select_related("role").get(pk=me.pk)
    with django_assert_max_num_queries(16):
        rows = day(person, person, at=NOON).rows
        assert len([str(r.item.stage) + r.client.name for r in rows]) == 2 * cards


def test_a_task_of_ones_own_needs_no_card_and_others_need_the_right_to_control(me):
    task = plan(me, NOON)
    assert (task.owner, task.item_id, task.client_id) == (me, None, None)
    other = make_user()
    with pytest.raises(Forbidden):
        plan_activity(Plan("task", "Do it", None), by=Actor.user(me), owner_id=other.pk)
    with pytest.raises(Forbidden):
        finish_activity(task.pk, outcome="done", by=Actor.user(other))
    finish_activity(task.pk, outcome="done", by=Actor.user(make_user("head_of_sales")))
