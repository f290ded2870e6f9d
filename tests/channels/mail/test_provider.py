"""A letter becomes a lead: its words, files, sender and thread (IN-3)."""

import base64
from contextlib import suppress
from dataclasses import replace
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.channels.conformance import Conformance
from tests.channels.mail.factories import SETTINGS, letter, make_mailbox, write
from voronka.channels.commands import receive
from voronka.channels.contract import BadEvent, ChannelFacts, Kind, RawEvent
from voronka.channels.models import Enquiry
from voronka.channels.providers.mail.events import event_of
from voronka.channels.providers.mail.marks import message_id
from voronka.channels.providers.mail.provider import PROVIDER
from voronka.channels.providers.mail.settings import MailSettings
from voronka.channels.tidying import tidy
from voronka.timeline.models import Message

SAMPLES = Path(__file__).resolve().parents[4] / "shared" / "data" / "emails" / "messages"
needs_samples = pytest.mark.skipif(
    not SAMPLES.exists(), reason="the samples do not lie beside the checkout"
)
FACTS = ChannelFacts(1, "mail", "Mail", MailSettings.model_validate(SETTINGS))


def read(raw: bytes):
    """Parse a letter as the house would."""
    return tidy(PROVIDER.parse(event_of(raw), FACTS))


def sample(name: str):
    """Read one of the shared letters."""
    return read((SAMPLES / f"{name}.eml").read_bytes())


SHAPES = [
    letter(text="Сколько стоит люстра?"),
    letter(html="<p>Hello <b>there</b></p>", files={"смета.txt": b"1"}),
    letter(headers={"Auto-Submitted": "auto-replied"}, sender="b@example.org"),
    letter(sender="MAILER-DAEMON@example.org"),
]


class TestMail(Conformance):
    provider = PROVIDER
    channel_settings = SETTINGS

    def sample_events(self):
        return [event_of(raw) for raw in SHAPES]


def test_a_reply_of_a_form_is_the_clients_not_the_forms():
    by_ourselves = read(letter(sender=SETTINGS["address"], headers={"Reply-To": "Anna <a@b.ru>"}))
    assert (by_ourselves.kind, by_ourselves.identities) == (Kind.MESSAGE, [("email", "a@b.ru")])
    assert by_ourselves.name == "Anna"
    by_service = read(letter(sender="noreply@tilda.ws", headers={"Reply-To": "a@b.ru"}))
    assert by_service.identities == [("email", "a@b.ru")]
    one_house = read(letter(sender="anna@b.ru", headers={"Reply-To": "sales@b.ru"}))
    assert one_house.identities == [("email", "sales@b.ru"), ("email", "anna@b.ru")]


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({"Auto-Submitted": "auto-replied"}, Kind.AUTO_REPLY),
        ({"X-Autoreply": "yes"}, Kind.AUTO_REPLY),
        ({"Precedence": "auto_reply"}, Kind.AUTO_REPLY),
        ({"Subject": "Автоматический ответ: Ваш заказ"}, Kind.AUTO_REPLY),
        ({"Auto-Submitted": "auto-generated"}, Kind.MESSAGE),  # a shop's notice of an order
        ({"List-Unsubscribe": "<mailto:x@y.ru>"}, Kind.NOTHING),
        ({"Precedence": "bulk"}, Kind.NOTHING),
        ({"Precedence": "bulk", "Reply-To": "client@ya.ru"}, Kind.MESSAGE),  # a form's service
        ({"List-Id": "<a.b>", "In-Reply-To": "<q@w.ru>"}, Kind.MESSAGE),  # somebody's answer
        ({"Auto-Submitted": "no"}, Kind.MESSAGE),
    ],
)
def test_machines_are_told_from_people(headers, kind):
    assert read(letter(headers=headers)).kind == kind


def test_a_letter_of_ours_is_told_from_a_clients():
    theirs = read(letter(sender="Boss <SALES@svetlodom.example>", to="Client <c@mail.ru>"))
    assert (theirs.kind, theirs.identities) == (Kind.OWN, [("email", "c@mail.ru")])
    own = message_id("voronka-7", "svetlodom.example")
    assert read(letter(headers={"Message-ID": f"<{own}>"})).kind == Kind.NOTHING
    forged = own.replace("voronka-7", "voronka-8")
    assert read(letter(headers={"Message-ID": f"<{forged}>"})).kind == Kind.MESSAGE


def test_threads_are_read_from_the_nearest_on():
    raw = letter(headers={"In-Reply-To": "<c@x>", "References": "<a@x>\r\n <b@x> <c@x>"})
    assert read(raw).reply_to == ["c@x", "b@x", "a@x"]


def test_words_beside_html_are_not_lost_and_pictures_keep_their_ids():
    message = EmailMessage(policy=SMTP)
    message["From"] = "a@b.ru"
    message.set_content("Первая часть")
    message.add_attachment(b"<p>part two</p>", "text", "html", disposition="inline")
    message.add_attachment(b"GIF89a", "image", "gif", cid="<logo@x>", disposition="inline")
    incoming = read(message.as_bytes())
    assert "Первая часть" in incoming.html
    assert incoming.text == "Первая часть\n\npart two"
    assert [(f.content_type, f.content_id) for f in incoming.files] == [("image/gif", "logo@x")]


@pytest.mark.parametrize(
    ("charset", "named"),
    [
        *((charset, True) for charset in ("utf-8", "cp1251", "koi8-r", "iso-8859-5", "utf-16")),
        *((charset, False) for charset in ("utf-8", "cp1251", "koi8-r")),  # the rest: no guess
    ],
)
def test_russian_survives_its_charsets(charset, named):
    text = "Добрый день! Пришлите, пожалуйста, прайс на светильники."
    kind = f"text/plain; charset={charset}" if named else "text/plain"
    raw = b"From: a@b.ru\r\nMIME-Version: 1.0\r\nContent-Type: %s\r\n" % kind.encode()
    raw += b"Content-Transfer-Encoding: 8bit\r\nSubject: %s\r\n\r\n"
    if charset == "utf-16":
        raw = raw.replace(b"8bit", b"base64")
        body = base64.b64encode(text.encode(charset))
    else:
        body = text.encode(charset)
    subject = "Прайс на светильники".encode(charset if charset != "utf-16" else "utf-8")
    incoming = read(raw.replace(b"%s", subject) + body)
    assert incoming.text == text
    if charset != "iso-8859-5":
        assert incoming.subject == "Прайс на светильники"


def test_an_encoded_letter_cut_between_two_words_is_joined():
    subject = b"=?utf-8?B?0J/RgNC40LLQtdGC0YHRgtC+0YTRgtC=?=\r\n =?utf-8?B?sA==?="
    incoming = read(b"From: =?koi8-r?B?4c7OwQ==?= <a@b.ru>\r\nSubject: " + subject + b"\r\n\r\nx")
    assert incoming.name == "Анна"
    assert incoming.subject.startswith("Приветстофт")


def test_a_bounce_names_our_letter_and_why():
    own = message_id("voronka-5", "svetlodom.example")
    raw = BOUNCE.replace("OUR-ID", own).encode()
    incoming = read(raw)
    [news] = incoming.news
    assert (incoming.kind, news.external_id, news.state) == (Kind.BOUNCE, own, "failed")
    assert "nobody@mail.ru" in news.error
    assert "no such user" in news.error
    later = read(raw.replace(b"Action: failed", b"Action: delayed"))
    assert (later.kind, list(later.news)) == (Kind.BOUNCE, [])
    plain = letter(sender="mailer-daemon@mail.ru", text=f"Failed:\nMessage-ID: <{own}>")
    assert [n.external_id for n in read(plain).news] == [own]
    forged = letter(sender="mailer-daemon@mail.ru", text="<voronka-5.0123456789abcdef@x.ru>")
    assert not read(forged).news


BOUNCE = """From: MAILER-DAEMON@mx.example
To: sales@svetlodom.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Sorry.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; nobody@mail.ru
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 no such user

--b
Content-Type: text/rfc822-headers

From: sales@svetlodom.example
Message-ID: <OUR-ID>

--b--
"""


@needs_samples
def test_real_letters_keep_their_words():
    russian = sample("django-mailbox_message_with_single_byte_encoding")
    assert russian.text == "Это сообщение имеет неправильную кодировка."
    offer = sample("derived_windows-1251_offer")
    assert any("а" in file.name for file in offer.files)
    assert "�" not in russian.text + offer.text + offer.subject
    assert all("�" not in file.name for file in offer.files)


@needs_samples
@pytest.mark.django_db
def test_every_real_letter_ends_in_the_ledger():
    channel = make_mailbox()
    for file in sorted(SAMPLES.iterdir()):
        raw = file.read_bytes()
        enquiry = receive(channel, replace(event_of(raw), external_id=file.name))
        known = {"carded", "ignored"} if b":" in raw.partition(b"\n\n")[0] else {"failed"}
        assert enquiry.state in known, (file.name, enquiry.error)
        assert bytes(Enquiry.objects.get(pk=enquiry.pk).raw) == raw
    assert Message.objects.count() > 30


LETTERS = [
    letter(text="x", html="<p>y</p>", files={"a.txt": b"1"}, headers={"Reply-To": "q@w.ru"}),
    BOUNCE.encode(),
]
TROUBLE = [b"=?utf-8?q?", b"\r\nContent-Type: text/html; charset=\xff\r\n", b"\r\n\r\n"]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    raw=st.binary(max_size=2000)
    | st.builds(
        lambda base, at, noise: base[: at % len(base)] + noise + base[at % len(base) :],
        st.sampled_from(LETTERS),
        st.integers(0, 5000),
        st.binary(max_size=60)
        | st.sampled_from(
            [b"=?utf-8?q?", b"\r\nContent-Type: text/html; charset=\xff\r\n", b"\r\n\r\n"]
        ),
    )
)
def test_any_bytes_are_a_letter_or_a_bad_event(raw):
    event = event_of(raw)
    with suppress(BadEvent):
        tidy(PROVIDER.parse(event, FACTS))


@pytest.mark.django_db
def test_letters_that_share_an_id_are_both_kept_and_one_in_two_folders_is_one():
    channel = make_mailbox()
    first, second = (
        letter(text=text, sender=f"{text}@mail.ru", headers={"Message-ID": "<1@form>"})
        for text in ("one", "two")
    )
    write(channel, first)
    write(channel, second)
    write(channel, b"X-Folder: 2\r\n" + first)
    assert sorted(Message.objects.values_list("text", flat=True)) == ["one", "two"]


@pytest.mark.django_db
def test_nonsense_stays_in_the_ledger_with_its_reason():
    enquiry = receive(make_mailbox(), RawEvent("x", b"\x00\xff"))
    assert enquiry.state == "failed"
    assert enquiry.error
