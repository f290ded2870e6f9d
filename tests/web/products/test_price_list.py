"""The price list: found, paged, edited where it stands, archived, and who may do it."""

from decimal import Decimal

import pytest
from django.urls import reverse

from tests.people.factories import make_user
from voronka.journal.actors import Actor
from voronka.kernel.texts import LocalText
from voronka.products import queries
from voronka.products.commands import ProductSpec, save_product
from voronka.products.models import Product

pytestmark = pytest.mark.django_db


def product(code="KUH-1", name="Кухня «Лофт»", group="Кухни", price=56200):
    spec = ProductSpec(code, LocalText(name, "Kitchen"), group, "м", Decimal(price))
    return save_product(spec, by=Actor.system())


@pytest.fixture
def browser(client):
    client.force_login(make_user("owner"))
    return client


def test_products_are_found_by_a_part_of_name_article_or_group(browser):
    product()
    product("SHK", "Шкаф", "Шкафы")
    url = reverse("products:index")
    for query in ("q=лофт", "q=kuh", "q=кухн лофт", "group=Кухни"):
        rows = browser.get(f"{url}?{query}").context["rows"]
        assert [row.code for row in rows] == ["KUH-1"], query
    assert len(browser.get(url).context["rows"]) == 2


def test_the_list_goes_on_by_a_cursor_within_and_between_groups():
    for group, code in (("A", "2"), ("A", "1"), ("B", "1b"), ("", "0")):
        product(code, group=group)
    seen, after = [], ""
    for _page in range(4):
        page = queries.price_page(after=after, limit=1)
        seen += [row.code for row in page.rows]
        after = page.after
    assert (seen, after) == (["0", "1", "2", "1b"], "")


def test_a_product_is_added_and_changed_where_it_stands(browser):
    form = {"code": "FAS", "name_ru": "Фасад", "unit": "м²", "price": "7 800,50", "group": "Фасады"}
    answer = browser.post(reverse("products:new"), form)
    added = Product.objects.get()
    assert (added.price, added.name.ru) == (Decimal("7800.50"), "Фасад")
    assert f'id="product-{added.pk}"' in answer.content.decode()
    inputs = browser.get(reverse("products:edit", args=[added.pk])).content.decode()
    assert 'value="7800.5"' in inputs
    form |= {"price": "8000", "code": "IGNORED"}
    browser.post(reverse("products:edit", args=[added.pk]), form)
    changed = Product.objects.get()
    assert (changed.code, changed.price) == ("FAS", Decimal(8000))


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"price": "dear"}, "price"),
        ({"price": "-1"}, "price"),
        ({"name_ru": ""}, "name"),
        ({"code": ""}, "code"),
        ({"code": "KUH-1"}, "code"),
        ({"unit": "x" * 17}, "unit"),
    ],
)
def test_a_refused_row_stays_with_what_was_typed(browser, wrong, field):
    product()
    form = {"code": "NEW", "name_ru": "Typed name", "unit": "шт", "price": "5"} | wrong
    answer = browser.post(reverse("products:new"), form)
    assert answer.status_code == 422
    assert field in answer.context["errors"]
    assert form["price"] in answer.content.decode()
    assert Product.objects.count() == 1


def test_the_archive_takes_and_gives_back_with_a_way_to_undo(browser):
    row = product()
    answer = browser.post(reverse("products:archive", args=[row.pk]))
    assert reverse("products:restore", args=[row.pk]) in answer["HX-Trigger"]
    assert browser.get(reverse("products:index")).context["rows"] == []
    archived = browser.get(f"{reverse('products:index')}?archived=1").context["rows"]
    assert archived == [row]
    browser.post(reverse("products:restore", args=[row.pk]))
    assert browser.get(reverse("products:index")).context["rows"] == [row]


def test_everybody_reads_prices_and_only_those_who_set_up_change_them(client):
    row = product()
    client.force_login(make_user("manager"))
    page = client.get(reverse("products:index")).content.decode()
    assert "Кухня «Лофт»" in page
    assert reverse("products:edit", args=[row.pk]) not in page
    assert client.get(reverse("products:new")).status_code == 403
    for name in ("edit", "archive", "restore"):
        assert client.post(reverse(f"products:{name}", args=[row.pk])).status_code == 403
    client.logout()
    assert client.get(reverse("products:index")).status_code == 302


def test_the_page_takes_a_constant_number_of_queries(browser, django_assert_max_num_queries):
    for number in range(20):
        product(f"P{number}")
    browser.get(reverse("products:index"))
    with django_assert_max_num_queries(7):
        browser.get(reverse("products:index"))
