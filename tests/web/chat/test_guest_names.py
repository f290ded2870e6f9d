"""Who wrote to the chat and gave only a name is called by it on every page (IN-5)."""

import pytest
from django.urls import reverse

from tests.channels.chat.factories import make_chat
from tests.channels.chat.test_provider import line
from voronka.channels.commands import receive
from voronka.timeline.models import Conversation, Notification

pytestmark = pytest.mark.django_db


@pytest.fixture
def talk():
    chat = make_chat()
    receive(chat, line("line-0001", text="Здравствуйте", name="Анна Гостья"))
    receive(chat, line("line-0002", text="Сколько стоит кухня?"))
    return Conversation.objects.get()


@pytest.fixture
def browser(client, talk):
    client.force_login(talk.owner)
    return client


def test_the_inbox_the_card_and_its_feed_call_a_guest_by_the_given_name(browser, talk):
    for url in (
        reverse("inbox:index"),
        reverse("inbox:index") + "?q=гостья",
        reverse("inbox:show", args=[talk.pk]),
        reverse("card:show", args=[talk.item_id]),
    ):
        page = browser.get(url).content.decode()
        assert "Анна Гостья" in page, url
        assert "Неизвестный клиент" not in page, url
    side = browser.get(reverse("card:side", args=[talk.item_id])).content.decode()
    assert "Анна Гостья" in side
    feed = browser.get(reverse("card:show", args=[talk.item_id])).content.decode()
    assert feed.count("<strong>Анна Гостья</strong>") == 2  # the second line had no name


def test_a_notice_calls_a_guest_by_the_given_name(talk):
    [text] = Notification.objects.filter(kind="message").values_list("text", flat=True)
    assert text == "Анна Гостья: Сколько стоит кухня?"
