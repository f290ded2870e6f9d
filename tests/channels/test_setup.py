"""Connecting channels: secrets stay secret, and a silent one is noticed (IN-9, IN-17, IN-19)."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from tests.channels.factories import SYSTEM, make_channel, write_in
from tests.factories import make_item_type, make_pipeline
from tests.people.factories import make_user
from voronka.channels.commands import (
    ChannelSpec,
    archive_channel,
    change_channel,
    create_channel,
    learn_pauses,
    move_cursor,
    note_problem,
    restore_channel,
    save_repeat_rule,
    set_channel_active,
    try_channel,
)
from voronka.channels.facts import facts_of
from voronka.channels.models import Channel, Enquiry
from voronka.channels.queries import channel_of, channels, silent_channels
from voronka.channels.rules import Repeat
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.errors import Forbidden, InvalidInput, NotFound

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 17, 12, 0, tzinfo=ZoneInfo("Europe/Moscow"))  # a Tuesday


def test_a_secret_is_sealed_kept_and_never_told():
    channel = make_channel(settings={"colour": "blue", "password": "s3cret-word"})
    assert channel.settings == {"colour": "blue"}
    assert "s3cret" not in channel.sealed
    assert facts_of(channel).settings.password.get_secret_value() == "s3cret-word"
    spec = ChannelSpec("Renamed", {"colour": "red", "password": ""}, channel.pipeline_id)
    change_channel(channel.pk, spec, by=SYSTEM)
    channel.refresh_from_db()
    assert facts_of(channel).settings.password.get_secret_value() == "s3cret-word"
    assert (channel.name, facts_of(channel).settings.colour) == ("Renamed", "red")
    told = repr([e.diff for e in Event.objects.filter(subject_type="channel")])
    assert "s3cret" not in told
    archive_channel(channel.pk, by=SYSTEM)
    channel.refresh_from_db()
    assert channel.sealed == ""


def test_wrong_settings_are_refused_at_their_place_without_the_value():
    spec = ChannelSpec("", {"colour": ["hunter2"]}, pipeline_id=0, source_id=0, owner_id=0)
    with pytest.raises(InvalidInput) as refusal:
        create_channel("paper", spec, by=SYSTEM)
    assert set(refusal.value.fields) == {"name", "pipeline", "source", "owner", "colour"}
    assert "hunter2" not in repr(refusal.value.fields)
    with pytest.raises(InvalidInput):
        create_channel("nothing", spec, by=SYSTEM)


def test_only_who_sets_up_may_connect():
    seller = Actor.user(make_user("manager"))
    channel = make_channel()
    with pytest.raises(Forbidden):
        create_channel("paper", ChannelSpec("x", {}), by=seller)
    with pytest.raises(Forbidden):
        set_channel_active(channel.pk, active=False, by=seller)
    with pytest.raises(Forbidden):
        try_channel(channel.pk, by=seller)
    with pytest.raises(Forbidden):
        save_repeat_rule(channel.pipeline, Repeat(), by=seller)
    with pytest.raises(NotFound):
        try_channel(0, by=SYSTEM)


def test_a_channel_comes_back_from_the_archive_off_while_its_password_is_forgotten():
    channel = make_channel(settings={"colour": "blue", "password": "s3cret-word"})
    key = channel.key
    move_cursor(channel.pk, {"uid": 7})
    with pytest.raises(Forbidden):
        restore_channel(channel.pk, by=Actor.user(make_user("manager")))
    archive_channel(channel.pk, by=SYSTEM)
    assert channel_of(key) is None
    back = restore_channel(channel.pk, by=SYSTEM)
    assert (back.archived_at, back.active, back.key, back.cursor) == (None, False, key, {})
    assert channel_of(key) == channel
    restore_channel(channel.pk, by=SYSTEM)
    verbs = Event.objects.filter(subject_type="channel").order_by("pk")
    assert list(verbs.values_list("verb", flat=True)) == [
        "channel.created", "channel.archived", "channel.restored"
    ]  # fmt: skip


def test_a_channel_that_breaks_is_noted_once_and_mended_once():
    channel = make_channel()
    for problem in ("no connection", "no connection", "", ""):
        note_problem(channel.pk, problem)
    events = Event.objects.filter(subject_type="channel").order_by("pk")
    verbs = events.values_list("verb", flat=True)
    assert list(verbs) == ["channel.created", "channel.broken", "channel.mended"]


def test_the_list_says_whether_enquiries_become_leads_or_deals(django_assert_num_queries):
    make_channel()
    make_channel(make_pipeline(make_item_type("deal")))
    with django_assert_num_queries(4):
        rows = channels(at=timezone.now())
    assert [row.with_leads for row in rows] == [True, False]


def test_a_test_through_the_door_counts_nowhere():
    channel = make_channel()
    trial = try_channel(channel.pk, by=SYSTEM)
    assert trial.ok
    assert Enquiry.objects.get().test
    assert not channel.owner.notifications.exists()
    channel.refresh_from_db()
    assert channel.tested_at is not None
    Channel.objects.update(pipeline=None)
    broken = try_channel(channel.pk, by=SYSTEM)
    assert (broken.ok, bool(str(broken.problem))) == (False, True)


def test_a_channel_is_silent_longer_than_it_usually_is_in_working_time():
    channel = make_channel(usual_pause=timedelta(hours=3))
    Channel.objects.update(last_received_at=NOON)
    assert silent_channels(at=NOON + timedelta(hours=3)) == []  # 13–14 is the lunch
    [row] = silent_channels(at=NOON + timedelta(hours=5))
    assert (row.channel, row.silent_for) == (channel, timedelta(hours=4))
    set_channel_active(channel.pk, active=False, by=SYSTEM)
    assert silent_channels(at=NOON + timedelta(days=30)) == []


def test_the_usual_pause_is_learned_from_the_last_month():
    channel = make_channel()
    assert learn_pauses() == 0
    now = NOON + timedelta(days=3)
    for number, hours in enumerate((0, 2, 5)):
        enquiry = write_in(channel, f"n{number}")
        Enquiry.objects.filter(pk=enquiry.pk).update(received_at=NOON + timedelta(hours=hours))
    assert learn_pauses(at=now) == 1
    channel.refresh_from_db()
    assert channel.learned_pause == timedelta(hours=4, minutes=30)  # 1.5 × 14:00–17:00
