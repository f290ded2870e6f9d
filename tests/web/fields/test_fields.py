"""Every kind of field can be drawn, typed into, read, saved and shown again."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.datastructures import MultiValueDict

from tests.factories import make_field, make_item, make_item_type, make_pipeline
from tests.people.factories import make_user
from voronka.clients.commands import create_client
from voronka.clients.models import Client
from voronka.items.commands import edit_item
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.kernel.errors import InvalidInput
from voronka.pipelines.models import Field
from voronka.web.fields import carry_out, changes_of, draw, read, show, specs_of, values_of

pytestmark = pytest.mark.django_db

TYPED = {
    "text": "Кухня",
    "long_text": "Две строки",
    "number": "1 200,5",
    "money": "90 000",
    "date": "2026-03-12",
    "datetime": "2026-03-12T10:30",
    "boolean": "1",
    "list": "low",
    "multi_list": "high",
    "phone": "8 916 123-45-67",
    "email": "a@example.com",
    "url": "example.com",
    "address": "Тверская, 1",
}
SHOWN = {
    "number": "1\u202f200,50",
    "money": "90\u202f000",
    "boolean": "да",
    "list": "Мало",
    "multi_list": "Много",
    "phone": "+7 916 123-45-67",
    "url": "https://example.com",
}


@pytest.fixture
def kind():
    return make_item_type()


def make(kind, code):
    options = [{"code": "low", "name": {"ru": "Мало"}}, {"code": "high", "name": {"ru": "Много"}}]
    return make_field(kind, f"f_{code}", code, options=options if "list" in code else [])


def posted(data, files=None):
    query = QueryDict(mutable=True)
    for name, value in data.items():
        query[name] = value
    return query, MultiValueDict(files or {})


@pytest.mark.parametrize("code", TYPED)
def test_what_is_typed_into_a_field_of_any_kind_is_saved_and_shown_again(kind, code):
    make(kind, code)
    user = make_user("owner")
    item = make_item(make_pipeline(kind), owner=user)
    specs = specs_of(kind, [f"f_{code}"])
    form = render_to_string(
        "fields/_input.html", {"input": draw(specs.values(), user=user, focus=True)[0]}
    )
    assert f'name="f-f_{code}"' in form
    typed = read(*posted({f"f-f_{code}": TYPED[code]}), specs.values())
    by = Actor.user(user)
    edit_item(item.pk, changes_of(typed, specs, by=by, item_id=item.pk), by=by)
    item.refresh_from_db()
    values = values_of(item)
    [shown] = show(specs.values(), [values], user=user)
    assert shown[f"f_{code}"] == SHOWN.get(code, shown[f"f_{code}"]) != ""
    again = draw(specs.values(), values, user=user)[0]
    assert again.value or any(choice.chosen for choice in again.choices)


def test_every_kind_of_field_has_a_control():
    from voronka.web.fields.drawing import CONTROLS

    assert set(Field.Kind.values) <= set(CONTROLS)


def test_a_new_name_in_a_client_field_makes_a_client(kind):
    user = make_user("owner")
    specs = specs_of(kind, ["client"])
    typed = read(*posted({"f-client": "Анна Ким"}), specs.values())
    changes = changes_of(typed, specs, by=Actor.user(user))
    made = Client.objects.get()
    assert changes == {"contact": made.pk}
    assert made.name == "Анна Ким"


def test_a_company_chosen_as_the_client_becomes_the_company_of_the_card(kind):
    user = make_user("owner")
    company = create_client("company", {"name": "Ромашка"}, by=Actor.user(user))
    specs = specs_of(kind, ["client"])
    typed = read(*posted({"f-client": str(company.pk)}), specs.values())
    assert changes_of(typed, specs, by=Actor.user(user)) == {"company": str(company.pk)}


def test_an_uploaded_file_is_kept_with_the_card(kind):
    make_field(kind, "scan", "file")
    user = make_user("owner")
    item = make_item(make_pipeline(kind), owner=user)
    specs = specs_of(kind, ["scan"])
    files = {"f-scan": [SimpleUploadedFile("scan.txt", b"text")]}
    typed = read(*posted({}, files), specs.values())
    changes = changes_of(typed, specs, by=Actor.user(user), item_id=item.pk)
    edit_item(item.pk, changes, by=Actor.user(user))
    item.refresh_from_db()
    [shown] = show(specs.values(), [values_of(item)], user=user)
    assert shown == {"scan": "scan.txt"}


def test_a_next_step_and_a_product_have_commands_of_their_own(kind):
    user = make_user("owner")
    by = Actor.user(user)
    item = make_item(make_pipeline(kind), owner=user)
    specs = specs_of(kind, ["next_step", "lines"])
    due = timezone.localtime() + timedelta(days=1)
    data = {
        "f-next_step.kind": "call",
        "f-next_step.title": "",
        "f-next_step.due": f"{due:%Y-%m-%dT%H:%M}",
        "f-lines.name": "Шкаф",
        "f-lines.quantity": "2",
        "f-lines.price": "1500",
    }
    typed = read(*posted(data), specs.values())
    assert changes_of(typed, specs, by=by) == {}
    carry_out(item.pk, typed, specs, by=by)
    item.refresh_from_db()
    assert item.next_activity_kind == "call"
    assert item.amount == 3000


def test_a_next_step_without_a_date_is_refused_at_its_field(kind):
    user = make_user("owner")
    item = make_item(make_pipeline(kind), owner=user)
    specs = specs_of(kind, ["next_step"])
    typed = read(*posted({"f-next_step.kind": "task", "f-next_step.title": "x"}), specs.values())
    with pytest.raises(InvalidInput) as refusal:
        carry_out(item.pk, typed, specs, by=Actor.user(user))
    assert "next_step" in refusal.value.fields
    again = draw(
        specs.values(), user=user, typed=typed, errors=refusal.value.fields, required=["next_step"]
    )
    assert again[0].values["title"] == "x"
    assert again[0].error


def test_a_name_the_person_may_not_see_is_not_shown(kind):
    make_field(kind, "other", "item")
    stranger = make_item(title="Secret")
    owner, manager = make_user("owner"), make_user("manager")
    item = make_item(make_pipeline(kind), owner=manager)
    edit_item(item.pk, {"other": stranger.pk}, by=Actor.user(owner))
    item = Item.objects.get(pk=item.pk)
    specs = specs_of(kind, ["other"]).values()
    assert show(specs, [values_of(item)], user=owner) == [{"other": "Secret"}]
    assert show(specs, [values_of(item)], user=manager) != [{"other": "Secret"}]


def test_clients_are_found_by_name_and_by_phone_within_rights(client):
    user = make_user("owner")
    create_client(
        "person", {"name": "Пётр Волков"}, phones=["+7 916 123-45-67"], by=Actor.user(user)
    )
    client.force_login(user)
    for text in ("волк", "1234567"):
        found = client.get("/fields/clients", {"q": text}).json()
        assert [row["text"] for row in found] == ["Пётр Волков"]
    assert client.get("/fields/clients", {"q": "волк", "kind": "company"}).json() == []
