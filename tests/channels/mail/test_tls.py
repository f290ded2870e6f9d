"""Letters go sealed, and only to servers that prove who they are (IN-3)."""

import ssl
import threading
from datetime import timedelta

import pytest
from django.utils.translation import override
from imapclient import IMAPClient

from tests.channels.mail.certificates import HERE, write_certificate
from tests.channels.mail.conftest import ADDRESS, PASSWORD
from tests.channels.mail.factories import SETTINGS, letter, make_mailbox
from tests.channels.mail.sealed_servers import sealed_servers
from voronka.channels.commands import deliver, send_message
from voronka.channels.contract import NotSent
from voronka.channels.facts import facts_of
from voronka.channels.listening import ChannelEars
from voronka.channels.providers.mail.fetching import check
from voronka.channels.providers.mail.provider import PROVIDER
from voronka.channels.providers.mail.sending import check_sending
from voronka.channels.providers.mail.settings import MailSettings
from voronka.journal.actors import Actor
from voronka.timeline.models import Conversation, Message

SYSTEM = Actor.system()
STRANGERS = {  # how a certificate is made, whether the house knows it, what is said of it
    "signed by itself": ({}, False, "no known authority vouches for it"),
    "of another server": ({"name": "mail.other.example"}, True, "it belongs to another server"),
    "out of date": ({"ends_in": timedelta(days=-1)}, True, "it has expired"),
}


@pytest.fixture(autouse=True)
def _in_english():
    with override("en"):
        yield


def settings_of(servers, security="", *, imap="", smtp=""):
    both = {"imap_host": HERE, "imap_port": servers.imap_port}
    both |= {"smtp_host": HERE, "smtp_port": servers.smtp_port}
    both |= {"imap_security": imap or security, "smtp_security": smtp or security}
    return both


def mailbox_at(servers, security="", **ways):
    return MailSettings.model_validate(SETTINGS | settings_of(servers, security, **ways))


def refusal_of_sending(settings):
    with pytest.raises(NotSent) as refused:
        check_sending(settings)
    return str(refused.value.why)


class Once(ChannelEars):
    """Stops as soon as there is nothing to do but wait."""

    def wait(self, seconds):
        if seconds:
            self._stop.set()
        return self._stop.is_set()


@pytest.mark.django_db
@pytest.mark.parametrize("security", ["ssl", "starttls"])
def test_letters_come_and_go_sealed(security, tmp_path, monkeypatch):
    certificate = write_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))  # the house trusts it
    with sealed_servers(security, certificate) as servers:
        channel = make_mailbox(**settings_of(servers, security), from_days=1)
        assert check(facts_of(channel).settings) == ""
        sealed = ssl.create_default_context()
        with IMAPClient(HERE, servers.imap_port, ssl=security == "ssl", ssl_context=sealed) as box:
            if security == "starttls":
                box.starttls(sealed)
            box.login(ADDRESS, PASSWORD)
            box.append("INBOX", letter(text="Нужны люстры"))
        PROVIDER.listen(facts_of(channel), Once(channel, threading.Event()))
        assert Message.objects.get().text == "Нужны люстры"
        ours = send_message(
            channel_id=channel.pk,
            conversation_id=Conversation.objects.get().pk,
            text="Добрый день",
            by=SYSTEM,
        )
        deliver(ours.pk)
        ours.refresh_from_db()
        assert (ours.state, ours.error) == ("sent", "")
        [(raw, came_sealed)] = servers.letters
        assert came_sealed
        assert ours.external_id.encode() in raw
        assert servers.log_ins
        assert all(servers.log_ins)


@pytest.mark.parametrize("security", ["ssl", "starttls"])
@pytest.mark.parametrize(("made", "known", "said"), STRANGERS.values(), ids=STRANGERS)
def test_a_server_that_cannot_prove_who_it_is_gets_no_password(
    security, made, known, said, tmp_path, monkeypatch
):
    certificate = write_certificate(tmp_path, **made)
    if known:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with sealed_servers(security, certificate) as servers:
        settings = mailbox_at(servers, security)
        told = str(check(settings))
        assert f"localhost:{servers.imap_port} shows a certificate that can't be trusted" in told
        assert said in told
        told = refusal_of_sending(settings)
        assert f"localhost:{servers.smtp_port} shows a certificate that can't be trusted" in told
        assert said in told
        assert not servers.log_ins


def test_a_server_without_starttls_gets_no_password(tmp_path):
    with sealed_servers("none", write_certificate(tmp_path)) as servers:
        settings = mailbox_at(servers, "starttls")
        assert "Choose another encryption" in str(check(settings))
        assert "Choose another encryption" in refusal_of_sending(settings)
        assert not servers.log_ins


def test_a_port_that_is_not_sealed_is_told_from_one_that_is_silent(tmp_path):
    with sealed_servers("none", write_certificate(tmp_path)) as servers:
        settings = mailbox_at(servers, "ssl")
        assert f"No safe connection to localhost:{servers.imap_port}" in str(check(settings))
        assert f"No safe connection to localhost:{servers.smtp_port}" in refusal_of_sending(
            settings
        )
