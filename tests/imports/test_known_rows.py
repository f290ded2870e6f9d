"""What a file does to clients and cards that are here already, field by field (IM-1)."""

import pytest
from django.core.files.base import ContentFile
from django.http import QueryDict

from tests.factories import make_pipeline
from tests.people.factories import make_user
from voronka.clients.commands import delete_client
from voronka.clients.models import Client
from voronka.imports import commands
from voronka.imports.commands.preparing import take_file
from voronka.imports.mapping import parse_mapping, read_yaml, write_yaml
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.web.imports.forms import read_mapping

pytestmark = pytest.mark.django_db
CLIENTS = {
    "entity": "person",
    "key": ["email"],
    "fields": {
        "name": {"column": "Имя"},
        "email": {"column": "Почта"},
        "phone": {"column": "Телефон"},
        "address": {"column": "Адрес"},
        "comment": {"column": "О нём"},
    },
}
HEAD = "Имя;Почта;Телефон;Адрес;О нём\n"


@pytest.fixture
def owner(db):
    return make_user("owner")


def bring(owner, text, mapping):
    mapping = parse_mapping(mapping)
    run = take_file(
        ContentFile(text.encode()),
        name="file.csv",
        entity=mapping.entity,
        user=owner,
        pipeline=mapping.pipeline,
    )
    commands.prepare_import(run, mapping=mapping)
    commands.start_import(run.pk, "run", by=Actor.user(owner), background=False)
    return commands.work_on(run.pk)


def knowing(mapping, everywhere="fill", **fields):
    rules = {
        code: {**rule, **({"known": fields[code]} if code in fields else {})}
        for code, rule in mapping["fields"].items()
    }
    return {**mapping, "known": everywhere, "fields": rules}


def test_each_field_of_a_known_client_has_its_own_rule(owner):
    bring(owner, HEAD + "Анна;a@example.com;89161234567;Тверь;давно\n", CLIENTS)
    again = knowing(CLIENTS, address="overwrite", comment="skip", phone="skip")
    run = bring(owner, HEAD + "Анна Ким;a@example.com;89167654321;Москва;ново\n", again)
    assert run.counts == {"update": 1}
    anna = Client.objects.get()
    assert (anna.name, anna.address, anna.comment) == ("Анна", "Москва", "давно")
    assert anna.contact_points.filter(kind="phone").count() == 1
    commands.start_undo(run.pk, by=Actor.user(owner), background=False)
    commands.undo_import(run.pk)
    assert Client.objects.get().address == "Тверь"


def test_a_skipped_file_still_changes_the_one_field_that_is_to_be_taken(owner):
    bring(owner, HEAD + "Анна;a@example.com;;Тверь;давно\n", CLIENTS)
    again = knowing(CLIENTS, "skip", comment="overwrite")
    bring(owner, HEAD + "Анна Ким;a@example.com;89167654321;Москва;ново\n", again)
    anna = Client.objects.get()
    assert (anna.name, anna.address, anna.comment) == ("Анна", "Тверь", "ново")
    assert not anna.contact_points.filter(kind="phone").exists()


def test_who_lies_in_the_bin_is_not_recognised(owner):
    bring(owner, HEAD + "Анна;a@example.com;89161234567;Тверь;\n", CLIENTS)
    delete_client(Client.objects.get().pk, by=Actor.user(owner))
    run = bring(owner, HEAD + "Анна;a@example.com;89161234567;Тверь;\n", CLIENTS)
    assert run.counts == {"new": 1}
    assert Client.objects.alive().count() == 1


def test_a_known_card_keeps_its_stage_and_takes_the_amount(owner):
    pipeline = make_pipeline()
    cards = {
        "entity": "item",
        "pipeline": pipeline.code,
        "key": ["external_id"],
        "fields": {
            "title": {"column": "Название"},
            "external_id": {"column": "Код"},
            "stage": {"column": "Стадия"},
            "amount": {"column": "Сумма"},
        },
    }
    head = "Название;Код;Стадия;Сумма\n"
    bring(owner, head + "Кухня;K1;s1;1000\n", cards)
    again = knowing(cards, stage="skip", amount="overwrite")
    bring(owner, head + "Другая;K1;s2;2000\n", again)
    item = Item.objects.get()
    assert (item.title, item.stage.code, int(item.amount)) == ("Кухня", "s1", 2000)


def test_the_rule_goes_through_the_page_and_the_file(owner):
    run = take_file(ContentFile((HEAD + "А;;;;\n").encode()), name="f.csv", entity="person",
                    user=owner)  # fmt: skip
    commands.prepare_import(run)
    run.refresh_from_db()
    posted = QueryDict("to-0=name&known-0=overwrite&to-3=address&known-3=skip&known=fill")
    mapping = read_mapping(posted, run, parse_mapping({"entity": "person"}))
    assert mapping.fields["name"].known == "overwrite"
    assert mapping.fields["address"].known == "skip"
    assert read_yaml(write_yaml(mapping)) == mapping
