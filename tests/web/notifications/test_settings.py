"""The pages of how one is told: one's own, the company's, the devices (UI-11)."""

import pytest
from django.urls import reverse

from tests.channels.mail.factories import make_mailbox
from tests.factories import make_item
from tests.people.factories import PASSWORD, make_user
from tests.timeline.pushing import Browser, PushService
from voronka.channels.commands.telling import choose_staff_mailbox
from voronka.channels.notices import staff_mailbox
from voronka.journal.actors import Actor
from voronka.timeline.commands.notifications import notify
from voronka.timeline.models import NoticeDevice, NoticePolicy, Notification
from voronka.timeline.notices.choices import choice_of, company_choice, mode_of

pytestmark = pytest.mark.django_db
OWN, COMPANY = reverse("notifications:settings"), reverse("notifications:company")


@pytest.fixture
def me():
    return make_user("manager")


@pytest.fixture
def browser(client, me):
    client.force_login(me)
    return client


@pytest.fixture
def service(settings):
    settings.ALLOW_PRIVATE_REQUESTS = True
    with PushService().running() as service:
        yield service


def filled(page, **changes) -> dict[str, str]:
    """What the form on a page would send, with changes; None takes a field away."""
    form = page.context["form"]
    data = {name: form[name].value() for name in form.fields}
    for group in form.groups():
        for row in group.rows:
            data[f"mode-{row.kind.code}"] = row.mode
            if row.night:
                data[f"night-{row.kind.code}"] = "on"
    data |= changes
    texts = {
        name: f"{value:%H:%M}" if hasattr(value, "hour") else value for name, value in data.items()
    }
    return {name: str(value) for name, value in texts.items() if value not in (None, False)}


def test_a_person_chooses_for_each_kind_and_only_what_differs_is_kept(browser, me):
    page = browser.get(OWN)
    data = filled(page, **{"mode-task": "urgent", "night-enquiry": "on", "digest_second": "17:30"})
    assert browser.post(OWN, data).status_code == 302
    kept = NoticePolicy.objects.get(user=me)
    assert kept.modes == {"task": "urgent"}
    assert (kept.night, kept.digest_times) == (["enquiry"], ["09:00", "17:30"])
    assert mode_of(choice_of(me.pk), "task") == "urgent"
    text = browser.get(OWN).content.decode()
    assert "в компании: сводкой" in text


def test_what_makes_no_sense_is_refused_in_words_and_stays_typed(browser):
    page = browser.get(OWN)
    data = filled(page, quiet="own", quiet_from="22:00", quiet_until="", **{"mode-task": "silent"})
    answer = browser.post(OWN, data)
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "Укажите, с какого и до какого часа тихо." in text
    assert 'value="22:00"' in text
    rows = {row.kind.code: row for group in answer.context["form"].groups() for row in group.rows}
    assert rows["task"].mode == "silent"


def test_kinds_of_a_right_that_one_lacks_are_not_offered(browser, client):
    codes = {row.kind.code for g in browser.get(OWN).context["form"].groups() for row in g.rows}
    assert "task" in codes
    assert not codes & {"stalled", "channel_broken"}
    client.force_login(make_user("head_of_sales"))
    codes = {row.kind.code for g in client.get(OWN).context["form"].groups() for row in g.rows}
    assert "stalled" in codes


def test_without_a_mailbox_the_page_says_so_and_whom_to_ask(browser):
    owner = make_user("owner", name="Ольга Владельцева")
    text = browser.get(OWN).content.decode()
    assert "Письма пока не уходят" in text
    assert str(owner) in text
    choose_staff_mailbox(make_mailbox().pk, by=Actor.system())
    assert "Письма пока не уходят" not in browser.get(OWN).content.decode()


def test_the_company_chooses_what_people_begin_with_and_the_mailbox(client):
    client.force_login(make_user("owner"))
    mailbox = make_mailbox()
    page = client.get(COMPANY)
    data = filled(page, mailbox=str(mailbox.pk), **{"mode-task": "silent"})
    assert client.post(COMPANY, data).status_code == 302
    assert staff_mailbox() == mailbox
    assert mode_of(company_choice(), "task") == "silent"
    assert mode_of(choice_of(make_user().pk), "task") == "silent"


def test_only_those_who_set_up_open_the_companys_page(browser):
    assert browser.get(COMPANY).status_code == 403


def test_a_browser_is_let_in_tried_and_removed(browser, me, service):
    other = Browser(service)
    keys = {"endpoint": other.endpoint, "p256dh": other.p256dh, "auth": other.auth}
    answer = browser.post(
        reverse("notifications:open_device"), keys, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 200
    device = NoticeDevice.objects.get(user=me)
    assert other.endpoint not in browser.get(OWN).content.decode()
    browser.post(reverse("notifications:try_device", args=[device.pk]))
    assert other.shown[-1]["body"] == "Уведомления приходят на это устройство."
    service.answers = [410]
    answer = browser.post(reverse("notifications:try_device", args=[device.pk]))
    assert "error" in answer["HX-Trigger"]
    assert not NoticeDevice.objects.exists()
    browser.post(reverse("notifications:open_device"), keys)
    browser.post(reverse("notifications:close_device", args=[NoticeDevice.objects.get().pk]))
    assert not NoticeDevice.objects.exists()


def test_a_bad_address_of_a_browser_is_refused_in_words(browser):
    answer = browser.post(
        reverse("notifications:open_device"),
        {"endpoint": "https://10.0.0.1/x", "p256dh": "x", "auth": "x"},
        headers={"HX-Request": "true"},
    )
    assert answer.status_code == 422
    assert not NoticeDevice.objects.exists()


def test_anothers_device_is_not_found(browser, service):
    device = Browser(service).sign_in(make_user())
    for name in ("try_device", "close_device"):
        assert browser.post(reverse(f"notifications:{name}", args=[device.pk])).status_code == 404
    assert NoticeDevice.objects.exists()


def test_a_device_survives_the_change_of_the_password(client, me, service):
    client.post(reverse("account:login"), {"email": me.email, "password": PASSWORD})
    device = Browser(service).sign_in(me, session_key=client.session.session_key)
    form = {"current": PASSWORD, "password": "Another-word-77", "repeat": "Another-word-77"}
    client.post(reverse("account:password"), form)
    device.refresh_from_db()
    assert device.session_key == client.session.session_key


def test_the_worker_is_served_from_where_it_works(browser):
    answer = browser.get(reverse("notifications:worker"))
    assert answer["Content-Type"].startswith("text/javascript")
    assert "showNotification" in answer.content.decode()


def test_a_link_of_a_letter_leads_to_the_card_and_counts_as_read(browser, me):
    item = make_item(owner=me)
    told = notify(me.pk, "mention", "Look", item_id=item.pk)
    answer = browser.get(reverse("notifications:go", args=[told.pk]))
    assert answer["Location"] == reverse("card:show", args=[item.pk])
    assert Notification.objects.get(pk=told.pk).read_at is not None


def test_a_link_to_a_card_that_is_hidden_leads_to_the_list_and_names_nothing(browser, me):
    hidden = make_item(owner=make_user(), title="Secret kitchen")
    told = notify(me.pk, "mention", "Secret kitchen: come", item_id=hidden.pk)
    answer = browser.get(reverse("notifications:go", args=[told.pk]), follow=True)
    text = answer.content.decode()
    assert "Secret kitchen" not in text
    assert "больше не видна" in text
    assert "Secret" not in browser.get(reverse("notifications:latest")).content.decode()


def test_anothers_notice_is_not_found(browser):
    told = notify(make_user().pk, "mention", "Look")
    assert browser.get(reverse("notifications:go", args=[told.pk])).status_code == 404


def test_a_link_to_a_notice_that_is_no_longer_kept_leads_to_the_newer_ones(browser, me):
    gone = notify(me.pk, "mention", "Look").pk
    Notification.objects.filter(pk=gone).delete()
    answer = browser.get(reverse("notifications:go", args=[gone]), follow=True)
    assert answer.redirect_chain == [(reverse("notifications:index"), 302)]
    assert "больше не хранится" in answer.content.decode()
