"""A client's page: what it shows, what can be changed where it stands, and by whom."""

import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from tests.clients.factories import SYSTEM, make_client
from tests.factories import make_field, make_item, make_item_type, make_pipeline
from tests.people.factories import make_role, make_user
from tests.web.clients.conftest import browse, queries_of
from voronka.clients.commands import link_person_to_company, merge_clients
from voronka.items.commands import attach_file, win_item
from voronka.items.models import Attachment
from voronka.journal.actors import Actor
from voronka.kernel.texts import LocalText
from voronka.pipelines.models import Field, Section
from voronka.timeline.commands.activities import Plan, plan_activity
from voronka.timeline.commands.notes import write_note
from voronka.timeline.models import Activity, Note

pytestmark = pytest.mark.django_db
SLIDER = {"HX-Request": "true", "HX-Target": "slider"}


def text_of(response):
    return response.content.decode().replace("\u202f", " ").replace("\xa0", " ")


def make_client_field(code="segment", kind="text", **extra):
    section, _made = Section.objects.get_or_create(
        item_type=None, code="about", defaults={"name": LocalText("О клиенте", "About")}
    )
    return Field.objects.create(
        item_type=None, section=section, code=code, kind=kind, name=LocalText("Сегмент"), **extra
    )


def test_the_page_tells_who_how_to_reach_and_what_is_bought(browser, boss):
    pipeline = make_pipeline(make_item_type("deal"))
    company = make_client("ООО «Уют»", kind="company", owner=boss)
    client = make_client(
        "Анна Петрова", owner=boss, phones=("89161234567",), accounts=("@anka",), company=company
    )
    make_item(pipeline, owner=boss, contact=client.pk, amount=150_000, title="Кухня")
    won = make_item(pipeline, owner=boss, contact=client.pk, amount=90_000, title="Шкаф")
    win_item(won.pk, by=SYSTEM)
    write_note("Любит дуб", by=Actor.user(boss), client_id=client.pk)
    page = text_of(browser.get(f"/clients/{client.pk}/"))
    for wanted in (
        "Анна Петрова", "tel:+79161234567", "https://t.me/anka", "ООО «Уют»", "150 000 ₽",
        "90 000 ₽", "Любит дуб",
    ):  # fmt: skip
        assert wanted in page, wanted
    side = text_of(browser.get(f"/clients/{client.pk}/side"))
    assert side.index("Кухня") < side.index("Шкаф")  # open ones first


def test_the_slider_gets_the_page_without_the_frame(browser):
    client = make_client("Анна")
    fragment = browser.get(f"/clients/{client.pk}/", headers=SLIDER).content.decode()
    assert "Анна" in fragment
    assert "<body" not in fragment


def test_a_company_shows_its_persons_with_their_phones(browser):
    company = make_client("Завод", kind="company")
    make_client("Директор Иван", company=company, phones=("89161234567",))
    page = text_of(browser.get(f"/clients/{company.pk}/"))
    assert "Директор Иван" in page
    assert "+7 916 123-45-67" in page


def test_who_has_been_merged_leads_to_the_keeper_and_who_is_deleted_to_nothing(browser, boss):
    keeper, absorbed = make_client("Анна"), make_client("Аня")
    merge_clients(keeper.pk, absorbed.pk, by=SYSTEM)
    assert browser.get(f"/clients/{absorbed.pk}/").url == f"/clients/{keeper.pk}/"
    deleted = browser.post(f"/clients/{keeper.pk}/delete")
    assert "/restore" in deleted["HX-Trigger"]
    assert browser.get(f"/clients/{keeper.pk}/").status_code == 404
    assert browser.get(f"/clients/{absorbed.pk}/").status_code == 404
    assert browser.post(f"/clients/{keeper.pk}/restore").status_code == 204
    assert browser.get(f"/clients/{keeper.pk}/").status_code == 200


# -- rights ---------------------------------------------------------------------------------

WRITES = [
    ("field/name", {"f-name": "Другое"}),
    ("contacts", {"kind": "phone", "value": "89160000000"}),
    ("plan", {"kind": "task", "title": "Позвонить"}),
    ("delete", {}),
]


@pytest.mark.parametrize(("place", "data"), WRITES)
def test_an_observer_sees_a_client_and_changes_nothing(observer, place, data):
    client = make_client("Анна")
    browser = browse(observer)
    page = browser.get(f"/clients/{client.pk}/").content.decode()
    assert "edit-in-place" not in page
    assert browser.post(f"/clients/{client.pk}/{place}", data).status_code == 403
    client.refresh_from_db()
    assert (client.name, client.deleted_at, client.contact_points.count()) == ("Анна", None, 0)


def test_the_rights_of_the_ready_roles_on_anothers_client(office, manager, rop, observer):
    colleague = make_user("manager", department=office)
    client = make_client("Анна", owner=colleague)
    changes = {"f-name": "Анна Новая"}
    answers = {
        name: (
            browse(user).get(f"/clients/{client.pk}/").status_code,
            browse(user).post(f"/clients/{client.pk}/field/name", changes).status_code,
            browse(user).post(f"/clients/{client.pk}/delete").status_code,
        )
        for name, user in (("observer", observer), ("manager", manager), ("rop", rop))
    }
    assert answers == {
        "observer": (200, 403, 403),
        "manager": (200, 403, 403),
        "rop": (200, 200, 204),
    }


def test_what_the_role_does_not_show_is_not_found_at_any_address(office):
    mine_only = make_role(matrix={"client": {"see": "own", "change": "own"}, "*": {"see": "own"}})
    me = browse(make_user(mine_only, department=office))
    client, other = make_client("Чужой", phones=("89161234567",)), make_client("Ещё чужой")
    point = client.contact_points.get()
    note = write_note("Тайна", by=SYSTEM, client_id=client.pk)
    for place in (
        "", "head", "left", "side", "cards", "feed", "field/name", "owners", "link", "merge",
        f"contacts/{point.pk}", f"merge/{other.pk}", f"notes/{note.pk}", "contacts?kind=phone",
    ):  # fmt: skip
        assert me.get(f"/clients/{client.pk}/{place}").status_code == 404, place
    for place in ("note", "plan", "files", f"apart/{other.pk}", f"notes/{note.pk}/pin", "owner"):
        assert me.post(f"/clients/{client.pk}/{place}", {"text": "!"}).status_code == 404, place


def test_cards_that_one_may_not_see_are_neither_shown_nor_counted(manager):
    client = make_client("Анна", owner=manager)
    make_item(contact=client.pk, title="Чужая тайна", amount=777_000)
    page = text_of(browse(manager).get(f"/clients/{client.pk}/"))
    assert "Чужая тайна" not in page
    assert "777 000" not in page


# -- fields ---------------------------------------------------------------------------------


def test_a_field_is_saved_alone_and_a_wrong_value_is_refused_at_its_place(browser):
    client = make_client("ООО «Уют»", kind="company")
    seen = {"seen": json.dumps("")}
    address = f"/clients/{client.pk}/field/inn"
    refused = browser.post(address, {"f-inn": "7707083890", **seen})
    assert refused.status_code == 422
    assert 'value="7707083890"' in refused.content.decode()
    assert "field-error" in refused.content.decode()
    assert browser.post(address, {"f-inn": "7707083893", **seen}).status_code == 200
    client.refresh_from_db()
    assert client.inn == "7707083893"


def test_two_people_do_not_overwrite_each_other_unseen(browser):
    client = make_client("Анна", address="Москва")
    address = f"/clients/{client.pk}/field/address"
    stale = browser.post(address, {"f-address": "Тверь", "seen": json.dumps("Казань")})
    assert stale.status_code == 422
    assert "Москва" in stale.content.decode()
    client.refresh_from_db()
    assert client.address == "Москва"


def test_custom_fields_of_clients_are_edited_like_the_others(browser):
    make_client_field()
    client = make_client("Анна")
    address = f"/clients/{client.pk}/field/segment"
    assert browser.post(address, {"f-segment": "Дизайнеры"}).status_code == 200
    client.refresh_from_db()
    assert client.values == {"segment": "Дизайнеры"}
    assert "Дизайнеры" in text_of(browser.get(f"/clients/{client.pk}/left"))


def test_a_file_of_a_custom_field_belongs_to_the_client(browser):
    make_client_field("contract", Field.Kind.FILE)
    client = make_client("Анна")
    file = SimpleUploadedFile("dogovor.pdf", b"%PDF", "application/pdf")
    browser.post(f"/clients/{client.pk}/field/contract", {"f-contract": file})
    kept = Attachment.objects.get()
    assert kept.client_id == client.pk
    assert browser.get(f"/cards/files/{kept.pk}").status_code == 200


def test_a_field_of_cards_is_no_field_of_clients(browser):
    make_field(make_item_type("deal"), "budget")
    client = make_client("Анна")
    assert browser.get(f"/clients/{client.pk}/field/budget").status_code == 404


def test_the_responsible_changes_and_who_loses_sight_is_told(office):
    role = make_role(matrix={"client": {"see": "own", "change": "own"}, "*": {"see": "own"}})
    me, colleague = make_user(role, department=office), make_user("manager", name="Игорь Лебедев")
    client = make_client("Анна", owner=me)
    answer = browse(me).post(f"/clients/{client.pk}/owner", {"owner": colleague.pk})
    assert answer["HX-Reswap"] == "none"
    client.refresh_from_db()
    assert client.owner_id == colleague.pk


# -- contacts -------------------------------------------------------------------------------


def test_contacts_are_kept_in_one_spelling_and_a_wrong_one_is_refused_in_words(browser):
    client = make_client("Анна")
    address = f"/clients/{client.pk}/contacts"
    assert browser.post(address, {"kind": "phone", "value": "8 (916) 123-45-67"}).status_code == 200
    assert browser.post(address, {"kind": "email", "value": "Anna@Firm.RU"}).status_code == 200
    assert browser.post(address, {"kind": "telegram", "value": "t.me/anka"}).status_code == 200
    wrong = browser.post(address, {"kind": "phone", "value": "12"})
    assert wrong.status_code == 422
    assert 'value="12"' in wrong.content.decode()
    assert 'role="alert"' in wrong.content.decode()
    assert wrong["HX-Retarget"].startswith("#client-contact-phone")
    assert list(client.contact_points.values_list("kind", "value")) == [
        ("phone", "+79161234567"),
        ("email", "anna@firm.ru"),
        ("telegram", "anka"),
    ]


def test_a_contact_is_corrected_labelled_made_the_main_one_and_removed(browser):
    client = make_client("Анна", phones=("89161111111", "89162222222"))
    first, second = client.contact_points.all()
    base = f"/clients/{client.pk}/contacts/{second.pk}"
    browser.post(base, {"value": "+7 916 333-33-33", "label": "жена"})
    assert browser.post(f"{base}/first").status_code == 200
    assert [(p.value, p.label) for p in client.contact_points.all()] == [
        ("+79163333333", "жена"),
        ("+79161111111", ""),
    ]
    assert browser.post(f"{base}/remove").status_code == 200
    emptied = browser.post(f"/clients/{client.pk}/contacts/{first.pk}", {"value": ""})
    assert emptied.status_code == 200
    assert client.contact_points.count() == 0


def test_a_contact_of_another_client_is_not_found_here(browser):
    client, other = make_client("Анна"), make_client("Иван", phones=("89161111111",))
    point = other.contact_points.get()
    for place in ("", "/first", "/remove"):
        answer = browser.post(f"/clients/{client.pk}/contacts/{point.pk}{place}", {"value": "1"})
        assert answer.status_code == 404


# -- companies ------------------------------------------------------------------------------


def test_a_company_is_linked_by_choice_or_by_a_new_name_and_unlinked(browser):
    person, company = make_client("Анна"), make_client("Завод", kind="company")
    address = f"/clients/{person.pk}/link"
    assert browser.post(address, {"other": company.pk, "role": "закупщик"}).status_code == 204
    assert browser.post(address, {"other": "Новый завод"}).status_code == 204
    page = text_of(browser.get(f"/clients/{person.pk}/left"))
    assert "закупщик" in page
    assert "Новый завод" in page
    assert browser.post(f"/clients/{person.pk}/unlink/{company.pk}").status_code == 200
    assert [link.company.name for link in person.company_links.all()] == ["Новый завод"]


def test_a_person_is_linked_from_the_side_of_the_company(browser):
    person, company = make_client("Анна"), make_client("Завод", kind="company")
    assert browser.post(f"/clients/{company.pk}/link", {"other": person.pk}).status_code == 204
    assert company.person_links.get().person_id == person.pk


def test_nobody_chosen_and_one_of_the_same_kind_are_refused(browser):
    person, other = make_client("Анна"), make_client("Иван")
    for chosen in ("", str(other.pk), "999999999"):
        assert browser.post(f"/clients/{person.pk}/link", {"other": chosen}).status_code == 422


# -- work -----------------------------------------------------------------------------------


def test_a_note_is_written_changed_pinned_and_deleted(browser, boss):
    client = make_client("Анна")
    base = f"/clients/{client.pk}"
    browser.post(f"{base}/note", {"text": "Перезвонить вечером"})
    note = Note.objects.get()
    assert browser.post(f"{base}/notes/{note.pk}", {"text": "Утром"}).status_code == 200
    assert browser.post(f"{base}/notes/{note.pk}/pin").status_code == 200
    assert text_of(browser.get(f"{base}/feed")).count("Утром") == 2  # pinned on top as well
    emptied = browser.post(f"{base}/notes/{note.pk}", {"text": " "})
    assert emptied.status_code == 422
    assert emptied["HX-Retarget"] == f"#note-{note.pk} .note-text"
    browser.post(f"{base}/notes/{note.pk}/delete")
    assert "Утром" not in text_of(browser.get(f"{base}/feed"))


def test_pinning_needs_the_right_to_change_the_client(manager, boss):
    client = make_client("Анна", owner=boss)
    note = write_note("Важное", by=Actor.user(boss), client_id=client.pk)
    refused = browse(manager).post(f"/clients/{client.pk}/notes/{note.pk}/pin")
    assert refused.status_code == 403


def test_a_call_is_planned_changed_finished_and_taken_back(browser, boss):
    client = make_client("Анна", owner=boss)
    base = f"/clients/{client.pk}"
    due = timezone.localtime() + timedelta(days=1)
    planned = browser.post(f"{base}/plan", {"kind": "call", "due": f"{due:%Y-%m-%dT%H:%M}"})
    assert planned.status_code == 200
    activity = Activity.objects.get()
    assert activity.client_id == client.pk
    work = f"{base}/work/{activity.pk}"
    assert browser.get(work).status_code == 200
    changed = {"kind": "call", "title": "Звонок про дуб", "due": "", "owner": boss.pk}
    assert browser.post(work, changed).status_code == 204
    assert browser.get(f"{work}/finish").status_code == 200
    done = {"outcome": "done", "result": "Ждёт КП", "kind": "call", "title": "", "due": ""}
    assert browser.post(f"{work}/finish", {**done, "outcome": "?"}).status_code == 422
    assert browser.post(f"{work}/finish", done).status_code == 204
    assert "Ждёт КП" in text_of(browser.get(f"{base}/feed"))
    assert browser.post(f"{work}/reopen").status_code == 200


def test_work_of_another_client_or_card_is_not_found_here(browser, boss):
    client, other = make_client("Анна", owner=boss), make_client("Иван", owner=boss)
    plan = Plan("task", "Чужое", None)
    activity = plan_activity(plan, by=Actor.user(boss), client_id=other.pk)
    note = write_note("Чужая", by=Actor.user(boss), client_id=other.pk)
    for place in (f"work/{activity.pk}", f"notes/{note.pk}"):
        assert browser.get(f"/clients/{client.pk}/{place}").status_code == 404


def test_files_come_and_go(browser):
    client = make_client("Анна")
    file = SimpleUploadedFile("план.pdf", b"%PDF", "application/pdf")
    shown = browser.post(f"/clients/{client.pk}/files", {"files": [file]})
    assert "план.pdf" in text_of(shown)
    kept = Attachment.objects.get()
    assert browser.get(f"/cards/files/{kept.pk}").status_code == 200
    assert browser.post(f"/clients/{client.pk}/files/{kept.pk}/remove").status_code == 200
    assert browser.get(f"/cards/files/{kept.pk}").status_code == 404


def test_a_file_is_not_written_for_who_may_not_change_the_client(manager, boss):
    client = make_client("Анна", owner=boss)
    file = SimpleUploadedFile("план.pdf", b"%PDF", "application/pdf")
    answer = browse(manager).post(f"/clients/{client.pk}/files", {"files": [file]})
    assert "error" in answer["HX-Trigger"]
    assert not Attachment.objects.exists()


def test_an_unknown_client_is_refused_a_file_in_words():
    from voronka.kernel.errors import NotFound

    with pytest.raises(NotFound):
        attach_file(SimpleUploadedFile("a", b"a"), name="a", by=SYSTEM, client_id=999_999)


# -- queries --------------------------------------------------------------------------------


def test_many_cards_and_persons_cost_no_queries_of_their_own(browser, boss):
    company = make_client("Завод", kind="company", owner=boss)
    pipeline = make_pipeline()

    def add(number):
        person = make_client(f"К {number}", owner=boss, phones=(f"8916000{number:04}",))
        link_person_to_company(person.pk, company.pk, by=SYSTEM)
        make_item(pipeline, owner=boss, company=company.pk, contact=person.pk)

    add(1)
    few = queries_of(browser, f"/clients/{company.pk}/")
    for number in range(2, 12):
        add(number)
    assert queries_of(browser, f"/clients/{company.pk}/") == few <= 34
