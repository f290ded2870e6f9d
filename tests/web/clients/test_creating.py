"""A new client: who is known already is suggested while one types (IN-11)."""

import pytest
from django.test import Client as Browser

from tests.clients.factories import make_client
from tests.people.factories import make_role, make_user
from tests.web.clients.conftest import browse
from voronka.clients.models import Client

pytestmark = pytest.mark.django_db


def suggested(browser: Browser, **typed: object) -> str:
    answer = browser.post("/clients/new/doubles", {"kind": "person", **typed})
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_phone_written_in_any_way_brings_its_client_with_the_reason(browser):
    known = make_client("Анна Петрова", phones=("+79161234567",))
    for typed in ("8 916 123 45 67", "+7(916)1234567", "9161234567"):
        answer = suggested(browser, phone=typed)
        assert f'href="/clients/{known.pk}/"' in answer, typed
        assert "+7 916 123-45-67" in answer
        assert "93" in answer  # the confidence


@pytest.mark.parametrize(
    "typed",
    [
        {"email": "Anna@Firm.ru"},
        {"account": "https://t.me/anka"},
        {"name": "Петрова Анна"},
        {"name": "Анна Петрва"},
    ],
)
def test_an_address_an_account_and_a_look_alike_name_bring_their_client(browser, typed):
    known = make_client("Анна Петрова", emails=("anna@firm.ru",), accounts=("@anka",))
    make_client("Иван Сидоров")
    answer = suggested(browser, **typed)
    assert f'href="/clients/{known.pk}/"' in answer
    assert "Сидоров" not in answer


def test_a_half_typed_form_suggests_nobody(browser):
    make_client("Анна Петрова", phones=("+79161234567",))
    for typed in ({}, {"name": "Ан"}, {"phone": "916"}, {"email": "anna@"}, {"inn": "77"}):
        assert "client-double" not in suggested(browser, **typed), typed


def test_who_may_not_see_a_client_is_not_told_of_it(office):
    make_client("Анна Петрова", phones=("+79161234567",))
    role = make_role(matrix={"client": {"see": "own", "add": "own"}})
    me = browse(make_user(role, department=office))
    assert "Петрова" not in suggested(me, phone="89161234567", name="Анна Петрова")


def test_a_client_is_made_with_its_contacts_and_a_new_company(browser, boss):
    answer = browser.post(
        "/clients/new",
        {
            "kind": "person",
            "name": "Анна Петрова",
            "phone": ["8 916 123-45-67", "", "84951112233"],
            "email": "Anna@Firm.ru",
            "account": "@anka",
            "company": "ООО «Уют»",
            "job_title": "закупщик",
        },
    )
    assert answer.status_code == 204
    client = Client.objects.get(kind="person")
    assert f"/clients/{client.pk}/" in answer["HX-Trigger"]
    assert client.owner_id == boss.pk
    assert [p.value for p in client.contact_points.all()] == [
        "+79161234567", "+74951112233", "anna@firm.ru", "anka",
    ]  # fmt: skip
    link = client.company_links.get()
    assert (link.company.name, link.role) == ("ООО «Уют»", "закупщик")


def test_a_sure_double_is_asked_about_and_made_only_when_one_insists(browser):
    make_client("Анна Петрова", phones=("+79161234567",))
    typed = {"kind": "person", "name": "Аня", "phone": "89161234567"}
    asked = browser.post("/clients/new", typed)
    assert asked.status_code == 422
    assert 'name="anyway"' in asked.content.decode()
    assert 'value="Аня"' in asked.content.decode()
    assert Client.objects.count() == 1
    assert browser.post("/clients/new", {**typed, "anyway": "1"}).status_code == 204
    assert Client.objects.count() == 2


def test_wrong_input_is_refused_at_its_fields_and_stays(browser):
    answer = browser.post(
        "/clients/new",
        {"kind": "company", "name": "", "phone": "12", "email": "nobody", "inn": "123"},
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert page.count("field-error") == 3
    for kept in ('value="12"', 'value="nobody"', 'value="123"'):
        assert kept in page
    assert not Client.objects.exists()


def test_nothing_at_all_asks_for_a_name(browser):
    answer = browser.post("/clients/new", {"kind": "person"})
    assert answer.status_code == 422
    assert answer.content.decode().count("field-error") == 1


def test_the_dialog_opens_filled_from_its_address(browser):
    page = browser.get("/clients/new?kind=company&name=Завод&phone=89161234567").content.decode()
    assert 'value="Завод"' in page
    assert 'value="89161234567"' in page
    assert "new-client-inn" in page


def test_who_may_not_add_clients_is_refused(observer, manager):
    colleague = make_user("manager")
    assert browse(observer).get("/clients/new").status_code == 403
    assert browse(observer).post("/clients/new", {"name": "Анна"}).status_code == 403
    for_other = {"kind": "person", "name": "Анна", "owner": colleague.pk}
    assert browse(manager).post("/clients/new", for_other).status_code == 422
    assert not Client.objects.exists()
