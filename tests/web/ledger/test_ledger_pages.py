"""The ledger's pages: what has no card comes first, every event can be read, and tried again."""

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from tests.channels.factories import SYSTEM, make_channel, sheet, write_in
from tests.people.factories import make_user
from voronka.channels import queries
from voronka.channels.commands import receive
from voronka.channels.contract import RawEvent
from voronka.channels.models import Channel, Enquiry
from voronka.clients.commands import exclude
from voronka.web.ledger.raw import body_text, headers_text

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_is_being_worked_on(monkeypatch):
    monkeypatch.setattr(queries, "AT_WORK", timezone.timedelta())


@pytest.fixture
def browser():
    browser = Browser(headers={"HX-Request": "true"})
    browser.force_login(make_user("owner"))
    return browser


def listed(browser, **asked):
    page = browser.get(reverse("ledger:index"), asked)
    return [row.enquiry for row in page.context["rows"]]


def homeless(**extra):
    """An enquiry that was understood, but whose channel has no funnel."""
    channel = make_channel(**extra)
    funnel, channel.pipeline = channel.pipeline, None
    Channel.objects.filter(pk=channel.pk).update(pipeline=None)
    return write_in(channel), funnel


def test_what_has_no_card_is_shown_first_with_its_reason(browser):
    fine = write_in(make_channel())
    lost, _funnel = homeless()
    assert listed(browser) == [lost]
    assert listed(browser, all=1) == [lost, fine]
    page = browser.get(reverse("ledger:index")).content.decode()
    assert lost.error in page


def test_everything_is_filtered_by_state_and_channel_and_paged(browser, monkeypatch):
    first, second = make_channel(), make_channel()
    one, two = write_in(first), write_in(second)
    broken = receive(first, RawEvent("x", b"{"))
    assert listed(browser, all=1, state="failed") == [broken]
    assert listed(browser, all=1, channel=second.pk) == [two]
    assert listed(browser, all=1, state="nonsense", channel="x") == [broken, two, one]
    monkeypatch.setattr(queries.ledger, "__kwdefaults__",
                        {**queries.ledger.__kwdefaults__, "limit": 2})  # fmt: skip
    after = browser.get(reverse("ledger:index"), {"all": 1}).context["after"]
    assert listed(browser, all=1, after=after) == [one]


def test_an_event_tried_again_gets_its_card_once_the_channel_has_a_funnel(browser):
    lost, funnel = homeless()
    url = reverse("ledger:replay", args=[lost.pk])
    assert "warning" in browser.post(url)["HX-Trigger"]
    Channel.objects.filter(pk=lost.channel_id).update(pipeline=funnel)
    browser.post(url)
    lost.refresh_from_db()
    assert lost.state == Enquiry.State.CARDED
    assert listed(browser) == []


def test_all_without_a_card_are_tried_again_at_once(browser):
    first, funnel = homeless()
    receive(first.channel, RawEvent("x", b"{"))
    Channel.objects.update(pipeline=funnel)
    said = browser.post(reverse("ledger:replay_all"))["HX-Trigger"]
    assert "warning" in said
    assert [e.external_id for e in listed(browser)] == ["x"]


def test_what_an_exclusion_stopped_is_let_in_after_all(browser):
    exclude([("phone", "+79161234567")], reason="supplier", by=SYSTEM)
    stopped = write_in(make_channel())
    assert stopped.state == Enquiry.State.EXCLUDED
    row = browser.get(reverse("ledger:index"), {"all": 1}).context["rows"][0]
    assert row.can_be_let_in
    browser.post(reverse("ledger:let_in", args=[stopped.pk]))
    stopped.refresh_from_db()
    assert stopped.state == Enquiry.State.CARDED


def test_an_event_is_shown_as_text_and_never_as_markup(browser):
    event = sheet(name="<script>alert(1)</script>")
    headers = {"x-site": "<b>", "authorization": "Bearer s3cret-word"}
    body = RawEvent("raw", event.body, "application/json", headers)
    row = receive(make_channel(), body)
    page = browser.get(reverse("ledger:show", args=[row.pk])).content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page
    assert "s3cret-word" not in page


def test_bodies_of_any_kind_can_be_read():
    assert body_text('{"a":"Ж"}'.encode(), "application/json; charset=utf-8") == '{\n  "a": "Ж"\n}'
    assert body_text(b'{"a":"\\ud800"}', "application/json").encode()  # half of a character
    assert body_text(b"a=1%202&b=", "application/x-www-form-urlencoded") == "a = 1 2\nb = "
    assert body_text(b"\xff\x00ok", "") == "\ufffd\ufffdok"
    assert body_text("a\u202eb".encode(), "text/plain") == "a\ufffdb"  # turns the text around
    assert headers_text({"Cookie": "x=1", "host": "a"}) == "Cookie: •••\nhost: a"


def test_a_card_that_the_person_may_not_see_is_not_named(client):
    row = write_in(make_channel(), title="Тайный заказ")
    controller = make_user("manager")
    controller.role.rights = ["control"]
    controller.role.save(update_fields=["rights"])
    client.force_login(controller)
    page = client.get(reverse("ledger:index"), {"all": 1})
    assert page.context["rows"][0].enquiry == row
    assert "Тайный заказ" not in page.content.decode()


def test_the_pages_need_the_right_to_control(client):
    row = write_in(make_channel())
    client.force_login(make_user("manager"))
    assert client.get(reverse("ledger:index")).status_code == 403
    assert client.get(reverse("ledger:show", args=[row.pk])).status_code == 403
    assert client.post(reverse("ledger:replay", args=[row.pk])).status_code == 403
    assert client.post(reverse("ledger:let_in", args=[row.pk])).status_code == 403
    assert client.post(reverse("ledger:replay_all")).status_code == 403


def test_the_list_takes_a_constant_number_of_queries(browser, django_assert_max_num_queries):
    channel = make_channel()
    for number in range(12):
        write_in(channel, **{"from": [["phone", f"+7916123450{number % 10}{number // 10}"[:12]]]})
    browser.get(reverse("ledger:index"), {"all": 1})
    with django_assert_max_num_queries(11):
        browser.get(reverse("ledger:index"), {"all": 1})
