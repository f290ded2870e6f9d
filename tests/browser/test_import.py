"""The way of a file in a real browser: cards of a phone, a trial run, repaired names, clients."""

import pytest
from playwright.sync_api import expect

from tests.people.factories import make_user
from voronka.clients.models import Client
from voronka.imports import commands
from voronka.imports.models import ImportRun

pytestmark = pytest.mark.browser
CARDS = """BEGIN:VCARD
VERSION:3.0
N:ИВАНОВА;bhbyf;;;
TEL:8 916 123-45-67
ORG:ООО «Ромашка»
PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQ
END:VCARD
"""


def test_a_phone_book_becomes_clients_with_names_repaired(page, login, live_url, files):
    login(page, make_user("owner"))
    page.goto("/imports/new/?entity=person")
    page.locator("input[type=file]").set_input_files(
        {"name": "people.vcf", "mimeType": "text/vcard", "buffer": CARDS.encode()}
    )
    page.locator("form:has(input[type=file]) .btn-primary").click()
    expect(page.get_by_label("Телефон", exact=True)).to_have_value("phone")
    page.get_by_role("button", name="Пробный прогон").click()
    expect(page.locator("#import-progress")).to_be_visible()
    run = ImportRun.objects.get()
    commands.work_on(run.pk)
    expect(page.locator("tbody")).to_contain_text("Не перенесено: PHOTO")
    expect(page.locator("tbody")).to_contain_text("возможно, это «Иванова»")
    page.get_by_role("button", name="Исправить и проверить снова").click()
    expect(page.locator("#import-progress")).to_be_visible()
    commands.work_on(run.pk)
    expect(page.locator("tbody")).to_contain_text("«bhbyf» исправлено на «Ирина»")
    page.get_by_role("button", name="Загрузить").click()
    expect(page.locator("#import-progress")).to_be_visible()
    commands.work_on(run.pk)
    expect(page.get_by_role("button", name="Отменить")).to_be_visible()
    assert Client.objects.get(kind="person").name == "Ирина Иванова"
