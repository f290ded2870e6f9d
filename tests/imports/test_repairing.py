"""Names in the wrong layout or in capitals: suggested in the trial run, repaired when told to."""

import re

import pytest
from django.core.files.base import ContentFile
from django.http import QueryDict

from tests.factories import make_pipeline
from tests.people.factories import make_user
from voronka.clients.models import Client
from voronka.imports import commands
from voronka.imports.commands.preparing import take_file
from voronka.imports.mapping import parse_mapping, read_yaml, write_yaml
from voronka.imports.repairing import company, person
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.kernel.errors import Conflict
from voronka.web.imports.forms import read_mapping


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("bdfyjd bdfy", "Иванов Иван"),
        ("Ktd Njkcnjq", "Лев Толстой"),
        (";fyyf", "Жанна"),
        ("ИВАНОВ ИВАН", "Иванов Иван"),
        ("ИВАНОВ Иван", "Иванов Иван"),
        ("иванов", "Иванов"),
        ("иВАНОВ", "Иванов"),
        ("ИВанов", "Иванов"),
        ("Иванoв", "Иванов"),  # a Latin o
        ("МАК-ГРЕГОР", "Мак-Грегор"),
        ("О'НИЛ ПАТРИК", "О'Нил Патрик"),
        ("ДЕ ГОЛЛЬ ШАРЛЬ", "де Голль Шарль"),
        ("МАМЕДОВ АЛИ ОГЛЫ", "Мамедов Али оглы"),
        ("ИВАНОВ И.И.", "Иванов И.И."),
        ("JOHN MCDONALD", "John McDonald"),
        ("john van dyke", "John van Dyke"),
    ],
)
def test_a_person_is_written_as_a_person(typed, meant):
    assert person(typed) == meant
    assert person(meant) == meant


@pytest.mark.parametrize(
    "name",
    [
        *("Иванов Иван", "де Голль", "O'Neill", "Мак-Грегор", "Мамедов Али оглы", "Оглы", "Ёлкин"),
        *("Scott, Murray and Thomas", "Banks LLC", "SCOTT LTD", "Анна из IKEA", "кухня ДЛЯ дома"),
        *("McDonald", "DiCaprio", "Vladimir Petrov", "Kim", "МТС", "ООО РОМАШКА", "кухня", "", "."),
    ],
)
def test_what_may_be_meant_so_stays(name):
    assert person(name) == name


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ооо ромашка", "ООО Ромашка"),
        ("JJJ Hjvfirf", "ООО Ромашка"),
        ("ООО «РОМАШКА»", "ООО «Ромашка»"),
        ("МЕБЕЛЬ ИВАНОВА", "Мебель Иванова"),
        ("АО РЖД", "АО РЖД"),
        ("IKEA", "IKEA"),
        ("Ozon", "Ozon"),
        ("Adidas Group", "Adidas Group"),
        ("ромашка", "ромашка"),
    ],
)
def test_a_company_is_changed_only_where_it_is_sure(typed, meant):
    assert company(typed) == meant


@pytest.fixture
def owner(db, files):
    return make_user("owner")


PEOPLE = "Имя;Фамилия;Телефон\nbdfy;ИВАНОВ;89161234567\nАнна;Ким;89161234568\nОльга;ЛИПА;\n"


def tried(owner, text=PEOPLE):
    run = take_file(ContentFile(text.encode()), name="f.csv", entity="person", user=owner)
    commands.start_import(run.pk, "check", by=Actor.user(owner), background=False)
    return commands.work_on(run.pk)


def told(run, number):
    """Return the words of what is told of a row."""
    notes = run.rows.get(number=number).notes
    return set(re.findall(r"\w+", " ".join(note["text"] for note in notes)))


def test_the_trial_run_only_advises(owner):
    run = tried(owner)
    assert run.counts == {"new": 3}
    assert run.advice == {"first_name": 1, "last_name": 2}
    assert {"Иван", "Иванов"} <= told(run, 1)
    assert not told(run, 2)
    commands.start_import(run.pk, "run", by=Actor.user(owner), background=False)
    commands.work_on(run.pk)
    assert Client.objects.filter(last_name="ИВАНОВ", first_name="bdfy").exists()


def test_what_is_advised_is_taken_in_one_action_and_told(owner, client):
    run = tried(owner)
    client.force_login(owner)
    assert f"/imports/{run.pk}/repair/" in client.get(f"/imports/{run.pk}/").content.decode()
    client.post(f"/imports/{run.pk}/repair/")
    run = commands.work_on(run.pk)
    assert (run.state, run.advice) == ("checked", {})
    assert {"Иван", "Иванов"} <= told(run, 1)
    assert "/repair/" not in client.get(f"/imports/{run.pk}/").content.decode()
    commands.start_import(run.pk, "run", by=Actor.user(owner), background=False)
    commands.work_on(run.pk)
    assert sorted(Client.objects.values_list("last_name", "first_name")) == [
        ("Иванов", "Иван"),
        ("Ким", "Анна"),
        ("Липа", "Ольга"),
    ]
    with pytest.raises(Conflict):
        commands.repair_names(run.pk, by=Actor.user(owner))


def test_a_mixed_cell_is_repaired_in_its_parts(owner):
    fields = {"contacts": {"column": "Клиент", "repair": True}}
    file = ContentFile("Клиент\nBdfyjdf Fyyf 89161234567\n".encode())
    run = take_file(file, name="f.csv", entity="person", user=owner)
    commands.prepare_import(run, mapping=parse_mapping({"entity": "person", "fields": fields}))
    commands.start_import(run.pk, "run", by=Actor.user(owner), background=False)
    commands.work_on(run.pk)
    anna = Client.objects.get()
    assert (anna.name, anna.last_name, anna.first_name) == ("Иванова Анна", "Иванова", "Анна")


def test_the_client_of_a_card_is_found_by_the_repaired_name(owner):
    pipeline = make_pipeline()
    tried_people = take_file(
        ContentFile("Имя\nЛев Толстой\n".encode()), name="f.csv", entity="person", user=owner
    )
    commands.start_import(tried_people.pk, "run", by=Actor.user(owner), background=False)
    commands.work_on(tried_people.pk)
    mapping = {
        "entity": "item",
        "pipeline": pipeline.code,
        "fields": {"title": {"column": "a"}, "contact": {"column": "b", "repair": True}},
    }
    run = take_file(
        ContentFile(b"a;b\nSofa;Ktd Njkcnjq\n"), name="c.csv", entity="item", user=owner,
        pipeline=pipeline.code,
    )  # fmt: skip
    commands.prepare_import(run, mapping=parse_mapping(mapping))
    commands.start_import(run.pk, "run", by=Actor.user(owner), background=False)
    commands.work_on(run.pk)
    assert Item.objects.get().contact.name == "Лев Толстой"


def test_the_switch_goes_through_the_page_and_the_file(owner):
    run = tried(owner)
    posted = QueryDict("to-0=first_name&repair-0=1&to-1=last_name&known=fill")
    mapping = read_mapping(posted, run, parse_mapping({"entity": "person"}))
    assert mapping.fields["first_name"].repair
    assert not mapping.fields["last_name"].repair
    assert read_yaml(write_yaml(mapping)) == mapping
