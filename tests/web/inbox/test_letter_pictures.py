"""Pictures that come inside a letter are shown in it, from the house's own store (IN-3)."""

import re
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from django.urls import reverse

from tests.channels.mail.factories import make_mailbox, write
from tests.people.factories import make_user
from voronka.timeline.models import Message

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("files")]

DOT = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
HTML = """<p>Like this one:</p><img src="cid:part%201@mail.ru">
<img src="cid:gone@mail.ru" alt="logo">
<img src="https://spy.example/dot.png"><img src="/people/">"""


def related(html: str = HTML) -> bytes:
    """A letter as a mail program makes it: HTML and its picture together, a plan beside them."""
    message = EmailMessage(policy=SMTP)
    for name, value in {
        "From": "Ivan <ivan@mail.ru>",
        "To": "sales@svetlodom.example",
        "Subject": "Lamp",
        "Message-ID": "<related-1@mail.ru>",
    }.items():
        message[name] = value
    message.set_content("Like this one:")
    message.add_alternative(html, subtype="html")
    shape = message.get_payload(1)
    shape.add_related(DOT, "image", "png", cid="<part 1@mail.ru>")
    shape.add_related(DOT, "image", "png", cid="<unused@mail.ru>", filename="second.png")
    message.add_attachment(b"%PDF", "application", "pdf", filename="plan.pdf")
    return message.as_bytes()


@pytest.fixture
def message():
    return Message.objects.get(pk=write(make_mailbox(), related()).message_id)


@pytest.fixture
def browser(client, message):
    client.force_login(message.conversation.item.owner)
    return client


def test_a_picture_inside_a_letter_is_shown_from_the_store(browser, message):
    answer = browser.get(reverse("inbox:letter", args=[message.pk]))
    page, policy = answer.content.decode(), answer["Content-Security-Policy"]
    [address] = re.findall(r'<img src="([^"]+)"', page)
    picture = browser.get(address)
    assert b"".join(picture.streaming_content) == DOT
    assert picture["Content-Type"] == "image/png"
    allowed = re.search(r"img-src ([^;]*)", policy)[1].split()
    assert allowed == ["data:", f"http://testserver{address.rpartition('/')[0]}/"]
    assert 'alt="logo"' in page
    assert "cid:" not in page
    assert "spy.example" not in page


def test_a_picture_inside_a_letter_is_not_listed_as_a_file_too(browser, message):
    page = browser.get(reverse("inbox:show", args=[message.conversation_id])).content.decode()
    listed = page.partition('class="msg-files')[2].partition("</ul>")[0]
    assert "plan.pdf" in listed
    assert "second.png" in listed
    assert "image.png" not in listed
    card = browser.get(reverse("card:show", args=[message.conversation.item_id])).content.decode()
    assert reverse("inbox:letter", args=[message.pk]) in card
    assert "plan.pdf" in card
    assert "image.png" not in card


def test_a_picture_inside_a_letter_is_only_for_those_who_may_see_it(client, message):
    client.force_login(make_user("manager"))
    assert client.get(reverse("inbox:letter", args=[message.pk])).status_code == 404
    file = message.attachments.get(name="image.png")
    assert client.get(reverse("inbox:picture", args=[message.pk, file.pk])).status_code == 404


def test_a_picture_taken_out_of_the_card_is_shown_no_more(browser, message):
    message.attachments.update(deleted_at=message.at)
    page = browser.get(reverse("inbox:letter", args=[message.pk])).content.decode()
    assert 'src="' not in page
