"""The blueprint in a real browser: a mistake is shown at its line, corrected, planned, applied."""

import pytest
from playwright.sync_api import expect

from tests.people.factories import make_user
from voronka.blueprints import ready_companies
from voronka.pipelines.models import Pipeline

pytestmark = pytest.mark.browser
PUT = """text => {
  const box = document.querySelector("textarea[name=text]")
  box.value = text
  box.dispatchEvent(new Event("input", { bubbles: true }))
}"""


def test_a_mistake_is_shown_at_its_line_and_the_corrected_text_is_planned_and_applied(
    page, login, live_url
):
    login(page, make_user("owner"))
    page.goto("/blueprint/")
    text = ready_companies.text("minimal")
    wrong = text.replace("deadline: 15m", "deadline: soon", 1)
    line = next(n for n, row in enumerate(wrong.splitlines(), 1) if "deadline: soon" in row)
    page.evaluate(PUT, wrong)
    check = page.get_by_role("button", name="Проверить и показать план")
    check.click()
    expect(page.get_by_role("alert")).to_contain_text("1 ошибка")
    page.get_by_role("button", name=f"строка {line}").click()
    box = page.locator("textarea[name=text]")
    chosen = box.evaluate("box => box.value.slice(box.selectionStart, box.selectionEnd)")
    assert chosen.strip() == "deadline: soon"
    expect(page.locator("line-editor .wrong")).to_have_text(str(line))
    page.keyboard.type("        deadline: 15m")  # over the chosen line
    check.click()
    expect(page.locator(".plan .add").first).to_be_visible()
    page.get_by_role("button", name="Применить").click()
    expect(page.locator(".toast")).to_contain_text("Чертёж применён")
    assert Pipeline.objects.count() == 4
