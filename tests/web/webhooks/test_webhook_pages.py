"""The pages of webhooks: added, tried, looked into, replayed, by those who may set up."""

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories import SYSTEM, make_item, make_pipeline
from tests.people.factories import make_user
from voronka.automation.commands import errands
from voronka.automation.commands.webhooks import WebhookSpec, save_webhook
from voronka.automation.models import Errand, Webhook
from voronka.automation.worker import drain
from voronka.kernel.vault import unseal

pytestmark = pytest.mark.django_db
CLOSED = "http://127.0.0.1:9/nobody"  # the discard port: nothing listens there


@pytest.fixture
def browser(settings):
    settings.ALLOW_PRIVATE_REQUESTS = True
    browser = Browser(headers={"HX-Request": "true"})
    browser.force_login(make_user("owner"))
    return browser


def hook(name="Склад"):
    return save_webhook(WebhookSpec(name, CLOSED, ["item.created"]), by=SYSTEM)


def failed(title="Кухня"):
    make_item(make_pipeline(), title=title)
    drain()
    errand = Errand.objects.latest("pk")
    while not errands.perform(errand.pk):
        pass
    return errand


def test_a_webhook_is_added_and_opened(browser):
    typed = {"name": "Склад", "url": "https://a.example/in", "verbs": ["item.won"]}
    answer = browser.post(reverse("webhooks:new"), typed)
    row = Webhook.objects.get()
    assert answer["HX-Redirect"] == reverse("webhooks:show", args=[row.pk])
    assert row.verbs == ["item.won"]
    assert "https://a.example/in" in browser.get(answer["HX-Redirect"]).text


def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(browser):
    typed = {"name": "Склад", "url": "warehouse", "verbs": ["item.won"]}
    answer = browser.post(reverse("webhooks:new"), typed)
    assert answer.status_code == 422
    form = answer.context["form"]
    assert list(form.errors) == ["url"]
    assert 'value="warehouse"' in answer.text
    assert not Webhook.objects.exists()


def test_the_secret_is_told_only_when_asked_for_and_changes_when_renewed(browser):
    row = hook()
    first = unseal(row.sealed)["secret"]
    assert first not in browser.get(reverse("webhooks:show", args=[row.pk])).text
    assert first in browser.post(reverse("webhooks:secret", args=[row.pk])).text
    assert first not in browser.post(reverse("webhooks:renew", args=[row.pk])).text


def test_the_log_tells_what_was_sent_and_why_it_failed_and_sends_it_again(browser):
    row = hook()
    errand = failed(title="Кухня <b>Анны</b>")
    assert errand.payload["item"]["title"] == "Кухня <b>Анны</b>"
    page = browser.get(reverse("webhooks:show", args=[row.pk])).text
    assert "Кухня &lt;b&gt;Анны&lt;/b&gt;" in page
    assert "ConnectionRefusedError" in page
    opened = browser.get(reverse("webhooks:delivery", args=[errand.pk])).text
    assert errand.key in opened
    browser.post(reverse("webhooks:replay", args=[errand.pk]))
    errand.refresh_from_db()
    assert (errand.state, errand.attempts) == ("waiting", 0)


def test_the_list_asks_no_more_of_the_database_for_many_than_for_one(browser):
    here = {"HX-Target": "webhooks"}
    hook()
    browser.get(reverse("webhooks:index"), headers=here)
    with CaptureQueriesContext(connection) as one:
        browser.get(reverse("webhooks:index"), headers=here)
    for n in range(8):
        hook(f"Склад {n}")
    make_item(make_pipeline())
    drain()
    with CaptureQueriesContext(connection) as many:
        page = browser.get(reverse("webhooks:index"), headers=here)
    assert [row.waiting for row in page.context["rows"]] == [1] * 9
    assert len(many) == len(one)


@pytest.mark.parametrize("role", ["manager", "observer", "marketer"])
def test_who_may_not_set_up_sees_nothing_of_it(role, settings):
    settings.ALLOW_PRIVATE_REQUESTS = True
    row = hook()
    stranger = Browser()
    stranger.force_login(make_user(role))
    assert stranger.get(reverse("webhooks:index")).status_code == 403
    assert stranger.post(reverse("webhooks:secret", args=[row.pk])).status_code == 403
