"""Robots hear clients and write to them: once, by what reaches them, answering nobody (N1, Q1)."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.utils import timezone

from tests.automation.factories import make_robot
from tests.channels.factories import PAPER, SYSTEM, make_channel, write_in
from tests.factories import make_item
from voronka.automation.models import RobotRun
from voronka.automation.naming import RobotNames
from voronka.automation.specs import Limits, Quiet
from voronka.automation.words import say_action
from voronka.automation.worker import drain
from voronka.channels.commands import (
    TemplateSpec,
    archive_template,
    save_template,
    send_due,
    send_message,
)
from voronka.channels.contract import Window
from voronka.clients.commands import exclude
from voronka.items.commands import delete_item
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.kernel.errors import InvalidInput
from voronka.timeline.models import Conversation, Message, Notification

pytestmark = pytest.mark.django_db
HELLO = ("send_message", {"text": "Здравствуйте, {client.name}!"})


@pytest.fixture(autouse=True)
def paper():
    PAPER.sent.clear()
    PAPER.failures.clear()
    return PAPER


@pytest.fixture
def channel():
    return make_channel()


def told():
    return list(Notification.objects.filter(kind="robot").values_list("item_id", flat=True))


def written():
    return list(Message.objects.filter(direction="out").order_by("pk"))


def line():
    return RobotRun.objects.latest("pk").explanation["actions"][0]


def talk_of(enquiry):
    return Conversation.objects.select_related("owner").get(item_id=enquiry.item_id)


def answer(talk):
    by = Actor.user(talk.owner)
    return send_message(channel_id=talk.channel_id, conversation_id=talk.pk, text="Да?", by=by)


# -- the trigger


def test_the_first_message_and_later_ones_fire_notices_of_machines_do_not(channel):
    make_robot(channel.pipeline, "message_received")
    make_item(channel.pipeline)  # by hand: nobody wrote
    drain()
    assert told() == []
    first = write_in(channel, "a", thread_key="chat", name="Анна")
    drain()
    write_in(channel, "b", thread_key="chat")
    drain()
    write_in(channel, "c", thread_key="chat", kind="auto_reply")
    drain()
    assert told() == [first.item_id] * 2


def test_only_the_first_one_and_only_while_nobody_has_answered(channel):
    make_robot(channel.pipeline, "message_received", settings={"first": True})
    make_robot(channel.pipeline, "message_received", settings={"unanswered": True})
    enquiry = write_in(channel, "a", thread_key="chat", name="Анна")
    drain()
    assert len(told()) == 2
    write_in(channel, "b", thread_key="chat")
    drain()
    assert len(told()) == 3  # nobody has answered yet
    answer(talk_of(enquiry))
    write_in(channel, "c", thread_key="chat")
    drain()
    assert len(told()) == 3


def test_by_kind_of_channel_and_by_one_channel(channel):
    other = make_channel(channel.pipeline)
    make_robot(channel.pipeline, "message_received", settings={"channels": ["chat"]})
    one = {"channels": [f"channel:{channel.code}"]}
    make_robot(channel.pipeline, "message_received", settings=one)
    make_robot(channel.pipeline, "message_received", settings={"channels": ["paper"]})
    write_in(other, "a", **{"from": [["phone", "+79160000001"]]}, thread_key="x")
    drain()
    assert len(told()) == 1  # paper of any kind
    write_in(channel, "b", **{"from": [["phone", "+79160000002"]]}, thread_key="y")
    drain()
    assert len(told()) == 3
    write_in(channel, "c", thread_key="y")
    drain()
    assert len(told()) == 5
    for wrong in ("pigeon", "channel:nowhere"):
        with pytest.raises(InvalidInput):
            make_robot(channel.pipeline, "message_received", settings={"channels": [wrong]})


def test_other_open_cards_of_the_client_hear_that_they_wrote_again(channel):
    first = write_in(channel, "a", **{"from": [["email", "anna@example.com"]]}, name="Анна")
    card = Item.objects.get(pk=first.item_id)
    other = make_item(channel.pipeline, contact=card.contact_id)
    stranger = make_item(channel.pipeline)
    make_robot(channel.pipeline, "wrote_elsewhere")
    write_in(channel, "b", **{"from": [["email", "anna@example.com"]]})
    drain()
    heard = set(told())
    assert heard == {first.item_id, other.pk} - {Message.objects.latest("pk").conversation.item_id}
    assert stranger.pk not in heard


# -- the action


def test_a_robot_answers_where_the_client_wrote_once_and_the_clock_runs_on(channel, paper):
    make_robot(channel.pipeline, "message_received", HELLO, settings={"first": True})
    enquiry = write_in(channel, "a", thread_key="chat", name="Анна")
    drain()
    drain()
    send_due()
    [sent] = paper.sent
    assert (sent.text, sent.thread_key) == ("Здравствуйте, Анна!", "chat")
    [message] = written()
    assert message.automatic
    assert message.author_id is None
    assert message.author_name.startswith("Робот")
    card, talk = Item.objects.get(pk=enquiry.item_id), talk_of(enquiry)
    assert card.clock_started_at is not None  # a robot is no human touch (Q1)
    assert card.first_response_at is None
    assert talk.waiting_since is not None


def test_a_run_that_is_undone_leaves_no_message(channel, monkeypatch):
    from voronka.automation.commands import running

    make_robot(channel.pipeline, "message_received", HELLO)
    write_in(channel, "a", thread_key="chat", name="Анна")

    def die(*args, **kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(running._Batch, "_end", die)
        with pytest.raises(KeyboardInterrupt):
            drain()
    assert written() == []
    drain()
    assert len(written()) == 1


def test_a_letter_gets_its_subject_and_the_wished_way(channel, paper):
    other = make_channel(channel.pipeline)
    wish = {"through": ["chat", f"channel:{other.code}"], "subject": "О кухне"}
    make_robot(channel.pipeline, "created", ("send_message", {**HELLO[1], **wish}))
    write_in(channel, "a", **{"from": [["email", "anna@example.com"]]}, name="Анна")
    drain()
    [message] = written()
    assert message.channel_id == other.pk
    assert (message.subject, message.identity_value) == ("О кухне", "anna@example.com")


def test_a_template_is_filled_and_counted_until_it_is_gone(channel, paper):
    words = TemplateSpec("Первое письмо", "{client.first_name}, ждём вас", subject="О {title}")
    template = save_template(words, by=SYSTEM)
    with pytest.raises(InvalidInput):
        make_robot(channel.pipeline, "created", ("send_message", {"template": "Второе"}))
    by_template = ("send_message", {"template": "Первое письмо"})
    robot = make_robot(channel.pipeline, "message_received", by_template)
    said = say_action(*by_template, RobotNames(robot.item_type, channel.pipeline))
    assert "по шаблону «Первое письмо»" in said
    write_in(channel, "a", **{"from": [["email", "anna@example.com"]]}, name="Анна", title="кухне")
    drain()
    [message] = written()
    assert message.text == "Анна, ждём вас"
    assert message.subject.startswith("О ")
    assert message.meta["template"] == template.pk
    template.refresh_from_db()
    assert template.uses == 1
    archive_template(template.pk, by=SYSTEM)
    write_in(channel, "b", **{"from": [["email", "anna@example.com"]]})
    drain()
    assert len(written()) == 1
    assert "Первое письмо" in line()["text"]["ru"]


def test_why_nothing_was_written_is_said(channel, monkeypatch):
    make_robot(channel.pipeline, "created", HELLO)
    make_item(channel.pipeline)
    drain()
    assert "до клиента" in line()["text"]["ru"]
    shut = Window(open=False, why="24 hours have passed")
    with monkeypatch.context() as closed:
        closed.setattr(PAPER, "window", lambda facts, *, last_in, now: shut)
        write_in(channel, "a", thread_key="chat", name="Анна")
        drain()
    assert "24 hours" in line()["text"]["en"]
    assert written() == []


def test_nobody_who_is_excluded_is_written_to(channel):
    enquiry = write_in(channel, "a", thread_key="chat", name="Анна")
    exclude([("phone", "+79161234567")], reason="spam", by=SYSTEM)
    card = Item.objects.get(pk=enquiry.item_id)
    make_robot(channel.pipeline, "created", HELLO)
    make_item(channel.pipeline, contact=card.contact_id)
    drain()
    assert written() == []
    assert "исключен" in line()["text"]["ru"]


def test_all_robots_together_keep_to_the_clients_budget(channel):
    for _number in range(4):
        make_robot(channel.pipeline, "message_received", HELLO)
    write_in(channel, "a", thread_key="chat", name="Анна")
    drain()
    assert len(written()) == 3
    assert RobotRun.objects.filter(state="cancelled", explanation__why="budget").count() == 1


def test_chains_that_wait_have_used_the_budget_for_what_they_have_sent(channel):
    wait = ("wait", {"at_most": "3d calendar"})
    for _number in range(4):
        make_robot(channel.pipeline, "message_received", HELLO, wait, HELLO)
    write_in(channel, "a", thread_key="chat", name="Анна")
    drain()
    assert len(written()) == 3
    assert RobotRun.objects.filter(state="cancelled", explanation__why="budget").count() == 1
    drain(now=timezone.now() + timedelta(days=3, minutes=1))
    assert len(written()) == 6  # another day, another budget
    assert RobotRun.objects.filter(state="done").count() == 3


def test_a_chain_that_has_begun_holds_its_place_under_the_robots_own_cap(channel):
    wait = ("wait", {"at_most": "3d calendar"})
    limits = Limits(per_client=1)
    make_robot(channel.pipeline, "message_received", HELLO, wait, HELLO, limits=limits)
    write_in(channel, "a", thread_key="chat", name="Анна")
    drain()
    write_in(channel, "b", thread_key="chat")
    drain()
    assert len(written()) == 1
    assert RobotRun.objects.filter(explanation__why="per_client").count() == 1
    drain(now=timezone.now() + timedelta(days=3, minutes=1))
    assert len(written()) == 2


def test_what_falls_into_the_clients_night_waits_until_morning(channel):
    zone = ZoneInfo(settings.TIME_ZONE)
    day = timezone.localdate() + timedelta(days=3)
    quiet = Quiet(time(21), time(9))
    wait = ("wait", {"at_most": "8h calendar"})
    make_robot(channel.pipeline, "created", HELLO, wait, HELLO, quiet=quiet)
    write_in(channel, "a", thread_key="chat", name="Анна")

    drain(now=datetime.combine(day, time(23, 30), zone))
    assert written() == []
    morning = datetime.combine(day + timedelta(days=1), time(9), zone)
    assert RobotRun.objects.get().due_at == morning
    drain(now=morning - timedelta(seconds=1))
    assert written() == []
    drain(now=morning + timedelta(hours=5))
    assert len(written()) == 1

    drain(now=morning + timedelta(hours=13))  # the wait ends at ten in the evening
    assert len(written()) == 1
    drain(now=morning + timedelta(days=1))
    assert len(written()) == 2


def test_after_the_night_the_card_is_read_again(channel):
    zone = ZoneInfo(settings.TIME_ZONE)
    night = datetime.combine(timezone.localdate() + timedelta(days=3), time(2), zone)
    make_robot(channel.pipeline, "created", HELLO, quiet=Quiet(time(21), time(9)))
    item = write_in(channel, "a", thread_key="chat", name="Анна").item
    drain(now=night)
    delete_item(item.pk, by=SYSTEM)
    drain(now=night + timedelta(hours=12))
    assert written() == []


def test_a_chain_ends_when_the_client_has_written_meanwhile(channel, paper):
    letter = ("send_message", {"text": "Второе", "unless_written": True})
    wait = ("wait", {"at_most": "3d calendar"})
    make_robot(channel.pipeline, "created", HELLO, wait, letter, wait, letter)
    write_in(channel, "a", thread_key="chat", name="Анна")
    drain()
    write_in(channel, "b", thread_key="chat", kind="auto_reply")
    drain(now=timezone.now() + timedelta(days=3, minutes=1))
    assert [m.text for m in written()] == ["Здравствуйте, Анна!", "Второе"]
    write_in(channel, "c", thread_key="chat")
    drain(now=timezone.now() + timedelta(days=7))
    assert len(written()) == 2
    run = RobotRun.objects.get()
    assert run.state == "done"
    assert "написал" in run.explanation["actions"][-1]["text"]["ru"]


def test_no_automatic_reply_ends_a_wait_for_the_clients_answer(channel):
    wait = ("wait", {"event": "message_received", "at_most": "9d calendar"})
    make_robot(channel.pipeline, "created", HELLO, wait, ("send_message", {"text": "Второе"}))
    write_in(channel, "a", thread_key="chat", name="Анна")
    drain()
    write_in(channel, "b", thread_key="chat", kind="auto_reply")
    drain()
    assert RobotRun.objects.get().state == "waiting"
    assert [m.text for m in written()] == ["Здравствуйте, Анна!"]
    write_in(channel, "c", thread_key="chat")
    drain()
    assert RobotRun.objects.get().state == "done"
    assert [m.text for m in written()] == ["Здравствуйте, Анна!", "Второе"]


def test_a_text_must_be_there_and_a_way_must_send(channel):
    for wrong in ({"text": ""}, {"text": "x", "through": ["forms"]}):
        with pytest.raises(InvalidInput):
            make_robot(channel.pipeline, "created", ("send_message", wrong))
