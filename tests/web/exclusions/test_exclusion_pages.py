"""The pages of exclusions: listed with what they stopped, added from three places, taken back."""

import json
from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from tests.channels.factories import SYSTEM, make_channel, write_in
from tests.people.factories import make_user
from voronka.channels.models import Enquiry
from voronka.clients.commands import exclude
from voronka.clients.models import Client, Exclusion
from voronka.clients.queries import find_exclusion

pytestmark = pytest.mark.django_db
NEW = reverse("exclusions:new")


@pytest.fixture
def browser():
    browser = Browser(headers={"HX-Request": "true"})
    browser.force_login(make_user("owner"))
    return browser


def listed(browser, **asked):
    page = browser.get(reverse("exclusions:index"), asked)
    return [row["exclusion"].identity_value for row in page.context["rows"]]


def test_an_exclusion_is_added_by_hand_and_undone(browser):
    form = {"kind": "phone", "value": "8 916 123-45-67", "reason": "spam", "term": "30"}
    answer = browser.post(NEW, form)
    row = Exclusion.objects.get()
    assert (row.identity_value, row.reason) == ("+79161234567", "spam")
    assert row.until - timezone.now() < timedelta(days=30)
    undo = json.loads(answer["HX-Trigger"])["toast"]["undo_url"]
    browser.post(undo)
    assert find_exclusion([("phone", "+79161234567")], at=timezone.now()) is None


def test_what_cannot_be_excluded_is_refused_at_its_field(browser):
    form = {"kind": "domain", "value": "gmail.com", "reason": "spam"}
    answer = browser.post(NEW, form)
    assert answer.status_code == 422
    assert "value" in answer.context["form"].errors
    assert 'value="gmail.com"' in answer.content.decode()
    assert browser.post(NEW, {"kind": "phone", "value": "1"}).status_code == 422
    assert not Exclusion.objects.exists()


def test_the_sender_of_an_event_is_excluded_from_the_ledger(browser):
    channel = make_channel()
    row = write_in(channel, **{"from": [["phone", "+79161234567"], ["email", "a@shop.example"]]})
    url = f"{NEW}?enquiry={row.pk}"
    known = browser.get(url).context["known"]
    assert known == [("phone", "+79161234567"), ("email", "a@shop.example")]
    browser.post(url, {"which": ["email|a@shop.example"], "reason": "supplier"})
    assert listed(browser) == ["a@shop.example"]
    stopped = write_in(channel, **{"from": [["email", "a@shop.example"]]})
    assert stopped.state == Enquiry.State.EXCLUDED
    page = browser.get(reverse("exclusions:index"))
    assert page.context["rows"][0]["exclusion"].stopped == 1


def test_a_manager_excludes_an_own_client_but_no_other_and_sees_no_list(client):
    manager = make_user("manager")
    write_in(make_channel(owner=manager))
    write_in(make_channel(), **{"from": [["phone", "+79161111111"]]})
    own = Client.objects.get(contact_points__value="+79161234567")
    other = Client.objects.get(contact_points__value="+79161111111")
    client.force_login(manager)
    assert "exclusions/new" in client.get(reverse("clients:show", args=[own.pk])).content.decode()
    form = {"which": ["phone|+79161234567"], "reason": "partner"}
    assert client.post(f"{NEW}?client={own.pk}", form).status_code == 204
    refused = client.post(f"{NEW}?client={other.pk}", form | {"which": ["phone|+79161111111"]})
    assert refused.status_code in (404, 422)
    assert client.get(NEW).status_code == 403
    assert client.get(reverse("exclusions:index")).status_code == 403
    assert Exclusion.objects.get().client == own


def test_one_click_takes_an_exclusion_back_and_another_restores_it(browser):
    until = timezone.now() + timedelta(days=9)
    [row] = exclude([("vk", "id7")], reason="applicant", by=SYSTEM, until=until, comment="Резюме")
    answer = browser.post(reverse("exclusions:lift", args=[row.pk]))
    assert listed(browser) == []
    assert listed(browser, lifted=1) == ["id7"]
    browser.post(json.loads(answer["HX-Trigger"])["toast"]["undo_url"])
    again = Exclusion.objects.get(lifted_at=None)
    assert (again.identity_value, again.reason, again.comment) == ("id7", "applicant", "Резюме")
    assert again.until == until


def test_the_list_is_searched_and_narrowed(browser):
    exclude([("email", "boss@shop.example")], reason="supplier", by=SYSTEM)
    exclude([("phone", "+79160000000")], reason="spam", by=SYSTEM)
    assert listed(browser, q="shop") == ["boss@shop.example"]
    assert listed(browser, reason="spam") == ["+79160000000"]
    assert listed(browser, reason="nonsense", after="x") == ["+79160000000", "boss@shop.example"]
