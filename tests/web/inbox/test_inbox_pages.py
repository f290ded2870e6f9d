"""The inbox: who sees what, answers now and later, refusals, what is done with a conversation."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.channels.factories import PAPER, make_channel
from tests.people.factories import make_department, make_user
from tests.web.inbox.scene import make_talk
from voronka.channels.commands.sending import send_message
from voronka.channels.contract import Window
from voronka.journal.actors import Actor
from voronka.timeline.commands.sending import note_failed
from voronka.timeline.models import Conversation, Message, Rethreading

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def me():
    return make_user("manager", name="Ольга Серова", department=make_department())


@pytest.fixture
def talk(me):
    return make_talk(me)


@pytest.fixture
def browser(me):
    browser = Browser()
    browser.force_login(me)
    return browser


def way_of(talk):
    message = talk.messages.first()
    return f"{message.channel_id}:{message.identity_kind}:{message.identity_value}"


def post(browser, name, *args, target="", **data):
    headers = HTMX | ({"HX-Target": target} if target else {})
    return browser.post(reverse(f"inbox:{name}", args=args), data, headers=headers)


def test_a_manager_cannot_open_another_ones_conversation(talk):
    stranger = Browser()
    stranger.force_login(make_user("manager", name="Чужой", department=make_department()))
    message = talk.messages.get()
    for name, pk in [
        *((name, talk.pk) for name in ("show", "panel", "head", "facts", "thread")),
        ("letter", message.pk),
        ("of_item", talk.item_id),
    ]:
        assert stranger.get(reverse(f"inbox:{name}", args=[pk])).status_code == 404, name
    for name, pk in [
        *((name, talk.pk) for name in ("read", "send", "take", "assign", "close", "merge")),
        *((name, message.pk) for name in ("retry", "cancel", "split")),
    ]:
        assert post(stranger, name, pk, way=way_of(talk), text="x").status_code == 404, name
    panel = stranger.get(reverse("inbox:of_client", args=[talk.client_id])).content.decode()
    assert "кухня" not in panel  # clients are everybody's here, what they say is not
    assert "Марина" not in stranger.get(reverse("inbox:index") + "?show=all").content.decode()
    assert talk.messages.count() == 1


def test_opening_reads_nothing_by_itself_but_the_page_asks_for_it(browser, talk):
    page = browser.get(reverse("inbox:show", args=[talk.pk])).content.decode()
    talk.refresh_from_db()
    assert (talk.unread, reverse("inbox:read", args=[talk.pk]) in page) == (1, True)
    assert post(browser, "read", talk.pk).status_code == 204
    talk.refresh_from_db()
    assert talk.unread == 0
    page = browser.get(reverse("inbox:show", args=[talk.pk])).content.decode()
    assert reverse("inbox:read", args=[talk.pk]) not in page


def test_an_answer_is_queued_to_where_the_client_wrote_from(browser, talk, me):
    answer = post(browser, "send", talk.pk, way=way_of(talk), text="От 285 000 ₽")
    assert "От 285" in answer.content.decode()
    assert "talk:sent" in answer["HX-Trigger"]
    sent = talk.messages.get(direction="out")
    assert (sent.author, sent.identity_value) == (me, "+79161234567")
    talk.refresh_from_db()
    assert talk.waiting_since is None


def test_a_file_goes_along_and_lies_in_the_card(browser, talk, monkeypatch):
    monkeypatch.setattr(PAPER, "sends_files", True, raising=False)
    file = SimpleUploadedFile("kp.pdf", b"offer", "application/pdf")
    post(browser, "send", talk.pk, way=way_of(talk), text="", files=file)
    found = talk.messages.get(direction="out").attachments.get()
    assert (found.name, found.item_id) == ("kp.pdf", talk.item_id)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"text": "  "}, "пустое"),
        ({"text": "x", "way": "1:phone:+70000000000"}, "адреса"),
        ({"text": "x", "later": "1", "send_at": ""}, "день и время"),
        ({"text": "x", "later": "1", "send_at": "2001-01-01T10:00"}, "более позднее"),
        ({"text": "x", "files": SimpleUploadedFile("a.txt", b"a")}, "не отправляет файлы"),
    ],
)
def test_a_refused_answer_says_why_and_leaves_the_composer_alone(browser, talk, data, words):
    answer = post(browser, "send", talk.pk, **{"way": way_of(talk), **data})
    assert (answer.status_code, answer["HX-Retarget"]) == (422, f"#talk-{talk.pk} .talk-refusal")
    assert words in answer.content.decode()
    assert not talk.messages.filter(direction="out").exists()


def test_a_planned_answer_waits_and_can_be_cancelled(browser, talk):
    moment = timezone.localtime() + timedelta(days=1)
    post(
        browser, "send", talk.pk, way=way_of(talk), text="Напоминаю", later="1",
        send_at=f"{moment:%Y-%m-%dT%H:%M}", cancel_on_reply="on",
    )  # fmt: skip
    planned = talk.messages.get(direction="out")
    assert (planned.cancel_on_reply, planned.send_at is not None) == (True, True)
    page = browser.get(reverse("inbox:thread", args=[talk.pk])).content.decode()
    assert "если клиент не напишет раньше" in page
    post(browser, "cancel", planned.pk)
    planned.refresh_from_db()
    assert planned.state == Message.State.CANCELLED


def test_a_failed_message_shows_its_reason_and_goes_again(browser, talk, me):
    failed = send_message(
        channel_id=talk.channel_id, by=Actor.user(me), text="КП", conversation_id=talk.pk
    )
    note_failed(failed.pk, "Ящик переполнен")
    page = browser.get(reverse("inbox:index") + "?show=failed").content.decode()
    assert "Марина Котова" in page
    thread = browser.get(reverse("inbox:thread", args=[talk.pk])).content.decode()
    assert "Ящик переполнен" in thread
    post(browser, "retry", failed.pk)
    failed.refresh_from_db()
    assert failed.state != Message.State.FAILED


def test_a_closed_window_says_why_and_another_channel_is_offered(browser, me, talk, monkeypatch):
    other = make_channel(owner=me, name="Запасной")

    def window(channel, *, last_in, now):
        return Window(open=channel.id == other.pk, why="Прошло 24 часа")

    monkeypatch.setattr(PAPER, "window", window)
    page = browser.get(reverse("inbox:show", args=[talk.pk])).content.decode()
    assert "Прошло 24 часа" in page
    assert f'value="{other.pk}:phone:+79161234567"' in page


def test_without_a_way_to_send_the_page_says_how_to_answer(browser, talk, monkeypatch):
    monkeypatch.setattr(PAPER, "sends", False)
    page = browser.get(reverse("inbox:show", args=[talk.pk])).content.decode()
    assert "<talk-composer" not in page
    assert 'href="tel:+79161234567"' in page


def test_a_letter_is_shown_without_scripts_and_without_pictures_from_elsewhere(browser, me):
    html = '<p>План</p><img src="https://spy.example/pixel.png"><script>alert(1)</script>'
    talk = make_talk(me, html=html, text="")
    message = talk.messages.get()
    url = reverse("inbox:letter", args=[message.pk])
    letter = browser.get(url)
    assert "План" in letter.content.decode()
    assert "spy.example" not in letter.content.decode()
    policy = letter["Content-Security-Policy"]
    assert policy.startswith("sandbox")
    assert "allow-scripts" not in policy
    assert "https:" not in policy
    assert "default-src 'none'" in policy
    asked = browser.get(url + "?images=1")
    assert "spy.example" in asked.content.decode()
    assert "<script" not in asked.content.decode()


def test_a_link_to_a_message_leads_to_its_conversation(browser, me, talk):
    message = talk.messages.get()
    found = browser.get(reverse("inbox:message", args=[message.pk]))
    assert found["Location"] == reverse("inbox:show", args=[talk.pk]) + f"#msg-{message.pk}"


@pytest.mark.parametrize("name", ["inbox:message", "inbox:show"])
def test_a_link_to_what_is_gone_says_so_beside_the_list(browser, talk, name):
    gone = browser.get(reverse(name, args=[talk.pk + 10_000]))
    assert gone.status_code == 404
    assert gone.context["gone"]
    assert "inbox-list" in gone.content.decode()


def test_two_conversations_are_merged_and_taken_apart_again(browser, me, talk):
    second = make_talk(me, text="И шкаф", **{"from": [["phone", "+79990000001"]]})
    Conversation.objects.filter(pk=second.pk).update(client_id=talk.client_id)
    answer = post(browser, "merge", talk.pk, other=second.pk)
    assert talk.messages.count() == 2
    undo = reverse("inbox:undo", args=[Rethreading.objects.get().pk])
    assert undo in answer["HX-Trigger"]
    assert undo in browser.get(reverse("inbox:head", args=[talk.pk])).content.decode()
    led_on = browser.get(reverse("inbox:show", args=[second.pk]))
    assert led_on.context["talk"].conversation == talk
    browser.post(undo, headers=HTMX)
    assert (talk.messages.count(), second.messages.count()) == (1, 1)


def test_the_rest_of_a_thread_is_split_off_from_a_message_on(browser, me, talk):
    for text in ("Два", "Три"):
        send_message(
            channel_id=talk.channel_id, by=Actor.user(me), text=text, conversation_id=talk.pk
        )
    second = talk.messages.get(text="Два")
    post(browser, "split", second.pk)
    assert [m.text for m in talk.messages.all()] == ["Сколько стоит кухня?"]
    second.refresh_from_db()
    assert second.conversation.messages.count() == 2


def test_take_give_close_and_reopen(browser, me, talk):
    colleague = make_user("manager", name="Коллега", department=me.department)
    post(browser, "assign", talk.pk, owner=colleague.pk)
    talk.refresh_from_db()
    assert talk.owner == colleague
    post(browser, "take", talk.pk)
    post(browser, "close", talk.pk)
    talk.refresh_from_db()
    assert (talk.owner, talk.closed_at is None) == (me, False)
    assert "Марина" in browser.get(reverse("inbox:index") + "?show=closed").content.decode()
    post(browser, "reopen", talk.pk)
    talk.refresh_from_db()
    assert talk.is_waiting


def test_the_list_costs_the_same_for_one_and_for_many(browser, me):
    channel = make_channel(owner=me)
    make_talk(me, channel=channel)
    url = reverse("inbox:index")
    browser.get(url)
    with CaptureQueriesContext(connection) as one:
        browser.get(url)
    for n in range(4):
        make_talk(
            me, channel=channel, name=f"Клиент {n}", **{"from": [["phone", f"+7916000000{n}"]]}
        )
    with CaptureQueriesContext(connection) as many:
        assert len(browser.get(url).context["rows"]) == 5
    assert len(many) == len(one)


def test_a_long_thread_costs_as_much_as_a_short_one(browser, me, talk):
    url = reverse("inbox:show", args=[talk.pk])
    browser.get(url)
    with CaptureQueriesContext(connection) as short:
        browser.get(url)
    for n in range(5):
        send_message(
            channel_id=talk.channel_id, by=Actor.user(me), text=str(n), conversation_id=talk.pk
        )
    with CaptureQueriesContext(connection) as long:
        assert len(browser.get(url).context["talk"].messages) == 6
    assert len(long) <= len(short)


def test_a_logged_call_stands_in_the_history_and_closes_the_conversation(browser, talk):
    url = reverse("inbox:call", args=["item", talk.item_id]) + f"?talk={talk.pk}"
    refused = browser.post(url, {"outcome": "sang", "result": "Ждут замер"}, headers=HTMX)
    assert (refused.status_code, "Ждут замер" in refused.content.decode()) == (422, True)
    browser.post(url, {"outcome": "done", "result": "Ждут замер", "close": "on"}, headers=HTMX)
    talk.refresh_from_db()
    assert talk.closed_at is not None
    assert [a.result for a in talk.item.activities.all()] == ["Ждут замер"]
    talk.item.refresh_from_db()
    assert talk.item.clock_started_at is None
