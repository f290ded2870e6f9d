"""Message templates in a real browser: written with a preview, picked in the composer."""

import pytest
from playwright.sync_api import expect

from tests.people.factories import make_user
from tests.web.inbox.scene import make_talk
from voronka.channels.commands import TemplateSpec, save_template
from voronka.channels.models import MessageTemplate
from voronka.journal.actors import Actor

pytestmark = pytest.mark.browser


def test_a_template_is_picked_in_the_clients_words_and_counted(page, login, live_url):
    seller = make_user("manager")
    talk = make_talk(seller)
    for name in ("Первый ответ", "Прайс", "Напоминание"):
        save_template(TemplateSpec(name, "Здравствуйте, {client.name}!"), by=Actor.system())
    login(page, seller)
    page.goto(f"/inbox/{talk.pk}/")
    page.locator(".talk-templates summary").click()
    last = page.locator(".template-pick").last
    expect(last).to_be_in_viewport(ratio=1)
    last.click()
    box = page.get_by_role("textbox", name="Ваш ответ")
    expect(box).to_have_value(f"Здравствуйте, {talk.client.name}!")
    box.press("Control+Enter")
    expect(page.locator(".msg-out")).to_contain_text("Здравствуйте")
    assert sorted(MessageTemplate.objects.values_list("uses", flat=True)) == [0, 0, 1]


def test_a_template_is_written_with_facts_put_in_and_its_preview(page, login, live_url):
    make_talk(make_user("manager"), name="Марина Котова")
    login(page, make_user("owner"))
    page.goto("/setup/templates/")
    page.get_by_role("button", name="Шаблон", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Название").fill("Первый ответ")
    dialog.get_by_label("Текст").fill("Здравствуйте, ")
    dialog.locator(".template-places summary").click()
    dialog.locator("[data-insert='{client.name}']").click()
    expect(dialog.locator(".template-seen")).to_contain_text("Здравствуйте, Марина Котова")
    dialog.get_by_role("button", name="Сохранить").click()
    expect(page.locator("#templates .row-item")).to_contain_text("Первый ответ")
    expect(dialog).to_have_count(0)
