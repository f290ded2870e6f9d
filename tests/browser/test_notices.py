"""One's own page of notices, and a notice that comes by push to a real service worker (UI-11)."""

import json

import pytest
from playwright.sync_api import expect

from tests.factories import make_item
from tests.people.factories import make_user
from tests.timeline.pushing import Browser, PushService
from voronka.timeline.commands.notifications import notify
from voronka.timeline.models import NoticeDevice, NoticePush, Notification
from voronka.timeline.notices.choices import choice_of, mode_of

pytestmark = pytest.mark.browser

# Chromium asks Google for an address, which a test may not: the address is the double's.
_SUBSCRIBE = """
    const subscription = %s
    let known = null
    const made = () => ({
      toJSON: () => subscription, options: {},
      unsubscribe: async () => { known = null; sessionStorage.removeItem("pushed"); return true },
    })
    PushManager.prototype.subscribe = async () => {
      sessionStorage.setItem("pushed", 1)
      return known = made()
    }
    PushManager.prototype.getSubscription = async () => {
      if (sessionStorage.getItem("pushed")) known ??= made()
      return known
    }
"""


@pytest.fixture
def service(settings):
    settings.ALLOW_PRIVATE_REQUESTS = True
    with PushService().running() as service:
        yield service


def test_choices_are_kept_by_clicks_and_quiet_hours_show_their_times(page, login, live_url):
    me = make_user("manager")
    login(page, me)
    page.goto("/notifications/settings/")
    expect(page.get_by_label("Тихо с")).to_be_hidden()
    page.get_by_label("Когда не беспокоить").select_option("own")
    page.get_by_label("Тихо с").fill("22:00")
    page.get_by_label("Тихо до").fill("07:00")
    page.get_by_role("radio", name="Мне поставили задачу: Срочно").check()
    page.get_by_role("checkbox", name="Ко мне обратился клиент: И ночью").check()
    page.get_by_role("button", name="Сохранить").click()
    expect(page.get_by_text("в компании: сводкой")).to_be_visible()
    choice = choice_of(me.pk)
    assert (mode_of(choice, "task"), choice.quiet) == ("urgent", "own")
    assert choice.night == {"enquiry"}


def test_a_device_is_let_in_shows_a_notice_and_leads_to_the_card(page, login, live_url, service):
    me = make_user("manager")
    item = make_item(owner=me, title="Кухня с островом")
    other = Browser(service)
    keys = {"endpoint": other.endpoint, "keys": {"p256dh": other.p256dh, "auth": other.auth}}
    page.context.grant_permissions(["notifications"], origin=live_url)
    page.add_init_script(_SUBSCRIBE % json.dumps(keys))
    login(page, me)
    page.goto("/notifications/settings/")
    page.get_by_role("button", name="Показывать уведомления на этом устройстве").click()
    devices = page.locator("#notice-devices")
    expect(devices.get_by_text("это устройство")).to_be_visible()
    device = NoticeDevice.objects.get(user=me)
    devices.get_by_role("button", name="Проверить").click()
    expect(page.get_by_text("Пробное уведомление отправлено")).to_be_visible()
    assert other.shown[0]["id"] == 0

    told = notify(me.pk, "mention", "Анна: посмотри КП", item_id=item.pk)
    push = NoticePush.objects.get(notification=told, device=device)
    assert push.state == "waiting"  # its job sends it; here the worker gets what it would
    payload = json.dumps({"id": told.pk, "title": "Меня упомянули", "body": told.text})
    _deliver(page, live_url, payload)
    shown = page.evaluate(
        """async () => {
            const worker = await navigator.serviceWorker.getRegistration("/notifications/worker.js")
            for (let i = 0; i < 400; i++) { // a busy machine takes its time
                const shown = await worker.getNotifications()
                if (shown.length) return shown.map(one => [one.title, one.body, one.data.id])
                await new Promise(done => setTimeout(done, 50))
            }
            return []
        }"""
    )
    assert shown == [["Меня упомянули", "Анна: посмотри КП", told.pk]]
    page.goto(f"/notifications/{told.pk}/go/")
    expect(page.locator(".item-title")).to_contain_text("Кухня с островом")
    assert Notification.objects.get(pk=told.pk).read_at is not None

    page.goto("/notifications/settings/")
    devices.get_by_role("button", name="Убрать").click()
    expect(page.get_by_text("Пока ни одно устройство не показывает уведомления.")).to_be_visible()
    expect(page.get_by_role("button", name="Показывать уведомления на этом")).to_be_visible()
    assert not NoticeDevice.objects.exists()


def _deliver(page, origin, payload):
    """Hand a message to the worker as the browser's service does."""
    tools = page.context.new_cdp_session(page)
    ids = []
    tools.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: ids.extend(one["registrationId"] for one in event["registrations"]),
    )
    tools.send("ServiceWorker.enable")
    page.wait_for_function("navigator.serviceWorker.getRegistration('/notifications/worker.js')")
    message = {"origin": f"{origin}/", "registrationId": ids[-1], "data": payload}
    tools.send("ServiceWorker.deliverPushMessage", message)
