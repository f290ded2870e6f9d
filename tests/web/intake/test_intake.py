"""The doors for strangers: forms of ours and of others, and webhooks (IN-4, IN-9, IN-10)."""

import json
import re
from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from tests.channels.factories import PAPER, make_channel, sheet
from tests.channels.forms.factories import consent, make_form
from voronka.channels.commands import archive_channel
from voronka.channels.contract import RawEvent
from voronka.channels.models import Enquiry
from voronka.channels.providers.forms.provider import opened_mark
from voronka.items.models import Attachment, Item
from voronka.journal.actors import Actor
from voronka.kernel.texts import LocalText
from voronka.timeline.models import Message
from voronka.web.intake import views

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _full_buckets(monkeypatch):
    monkeypatch.setattr(views, "_buckets", views.Buckets())


def url(form, tail=""):
    return f"/f/{form.channel.key}{tail}"


def ours(**values):
    opened = opened_mark(timezone.now() - timedelta(minutes=1))
    return {"_form": "1", "_t": opened, "_hp": "", "phone": "+79161234567", **values}


def test_the_page_shows_the_form_and_a_post_becomes_a_card(client):
    form = make_form(title=LocalText("Замер кухни", "Kitchen"), thanks=LocalText("Позвоним"))
    page = client.get(url(form)).content.decode()
    assert "Замер кухни" in page
    assert 'name="phone"' in page
    answer = client.post(url(form), ours(name="Анна <b>", message="<script>x</script>"))
    assert answer.status_code == 200
    assert "Позвоним" in answer.content.decode()
    assert Item.objects.get().contact.name == "Анна <b>"
    assert "sessionid" not in answer.cookies


def test_what_the_page_sends_is_taken_as_it_was_drawn(client):
    form = make_form()
    page = client.get(url(form), {"utm_source": "yandex", "bad": "<i>"}).content.decode()
    hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page))
    assert hidden["utm_source"] == "yandex"
    assert "bad" not in hidden
    client.post(url(form), {**hidden, "phone": "+79161234567", "_hp": ""})
    assert (
        Enquiry.objects.get()
        .decision["why"]
        .startswith(
            ("A robot", "Робот")  # a test types faster than two seconds
        )
    )


def test_json_urlencoded_and_multipart_are_taken_from_any_server(client):
    form = make_form([])
    plan = SimpleUploadedFile("plan.txt", b"walls", content_type="text/plain")
    posts = [
        client.post(url(form), json.dumps({"phone": "1"}), content_type="application/json"),
        client.post(url(form), "phone=2", content_type="application/x-www-form-urlencoded"),
        client.post(url(form), {"phone": "+79161234567", "plan": plan, "colour": "red"}),
    ]
    assert [p.status_code for p in posts] == [200, 200, 200]
    assert posts[0].json()["ok"] is True
    assert posts[1].content == b"ok"
    assert Enquiry.objects.filter(state="carded").count() == 3
    assert Attachment.objects.get().name == "plan.txt"
    assert Message.objects.filter(meta__fields__colour="red").exists()


def test_what_can_t_be_read_is_kept_and_the_site_is_told_it_came(client):
    form = make_form([])
    answer = client.post(url(form), b"{broken", content_type="application/json")
    assert answer.status_code == 200
    row = Enquiry.objects.get()
    assert (row.state, bytes(row.raw)) == ("failed", b"{broken")


def test_a_post_again_makes_no_double(client):
    form = make_form()
    for _again in range(3):
        client.post(url(form), ours(_id="u-1", name="Anna"))
    assert Item.objects.count() == Message.objects.count() == 1


def test_an_unreadable_contact_comes_back_with_everything_typed(client):
    form = make_form()
    values = ours(phone="call me", name="Анна", message="Кухня")
    answer = client.post(url(form), values)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Анна" in page
    assert "Кухня" in page
    assert 'aria-describedby="wrong-phone"' in page
    assert not Enquiry.objects.exists()
    told = client.post(url(form), values, headers={"Accept": "application/json"})
    assert set(told.json()["errors"]) == {"phone"}


def test_one_readable_contact_is_enough(client):
    fields = [
        {"name": "phone", "kind": "phone", "target": "phone", "required": True},
        {"name": "mail", "kind": "email", "target": "email", "required": True},
    ]
    form = make_form(fields)
    assert client.post(url(form), ours(mail="not one")).status_code == 200


NEEDED = [
    {"name": "phone", "kind": "phone", "target": "phone", "required": True},
    {"name": "size", "required": True, "label": {"ru": "Размер", "en": "Size"}},
    {"name": "rooms", "kind": "checkboxes", "required": True, "label": {"ru": "Комнаты"},
     "choices": [{"value": "kitchen"}, {"value": "hall"}]},
    {"name": "what", "kind": "hidden", "required": True, "default": "x"},
    {"name": "plan", "kind": "file", "required": True, "label": {"ru": "План"}},
]  # fmt: skip


def test_our_own_form_comes_again_while_a_required_field_is_empty(client):
    form = make_form(NEEDED)
    answer = client.post(url(form), ours(size="  "))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert set(answer.context["wrong"]) == {"size", "rooms", "plan"}
    assert 'aria-describedby="wrong-size"' in page
    assert all(f'id="wrong-{name}"' in page for name in ("size", "rooms", "plan"))
    assert ours()["phone"] in page
    assert not Enquiry.objects.exists()
    plan = SimpleUploadedFile("plan.txt", b"walls")
    assert client.post(url(form), ours(size="3 x 4", rooms="hall", plan=plan)).status_code == 200


def test_a_foreign_form_that_lacks_a_required_field_is_a_card_that_says_so(client):
    form = make_form(NEEDED)
    answer = client.post(url(form), {"Телефон": "+79161234567", "colour": "white"})
    assert answer.status_code == 200
    message = Message.objects.get()
    said = message.meta["fields"]
    assert said == {"colour": "white", "what": "x", "Не заполнено": "Размер, Комнаты, План"}
    client.force_login(message.conversation.owner)
    for page in (
        client.get(reverse("card:show", args=[message.conversation.item_id])),
        client.get(reverse("inbox:show", args=[message.conversation_id])),
    ):
        assert "Размер, Комнаты, План" in page.content.decode()
        assert "colour" in page.content.decode()


def test_without_the_consent_nothing_is_taken(client):
    form = make_form(consent=consent(), consent_needed=True)
    assert "Согласен" in client.get(url(form)).content.decode()
    answer = client.post(url(form), ours())
    assert answer.status_code == 422
    assert 'id="wrong-consent"' in answer.content.decode()
    assert client.post(url(form), ours(_consent="1")).status_code == 200
    assert Message.objects.get().meta["consent"]["text"] == "Согласен на обработку данных"


def test_after_the_post_the_visitor_is_sent_on(client):
    form = make_form(redirect="https://shop.ru/thanks")
    answer = client.post(url(form), ours(_id="a"))
    assert (answer.status_code, answer["Location"]) == (302, "https://shop.ru/thanks")
    framed = client.post(url(form) + "?frame=1", ours(_id="b")).content.decode()
    assert 'data-redirect="https://shop.ru/thanks"' in framed


def test_only_the_form_s_sites_may_use_it(client):
    form = make_form(hosts=["shop.ru"])
    good = {"Origin": "https://www.shop.ru"}
    asked = client.options(url(form), headers=good)
    assert asked["Access-Control-Allow-Origin"] == "https://www.shop.ru"
    assert client.post(url(form), ours(), headers=good).status_code == 200
    bad = client.post(url(form), ours(), headers={"Origin": "https://evil-shop.ru"})
    assert bad.status_code == 403
    assert "Access-Control-Allow-Origin" not in bad
    assert client.post(url(form), ours(), headers={"Origin": "null"}).status_code == 403
    framing = client.get(url(form, "/frame"))["Content-Security-Policy"]
    assert framing == "frame-ancestors 'self' shop.ru *.shop.ru"
    assert "X-Frame-Options" not in client.get(url(form, "/frame"))


def test_a_form_without_sites_may_be_used_by_any(client):
    form = make_form()
    answer = client.post(url(form), ours(), headers={"Origin": "https://any.ru"})
    assert answer["Access-Control-Allow-Origin"] == "https://any.ru"


def test_the_script_puts_a_frame_and_has_no_way_out_of_its_string(client):
    form = make_form(name='x";alert(1)//</script>')
    script = client.get(url(form, "/embed.js"))
    assert script["Content-Type"].startswith("text/javascript")
    assert "alert(1)//</script>" not in script.content.decode()
    assert 'x";alert' not in script.content.decode()


def test_a_flood_is_slowed_down_and_told_when_to_come_back(client):
    form = make_form()
    with override_settings(FORM_RATE_PER_MINUTE=2):
        codes = [client.post(url(form), ours(_id=str(n))).status_code for n in range(4)]
        assert codes == [200, 200, 429, 429]
        assert client.post(url(form), ours())["Retry-After"]
    assert client.post(url(make_form()), ours()).status_code == 200


@override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=100)
def test_what_is_too_large_is_refused_in_words(client):
    answer = client.post(url(make_form()), b"a" * 200, content_type="text/plain")
    assert answer.status_code == 413
    assert answer.content


def test_an_unknown_or_archived_form_is_not_there(client):
    form = make_form()
    archive_channel(form.channel_id, by=Actor.system())
    for tail in ("", "/frame", "/embed.js"):
        assert client.get(url(form, tail)).status_code == 404
    assert client.post("/f/nothing", {}).status_code == 404


def test_the_visitor_s_language_is_spoken(client):
    form = make_form(title=LocalText("Замер", "Measuring"))
    page = client.get(url(form), headers={"Accept-Language": "en"}).content.decode()
    assert "Measuring" in page
    assert 'lang="en"' in page


def test_a_form_costs_few_queries(client, django_assert_max_num_queries):
    form = make_form()
    client.post(url(form), ours(_id="warm"))
    with django_assert_max_num_queries(37):
        client.post(url(form), ours(_id="a", phone="+79160000001", name="Anna"))
    with django_assert_max_num_queries(2):
        client.get(url(form))


@pytest.fixture
def hooked(monkeypatch):
    monkeypatch.setattr(PAPER, "has_webhook", True, raising=False)
    monkeypatch.setattr(
        PAPER, "events", lambda request, facts: [RawEvent("h", request.body)], raising=False
    )
    return make_channel()


def test_a_webhook_is_kept_and_answered(client, hooked):
    body = sheet().body
    for _again in range(2):
        answer = client.post(f"/hooks/{hooked.key}", body, content_type="application/json")
        assert (answer.status_code, answer.content) == (200, b"ok")
    assert Item.objects.count() == 1


def test_a_forged_webhook_is_refused_and_not_stored(client, hooked, monkeypatch):
    monkeypatch.setattr(PAPER, "verify", lambda request, facts: False)
    answer = client.post(f"/hooks/{hooked.key}", b"{}", content_type="application/json")
    assert answer.status_code == 403
    assert not Enquiry.objects.exists()


def test_a_webhook_of_nonsense_is_refused_in_words(client, hooked, monkeypatch):
    monkeypatch.setattr(PAPER, "events", lambda request, facts: json.loads(request.body))
    answer = client.post(f"/hooks/{hooked.key}", b"?", content_type="text/plain")
    assert answer.status_code == 400


def test_only_the_key_opens_a_webhook_not_the_name(client, hooked):
    assert client.post(f"/hooks/{hooked.code}", {}).status_code == 404
    assert client.post(f"/hooks/{make_form().channel.key[:-1]}", {}).status_code == 404


def test_a_refused_form_keeps_the_marks_and_the_page_it_stood_on(client):
    form = make_form()
    sent = ours(phone="?", utm_source="yandex", page="https://a.ru/k", odd="x")
    page = client.post(url(form) + "?frame=1&lang=en", sent).content.decode()
    hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page))
    assert (hidden["utm_source"], hidden["page"]) == ("yandex", "https://a.ru/k")
    assert "odd" not in hidden
    assert 'lang="en"' in page
    assert "?frame=1&amp;lang=en" in page


@pytest.mark.parametrize("came", [b"", b'{"phone": "+7916'])
def test_a_post_that_was_cut_off_does_not_stand_in_the_way_of_the_whole_one(client, came):
    form = make_form([])
    whole = json.dumps({"phone": "+79161234567"})
    named = {"content_type": "application/json", "HTTP_IDEMPOTENCY_KEY": "a-1"}
    cut = {"wsgi.input": BytesIO(came), "CONTENT_LENGTH": str(len(whole))}
    assert client.generic("POST", url(form), whole, **named, **cut).status_code == 400
    assert not Enquiry.objects.exists()
    assert client.generic("POST", url(form), whole, **named).status_code == 200
    assert Enquiry.objects.get().state == "carded"


def test_a_post_whose_length_nobody_says_is_not_taken_for_an_empty_one(client):
    said = {"wsgi.input": BytesIO(b"{}"), "CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked"}
    answer = client.generic("POST", url(make_form([])), b"{}", **said)
    assert answer.status_code == 400
    assert not Enquiry.objects.exists()
