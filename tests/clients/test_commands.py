"""Clients through their one door."""

import pytest

from tests.clients.factories import SYSTEM, make_client
from tests.people.factories import make_role, make_user
from voronka.clients import commands
from voronka.clients.errors import KindsDiffer
from voronka.clients.models import Client, ContactPoint
from voronka.clients.rules import points
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.errors import Conflict, Forbidden, InvalidInput, NotFound

pytestmark = pytest.mark.django_db


def own_only(**matrix):
    return make_user(make_role(matrix={"client": {"see": "own", "add": "own", **matrix}}))


def test_a_client_is_made_with_contacts_in_one_spelling_and_an_event():
    seller = make_user()
    client = commands.create_client(
        "person",
        {"name": "Иванов  Иван Петрович", "inn": "500100732259"},
        by=Actor.user(seller),
        phones=["8 (916) 123-45-67"],
        emails=["Ivan@Example.COM"],
        accounts=["t.me/Ivan_P"],
    )
    assert (client.name, client.first_name, client.last_name) == (
        "Иванов Иван Петрович",
        "Иван",
        "Иванов",
    )
    assert [(p.kind, p.value) for p in client.contact_points.all()] == [
        ("phone", "+79161234567"),
        ("email", "ivan@example.com"),
        ("telegram", "ivan_p"),
    ]
    event = Event.objects.get(verb="client.created")
    assert (event.subject_id, event.diff["owner_id"]) == (client.pk, seller.pk)


def test_all_that_is_wrong_in_a_form_is_said_at_once():
    with pytest.raises(InvalidInput) as refusal:
        commands.create_client(
            "company",
            {"name": "Ромашка", "inn": "1", "website": "no site", "nonsense": 1},
            by=Actor.user(make_user()),
            phones=["12"],
            emails=["a@"],
        )
    assert set(refusal.value.fields) == {"inn", "website", "nonsense", "phone", "email"}
    assert not Client.objects.exists()


def test_a_client_without_a_name_is_called_by_the_first_contact():
    by = Actor.user(make_user())
    client = commands.create_client("person", {}, by=by, phones=["89161234567"])
    assert client.name == "+79161234567"
    with pytest.raises(InvalidInput, match="name"):
        commands.create_client("person", {}, by=by)


def test_an_external_key_belongs_to_one_client():
    make_client(external_id="1C-7")
    with pytest.raises(Conflict):
        make_client(external_id="1C-7")


def test_a_change_is_journalled_with_old_and_new():
    client = make_client("Ann Smith")
    commands.edit_client(client.pk, {"name": "Ann Brown", "job_title": "CEO"}, by=SYSTEM)
    client.refresh_from_db()
    assert (client.last_name, client.version) == ("Brown", 2)
    diff = Event.objects.get(verb="client.changed").diff["changes"]
    assert diff["name"] == ["Ann Smith", "Ann Brown"]
    assert diff["job_title"] == ["", "CEO"]


def test_a_change_of_what_somebody_else_has_changed_is_refused():
    client = make_client("Ann", address="Moscow")
    commands.edit_client(client.pk, {"address": "Tver"}, by=SYSTEM)
    with pytest.raises(Conflict):
        commands.edit_client(
            client.pk, {"address": "Omsk"}, expected={"address": "Moscow"}, by=SYSTEM
        )


def test_a_seller_changes_only_own_clients():
    seller = own_only(change="own")
    foreign = make_client()
    with pytest.raises(Forbidden):
        commands.edit_client(foreign.pk, {"name": "x"}, by=Actor.user(seller))
    with pytest.raises(Forbidden):
        commands.add_contact_point(foreign.pk, "phone", "89161234567", by=Actor.user(seller))
    with pytest.raises(Forbidden):
        make_client(owner=make_user(), by=Actor.user(seller))


def test_contact_points_come_change_and_go():
    client = make_client()
    point = commands.add_contact_point(client.pk, "phone", "89161234567", by=SYSTEM, label="work")
    again = commands.add_contact_point(client.pk, "phone", "+7 916 123 45 67", by=SYSTEM)
    assert again.pk == point.pk
    commands.change_contact_point(point.pk, value="8 495 765-43-21", by=SYSTEM)
    assert client.contact_points.get().value == "+74957654321"
    assert client.contact_points.get().label == "work"
    with pytest.raises(InvalidInput, match="phone number"):
        commands.change_contact_point(point.pk, value="12", by=SYSTEM)
    commands.remove_contact_point(point.pk, by=SYSTEM)
    assert not client.contact_points.exists()
    verbs = (
        Event.objects.filter(subject_type="client").order_by("pk").values_list("verb", flat=True)
    )
    assert list(verbs)[1:] == [
        "client.contact_added",
        "client.contact_changed",
        "client.contact_removed",
    ]


def test_a_person_is_linked_to_a_company_not_to_a_person():
    person, company = make_client(), make_client(kind="company")
    commands.link_person_to_company(person.pk, company.pk, role="director", by=SYSTEM)
    commands.link_person_to_company(person.pk, company.pk, role="owner", by=SYSTEM)
    assert [link.role for link in company.person_links.all()] == ["owner"]
    with pytest.raises(KindsDiffer):
        commands.link_person_to_company(person.pk, make_client().pk, by=SYSTEM)
    commands.unlink_person_from_company(person.pk, company.pk, by=SYSTEM)
    assert not company.person_links.exists()


def test_a_deleted_client_leaves_every_list_and_comes_back_whole():
    boss = make_user("owner")
    client = make_client(phones=("89161234567",))
    commands.delete_client(client.pk, by=Actor.user(boss))
    assert not Client.objects.visible_to(boss).filter(pk=client.pk).exists()
    with pytest.raises(NotFound):
        commands.edit_client(client.pk, {"name": "x"}, by=SYSTEM)
    commands.restore_client(client.pk, by=Actor.user(boss))
    back = Client.objects.visible_to(boss).get(pk=client.pk)
    assert back.contact_points.count() == 1
    assert back.deleted_by_id is None


def test_a_manager_may_not_delete():
    seller = make_user("manager")
    client = make_client(owner=seller)
    with pytest.raises(Forbidden):
        commands.delete_client(client.pk, by=Actor.user(seller))


def test_a_dismissed_person_is_given_no_client():
    client, gone = make_client(), make_user()
    gone.is_active = False
    gone.save()
    with pytest.raises(InvalidInput):
        commands.assign_client(client.pk, to=gone, by=SYSTEM)


def test_many_clients_are_loaded_with_contacts_and_history(django_assert_max_num_queries):
    owner = make_user()
    rows = [
        commands.ClientRow(
            "person",
            f"Иванов Иван {n}",
            owner.pk,
            points(phones=[f"8916{n:07d}"], emails=[f"p{n}@example.com"]).read,
            external_id=f"k{n}",
        )
        for n in range(50)
    ]
    with django_assert_max_num_queries(9):
        ids = commands.load_clients(rows, by=SYSTEM)
    third = Client.objects.get(pk=ids[3])
    assert third.name == "Иванов Иван 3"
    assert third.contact_points.count() == 2
    assert ContactPoint.objects.count() == 100
    assert Event.objects.filter(verb="client.created").count() == 50
    with pytest.raises(Conflict):
        commands.load_clients(rows[:1], by=SYSTEM)


def test_known_links_are_not_loaded_twice():
    person, company = make_client(), make_client(kind="company")
    assert commands.load_links([(person.pk, company.pk, "buyer")], by=SYSTEM) == 1
    assert commands.load_links([(person.pk, company.pk, "buyer")], by=SYSTEM) == 0
