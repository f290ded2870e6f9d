"""What a file does to products and employees that are here already, field by field (IM-1)."""

from decimal import Decimal

import pytest
from django.core.files.base import ContentFile

from tests.people.factories import make_department, make_user
from voronka.imports import commands
from voronka.imports.commands.preparing import take_file
from voronka.imports.mapping import parse_mapping, read_yaml, write_yaml
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.people.models import User
from voronka.products.models import Product

pytestmark = pytest.mark.django_db
HEAD = "code;name;price;unit\n"


@pytest.fixture
def owner(files):
    return make_user("owner")


def bring(owner, entity, text, known="", **rules):
    headers = text.splitlines()[0].split(";")
    fields = {h: {"column": h, "known": rules.get(h, "")} for h in headers}
    if "department" in fields:
        fields["department"]["missing"] = "create"
    mapping = {"entity": entity, "known": known, "fields": fields}
    run = take_file(ContentFile(text.encode()), name="f.csv", entity=entity, user=owner)
    commands.prepare_import(run, mapping=parse_mapping(mapping))
    commands.start_import(run.pk, "run", by=Actor.user(owner), background=False)
    return commands.work_on(run.pk)


def undo(owner, run):
    commands.start_undo(run.pk, by=Actor.user(owner), background=False)
    commands.undo_import(run.pk)


def test_a_price_list_is_the_newest_word_unless_a_field_says_otherwise(owner):
    bring(owner, "product", HEAD + "A1;Стол;1000;pcs\n")
    run = bring(owner, "product", HEAD + "A1;Стол дубовый;1200;set\n", name="skip")
    assert run.counts == {"update": 1}
    table = Product.objects.get()
    assert (table.name.ru, table.price, table.unit) == ("Стол", Decimal(1200), "set")
    undo(owner, run)
    table = Product.objects.get()
    assert (table.name.ru, table.price, table.unit) == ("Стол", Decimal(1000), "pcs")


def test_a_price_is_filled_where_there_is_none(owner):
    bring(owner, "product", "code;name;price\nA1;Стол;\nA2;Стул;500\n")
    run = bring(owner, "product", "code;name;price\nA1;Стол;1000\nA2;Стул;900\n", known="fill")
    assert run.counts == {"update": 1, "same": 1}
    assert list(Product.objects.order_by("code").values_list("price", flat=True)) == [1000, 500]


def test_what_a_skipped_file_says_of_one_field_is_taken(owner):
    bring(owner, "product", HEAD + "A1;Стол;1000;pcs\n")
    run = bring(owner, "product", HEAD + "A1;Шкаф;1200;set\n", known="skip", price="overwrite")
    assert run.counts == {"update": 1}
    assert (Product.objects.get().name.ru, Product.objects.get().price) == ("Стол", 1200)
    again = bring(owner, "product", HEAD + "A1;Шкаф;1300;set\n", known="skip")
    assert again.counts == {"same": 1}


def test_an_account_takes_field_by_field_and_gets_its_old_values_back(owner):
    sales = make_department()
    anna = make_user("manager", name="Анна", email="anna@example.com", department=sales)
    text = "email;name;phone;department\nanna@example.com;Анна Ким;89161234567;Опт\n"
    run = bring(owner, "employee", text, name="skip")
    assert run.counts == {"update": 1}
    anna.refresh_from_db()
    assert (anna.name, anna.phone, anna.department.name.ru) == ("Анна", "+79161234567", "Опт")
    undo(owner, run)
    anna.refresh_from_db()
    assert (anna.name, anna.phone, anna.department) == ("Анна", "", sales)


def test_an_account_that_is_as_the_file_says_is_not_touched(owner):
    head = "email;name;phone;role\n"
    bring(owner, "employee", head + "anna@example.com;Анна;89161234567;manager\n")
    events = Event.objects.filter(verb="user.changed")
    before = events.count()
    text = head + "Anna@example.com;Анна;+7 916 123-45-67;manager\n"
    assert bring(owner, "employee", text).counts == {"same": 1}
    assert events.count() == before


def test_a_role_beyond_ones_own_goes_to_the_fix_list(owner):
    boss = make_user("head")
    make_user("manager", name="Анна", email="anna@example.com")
    boss.role.rights = ["people"]
    boss.role.save()
    text = "email;name;role\nanna@example.com;Анна Ким;owner\n"
    run = bring(boss, "employee", text)
    assert run.counts == {"fix": 1}
    assert User.objects.get(email="anna@example.com").name == "Анна"


def test_who_heads_a_department_already_is_kept_when_it_is_only_filled(owner):
    head = make_user("head")
    department = make_department(head=head)
    text = f"email;name;department;head\nkim@example.com;Ким;{department.code};Ким\n"
    bring(owner, "employee", text)
    department.refresh_from_db()
    assert department.head.email == "kim@example.com"
    text = f"email;name;department;head\n{head.email};{head.name};{department.code};{head.name}\n"
    bring(owner, "employee", text, head="fill")
    department.refresh_from_db()
    assert department.head.email == "kim@example.com"


def test_what_is_usual_needs_no_word_in_the_mapping_file():
    people, prices = (parse_mapping({"entity": e}) for e in ("person", "product"))
    assert (people.usual, prices.usual) == ("fill", "overwrite")
    kept = parse_mapping({"entity": "product", "known": "fill"})
    assert read_yaml(write_yaml(kept)).usual == "fill"
    assert parse_mapping(kept.model_dump(exclude_defaults=True)).usual == "fill"
