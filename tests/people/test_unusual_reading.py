"""Whoever reads unusually much is told of once an hour."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.people.factories import make_role, make_user
from voronka.journal.actors import Actor
from voronka.journal.commands import note_listing
from voronka.journal.models import Event
from voronka.people.commands import save_company, sound_alarms
from voronka.timeline.models import Notification

pytestmark = pytest.mark.django_db


@pytest.fixture
def thief():
    save_company(by=Actor.system(), reading_limit=10)
    return make_user("manager", name="Пётр")


def read(person, count):
    note_listing("item", range(1, count + 1), by=Actor.user(person))


def test_those_who_may_read_the_audit_hear_of_it_urgently_and_it_is_journalled(thief):
    auditor = make_user(make_role(rights=["audit"]))
    owner, manager = make_user("owner"), make_user("manager")
    read(thief, 11)
    assert sound_alarms() == [thief]
    told = Notification.objects.filter(kind="reading")
    assert {n.user_id for n in told} == {auditor.pk, owner.pk}
    assert manager.pk not in {n.user_id for n in told}
    assert {n.mode for n in told} == {"urgent"}
    assert "Пётр" in told[0].text
    assert "11" in told[0].text
    event = Event.objects.get(verb="user.read_unusually")
    assert (event.subject_id, event.diff["read"], event.diff["limit"]) == (thief.pk, 11, 10)


def test_as_many_as_the_limit_are_nothing_unusual(thief):
    read(thief, 10)
    assert sound_alarms() == []


def test_it_rings_once_an_hour_for_each_person(thief):
    read(thief, 11)
    assert sound_alarms() == [thief]
    other = make_user()
    read(other, 12)
    assert sound_alarms() == [other]
    assert sound_alarms() == []
    later = timezone.now() + timedelta(minutes=61)
    note_listing("client", range(11), by=Actor.user(thief), at=later - timedelta(minutes=1))
    assert sound_alarms(at=later) == [thief]
