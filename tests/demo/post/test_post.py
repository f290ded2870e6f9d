"""The sample post office: real SMTP and IMAP on this machine, and nothing leaves it (IN-3)."""

import smtplib
import socket
import threading

import pytest
from imapclient import IMAPClient

from tests.demo.post.factories import letter, make_company
from voronka.channels.commands import archive_channel, set_channel_active
from voronka.channels.listening import listening
from voronka.channels.models import Channel, Enquiry
from voronka.demo.doors import connect_mailbox
from voronka.demo.post import mailbox as client_side
from voronka.demo.post.places import COMPANY, HERE, WORD, Ports, PostClosed, ports_of
from voronka.demo.post.serving import Keeper, move_mailbox, sample_post
from voronka.demo.queries import demo_mailbox
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.kernel.errors import InvalidInput
from voronka.timeline.models import Message

SYSTEM = Actor.system()


def send(ports, raw=b"", *, to=COMPANY, sender="elena@mail.example"):
    client_side.send(ports, raw or letter(), sender=sender, to=to)


def test_letters_are_there_after_a_restart_in_their_order(tmp_path):
    for text in ("one", "two"):
        keeper = Keeper(tmp_path, Ports(0, 0))
        with keeper.open():
            send(keeper.ports, letter(text))
            sent = client_side.letters(keeper.ports, "sent")
    assert [line.preview for line in sent] == ["two", "one"]
    assert str(sent[0].sender) == "Елена"


def test_a_taken_port_is_left_to_whoever_has_it(tmp_path):
    with socket.create_server((HERE, 0)) as other:
        taken = other.getsockname()[1]
        keeper = Keeper(tmp_path, Ports(0, taken))
        with keeper.open():
            assert keeper.ports.smtp != taken
            send(keeper.ports)


def test_letters_of_an_office_that_is_closed_say_so(office):
    with pytest.raises(PostClosed):
        client_side.letters(Ports(9, 9), "inbox")
    with pytest.raises(PostClosed):
        send(Ports(9, 9))


def test_strangers_write_to_the_company_only_and_the_company_to_all(office):
    with pytest.raises(InvalidInput, match="Only the company"):
        send(office, to="igor@mail.example")
    with smtplib.SMTP(HERE, office.smtp) as server:
        with pytest.raises(smtplib.SMTPAuthenticationError):
            server.login(COMPANY, "a guess")
        server.login(COMPANY, WORD)
        server.sendmail(COMPANY, ["igor@mail.example"], b"Subject: Price\r\n\r\n285")
        with pytest.raises(smtplib.SMTPRecipientsRefused, match="no such mailbox"):
            server.sendmail(COMPANY, ["nobody@mail.example"], b"Subject: Price\r\n\r\n285")
    assert [line.subject for line in client_side.letters(office, "inbox")] == ["Price"]
    assert client_side.letters(office, "sent") == []


def test_whoever_waits_by_idle_hears_of_a_letter(office):
    with IMAPClient(HERE, office.imap, ssl=False, timeout=30) as box:
        box.login(COMPANY, WORD)
        box.select_folder("INBOX", readonly=True)
        box.idle()
        send(office)
        assert (1, b"EXISTS") in box.idle_check(timeout=30)
        box.idle_done()


@pytest.mark.django_db
def test_a_demo_company_made_before_gets_its_mailbox_once():
    channel = make_company()
    connect_mailbox(by=SYSTEM)
    assert Channel.objects.count() == 1
    archive_channel(channel.pk, by=SYSTEM)
    connect_mailbox(by=SYSTEM)
    assert Channel.objects.count() == 1  # whoever has put it away does not want it
    assert demo_mailbox() is None


@pytest.mark.django_db
def test_a_real_company_has_no_post_office(monkeypatch):
    monkeypatch.setattr("voronka.demo.post.serving.Keeper", None)
    with sample_post():
        pass


@pytest.mark.django_db(transaction=True)
def test_the_worker_moves_the_mailbox_to_free_ports_and_a_letter_becomes_a_lead(
    settings, tmp_path, monkeypatch
):
    settings.HOME = tmp_path
    carded = threading.Event()
    monkeypatch.setattr("voronka.channels.listening.LOOK_EVERY", 0.05)
    monkeypatch.setattr(
        "voronka.channels.listening.receive", told_by(carded, "voronka.channels.listening.receive")
    )
    other = socket.create_server((HERE, 0))
    channel = move_mailbox(make_company(), Ports(other.getsockname()[1], 0))
    with other, sample_post(), listening():
        channel.refresh_from_db()
        send(ports_of(channel), letter("Нужна кухня"))
        assert carded.wait(60)
        item = Item.objects.get()
        assert (item.owner.name, item.contact.name) == ("Анна Соколова", "Елена")
        assert Message.objects.get().text == "Нужна кухня"
        set_channel_active(channel.pk, active=False, by=SYSTEM)
    assert Enquiry.objects.get().state == Enquiry.State.CARDED


def told_by(done, name):
    """The function of that name, which tells when it has done its work."""
    from importlib import import_module

    module, _dot, function = name.rpartition(".")
    real = getattr(import_module(module), function)

    def telling(*arguments):
        made = real(*arguments)
        done.set()
        return made

    return telling
