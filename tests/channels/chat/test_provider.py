"""A visitor's line becomes a lead; who they are may come out later; what they agreed to is kept."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from django.utils import timezone

from tests.channels.chat.factories import make_chat
from tests.channels.conformance import Conformance
from voronka.channels.commands import ChannelSpec, change_channel, deliver, receive, send_message
from voronka.channels.contract import RawEvent
from voronka.channels.models import Channel
from voronka.channels.providers.chat.commands import note_seen
from voronka.channels.providers.chat.provider import PROVIDER
from voronka.channels.providers.chat.visitors import (
    Visitor,
    file_key,
    new_visitor,
    read_file_key,
    read_token,
    token_of,
)
from voronka.clients.models import Client
from voronka.items.models import Attachment, Item
from voronka.journal.actors import Actor
from voronka.kernel.errors import InvalidInput
from voronka.timeline.models import Message

SYSTEM = Actor.system()


def line(own_id: str = "line-0001", *, visitor: str = "v" * 22, **said: Any) -> RawEvent:
    body = json.dumps({"id": own_id, **said}).encode()
    headers = {"visitor": visitor}
    return RawEvent(f"{visitor}:{own_id}", body, "application/json", headers, at=timezone.now())


class TestChat(Conformance):
    provider = PROVIDER
    channel_settings = {"consent_ru": "Согласен"}

    def sample_events(self) -> list[RawEvent]:
        plan = {"name": "plan.txt", "type": "text/plain", "data": "d2FsbHM="}
        return [
            line("line-0001", text="Сколько стоит кухня?", page="https://shop.ru/", consent=1),
            line("line-0002", phone="+7 916 123-45-67", name="Анна"),
            line("line-0003", text="", files=[plan], utm={"utm_source": "yandex"}),
        ]


@pytest.mark.django_db
def test_the_first_line_of_a_stranger_makes_a_card_named_by_what_they_ask():
    chat = make_chat()
    marks = {"utm_source": "yandex", "evil": "x"}
    said = {"text": "Сколько стоит кухня?\nТри метра", "utm": marks, "title": "Кухни"}
    receive(chat, line(page="https://shop.ru/k", referrer="https://ya.ru/", **said))
    card, message = Item.objects.get(), Message.objects.get()
    assert card.title == "Сколько стоит кухня?"
    assert card.utm == {"utm_source": "yandex"}
    assert (message.meta["page"], message.meta["referer"]) == (
        "https://shop.ru/k",
        "https://ya.ru/",
    )
    assert "Кухни" in message.meta["fields"].values()
    assert card.contact is None


@pytest.mark.django_db
def test_a_phone_given_later_in_the_talk_makes_the_client_of_the_card():
    chat = make_chat()
    receive(chat, line("line-0001", text="Здравствуйте"))
    receive(chat, line("line-0002", phone="+7 916 123-45-67", name="Анна"))
    card, client = Item.objects.get(), Client.objects.get()
    assert (card.contact, client.name) == (client, "Анна")
    assert {m.conversation.client_id for m in Message.objects.all()} == {client.pk}
    receive(chat, line("line-0003", email="anna@example.com"))
    assert set(client.contact_points.values_list("kind", flat=True)) == {"phone", "email"}
    receive(chat, line("line-0004", email="other@example.com"))  # perhaps somebody else's
    assert client.contact_points.count() == 2


@pytest.mark.django_db
def test_who_gave_only_a_name_is_called_by_it_and_later_made_a_client_of_that_name():
    chat = make_chat()
    receive(chat, line("line-0001", text="Здравствуйте", name="Анна"))
    receive(chat, line("line-0002", text="Сколько стоит кухня?"))
    talk = Message.objects.first().conversation
    assert (talk.client, talk.who) == (None, "Анна")
    receive(chat, line("line-0003", phone="+7 916 123-45-67"))
    assert Item.objects.get().contact.name == "Анна"


@pytest.mark.django_db
def test_a_contact_of_another_client_is_not_taken_from_them():
    chat = make_chat()
    receive(chat, line(visitor="a" * 22, text="x", phone="+79161234567"))
    receive(chat, line(visitor="b" * 22, text="y", email="b@example.com"))
    receive(chat, line("line-0002", visitor="b" * 22, text="z", phone="+79161234567"))
    owner = Client.objects.get(contact_points__value="+79161234567")
    assert owner.conversations.get().messages.get().text == "x"


@pytest.mark.django_db
def test_each_consent_names_the_version_that_was_shown():
    chat = make_chat(consent_ru="Согласен на обработку")
    receive(chat, line("line-0001", text="x", consent=1))
    spec = ChannelSpec(
        name=chat.name,
        settings={**chat.settings, "consent_ru": "Согласен с политикой"},
        pipeline_id=chat.pipeline_id,
        owner_id=chat.owner_id,
    )
    change_channel(chat.pk, spec, by=SYSTEM)
    change_channel(chat.pk, spec, by=SYSTEM)  # nothing new: no version
    receive(chat, line("line-0002", visitor="w" * 22, text="y", consent=2))
    kept = [m.meta["consent"]["text"] for m in Message.objects.order_by("pk")]
    assert kept == ["Согласен на обработку", "Согласен с политикой"]
    assert chat.chat_consents.count() == 2


@pytest.mark.django_db
def test_a_file_comes_along():
    chat = make_chat()
    plan = {"name": "план.txt", "data": base64.b64encode(b"walls").decode(), "type": "text/plain"}
    receive(chat, line(files=[plan]))
    kept = Attachment.objects.get()
    assert (kept.name, kept.size) == ("план.txt", 5)


@pytest.mark.django_db
def test_what_was_sent_is_delivered_and_read_as_the_visitor_s_browser_says():
    chat, visitor = make_chat(), Visitor(0, "v" * 22)
    receive(chat, line(text="Здравствуйте"))
    talk = Message.objects.get().conversation
    answer = send_message(
        channel_id=chat.pk, conversation_id=talk.pk, text="Добрый день", by=SYSTEM
    )
    mine = Visitor(chat.pk, visitor.name)
    assert note_seen(mine, up_to=answer.pk, state="read") == 0  # not sent yet
    deliver(answer.pk)
    assert note_seen(Visitor(chat.pk, "w" * 22), up_to=answer.pk, state="read") == 0
    states = []
    for state in ("delivered", "read", "delivered"):
        note_seen(mine, up_to=answer.pk, state=state)
        answer.refresh_from_db()
        states.append(answer.state)
    assert states == ["delivered", "read", "read"]


def test_a_token_is_ours_or_nobody_s():
    visitor = new_visitor(7)
    assert read_token(token_of(visitor)) == visitor
    assert read_token(token_of(visitor)[:-1] + "!") is None
    assert read_token("") is None
    assert read_token(file_key(visitor, 3)) is None  # a file's key opens only the file
    assert read_file_key(file_key(visitor, 3)) == (visitor, 3)
    assert read_file_key(token_of(visitor)) is None


@pytest.mark.django_db
def test_sites_are_named_and_nothing_else():
    chat: Channel = make_chat(hosts="https://Shop.ru/catalog\nwww.shop.ru")
    assert chat.settings["hosts"] == ["shop.ru", "www.shop.ru"]
    with pytest.raises(InvalidInput) as refused:
        make_chat(hosts="shop.ru; script-src *")
    assert "hosts" in refused.value.fields
