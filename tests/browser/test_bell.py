"""The bell rings while one looks at the page."""

import pytest
from playwright.sync_api import expect

from tests.factories import make_item
from tests.people.factories import make_user
from voronka.timeline.commands.notifications import notify

pytestmark = pytest.mark.browser


def test_the_bell_rings_by_itself_and_leads_to_the_card(page, login, live_url):
    me = make_user("manager")
    item = make_item(owner=me, title="Кухня с островом")
    notify(me.pk, "assigned", "Вы отвечаете за «Кухня с островом»", item_id=item.pk)
    login(page, me)
    page.goto("/my-day/")
    count = page.locator("#bell-count .counter")
    expect(count).to_have_text("1")
    notify(me.pk, "reminder", "Напоминание")
    expect(count).to_have_text("2")
    page.locator(".bell > summary").click()
    page.get_by_role("button", name="Вы отвечаете за").click()
    expect(page.locator("#slider .item-title")).to_contain_text("Кухня с островом")
    expect(count).to_have_text("1")
