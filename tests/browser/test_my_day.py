"""My day on a phone: finish, plan the next step, and the next row comes up."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.factories import make_item, make_pipeline
from tests.people.factories import make_user
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.timeline.commands.activities import Plan, plan_activity
from voronka.timeline.models import Activity

pytestmark = pytest.mark.browser


@pytest.fixture
def seller(live_url):
    """A seller with two broken promises, each on a card of its own."""
    user = make_user("manager", name="Ольга Серова")
    for hours, title in ((3, "Узнать решение"), (2, "Отправить расчёт")):
        item = make_item(owner=user, title=f"Карточка: {title}")
        plan = Plan("call", title, timezone.now() - timedelta(hours=hours))
        plan_activity(plan, by=Actor.user(user), item_id=item.pk)
    return user


def test_on_a_phone_a_promise_is_kept_with_the_thumb_and_the_next_one_slides_up(
    phone, login, seller
):
    login(phone, seller)
    phone.goto("/")
    rows = phone.locator(".day-row")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("Узнать решение")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    button = rows.first.get_by_role("button", name="Сделано")
    assert button.bounding_box()["height"] >= 44
    button.tap()
    dialog = phone.locator("#dialog")
    dialog.get_by_label("О чём договорились").fill("Думают до пятницы")
    dialog.get_by_role("button", name="завтра 10:00").tap()
    dialog.get_by_role("button", name="Сохранить").tap()
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("Отправить расчёт")
    expect(rows.first.locator(".btn-primary")).to_be_visible()
    expect(phone.locator(".day-progress")).to_contain_text("Сделано 1 · осталось 1")
    item = Item.objects.get(title="Карточка: Узнать решение")
    assert item.next_activity_at is not None
    phone.locator(".toast").get_by_role("button", name="Отменить").tap()
    expect(rows).to_have_count(2)
    assert Activity.objects.get(title="Узнать решение").done_at is None


def test_the_day_reads_itself_anew_when_work_appears(page, login, seller):
    login(page, seller)
    pipeline = make_pipeline()
    page.goto("/my-day/")
    rows = page.locator(".day-row")
    expect(rows).to_have_count(2)
    plan = Plan("call", "Срочно", timezone.now() - timedelta(minutes=1))
    plan_activity(plan, by=Actor.system(), item_id=make_item(pipeline, owner=seller).pk)
    expect(rows).to_have_count(3)


def test_a_card_opens_over_the_day_and_what_is_done_there_leaves_the_list(page, login, seller):
    login(page, seller)
    page.goto("/my-day/")
    page.get_by_role("link", name="Узнать решение").click()
    slider = page.locator("#slider")
    slider.locator(".next-card").get_by_role("button", name="Сделано").click()
    page.locator("#dialog").get_by_role("button", name="Сохранить").click()
    expect(slider.locator(".next-card.none")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".day-row").first).to_contain_text("Отправить расчёт")
