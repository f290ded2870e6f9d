"""What people write goes out once, failures are seen, plans can be cancelled (TL-2, TL-9)."""

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from tests.channels.factories import PAPER, SYSTEM, make_channel, write_in
from tests.factories import make_item
from tests.people.factories import make_user
from voronka.channels.commands import deliver, send_due, send_message, set_channel_active
from voronka.channels.contract import Refused, TryAgain, Window
from voronka.channels.errors import ChannelOff, WindowClosed
from voronka.channels.models import Channel
from voronka.items.commands import attach_file
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.errors import Forbidden, InvalidInput, NotFound
from voronka.timeline.commands.sending import (
    begin_sending,
    cancel_message,
    note_delivery,
    retry_message,
)
from voronka.timeline.conversations import inbox
from voronka.timeline.models import Conversation, Message

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def paper():
    PAPER.sent.clear()
    PAPER.failures.clear()
    return PAPER


@pytest.fixture
def talk():
    write_in(make_channel(), "a", external_id="m1", thread_key="chat", name="Anna")
    return Conversation.objects.select_related("item__owner", "owner").get()


def answer(talk, text="Hi", **extra):
    extra.setdefault("by", Actor.user(talk.owner))
    return send_message(channel_id=talk.channel_id, conversation_id=talk.pk, text=text, **extra)


def fresh(row):
    row.refresh_from_db()
    return row


def test_an_answer_goes_where_the_client_wrote_from(talk, paper):
    message = answer(talk, "Good day")
    assert message.state == Message.State.QUEUED
    deliver(message.pk)
    [sent] = paper.sent
    assert (sent.to, sent.thread_key, sent.text) == (("phone", "+79161234567"), "chat", "Good day")
    assert (sent.reply_to, sent.author) == (["m1"], talk.owner.name)
    fresh(message)
    assert (message.state, message.external_id) == ("sent", f"paper-voronka-{message.pk}")
    assert Channel.objects.get().last_sent_at is not None


def test_writing_defers_a_job_in_the_same_transaction(talk):
    from procrastinate.contrib.django.models import ProcrastinateJob

    message = answer(talk)
    job = ProcrastinateJob.objects.get(task_name="channels.send")
    assert job.args == {"message_id": message.pk}


def test_a_message_is_sent_once_however_often_it_is_delivered(talk, paper):
    message = answer(talk)
    for _again in range(3):
        deliver(message.pk)
    assert len(paper.sent) == 1


def test_what_may_pass_is_tried_again_with_growing_pauses(talk, paper):
    message = answer(talk)
    now = timezone.now()
    paper.failures = [TryAgain("no connection")] * 9
    pauses = []
    for _again in range(6):
        Message.objects.filter(pk=message.pk, state="queued").update(due_at=now)
        deliver(message.pk)
        fresh(message)
        pauses.append(round((message.due_at - now).total_seconds()) if message.due_at else None)
    assert [p is not None and p > 0 for p in pauses[:5]] == [True] * 5
    assert pauses[:5] == sorted(pauses[:5])
    assert (message.state, message.error, pauses[5]) == ("failed", "no connection", None)
    assert Event.objects.filter(verb="item.message_failed").count() == 1


def test_a_refusal_is_final_seen_and_makes_the_client_wait_again(talk, paper):
    message = answer(talk)
    assert fresh(talk).waiting_since is None
    paper.failures = [Refused("no such number")]
    deliver(message.pk)
    assert fresh(message).state == Message.State.FAILED
    assert fresh(talk).waiting_since is not None
    assert [c.pk for c in inbox(talk.owner, show="failed").rows] == [talk.pk]
    retry_message(message.pk, by=Actor.user(talk.owner))
    deliver(message.pk)
    assert fresh(message).state == Message.State.SENT
    assert fresh(talk).waiting_since is None


def test_an_unexpected_error_is_kept_and_tried_again(talk, paper):
    message = answer(talk)
    paper.failures = [ZeroDivisionError()]
    deliver(message.pk)
    assert fresh(message).state == Message.State.QUEUED
    assert "ZeroDivisionError" in message.error


def test_a_sender_that_died_is_replaced_under_the_same_key(talk, paper):
    message = answer(talk)
    assert begin_sending(message.pk, at=timezone.now()) is not None
    assert begin_sending(message.pk, at=timezone.now()) is None
    send_due()
    assert paper.sent == []
    Message.objects.update(due_at=timezone.now() - timedelta(minutes=11))
    send_due()
    assert [m.key for m in paper.sent] == [f"voronka-{message.pk}"]


def test_a_planned_message_waits_for_its_time_and_answers_then(talk, paper):
    later = timezone.now() + timedelta(hours=1)
    message = answer(talk, send_at=later)
    deliver(message.pk)
    send_due()
    assert paper.sent == []
    assert fresh(talk).waiting_since is not None
    Message.objects.update(due_at=timezone.now())
    send_due()
    assert len(paper.sent) == 1
    assert fresh(talk).waiting_since is None
    assert fresh(message).at < later


def test_a_planned_message_is_cancelled_when_the_client_writes_first(talk):
    later = timezone.now() + timedelta(hours=1)
    kept = answer(talk, "kept", send_at=later)
    gone = answer(talk, "gone", send_at=later, cancel_on_reply=True)
    write_in(Channel.objects.get(), "b", thread_key="chat")
    assert (fresh(kept).state, fresh(gone).state) == ("queued", "cancelled")


def test_what_is_not_sent_yet_can_be_taken_back(talk, paper):
    message = answer(talk)
    cancel_message(message.pk, by=Actor.user(talk.owner))
    deliver(message.pk)
    assert paper.sent == []
    assert fresh(talk).waiting_since is not None
    sent = answer(talk)
    deliver(sent.pk)
    with pytest.raises(InvalidInput):
        cancel_message(sent.pk, by=SYSTEM)
    with pytest.raises(InvalidInput):
        retry_message(sent.pk, by=SYSTEM)


def test_delivery_news_go_forward_only(talk):
    message = answer(talk)
    deliver(message.pk)
    news = (talk.channel_id, f"paper-voronka-{message.pk}")
    now = timezone.now()
    assert note_delivery(*news, "read", at=now)
    assert note_delivery(*news, "delivered", at=now)
    assert (fresh(message).state, message.read_at) == ("read", now)
    assert not note_delivery(talk.channel_id, "unknown", "read", at=now)


def test_a_new_conversation_begins_from_a_card(paper):
    channel = make_channel()
    item = make_item(owner=channel.owner)
    by = Actor.user(channel.owner)
    to = ("email", "a@example.com")
    message = send_message(channel_id=channel.pk, item_id=item.pk, to=to, text="Hi", by=by)
    assert message.conversation.item == item
    assert message.conversation.owner == channel.owner
    with pytest.raises(InvalidInput):
        send_message(channel_id=channel.pk, item_id=item.pk, text="Hi", by=by)
    with pytest.raises(Forbidden):
        send_message(
            channel_id=channel.pk, item_id=item.pk, to=to, text="Hi", by=Actor.user(make_user())
        )


def test_files_of_the_card_go_along_others_do_not(talk, paper):
    other = make_item()
    mine, theirs = (
        attach_file(ContentFile(b"x"), name="a.txt", by=SYSTEM, item_id=i)
        for i in (talk.item_id, other.pk)
    )
    message = answer(talk, attachment_ids=[mine.pk, theirs.pk])
    deliver(message.pk)
    assert [f.path.read_bytes() for f in paper.sent[0].files] == [b"x"]


def test_a_closed_window_and_a_channel_that_is_off_are_said_at_once(talk, monkeypatch):
    set_channel_active(talk.channel_id, active=False, by=SYSTEM)
    with pytest.raises(ChannelOff):
        answer(talk)
    set_channel_active(talk.channel_id, active=True, by=SYSTEM)
    monkeypatch.setattr(
        PAPER, "window", lambda facts, *, last_in, now: Window(False, None, "24 hours have passed")
    )
    with pytest.raises(WindowClosed, match="24 hours"):
        answer(talk)
    with pytest.raises(NotFound):
        send_message(channel_id=0, text="x", by=SYSTEM)


def test_nothing_and_the_past_are_refused(talk):
    with pytest.raises(InvalidInput):
        answer(talk, "  ")
    with pytest.raises(InvalidInput):
        answer(talk, send_at=timezone.now() - timedelta(minutes=1))
