"""Letters really come in and go out: IMAP and SMTP on loopback (IN-3)."""

import queue
import threading
from contextlib import suppress
from email.message import EmailMessage

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from tests.channels.mail.conftest import ADDRESS
from tests.channels.mail.factories import SETTINGS, letter, make_mailbox
from voronka.channels.commands import deliver, send_message, set_channel_active, try_channel
from voronka.channels.contract import ChannelFacts, Ears, NotHeard
from voronka.channels.facts import facts_of
from voronka.channels.listening import ChannelEars, listening
from voronka.channels.models import Channel, Enquiry
from voronka.channels.providers.mail.marks import is_ours
from voronka.channels.providers.mail.provider import PROVIDER
from voronka.channels.providers.mail.settings import MailSettings
from voronka.items.commands import attach_file
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.timeline.models import Conversation, Message

SYSTEM = Actor.system()


class Once(ChannelEars):
    """Stops as soon as there is nothing to do but wait."""

    def wait(self, seconds):
        if seconds:
            self._stop.set()
        return self._stop.is_set()


def fetch(channel):
    """Let the listener look into the mailbox once."""
    channel.refresh_from_db()
    PROVIDER.listen(facts_of(channel), Once(channel, threading.Event()))


def fresh(row):
    row.refresh_from_db()
    return row


@pytest.mark.django_db
def test_a_letter_an_answer_and_the_answer_to_it_are_one_talk(servers, imap, post):
    channel = make_mailbox(**servers, signature="СветлоДом, +7 495 000-00-00")
    fetch(channel)
    imap.put(letter(text="Нужны люстры", files={"план.pdf": b"%PDF"}))
    fetch(channel)

    item = Item.objects.get()
    talk = Conversation.objects.get()
    first = talk.messages.get()
    assert (talk.item, first.text, first.subject) == (item, "Нужны люстры", "Lamps")
    assert (item.contact.name, item.title) == ("Ivan Petrov", "Lamps")
    [file] = first.attachments.all()
    assert (file.name, file.item, file.file.read()) == ("план.pdf", item, b"%PDF")

    price = attach_file(ContentFile(b"1"), name="Прайс.txt", by=SYSTEM, item_id=item.pk)
    message = send_message(
        channel_id=channel.pk,
        conversation_id=talk.pk,
        text="Добрый день",
        html="<p>Добрый <b>день</b></p>",
        attachment_ids=[price.pk],
        by=Actor.user(item.owner),
    )
    deliver(message.pk)
    assert (fresh(message).state, message.error) == ("sent", "")
    [answer] = post.letters
    assert is_ours(message.external_id)
    assert answer["message-id"] == f"<{message.external_id}>"
    assert (answer["in-reply-to"], answer["references"]) == (f"<{first.external_id}>",) * 2
    assert (answer["to"], answer["subject"]) == ("ivan@mail.ru", "Re: Lamps")
    assert answer["from"] == f'"{item.owner.name}, СветлоДом" <{ADDRESS}>'
    assert answer["auto-submitted"] is None
    assert isinstance(answer, EmailMessage)
    plain, rich = answer.get_body(("plain",)), answer.get_body(("html",))
    said = plain.get_content().replace("\r", "")
    assert said.startswith("Добрый день\n\n-- \nСветлоДом")
    assert "<b>день</b>" in rich.get_content()
    [attached] = answer.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("Прайс.txt", "1")

    imap.put(letter(text="Беру", headers={"In-Reply-To": answer["message-id"]}, sender="x@y.ru"))
    fetch(channel)
    assert [m.text for m in talk.messages.order_by("pk")][-1] == "Беру"
    assert Item.objects.count() == 1


@pytest.mark.django_db
def test_old_letters_stay_where_they_are_and_nothing_is_marked(servers, imap):
    channel = make_mailbox(**servers)
    imap.put(letter(text="old"))
    fetch(channel)
    assert not Enquiry.objects.exists()
    imap.put(letter(text="new"))
    fetch(channel)
    fetch(channel)
    assert [m.text for m in Message.objects.all()] == ["new"]
    imap.other.select_folder(imap.folder, readonly=True)
    assert len(imap.other.search(["UNSEEN"])) == 2


@pytest.mark.django_db
def test_a_mailbox_numbered_anew_loses_and_doubles_nothing(servers, imap):
    channel = make_mailbox(**servers)
    fetch(channel)
    imap.put(letter(text="one"))
    fetch(channel)
    place = fresh(channel).cursor[imap.folder]
    Channel.objects.update(cursor={imap.folder: {**place, "validity": 1, "uid": 9000}})
    imap.put(letter(text="two"))
    fetch(channel)
    assert sorted(m.text for m in Message.objects.all()) == ["one", "two"]
    assert fresh(channel).cursor[imap.folder]["validity"] == place["validity"]


@pytest.mark.django_db
def test_letters_of_the_last_days_are_taken_when_asked(servers, imap):
    imap.put(letter(text="yesterday's"))
    fetch(make_mailbox(**servers, from_days=2))
    assert Message.objects.get().text == "yesterday's"


@pytest.mark.django_db
def test_an_answer_from_another_program_is_in_the_talk_and_ours_is_not_doubled(servers, imap, post):
    channel = make_mailbox(**servers, sent_folder="Sent")
    imap.put(letter(text="old"), folder="Sent")
    fetch(channel)
    imap.put(letter(text="Hello", headers={"Message-ID": "<q1@mail.ru>"}))
    fetch(channel)
    talk = Conversation.objects.get()
    ours = send_message(channel_id=channel.pk, conversation_id=talk.pk, text="From here", by=SYSTEM)
    deliver(ours.pk)
    phone = letter(sender=ADDRESS, to="ivan@mail.ru", text="From a phone",
                   headers={"In-Reply-To": "<q1@mail.ru>"})  # fmt: skip
    imap.put(phone, post.raw[0], folder="Sent")
    imap.put(b"Received: by a\r\n" + phone)  # it was sent to ourselves as well
    fetch(channel)
    texts = list(talk.messages.order_by("pk").values_list("text", "direction"))
    assert texts == [("Hello", "in"), ("From here", "out"), ("From a phone", "out")]
    assert fresh(talk).waiting_since is None


@pytest.mark.django_db
def test_a_refused_address_is_final_and_a_busy_server_is_tried_again(servers, imap, post):
    channel = make_mailbox(**servers)
    fetch(channel)
    imap.put(letter())
    fetch(channel)
    talk = Conversation.objects.get()

    def answer():
        sent = send_message(channel_id=channel.pk, conversation_id=talk.pk, text="x", by=SYSTEM)
        deliver(sent.pk)
        return fresh(sent)

    post.refusal = "450 come again later"
    busy = answer()
    assert busy.state == "queued"
    assert "come again later" in busy.error
    post.refusal = "550 no such user here"
    refused = answer()
    assert refused.state == "failed"
    assert "no such user here" in refused.error
    post.refusal = ""
    Message.objects.filter(pk=busy.pk).update(due_at=timezone.now())
    deliver(busy.pk)
    assert (fresh(busy).state, len(post.letters)) == ("sent", 1)


@pytest.mark.django_db
def test_a_bounce_marks_the_letter_that_did_not_arrive(servers, imap, post):
    channel = make_mailbox(**servers)
    fetch(channel)
    imap.put(letter())
    fetch(channel)
    talk = Conversation.objects.get()
    sent = send_message(channel_id=channel.pk, conversation_id=talk.pk, text="x", by=SYSTEM)
    deliver(sent.pk)
    own = post.letters[0]["message-id"]
    imap.put(letter(sender="MAILER-DAEMON@mx.example", text=f"Undelivered: {own}"))
    fetch(channel)
    assert fresh(sent).state == "failed"
    assert Item.objects.count() == 1


@pytest.mark.django_db
def test_a_wrong_password_and_a_wrong_port_are_said_at_the_channel(servers, imap):
    locked_out = make_mailbox(**servers | {"password": "no"})
    trial = try_channel(locked_out.pk, by=SYSTEM)
    assert not trial.ok
    assert ADDRESS in trial.problem
    assert fresh(locked_out).problem == str(trial.problem)
    nobody = make_mailbox(**servers | {"imap_port": 9})
    with pytest.raises(NotHeard, match=r"127\.0\.0\.1:9"):
        fetch(nobody)
    trial = try_channel(make_mailbox(**servers).pk, by=SYSTEM)
    assert (trial.ok, trial.problem) == (True, "")


class Memory(Ears):
    """Ears without a database."""

    def __init__(self):
        self.cursor, self.heard, self.stop = {}, queue.Queue(), threading.Event()
        self.ready = threading.Event()

    def hear(self, event):
        self.heard.put(event)

    def move(self, cursor):
        self.cursor = cursor

    def well(self, problem=""):
        self.ready.set()

    def wait(self, seconds):
        return self.stop.wait(seconds) if seconds else self.stop.is_set()


def test_letters_are_heard_as_they_come_even_between_two_waits(servers, imap, monkeypatch):
    monkeypatch.setattr("voronka.channels.providers.mail.fetching._IDLE_FOR", 3.0)
    facts = ChannelFacts(1, "m", "M", MailSettings.model_validate(SETTINGS | servers))
    ears = Memory()

    def listen():
        while not ears.stop.is_set():
            with suppress(NotHeard):  # as the house does
                PROVIDER.listen(facts, ears)

    thread = threading.Thread(target=listen)
    thread.start()
    try:
        assert ears.ready.wait(60)
        for text in ("one", "two"):
            imap.put(letter(text=text))
            assert text.encode() in ears.heard.get(timeout=60).body
    finally:
        ears.stop.set()
        thread.join(timeout=10)
    assert not thread.is_alive()


@pytest.mark.django_db(transaction=True)
def test_the_house_hears_a_mailbox_until_it_is_switched_off(servers, imap, monkeypatch):
    monkeypatch.setattr("voronka.channels.listening.LOOK_EVERY", 0.05)
    heard, stopped = threading.Event(), threading.Event()
    ours = PROVIDER.listen

    def listen(facts, ears):
        heard.set()
        try:
            ours(facts, ears)
        finally:
            stopped.set()

    monkeypatch.setattr(PROVIDER, "listen", listen)
    channel = make_mailbox(**servers, from_days=1)
    received = threading.Event()
    monkeypatch.setattr(ChannelEars, "move", lambda self, cursor: received.set())
    imap.put(letter(text="waits"))
    with listening():
        assert received.wait(60)
        assert Message.objects.get().text == "waits"
        set_channel_active(channel.pk, active=False, by=SYSTEM)
        assert stopped.wait(60)
