"""A letter tells that it was opened and its links followed; once, and it leads nobody astray."""

import re

import pytest
from django.test import Client as Browser

from tests.automation.factories import make_robot
from tests.channels.mail.factories import letter, make_mailbox
from tests.channels.mail.factories import write as take
from voronka.automation.worker import drain
from voronka.channels.commands import TemplateSpec, deliver, save_template, send_message
from voronka.channels.tracking import token_of, tracked_html
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.timeline.models import Conversation, Message, Notification

pytestmark = pytest.mark.django_db(transaction=True)
PRICE = "https://svetlodom.example/price?utm_source=crm&x=1"


@pytest.fixture
def mailbox(post):
    """A mailbox that notices, and a lead by letter in it."""
    smtp = {"smtp_host": "127.0.0.1", "smtp_port": post.port, "smtp_security": "none"}
    channel = make_mailbox(**smtp, track=True)
    take(channel, letter(text="Сколько стоит?"))
    return channel


def write(channel, text="", **more):
    message = send_message(
        channel_id=channel.pk,
        conversation_id=Conversation.objects.get().pk,
        text=text,
        by=Actor.user(Item.objects.get().owner),
        **more,
    )
    deliver(message.pk)
    message.refresh_from_db()
    assert message.state == "sent", message.error
    return message


def sent(post):
    """The HTML of the last letter, its links, and the path of its picture."""
    html = post.letters[-1].get_body(("html",)).get_content()
    links = [one.replace("&amp;", "&") for one in re.findall(r'<a href="([^"]+)"', html)]
    [dot] = re.findall(r'<img src="([^"]+)"', html)
    return html, links, path(dot)


def path(address):
    return re.sub(r"^https?://[^/]+", "", address)


def browser_of(user):
    browser = Browser()
    browser.force_login(user)
    return browser


def told():
    verbs = ["item.message_opened", "item.link_followed"]
    rows = Event.objects.filter(verb__in=verbs).order_by("pk")
    return [(row.verb, row.diff.get("link")) for row in rows]


def test_opening_and_following_are_told_once_and_the_reader_is_sent_on(mailbox, post):
    rich = f'<p><a href="{PRICE}">Прайс</a> <a href="mailto:a@b.ru">пишите</a></p>'
    message = write(mailbox, f"Прайс: {PRICE}", html=rich)
    _html, [link, other], picture = sent(post)
    assert other == "mailto:a@b.ru"
    assert PRICE not in link
    assert PRICE in post.letters[-1].get_body(("plain",)).get_content()

    browser = Browser()
    dot = browser.get(picture)
    assert (dot.status_code, dot["Content-Type"]) == (200, "image/gif")
    assert "no-store" in dot["Cache-Control"]
    message.refresh_from_db()
    assert message.state == "read"
    for _again in range(2):
        answer = browser.get(path(link))
        assert (answer.status_code, answer["Location"]) == (302, PRICE)
    browser.get(picture)
    assert told() == [("item.message_opened", None), ("item.link_followed", PRICE)]
    page = browser_of(Item.objects.get().owner).get(f"/cards/{Item.objects.get().pk}/")
    assert "svetlodom.example/price" in page.content.decode()


def test_whoever_follows_a_link_has_opened_the_letter_of_plain_text_too(mailbox, post):
    message = write(mailbox, f"Прайс: {PRICE}\nЖду <ответа>")
    html, [link], _picture = sent(post)
    assert "&lt;ответа&gt;" in html
    Browser().get(path(link))
    message.refresh_from_db()
    assert (message.state, message.read_at is not None) == ("read", True)
    assert [verb for verb, _link in told()] == ["item.message_opened", "item.link_followed"]


def test_programs_that_look_links_over_are_not_the_client(mailbox, post):
    write(mailbox, PRICE)
    _html, [link], picture = sent(post)
    assert Browser().head(path(link))["Location"] == PRICE
    Browser().head(picture)
    assert told() == []


def test_a_forged_address_leads_nowhere(mailbox, post):
    message = write(mailbox, PRICE)
    good = token_of(message.pk, 1)
    other = ("B" if good[-9] == "A" else "A").join((good[:-9], good[-8:]))
    forged = [other, f"{message.pk}-1", token_of(message.pk, 2), token_of(10**9, 1)]
    for token in [*forged, f"{good}.gif"]:
        assert Browser().get(f"/t/{token}").status_code == 404, token
    incoming = Message.objects.get(direction="in")
    Browser().get(f"/t/{token_of(incoming.pk, 0)}.gif")
    assert told() == []


def test_a_mailbox_that_does_not_notice_leaves_letters_as_they_are(mailbox, post):
    mailbox.settings = {**mailbox.settings, "track": False}
    mailbox.save(update_fields=["settings"])
    write(mailbox, PRICE, html=f'<p><a href="{PRICE}">Прайс</a></p>')
    html = post.letters[-1].get_body(("html",)).get_content()
    assert PRICE.replace("&", "&amp;") in html
    assert "<img" not in html


def test_nothing_but_pages_is_led_through_us():
    html = '<a href="javascript:alert(1)">x</a><a href="tel:+7900">y</a><script>1</script>'
    marked = tracked_html(7, text="", html=html)
    assert "javascript" not in marked
    assert "<script" not in marked
    assert 'href="tel:+7900"' in marked


@pytest.mark.parametrize(
    ("trigger", "params", "fires"),
    [
        ("letter_opened", {}, True),
        ("letter_opened", {"template": "Прайс"}, True),
        ("letter_opened", {"template": "Другой"}, False),
        ("link_followed", {"part": "/PRICE"}, True),
        ("link_followed", {"part": "/contacts"}, False),
        ("link_followed", {"part": "price", "template": "Другой"}, False),
    ],
)
def test_robots_hear_it_by_template_and_by_a_part_of_the_link(
    mailbox, post, trigger, params, fires
):
    templates = {
        name: save_template(TemplateSpec(name=name, text=PRICE), by=Actor.system())
        for name in ("Прайс", "Другой")
    }
    make_robot(mailbox.pipeline, trigger, settings=params)
    write(mailbox, PRICE, template_id=templates["Прайс"].pk)
    drain()
    assert not Notification.objects.filter(kind="robot").exists()
    _html, [link], _picture = sent(post)
    Browser().get(path(link))
    drain()
    assert Notification.objects.filter(kind="robot").exists() is fires
