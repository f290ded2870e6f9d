"""The blueprint's page: out, in, mistakes at their lines, the plan, applied whole."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tests.factories import make_item
from tests.people.factories import make_role, make_user
from voronka.blueprints import ready_companies
from voronka.blueprints.commands import apply
from voronka.blueprints.queries import export
from voronka.journal.actors import Actor
from voronka.pipelines.models import Pipeline, Stage

pytestmark = pytest.mark.django_db
PLAN, APPLY = "blueprint:plan", "blueprint:apply"


@pytest.fixture
def owner():
    return make_user("owner")


@pytest.fixture
def browser(client, owner):
    client.force_login(owner)
    return client


@pytest.fixture
def company():
    apply(ready_companies.load("minimal"), by=Actor.system())


def renamed() -> str:
    return export().replace("ru: КП отправлено", "ru: КП у клиента")


def test_the_set_up_is_shown_with_numbered_lines_and_downloaded(browser, company):
    page = browser.get(reverse("blueprint:show"))
    assert page.context["text"] == export()
    assert page.context["numbers"].splitlines()[-1] == str(page.context["count"])
    file = browser.get(f"{reverse('blueprint:download')}?products=1")
    assert file.content.decode() == export(products=True)
    assert file["Content-Disposition"].endswith('.yaml"')
    assert "sales" in browser.get(f"{reverse('blueprint:show')}?ready=minimal").content.decode()
    assert browser.get(f"{reverse('blueprint:show')}?ready=none").status_code == 404
    assert browser.get(reverse("blueprint:schema")).json()["title"]


def test_mistakes_are_told_with_their_lines_and_the_text_stays(browser):
    text = "version: 1\nitem_types:\n  deal:\n    kind: deel\n    nme: {ru: Сделка}\n"
    answer = browser.post(reverse(PLAN), {"text": text})
    assert answer.status_code == 422
    assert {p.line for p in answer.context["problems"]} >= {4, 5}
    page = answer.content.decode()
    assert 'data-line="4"' in page
    assert "nme: {ru: Сделка}" in page
    assert not Pipeline.objects.exists()


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"text": "  "},
        {"ready": "nobody"},
        {"file": SimpleUploadedFile("x.yaml", b"\xff\xfe\x00")},
        {"text": "- just\n- a list"},
        {"text": "a: [unclosed"},
    ],
)
def test_what_is_no_blueprint_is_refused_in_words(browser, sent):
    answer = browser.post(reverse(PLAN), sent)
    assert answer.status_code == 422
    assert answer.context["refusal"] or answer.context["problems"]


def test_a_file_is_planned_and_applied_and_stands_in_the_history(browser, owner, company):
    file = SimpleUploadedFile("../new.yaml", renamed().encode())
    answer = browser.post(reverse(PLAN), {"file": file})
    assert answer.status_code == 200
    assert [change.kind for change in answer.context["plan"].changes] == ["changed"]
    assert Stage.objects.get(code="quote_sent").name.ru == "КП отправлено"
    sent = {"text": renamed(), "name": "new.yaml", "seen": answer.context["seen"]}
    assert browser.post(reverse(APPLY), sent)["Location"] == reverse("blueprint:index")
    assert Stage.objects.get(code="quote_sent").name.ru == "КП у клиента"
    (event, person), *_older = browser.get(reverse("blueprint:index")).context["history"]
    assert (event.diff["file"], event.diff["changed"], person) == ("new.yaml", 1, owner)


def test_a_plan_that_has_changed_meanwhile_is_shown_again_instead_of_applied(browser, company):
    text = renamed()
    seen = browser.post(reverse(PLAN), {"text": text}).context["seen"]
    Stage.objects.filter(code="quote_sent").update(color="teal")
    answer = browser.post(reverse(APPLY), {"text": text, "seen": seen})
    assert answer.status_code == 422
    assert answer.context["moved_on"]
    assert Stage.objects.get(code="quote_sent").name.ru != "КП у клиента"


def test_what_stands_in_the_way_is_named_and_nothing_can_be_applied(browser, owner, company):
    sales = Pipeline.objects.get(code="sales")
    make_item(sales, owner=owner)
    text = export()
    start = text.index("      contact_made:")
    text = text[:start] + text[text.index("      need_found:") :]
    answer = browser.post(reverse(PLAN), {"text": text})
    assert answer.context["plan"].blocking
    assert "heirs" in answer.content.decode()
    refused = browser.post(reverse(APPLY), {"text": text, "seen": answer.context["seen"]})
    assert refused.status_code == 422
    assert refused.context["refused"]


def test_the_plan_goes_back_to_the_text_to_be_corrected(browser, company):
    answer = browser.post(reverse(PLAN), {"text": renamed(), "edit": "1"})
    assert answer.status_code == 200
    assert "КП у клиента" in answer.content.decode()


def test_a_ready_company_is_planned_on_an_empty_installation(browser):
    answer = browser.post(reverse(PLAN), {"ready": "minimal"})
    sent = {"text": answer.context["brought"].text, "seen": answer.context["seen"]}
    assert browser.post(reverse(APPLY), sent).status_code == 302
    assert Pipeline.objects.filter(code="sales").exists()


def test_who_may_not_manage_people_is_refused_their_part_with_the_text_kept(client, company):
    make_role("owner")
    client.force_login(make_user(make_role(rights=["setup"])))
    text = export().replace("ru: Рабочее время", "ru: Часы работы")
    seen = client.post(reverse(PLAN), {"text": text}).context["seen"]
    answer = client.post(reverse(APPLY), {"text": text, "seen": seen})
    assert answer.status_code == 422
    assert "Часы работы" in answer.content.decode()


def test_the_pages_need_the_right_to_set_up(client, company):
    client.force_login(make_user("manager"))
    for name in ("index", "show", "download", "schema"):
        assert client.get(reverse(f"blueprint:{name}")).status_code == 403
    for name in (PLAN, APPLY):
        assert client.post(reverse(name), {"text": renamed()}).status_code == 403


def test_the_page_takes_few_queries(browser, company, django_assert_max_num_queries):
    browser.get(reverse("blueprint:index"))
    with django_assert_max_num_queries(8):
        browser.get(reverse("blueprint:index"))
