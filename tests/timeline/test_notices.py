"""One policy of notices: what is told, how and when; never twice, never lost (UI-11)."""

from datetime import datetime, time, timedelta
from types import SimpleNamespace

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from tests.factories import make_item, make_pipeline
from tests.people.factories import make_user
from tests.timeline.pushing import Browser, PushService
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.errors import Forbidden, InvalidInput, NotFound
from voronka.people import commands as people
from voronka.timeline.commands.activities import Plan, plan_activity
from voronka.timeline.commands.handover import dismiss_user
from voronka.timeline.commands.messages import Arrival, Letter, receive_message, write_message
from voronka.timeline.commands.notices import devices, pushes
from voronka.timeline.commands.notices.policies import (
    PolicySpec,
    save_company_policy,
    save_own_policy,
)
from voronka.timeline.commands.notifications import mark_read, notify
from voronka.timeline.commands.sending import note_failed, retry_message
from voronka.timeline.models import NoticeDevice, NoticePush, Notification
from voronka.timeline.notices.choices import choice_of, mode_of
from voronka.timeline.notices.kinds import kinds
from voronka.timeline.notices.push import public_key

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system()


@pytest.fixture
def me():
    user = make_user("manager")
    save_own_policy(user, PolicySpec({}, quiet="never"))
    return user


@pytest.fixture
def service(settings):
    settings.ALLOW_PRIVATE_REQUESTS = True
    with PushService().running() as service:
        yield service


@pytest.fixture
def phone(service, me):
    browser = Browser(service)
    browser.sign_in(me)
    return browser


def push_all(at: datetime | None = None) -> None:
    """Do the jobs of all pushes that are due."""
    due = NoticePush.objects.filter(state="waiting", due_at__lte=at or timezone.now())
    for pk in list(due.order_by("pk").values_list("pk", flat=True)):
        pushes.perform_push(pk)


# What counts


def test_a_kind_is_told_as_it_says_itself_as_the_company_says_or_as_the_person_says(me):
    head = make_user("owner")
    assert mode_of(choice_of(me.pk), "task") == "digest"
    save_company_policy(PolicySpec({"task": "silent", "mention": "digest"}), by=Actor.user(head))
    assert mode_of(choice_of(me.pk), "task") == "silent"
    save_own_policy(me, PolicySpec({"task": "urgent"}))
    assert mode_of(choice_of(me.pk), "task") == "urgent"
    assert mode_of(choice_of(me.pk), "mention") == "digest"
    assert notify(me.pk, "task", "Позвонить").mode == "urgent"


def test_the_company_is_set_up_by_those_who_set_up_and_its_change_is_journalled(me):
    with pytest.raises(Forbidden):
        save_company_policy(PolicySpec({}), by=Actor.user(me))
    save_company_policy(PolicySpec({"job": "digest"}), by=Actor.user(make_user("owner")))
    event = Event.objects.get(verb="notice_policy.changed")
    assert event.diff["modes"] == {"job": ["silent", "digest"]}


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        (PolicySpec({"nothing": "urgent"}), "modes"),
        (PolicySpec({"task": "loudly"}), "modes"),
        (PolicySpec({}, quiet="own"), "quiet_from"),
        (PolicySpec({}, quiet="own", quiet_from=time(8), quiet_until=time(8)), "quiet_from"),
        (PolicySpec({}, digest_times=["09:00", "12:00", "18:00"]), "digest_times"),
        (PolicySpec({}, digest_times=["9 o'clock"]), "digest_times"),
        (PolicySpec({}, night=["nothing"]), "night"),
    ],
)
def test_a_choice_that_makes_no_sense_is_refused_where_it_stands(me, spec, field):
    with pytest.raises(InvalidInput) as refusal:
        save_own_policy(me, spec)
    assert field in refusal.value.fields


def test_nobody_is_told_of_a_kind_that_is_not_registered(me):
    with pytest.raises(LookupError):
        notify(me.pk, "weather", "It rains")


def test_every_kind_has_a_mode_and_a_name():
    assert all(str(kind.title) and kind.usual in ("urgent", "digest", "silent") for kind in kinds())


# Never two for one event


def test_the_same_key_tells_a_person_once_and_another_person_as_well(me):
    first = notify(me.pk, "mention", "Look", key="note-1")
    assert notify(me.pk, "mention", "Look again", key="note-1") == first
    assert notify(make_user().pk, "mention", "Look", key="note-1") != first
    assert Notification.objects.filter(user=me).count() == 1


def test_the_database_itself_refuses_a_second_one(me):
    told = notify(me.pk, "mention", "Look", key="note-1", cause="event-1")
    twin = {"user": me, "kind": "task", "text": "Again", "at": told.at}
    with pytest.raises(IntegrityError), transaction.atomic():
        Notification.objects.create(**twin, key="note-1")
    with pytest.raises(IntegrityError), transaction.atomic():
        Notification.objects.create(**twin, cause="event-1", mode="digest")
    Notification.objects.create(**twin, cause="event-1", mode="silent")


def test_of_one_event_only_the_loudest_goes_further(me, phone):
    quiet = notify(me.pk, "watched", "It has moved", cause="event-1", key="a")
    loud = notify(me.pk, "robot", "Call them", cause="event-1", key="b")
    late = notify(me.pk, "robot", "Call them, I said", cause="event-1", key="c")
    quiet.refresh_from_db()
    assert [n.mode for n in (quiet, loud, late)] == ["silent", "urgent", "silent"]
    assert quiet.letter_due_at is None
    push_all()
    assert [shown["body"] for shown in phone.shown] == ["Call them"]


# Devices


def test_an_urgent_notice_is_pushed_encrypted_and_signed_and_the_others_are_not(me, phone):
    told = notify(me.pk, "mention", "Анна: посмотри КП")
    notify(me.pk, "task", "Сводкой")
    notify(me.pk, "job", "Тихо")
    push_all()
    assert [shown["body"] for shown in phone.shown] == ["Анна: посмотри КП"]
    assert phone.shown[0]["id"] == told.pk
    _path, headers, body = phone.service.got[0]
    assert "Анна".encode() not in body
    assert headers["Content-Encoding"] == "aes128gcm"
    claims = phone.claims()
    assert claims["k"] == public_key()
    assert claims["aud"].startswith("http://127.0.0.1")
    assert NoticeDevice.objects.get().shown_at is not None


def test_a_push_is_sent_once_however_often_its_job_runs(me, phone):
    told = notify(me.pk, "mention", "Look")
    push = NoticePush.objects.get(notification=told)
    assert pushes.perform_push(push.pk)
    assert pushes.perform_push(push.pk)
    assert len(phone.shown) == 1


def test_two_devices_both_show_it_and_only_the_refused_one_is_tried_again(me, service, phone):
    other = Browser(service, "two")
    other.sign_in(me)
    service.answers = [503, 201]
    notify(me.pk, "mention", "Look")
    push_all()
    push_all(timezone.now() + timedelta(seconds=29))
    assert len(service.got) == 2
    NoticePush.objects.filter(state="waiting").update(due_at=timezone.now())
    push_all()
    assert len(service.got) == 3
    assert not NoticePush.objects.filter(state="waiting").exists()


def test_a_browser_that_took_its_permission_back_leaves_the_list(me, service, phone):
    service.answers = [410]
    notify(me.pk, "mention", "Look")
    push_all()
    assert not NoticeDevice.objects.exists()
    assert Notification.objects.get(user=me).read_at is None  # and is not lost


def test_what_was_read_before_is_not_pushed(me, phone):
    notify(me.pk, "mention", "Look")
    mark_read(me.pk)
    push_all()
    assert phone.shown == []


def test_quiet_hours_put_a_push_off_and_lose_nothing(me, phone, monkeypatch):
    night = datetime(2026, 3, 3, 23, tzinfo=timezone.get_default_timezone())
    spec = PolicySpec({}, quiet="own", quiet_from=time(22), quiet_until=time(7), night=["enquiry"])
    save_own_policy(me, spec)
    with monkeypatch.context() as patch:
        patch.setattr(timezone, "now", lambda: night)
        notify(me.pk, "mention", "Завтра посмотри")
        notify(me.pk, "enquiry", "Новая заявка")
        push_all(night)
        assert [shown["body"] for shown in phone.shown] == ["Новая заявка"]
        morning = night + timedelta(hours=8)
        patch.setattr(timezone, "now", lambda: morning)
        push_all(morning)
    assert [shown["body"] for shown in phone.shown] == ["Новая заявка", "Завтра посмотри"]


def test_a_card_that_may_not_be_seen_any_more_is_told_to_no_device(me, phone):
    hidden = make_item(owner=make_user(), title="Secret kitchen")
    notify(me.pk, "mention", "Secret kitchen", item_id=hidden.pk)
    push_all()
    assert phone.service.got == []
    assert NoticePush.objects.get().state == "dropped"


@pytest.mark.parametrize("how", ["log out", "close", "close all", "dismiss", "run out"])
def test_a_device_ends_with_its_log_in(me, phone, how):
    session = me.sessions.get()
    boss = Actor.user(make_user("owner"))
    notify(me.pk, "mention", "Look")
    if how == "log out":
        people.log_out(me, session.session_key)
    elif how == "close":
        people.close_session(session.pk, by=boss)
    elif how == "close all":
        people.close_sessions(me.pk, by=boss)
    elif how == "dismiss":
        dismiss_user(me.pk, heirs=[make_user().pk], by=boss)
    else:
        session.delete()
        push_all()
    assert not NoticeDevice.objects.exists()
    push_all()
    assert phone.service.got == []


def test_a_browser_belongs_to_whoever_signed_in_on_it_last(me, phone):
    other = make_user()
    save_own_policy(other, PolicySpec({}, quiet="never"))
    phone.sign_in(other, session_key="another")
    notify(me.pk, "mention", "For the first one")
    notify(other.pk, "mention", "For the second one")
    push_all()
    assert [shown["body"] for shown in phone.shown] == ["For the second one"]


def test_what_waited_for_a_browser_is_not_shown_to_the_next_one_who_signed_in_on_it(me, phone):
    notify(me.pk, "mention", "For the first one")
    phone.sign_in(make_user(), session_key="another")
    push_all()
    assert phone.service.got == []
    assert NoticePush.objects.get().state == "dropped"


@pytest.mark.parametrize(
    "changed",
    [
        {"endpoint": "https://127.0.0.1/send"},
        {"endpoint": "https://10.0.0.8/send"},
        {"endpoint": "http://push.example.com/send"},
        {"endpoint": "javascript:alert(1)"},
        {"p256dh": "AAAA"},
        {"p256dh": "ключ"},
        {"auth": "AAAA"},
    ],
)
def test_an_address_inside_the_network_or_bad_keys_are_refused(me, service, settings, changed):
    settings.ALLOW_PRIVATE_REQUESTS = False
    browser = Browser(service)
    good = {"endpoint": "https://push.example.com/1", "p256dh": browser.p256dh}
    good |= {"auth": browser.auth}
    devices.open_device(me, session_key="s", **good)
    with pytest.raises(InvalidInput):
        devices.open_device(me, session_key="s", **(good | changed))


def test_a_name_that_leads_inside_is_not_called(me, service, phone, settings):
    settings.ALLOW_PRIVATE_REQUESTS = False  # looked up at the moment of the call, as with webhooks
    notify(me.pk, "mention", "Look")
    push_all()
    assert service.got == []


def test_the_keys_of_a_device_stand_nowhere_in_plain_words(me, phone):
    device = NoticeDevice.objects.get()
    assert phone.endpoint not in device.sealed
    assert phone.auth not in device.sealed
    diffs = str(list(Event.objects.values_list("diff", flat=True)))
    assert phone.endpoint not in diffs


def test_a_device_is_removed_by_its_own_person_only(me, phone):
    device = NoticeDevice.objects.get()
    with pytest.raises(NotFound):
        devices.close_device(device.pk, user=make_user())
    devices.close_device(device.pk, user=me)
    assert not NoticeDevice.objects.exists()


# What is said in conversations


@pytest.fixture
def talk(me):
    """A card of mine with its client, who writes by `hear`."""
    item = make_item(make_pipeline(), owner=me)

    def hear(text):
        arrival = Arrival("paper", 1, timezone.now(), text=text)
        return receive_message(arrival, by=SYSTEM, item_id=item.pk, owner_id=me.pk)

    def say(text):
        return write_message(Letter("paper", 1, text), by=Actor.user(me), item_id=item.pk)

    return SimpleNamespace(hear=hear, say=say)


def bell(user):
    rows = Notification.objects.filter(user=user).order_by("pk")
    return [(row.kind, row.text) for row in rows]


def test_a_client_who_writes_on_rings_once_and_hides_no_message_that_was_not_sent(me, talk):
    note_failed(talk.say("Our quote").pk, "No such box")
    talk.hear("Hello?")
    talk.hear("Is anybody there?")
    (failed, why), (written, words) = bell(me)
    assert (failed, written) == ("not_sent", "message")
    assert "No such box" in why
    assert "Is anybody there?" in words


def test_a_message_that_fails_once_more_is_told_once_more(me, talk):
    message = talk.say("Our quote")
    for why in ("No such box", "The box is full"):
        note_failed(message.pk, why)
        retry_message(message.pk, by=Actor.user(me))
    assert [kind for kind, _text in bell(me)] == ["not_sent", "not_sent"]


def test_a_question_of_a_robot_is_told_and_its_other_tasks_are_not(me):
    item = make_item(make_pipeline(), owner=me)
    answers = [{"code": "yes", "name": {"ru": "Да", "en": "Yes"}}]
    plan_activity(Plan("task", "Позвонить", None), by=SYSTEM, item_id=item.pk)
    plan_activity(Plan("task", "Дожали?", None, answers=answers), by=SYSTEM, item_id=item.pk)
    told = Notification.objects.get(user=me)
    assert told.kind == "question"
    assert "Дожали?" in told.text
