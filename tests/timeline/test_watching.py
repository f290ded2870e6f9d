"""Notices of what nobody did: a card that stalls, a client who waits, work that is overdue."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import make_item
from tests.people.factories import make_department, make_user
from voronka.items.commands import delete_item
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.timeline.commands.activities import Plan, plan_activity
from voronka.timeline.commands.notices import watching
from voronka.timeline.models import Notification

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system()


@pytest.fixture
def team():
    head = make_user("head_of_sales")
    department = make_department(head=head)
    seller = make_user("manager", department=department)
    head.department = department
    head.save(update_fields=["department"])
    return head, seller


def test_a_stalled_card_is_told_to_the_head_once_a_stall(team):
    head, seller = team
    item = make_item(owner=seller, title="Кухня")
    now = timezone.now()
    Item.objects.filter(pk=item.pk).update(stalls_at=now - timedelta(minutes=10))
    assert watching.tell_of_stalled(at=now) == 1
    assert watching.tell_of_stalled(at=now) == 0
    told = Notification.objects.get(user=head, kind="stalled")
    assert "Кухня" in told.text
    assert told.mode == "digest"
    Item.objects.filter(pk=item.pk).update(stalls_at=now - timedelta(minutes=1))
    assert watching.tell_of_stalled(at=now) == 1


def test_more_cards_than_are_told_at_once_are_told_in_the_next_round(team, monkeypatch):
    head, seller = team
    monkeypatch.setattr(watching, "MOST", 1)
    make_item(owner=head), make_item(owner=seller), make_item(owner=seller)
    now = timezone.now()
    moment = now - timedelta(minutes=10)
    Item.objects.update(stalls_at=moment, clock_started_at=moment, clock_due_at=moment)
    assert [watching.tell_of_stalled(at=now) for _ in range(3)] == [1, 1, 0]
    assert [watching.tell_of_waiting(at=now) for _ in range(4)] == [1, 1, 1, 0]


def test_a_client_who_waits_too_long_is_told_to_seller_and_head_once(team):
    head, seller = team
    item = make_item(owner=seller, title="Кухня")
    now = timezone.now()
    due = now - timedelta(seconds=30)
    Item.objects.filter(pk=item.pk).update(
        clock_started_at=due - timedelta(minutes=5), clock_due_at=due
    )
    assert watching.tell_of_waiting(at=now) == 1
    assert watching.tell_of_waiting(at=now) == 0
    assert Notification.objects.get(user=seller).kind == "clock"
    assert Notification.objects.get(user=head).kind == "late"


def test_overdue_tasks_come_as_one_line_for_each_seller_and_day(team):
    head, seller = team
    now = timezone.now()
    for hours in (2, 3):
        plan = Plan(kind="task", title="Позвонить", due_at=now - timedelta(hours=hours))
        plan_activity(plan, by=SYSTEM, item_id=make_item(owner=seller).pk)
    assert watching.tell_of_overdue(at=now) == 1
    assert watching.tell_of_overdue(at=now) == 0
    assert "2" in Notification.objects.get(user=head, kind="overdue").text


def test_work_on_a_card_in_the_recycle_bin_is_not_overdue(team):
    _head, seller = team
    now = timezone.now()
    item = make_item(owner=seller)
    plan = Plan(kind="task", title="Позвонить", due_at=now - timedelta(hours=2))
    plan_activity(plan, by=SYSTEM, item_id=item.pk)
    delete_item(item.pk, by=SYSTEM)
    assert watching.tell_of_overdue(at=now) == 0
