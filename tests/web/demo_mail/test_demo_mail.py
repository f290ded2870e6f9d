"""The sample mailbox: letters are written, read and answered over real SMTP and IMAP."""

import re
import threading

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.channels.mail.factories import make_mailbox
from tests.demo.post.factories import make_company
from voronka.channels.commands import deliver, send_message, set_channel_active
from voronka.channels.facts import facts_of
from voronka.channels.listening import ChannelEars
from voronka.channels.providers.mail.provider import PROVIDER
from voronka.demo.post.places import Ports
from voronka.demo.post.serving import move_mailbox
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.timeline.models import Conversation, Message

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system()
LETTER = {
    "name": "Марина Котова",
    "address": "marina@mail.example",
    "subject": "Угловая кухня",
    "text": "Сколько стоит кухня?",
}


class Once(ChannelEars):
    """Stops as soon as there is nothing to do but wait."""

    def wait(self, seconds):
        if seconds:
            self._stop.set()
        return self._stop.is_set()


def fetch(channel):
    """Let the company look into its mailbox once."""
    channel.refresh_from_db()
    PROVIDER.listen(facts_of(channel), Once(channel, threading.Event()))


def write(client, **changes):
    return client.post("/demo/mail/write/", LETTER | changes)


def answer(channel, text="От 285 000 ₽", html=""):
    """Answer the last letter from its card."""
    message = send_message(
        channel_id=channel.pk,
        conversation_id=Conversation.objects.latest("pk").pk,
        text=text,
        html=html,
        by=Actor.user(channel.owner),
    )
    deliver(message.pk)
    message.refresh_from_db()
    return message


def first_letter(client):
    """Return the address of the newest letter of the inbox."""
    page = client.get("/demo/mail/").content.decode()
    return re.search(r'href="(/demo/mail/inbox/\d+/)"', page)[1]


def test_a_real_company_has_no_sample_mailbox(client):
    make_mailbox()
    for address in ("", "sent/", "write/", "inbox/101/", "inbox/101/paper/", "inbox/101/file/0/"):
        assert client.get(f"/demo/mail/{address}").status_code == 404
    assert client.post("/demo/mail/write/", LETTER).status_code == 404
    assert client.post("/demo/mail/inbox/101/by-itself/bounce/").status_code == 404


def test_a_closed_post_office_says_what_opens_it(client):
    move_mailbox(make_company(), Ports(9, 9))
    answer = client.get("/demo/mail/")
    assert answer.status_code == 503
    assert "make run" in answer.content.decode()
    typed = client.post("/demo/mail/write/", LETTER)
    assert typed.status_code == 422
    assert "Сколько стоит кухня?" in typed.content.decode()  # what was typed stays


def test_a_letter_with_a_file_becomes_a_card_and_is_kept_among_the_sent(client, mailbox):
    plan = SimpleUploadedFile("план.pdf", b"%PDF-1.4")
    assert write(client, attachments=[plan]).status_code == 302
    assert "Марина Котова" in client.get("/demo/mail/sent/").content.decode()
    fetch(mailbox)
    item = Item.objects.get()
    assert (item.title, item.contact.name) == ("Угловая кухня", "Марина Котова")
    message = Message.objects.get()
    assert message.text == "Сколько стоит кухня?"
    assert [one.file.read() for one in message.attachments.all()] == [b"%PDF-1.4"]
    assert 'value="marina@mail.example"' in client.get("/demo/mail/write/").content.decode()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"address": "marina"}, "elena@mail.example"),
        ({"address": "Manager@SvetlyDom.example"}, "address of the company itself"),
        ({"text": " "}, "Write something"),
        ({"name": ""}, "Write who you are"),
        ({"attachments": [SimpleUploadedFile("x", b"0" * 10_500_000)]}, "larger than 10 MB"),
    ],
)
def test_what_cannot_be_sent_is_said_and_what_was_typed_stays(client, mailbox, typed, words):
    answer = client.post("/demo/mail/write/", LETTER | typed, headers={"accept-language": "en"})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert "Угловая кухня" in answer.content.decode()


def test_an_answer_to_an_answer_is_in_the_same_conversation_with_its_own_words(client, mailbox):
    write(client)
    fetch(mailbox)
    ours = answer(mailbox)
    letter = first_letter(client)
    assert "285 000" in client.get(f"{letter}paper/").content.decode()
    assert client.post(letter, {"text": ""}).status_code == 422
    assert client.post(letter, {"text": "Дороговато"}).status_code == 302
    fetch(mailbox)
    talk = Conversation.objects.get()
    last = talk.messages.latest("pk")
    assert last.text.startswith("Дороговато\n\n")
    assert "> От 285 000 ₽" in last.text
    assert (last.subject, ours.state) == ("Re: Угловая кухня", "sent")
    assert Item.objects.count() == 1
    assert talk.waiting_since is not None


def test_an_automatic_reply_makes_no_card_and_a_returned_letter_is_marked(client, mailbox):
    write(client)
    fetch(mailbox)
    ours = answer(mailbox)
    letter = first_letter(client)
    client.post(f"{letter}by-itself/away/")
    fetch(mailbox)
    assert Item.objects.count() == 1
    assert Conversation.objects.get().waiting_since is None
    client.post(f"{letter}by-itself/bounce/")
    fetch(mailbox)
    ours.refresh_from_db()
    assert ours.state == "failed"
    assert "marina@mail.example" in ours.error
    assert "mailbox is full" in ours.error
    assert Item.objects.count() == 1
    sent = first_letter(client).replace("inbox", "sent")
    assert client.post(sent, {"text": "x"}).status_code == 404  # nobody answers one's own letter
    assert client.post(f"{letter}by-itself/fire/").status_code == 404


def test_html_is_cleaned_and_text_stays_text(client, mailbox):
    write(client)
    fetch(mailbox)
    answer(
        mailbox, "<script>alert(1)</script> 285", "<b>285</b><img src=//spy.example/p onerror=x>"
    )
    letter = first_letter(client)
    assert "<script>alert" not in client.get("/demo/mail/").content.decode()
    paper = client.get(f"{letter}paper/")
    assert "<b>285</b>" in paper.content.decode()
    assert "onerror" not in paper.content.decode()
    assert "spy.example" not in paper.content.decode()
    assert "default-src 'none'" in paper["content-security-policy"]
    assert paper["x-frame-options"] == "SAMEORIGIN"


def test_a_letter_of_the_company_tells_that_it_was_opened_here_too(client, mailbox, settings):
    write(client)
    fetch(mailbox)
    dot = f"{settings.PUBLIC_URL}/t/7-0.sign.gif"
    answer(mailbox, "285", f'<b>285</b><img src="{dot}"><img src="https://spy.example/dot.gif">')
    paper = client.get(f"{first_letter(client)}paper/")
    assert dot in paper.content.decode()
    assert "spy.example" not in paper.content.decode()
    pictures = re.search(r"img-src ([^;]*)", paper["content-security-policy"])[1]
    assert pictures.split() == ["data:", f"{settings.PUBLIC_URL}/t/"]


def test_a_file_comes_as_a_download_and_others_are_not_there(client, mailbox):
    write(client, attachments=[SimpleUploadedFile("план.html", b"<script>")])
    sent = re.search(r"/demo/mail/sent/\d+/", client.get("/demo/mail/sent/").content.decode())[0]
    file = client.get(f"{sent}file/0/")
    assert b"".join(file.streaming_content) == b"<script>"
    assert file["content-disposition"].startswith("attachment")
    assert client.get(f"{sent}file/1/").status_code == 404
    assert client.get("/demo/mail/sent/7/").status_code == 404
    assert client.get("/demo/mail/drafts/101/").status_code == 404


def test_the_list_answers_only_when_something_has_come(client, mailbox):
    page = client.get("/demo/mail/").content.decode()
    mark = re.search(r"\?seen=([\d-]+)", page)[1]
    assert client.get(f"/demo/mail/?seen={mark}").status_code == 204
    write(client)
    fetch(mailbox)
    answer(mailbox)
    fresh = client.get(f"/demo/mail/?seen={mark}").content.decode()
    assert "285 000" in fresh
    assert "<html" not in fresh


def test_a_mailbox_that_is_switched_off_says_that_letters_wait(client, mailbox):
    set_channel_active(mailbox.pk, active=False, by=SYSTEM)
    page = client.get("/demo/mail/", headers={"accept-language": "en"}).content.decode()
    assert "switched its mailbox off" in page
    assert write(client).status_code == 302
