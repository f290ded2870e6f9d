"""A cell in which everything stands together is taken apart, and nothing of it is lost."""

import pytest
from django.core.files.base import ContentFile
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from tests.people.factories import make_user
from voronka.clients.models import Client
from voronka.imports import commands
from voronka.imports.commands.preparing import take_file
from voronka.imports.mapping import parse_mapping, read_yaml, write_yaml
from voronka.imports.splitting import looks_mixed, split
from voronka.journal.actors import Actor

CELLS = [
    ("Иванов Иван, 8-900-123-45-67", "Иванов|Иван|", "8-900-123-45-67", ""),
    ("Мария (бухгалтер) m@x.ru +7 916 123-45-67", "|Мария|", "+7 916 123-45-67", "бухгалтер"),
    ("8 916 123-45-67 Сергей Петрович кухня", "|Сергей|Петрович", "8 916 123-45-67", "кухня"),
    ("Анна Юрьевна Ромашкина; тел.: 89051112233", "Ромашкина|Анна|Юрьевна", "89051112233", ""),
    ("Ким Анна Сергеевна — 89051112233 — диван", "Ким|Анна|Сергеевна", "89051112233", "диван"),
    ("ООО Ромашка, Лев Толстой, 89051112233", "Толстой|Лев|", "89051112233", "ООО Ромашка"),
    ("Иванов И.И. 89161234567", "Иванов|И.|И.", "89161234567", ""),
    ("Мамедов Рашид Али оглы 89161234567", "Мамедов|Рашид|Али оглы", "89161234567", ""),
    ("де Голль Шарль 89161234567", "де Голль|Шарль|", "89161234567", ""),
    ("ИП Абрамович Роман, 89161234567", "Абрамович|Роман|", "89161234567", "ИП"),
    ("Мамин-Сибиряк Анна-Мария 89161234567", "Мамин-Сибиряк|Анна-Мария|", "89161234567", ""),
    ("Пётр 8(495)1234567 доб. 12, 2-34-56", "|Пётр|", "8(495)1234567 доб. 12", "2-34-56"),
    ("Олег 89001234567 89007654321", "|Олег|", "89001234567\n89007654321", ""),
]  # fmt: skip


@pytest.mark.parametrize(("cell", "name", "phone", "rest"), CELLS)
def test_a_cell_falls_into_name_phone_and_the_rest(cell, name, phone, rest):
    parts = split(cell)
    assert "|".join((parts.name.last, parts.name.first, parts.name.patronymic)) == name
    assert "\n".join(parts.phones) == phone
    assert parts.rest == rest


def test_who_can_not_be_told_apart_keeps_the_name_whole():
    for cell in ("Конор О'Нил", "John Smith", "Мак-Грегор Конор"):
        parts = split(cell + ", 89161234567")
        assert (parts.name.full, parts.name.parted) == (cell, False)


def test_what_is_no_person_is_a_name_as_it_stands():
    parts = split("кухня на Ленина 89161234567, Таня")
    assert parts.name.first == "Таня"
    assert parts.rest == "кухня на Ленина"
    assert split("диван 89161234567").name.full == "диван"
    assert split("ИНН 7701234567 Анна").phones == []


def test_mail_and_messengers_are_found():
    parts = split("Анна <anna.kim@example.com>, t.me/annakim")
    assert (parts.emails, parts.accounts) == (["anna.kim@example.com"], ["t.me/annakim"])
    assert split("@annakim Анна").accounts == ["@annakim"]


@given(st.text(max_size=80))
def test_no_letter_or_digit_is_lost(text):
    parts = split(text)
    told = [parts.name.full, parts.rest, *parts.phones, *parts.emails, *parts.accounts]
    signs = [c for c in "".join(told) if c.isalnum()]
    assert len(signs) <= len(text)
    assert len(signs) >= sum(c.isalnum() for c in text) - 14  # a label such as "моб. телефон:"


def test_only_a_column_of_people_with_contacts_looks_mixed():
    assert looks_mixed(["Иванов Иван, 8-900-123-45-67", "Анна a@x.ru", "", "привет"])
    assert not looks_mixed(["Иванов Иван", "Анна"])
    assert not looks_mixed(["8-900-123-45-67 (раб)", "89161234567"])
    assert not looks_mixed(["Тверь, ул. Ленина 5, 170000", "Москва"])
    assert not looks_mixed([])


@pytest.fixture
def owner(db):
    return make_user("owner")


def bring(owner, text, **kwargs):
    run = take_file(ContentFile(text.encode()), name="f.csv", entity="person", user=owner)
    if kwargs:
        commands.prepare_import(run, mapping=parse_mapping({"entity": "person", **kwargs}))
    commands.start_import(run.pk, "run", by=Actor.user(owner), background=False)
    return commands.work_on(run.pk)


def test_the_split_is_proposed_and_makes_clients_with_their_parts(owner, files):
    run = bring(owner, 'Клиент;Город\n"Иванова Анна, 8-900-123-45-67 (утром)";Тверь\n')
    assert run.mapping["fields"] == {"contacts": {"column": "Клиент"}}
    anna = Client.objects.get()
    assert (anna.last_name, anna.first_name, anna.comment) == ("Иванова", "Анна", "утром")
    assert anna.contact_points.get().value == "+79001234567"


@pytest.mark.parametrize(
    ("text", "proposed"),
    [
        ("ФИО;Контакты\nАнна Ким;Ольга 89001234567\n", None),
        ("Телефон;Комментарий\n89161234567;Ольга Ким 89001234567\n", None),
        ("Контакты;Город\nОльга Ким 89001234567;Тверь\n", "Контакты"),
        ("Телефон;Город\nОльга Ким 89001234567;Тверь\n", "Телефон"),
    ],
)
def test_what_tells_of_somebody_else_is_not_split(owner, files, text, proposed):
    run = take_file(ContentFile(text.encode()), name="f.csv", entity="person", user=owner)
    found = parse_mapping(run.mapping).fields.get("contacts")
    assert (found.column if found else None) == proposed


def test_a_column_of_its_own_goes_before_what_was_split(owner, files):
    fields = {"name": {"column": "Имя"}, "contacts": {"column": "Ещё"}, "phone": {"column": "Тел"}}
    run = bring(owner, "Имя;Тел;Ещё\nАнна Ким;89161234567;Ольга 89001234567\n", fields=fields)
    assert run.counts == {"new": 1}
    anna = Client.objects.get()
    assert (anna.name, anna.comment) == ("Анна Ким", "Ольга")
    assert sorted(anna.contact_points.values_list("value", flat=True)) == [
        "+79001234567",
        "+79161234567",
    ]


def test_a_known_client_takes_the_parts_by_the_rule_of_the_column(owner, files):
    bring(owner, "Клиент\nАнна 89001234567\n")
    fields = {"contacts": {"column": "Клиент", "known": "overwrite"}}
    again = "Клиент\n89001234567 Иванова Анна (новая)\n"
    assert bring(owner, again, fields=fields, known="skip").counts == {"update": 1}
    assert Client.objects.get().name == "Иванова Анна"
    assert Client.objects.get().comment == "новая"


def test_the_mapping_page_shows_the_parts_of_the_examples(owner, client, files):
    text = 'Клиент\n"Иванова Анна, 8-900-123-45-67"\n'
    run = take_file(ContentFile(text.encode()), name="f.csv", entity="person", user=owner)
    client.force_login(owner)
    with translation.override("ru"):
        html = client.get(f"/imports/{run.pk}/mapping/").content.decode()
    assert "Фамилия: <b>Иванова</b> · Имя: <b>Анна</b>" in html
    assert "Телефон: <b>8-900-123-45-67</b>" in html


def test_the_mapping_file_names_the_column_alone():
    mapping = read_yaml("entity: person\nfields:\n  contacts: Клиент\n")
    assert read_yaml(write_yaml(mapping)) == mapping
