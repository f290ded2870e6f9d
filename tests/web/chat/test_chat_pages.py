"""The visitor's doors: what they say is kept once, and what they read is theirs."""

import gzip
import json
import re
from pathlib import Path

import pytest
from django.test import override_settings

from tests.channels.chat.factories import make_chat
from voronka.channels.commands import archive_channel, deliver, send_message
from voronka.channels.models import Enquiry
from voronka.channels.providers.chat.visitors import new_visitor, token_of
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.timeline.models import Message
from voronka.web.chat import views
from voronka.web.chat.windows import ink_on

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system()


@pytest.fixture(autouse=True)
def _full_buckets(monkeypatch):
    monkeypatch.setattr(views, "_buckets", views.Buckets())


class Browser:
    """A visitor's browser, as its script behaves."""

    def __init__(self, client, chat):
        self.client, self.chat = client, chat
        self.token = self.talk()["token"]

    def url(self, tail):
        return f"/c/{self.chat.key}/{tail}"

    def talk(self):
        headers = {"Authorization": f"Bearer {getattr(self, 'token', '')}"}
        return self.client.get(self.url("talk"), headers=headers).json()

    def say(self, own="line-0001", *, headers=None, **said):
        return self.client.post(
            self.url("messages"),
            json.dumps({"id": own, **said}),
            content_type="application/json",
            headers={"Authorization": f"Bearer {self.token}", **(headers or {})},
        )


def answer(chat, text="Добрый день", **more):
    talk = Message.objects.filter(channel_id=chat.pk).latest("pk").conversation
    sent = send_message(channel_id=chat.pk, conversation_id=talk.pk, text=text, by=SYSTEM, **more)
    deliver(sent.pk)
    return sent


def test_a_line_is_a_card_and_its_answer_is_read_by_the_visitor(client):
    visitor = Browser(client, make_chat())
    assert visitor.say(text="<script>x</script>", page="https://shop.ru/").status_code == 200
    answer(visitor.chat)
    mine, theirs = visitor.talk()["messages"]
    assert (mine["own"], mine["mine"], mine["text"]) == ("line-0001", True, "<script>x</script>")
    assert (theirs["mine"], theirs["text"]) == (False, "Добрый день")
    assert Item.objects.count() == 1
    assert not client.cookies


def test_the_same_line_again_makes_no_double(client):
    visitor = Browser(client, make_chat())
    assert [visitor.say(text="x").status_code for _again in range(3)] == [200] * 3
    assert Enquiry.objects.count() == Message.objects.count() == Item.objects.count() == 1


def test_another_visitor_s_token_reads_nothing_of_this_conversation(client):
    visitor = Browser(client, make_chat())
    visitor.say(text="Мой адрес")
    other, stranger = Browser(client, visitor.chat), Browser(client, make_chat())
    assert other.talk()["messages"] == stranger.talk()["messages"] == []
    stranger.chat = visitor.chat  # a token of one chat opens no other
    assert stranger.say(text="x").status_code == 401
    visitor.token += "x"
    assert visitor.say("line-0002", text="x").status_code == 401
    assert visitor.talk()["messages"] == []


def test_only_what_has_left_the_house_is_shown(client):
    visitor = Browser(client, make_chat())
    visitor.say(text="x")
    talk = Message.objects.get().conversation
    send_message(channel_id=visitor.chat.pk, conversation_id=talk.pk, text="queued", by=SYSTEM)
    assert [m["text"] for m in visitor.talk()["messages"]] == ["x"]


def test_reading_the_conversation_takes_few_queries(client, django_assert_num_queries):
    visitor = Browser(client, make_chat())
    for number in range(5):
        visitor.say(f"line-000{number}", text="x")
    with django_assert_num_queries(3):  # the chat, the messages, their files
        visitor.talk()


def test_what_is_asked_for_is_asked_before_the_first_line_only(client):
    chat = make_chat(ask_phone="required", ask_name="optional", consent_ru="Согласен")
    visitor = Browser(client, chat)
    refused = visitor.say(text="x")
    assert (refused.status_code, set(refused.json()["fields"])) == (422, {"phone", "consent"})
    assert not Enquiry.objects.exists()
    unreadable = visitor.say(text="x", phone="позвоните", consent=1)
    assert set(unreadable.json()["fields"]) == {"phone"}
    assert visitor.say(text="x", phone="+79161234567", consent=1).status_code == 200
    assert visitor.say("line-0002", text="y").status_code == 200


def test_files_go_both_ways_and_only_to_this_visitor(client):
    chat = make_chat()
    visitor = Browser(client, chat)
    page = {"name": "план.html", "type": "text/html", "data": "PGI+aGk8L2I+"}
    assert visitor.say(files=[page]).status_code == 200
    (file,) = visitor.talk()["messages"][0]["files"]
    got = client.get(file["url"])
    assert b"".join(got.streaming_content) == b"<b>hi</b>"
    assert got["Content-Type"] == "application/octet-stream"
    assert got["Content-Disposition"].startswith("attachment")
    assert "sandbox" in got["Content-Security-Policy"]
    assert client.get(file["url"].replace(chat.key, make_chat().key)).status_code == 404
    assert client.get(file["url"][:-2]).status_code == 404
    silent = Browser(client, make_chat(files=False))
    assert silent.say(files=[page]).status_code == 403


def test_a_page_elsewhere_can_t_speak_for_a_visitor(client):
    visitor = Browser(client, make_chat())
    assert visitor.say(text="x", headers={"Origin": "https://evil.example"}).status_code == 403
    assert visitor.say(text="x", headers={"Origin": "http://testserver"}).status_code == 200


def test_only_the_chat_s_sites_may_frame_it(client):
    chat = make_chat(hosts="shop.ru")
    policy = client.get(f"/c/{chat.key}/frame")["Content-Security-Policy"]
    assert policy.endswith("frame-ancestors 'self' shop.ru:* *.shop.ru:*")
    assert "script-src 'self';" in policy
    anywhere = client.get(f"/c/{make_chat().key}/frame")["Content-Security-Policy"]
    assert anywhere.endswith("frame-ancestors *")
    assert "'none'" in client.get(f"/c/{chat.key}/")["Content-Security-Policy"]


def test_what_the_company_writes_is_text_in_the_window(client):
    chat = make_chat(greeting_ru="</script><script>x</script>", consent_ru="<b>да</b>")
    page = client.get(f"/c/{chat.key}/frame", {"lang": "ru"}).content.decode()
    told = re.search(r'<script id="told" type="application/json">(.*?)</script>', page)[1]
    assert json.loads(told)["greeting"] == "</script><script>x</script>"
    assert "<b>да" not in page
    script = client.get(f"/c/{chat.key}/embed.js").content.decode()
    assert "JSON.parse(" in script


def test_the_window_speaks_the_language_of_the_page(client):
    chat = make_chat()
    pages = {lang: client.get(f"/c/{chat.key}/frame", {"lang": lang}) for lang in ("ru", "en")}
    assert "Напишите сообщение" in pages["ru"].content.decode()
    assert "Write a message" in pages["en"].content.decode()


def test_out_of_hours_it_says_when_an_answer_comes(client, monkeypatch):
    from datetime import UTC, datetime

    from voronka.channels.providers.chat import queries

    sunday = datetime(2026, 11, 22, 12, tzinfo=UTC)
    monkeypatch.setattr(queries.timezone, "now", lambda: sunday)
    opens = Browser(client, make_chat(hours="company")).talk()["opens"]
    assert datetime.fromisoformat(opens).astimezone(UTC).date().isoformat() == "2026-11-23"
    assert Browser(client, make_chat()).talk()["opens"] is None


def test_floods_are_slowed_and_nonsense_is_refused(client):
    visitor = Browser(client, make_chat())
    for body in ("{broken", "[]", '{"id": 5}', '{"text": "x"}'):
        headers = {"Authorization": f"Bearer {visitor.token}"}
        url = visitor.url("messages")
        got = client.post(url, body, content_type="application/json", headers=headers)
        assert got.status_code == 400
    with override_settings(CHAT_RATE_PER_MINUTE=1):
        answers = [visitor.say(f"line-000{n}", text="x").status_code for n in range(3)]
    assert answers.count(429) >= 2
    assert Enquiry.objects.count() <= 1


def test_a_chat_put_away_is_gone(client):
    visitor = Browser(client, make_chat())
    archive_channel(visitor.chat.pk, by=SYSTEM)
    assert visitor.say(text="x").status_code == 404
    assert client.get(f"/c/{visitor.chat.key}/embed.js").status_code == 404


def test_seen_marks_are_taken_from_the_visitor_only(client):
    visitor = Browser(client, make_chat())
    visitor.say(text="x")
    sent = answer(visitor.chat)
    stranger = token_of(new_visitor(visitor.chat.pk))
    for token, state in ((stranger, "sent"), (visitor.token, "read")):
        headers = {"Authorization": f"Bearer {token}"}
        client.post(visitor.url("seen"), {"read": sent.pk}, headers=headers)
        sent.refresh_from_db()
        assert sent.state == state


def test_a_site_loads_little(client):
    chat = make_chat()
    here = Path(views.__file__).parent.parent / "static" / "voronka"
    parts = [client.get(f"/c/{chat.key}/embed.js").content]
    parts += [(here / name).read_bytes() for name in ("js/chat.js", "css/chat.css")]
    assert sum(len(gzip.compress(part)) for part in parts) < 14_000
    assert len(parts[0]) < 9_000  # what every page of the site loads


def test_the_ink_can_be_read_on_any_colour():
    assert [ink_on(c) for c in ("#0c6a86", "#ffd400", "#000000", "#ffffff")] == [
        "#ffffff",
        "#000000",
        "#ffffff",
        "#000000",
    ]
