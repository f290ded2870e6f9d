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
    for number in range(20):  # the stream may still be opening
        notify(me.pk, "reminder", f"Напоминание {number}")
        page.wait_for_timeout(300)
        if count.inner_text() != "1":
            break
    page.locator(".bell > summary").click()
    notice = page.get_by_role("button", name="Вы отвечаете за")
    if notice.count() == 0:  # pushed down by the reminders
        page.get_by_role("link", name="Все уведомления").click()
    before = int(count.inner_text())
    notice.first.click()
    expect(page.locator("#slider .item-title")).to_contain_text("Кухня с островом")
    expect(count).to_have_text(str(before - 1))
