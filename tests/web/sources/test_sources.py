"""Sources of enquiries: named, ordered, archived, counted; who may."""

import pytest
from django.urls import reverse

from tests.factories import make_item, make_pipeline
from tests.people.factories import make_user
from voronka.items import queries
from voronka.journal.actors import Actor
from voronka.kernel.texts import LocalText
from voronka.pipelines.commands import sources
from voronka.pipelines.models import Source
from voronka.pipelines.specs import SourceSpec

pytestmark = pytest.mark.django_db


def source(code="site", name="Сайт"):
    return sources.save_source(SourceSpec(code, LocalText(name, "")), by=Actor.system())


@pytest.fixture
def browser(client):
    client.force_login(make_user("owner"))
    return client


def test_a_source_is_made_with_a_code_from_its_name_and_renamed_later(browser):
    form = {"name_ru": "Выставка", "name_en": "Trade fair", "icon": "star"}
    assert browser.post(reverse("sources:new"), form).status_code == 204
    made = Source.objects.get()
    assert (made.code, made.icon) == ("trade_fair", "star")
    browser.post(reverse("sources:edit", args=[made.code]), form | {"name_ru": "Ярмарка"})
    assert Source.objects.get().name.ru == "Ярмарка"


def test_a_source_without_a_name_is_refused_in_the_dialog(browser):
    answer = browser.post(reverse("sources:new"), {"name_ru": "", "icon": "star"})
    assert answer.status_code == 422
    assert answer["HX-Retarget"] == "#dialog"
    assert not Source.objects.exists()


def test_a_source_whose_code_is_a_word_of_our_addresses_can_be_edited(browser):
    for code in ("new", "order"):
        source(code, code)
        assert browser.get(reverse("sources:edit", args=[code])).status_code == 200


def test_the_order_of_the_page_is_kept_and_a_stale_one_is_refused(browser):
    for code in ("a", "b", "c"):
        source(code, code)
    assert browser.post(reverse("sources:order"), {"order": ["c", "a", "b"]}).status_code == 204
    assert [s.code for s in Source.objects.all()] == ["c", "a", "b"]
    htmx = {"HX-Request": "true"}
    refused = browser.post(reverse("sources:order"), {"order": ["c", "gone"]}, headers=htmx)
    assert refused.status_code == 422


def test_cards_are_counted_no_further_than_needed(monkeypatch):
    pipeline, site, other = make_pipeline(), source(), source("other", "Другое")
    for _number in range(3):
        make_item(pipeline, source=site.pk)
    assert queries.cards_by_source() == {site.pk: 3, other.pk: 0}
    monkeypatch.setattr(queries, "MOST_COUNTED", 1)
    assert queries.cards_by_source()[site.pk] == 2


def test_the_archive_takes_and_gives_back(browser):
    row = source()
    answer = browser.post(reverse("sources:archive", args=["site"]))
    assert reverse("sources:restore", args=["site"]) in answer["HX-Trigger"]
    page = browser.get(reverse("sources:index"))
    assert [r[0] for r in page.context["archived"]] == [row]
    browser.post(reverse("sources:restore", args=["site"]))
    assert not Source.objects.get().archived
    assert browser.post(reverse("sources:archive", args=["none"])).status_code == 404


def test_the_pages_need_the_right_to_set_up(client):
    source()
    client.force_login(make_user("manager"))
    assert client.get(reverse("sources:index")).status_code == 403
    assert client.post(reverse("sources:new"), {"name_ru": "X"}).status_code == 403
    assert client.post(reverse("sources:archive", args=["site"])).status_code == 403


def test_the_page_takes_a_constant_number_of_queries(browser, django_assert_max_num_queries):
    for number in range(10):
        source(f"s{number}", str(number))
    browser.get(reverse("sources:index"))
    with django_assert_max_num_queries(7):
        browser.get(reverse("sources:index"))
