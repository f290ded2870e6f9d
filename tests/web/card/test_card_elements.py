"""Elements on the card's page: what they say together, and the gate that waits for them (SP-5)."""

import pytest
from django.urls import reverse

from tests.factories import SYSTEM, make_field, make_item, make_item_type, make_pipeline
from tests.people.factories import make_user
from voronka.items.commands import link_items
from voronka.items.models import ItemLink

pytestmark = pytest.mark.django_db


@pytest.fixture
def works():
    return make_pipeline(make_item_type("custom"))


@pytest.fixture
def deal(works):
    pipeline = make_pipeline(make_item_type("deal"))
    text = {"ru": "Всё изготовлено", "en": "All is made"}
    rows = [{"code": "made", "text": text, "check": f"elements:{works.item_type.code}"}]
    pipeline.stages.filter(code="s1").update(exit_criteria=rows)
    return make_item(pipeline)


@pytest.fixture
def browser(client):
    client.force_login(make_user("owner"))
    return client


def part_of(deal, works, **values):
    part = make_item(works, title="Прихожая", **values)
    link_items(deal.pk, part.pk, by=SYSTEM, kind=ItemLink.Kind.PART)
    return part


def move(browser, deal, **more):
    stage = deal.pipeline.stages.get(code="s2")
    return browser.post(reverse("card:move", args=[deal.pk]), {"stage": stage.pk, **more})


def test_the_dialog_names_the_elements_and_offers_no_tick_and_no_button(browser, deal, works):
    part = part_of(deal, works)
    answer = move(browser, deal)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "Всё изготовлено" in html
    assert reverse("card:show", args=[part.pk]) in html
    assert 'name="confirm"' not in html
    assert "btn-primary" not in html


def test_without_elements_a_word_is_asked_for_and_believed(browser, deal):
    assert 'name="confirm" value="made"' in move(browser, deal).content.decode()
    assert move(browser, deal, asked="1", confirm="made").status_code != 422
    deal.refresh_from_db()
    assert deal.stage.code == "s2"


def test_the_card_shows_the_span_of_their_dates_and_offers_no_tick(browser, deal, works):
    make_field(works.item_type, "ready_on", "date")
    part_of(deal, works, ready_on="2026-11-30")
    part_of(deal, works, ready_on="2027-02-20")
    html = browser.get(reverse("card:show", args=[deal.pk])).content.decode()
    assert "roll-up" in html
    assert "30 ноя" in html
    assert "20 фев" in html
    assert reverse("card:criterion", args=[deal.pk, "made"]) not in html
