"""Contact cards of phones and mail programs are a table like any other."""

from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from hypothesis import given
from hypothesis import strategies as st

from tests.people.factories import make_user
from voronka.clients.models import Client
from voronka.imports import commands
from voronka.imports.commands.preparing import take_file
from voronka.imports.tables import open_table
from voronka.imports.vcards import COLUMNS
from voronka.journal.actors import Actor
from voronka.kernel.errors import InvalidInput

OLD_PHONE = """BEGIN:VCARD
VERSION:2.1
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=D0=9A=D0=B8=D0=BC;=D0=90=D0=BD=D0=
=BD=D0=B0;;;
FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=D0=90=D0=BD=D0=BD=D0=B0=20=D0=9A=D0=B8=D0=BC
TEL;CELL;PREF:+79161234567
TEL;WORK:8 (495) 123-45-67
AGENT:
BEGIN:VCARD
FN:Somebody
TEL:+79160000000
END:VCARD
PHOTO;JPEG;ENCODING=BASE64:
 /9j/4AAQSkZJRgABAQAAAQ
 ABAAD/2wBDAAMCAgICAgM

NOTE:likes oak
END:VCARD
"""
NEW_PHONE = """BEGIN:VCARD
VERSION:4.0
UID:urn:uuid:4fbe8971
FN:Пётр Ёлкин
N:Ёлкин;Пётр;Ильич,Младший;;
item1.TEL;VALUE=uri;TYPE="cell,voice":tel:+7-916-765-43-21;ext=5
item1.X-ABLabel:Дача
EMAIL;TYPE=work:petr@example.com
EMAIL:mailto:elkin@example.com
ORG:ООО «Ёлка»;Отдел продаж
TITLE:Мастер
ADR;TYPE=work:;;ул. Ленина\\, 5;Тверь;;170000;Россия
BDAY:19850412
URL:https://example.com
URL:https://second.example.com
CATEGORIES:друзья,баня
IMPP:tg:elkin
NOTE:Звонить после шести\\; дол
 го не брать\\nтрубку не будет
X-ANNIVERSARY:20100601
END:VCARD
"""


def read(tmp_path: Path, content: bytes, name="people.vcf"):
    (tmp_path / name).write_bytes(content)
    return [
        {c: t for c, t in zip(COLUMNS, row, strict=True) if t}
        for row in open_table(tmp_path / name).rows
    ]


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_an_old_phone_writes_quoted_printable(tmp_path, ends):
    assert read(tmp_path, OLD_PHONE.replace("\n", ends).encode()) == [
        {
            "name": "Анна Ким",
            "last name": "Ким",
            "first name": "Анна",
            "phone": "+79161234567\n8 (495) 123-45-67",
            "note": "likes oak",
            "left out": "AGENT, PHOTO",
        }
    ]


def test_a_new_phone_says_all_a_card_can(tmp_path):
    assert read(tmp_path, NEW_PHONE.encode()) == [
        {
            "name": "Пётр Ёлкин",
            "last name": "Ёлкин",
            "first name": "Пётр",
            "middle name": "Ильич Младший",
            "phone": "+7-916-765-43-21 ext. 5",
            "email": "petr@example.com\nelkin@example.com",
            "messenger": "@elkin",
            "company": "ООО «Ёлка»",
            "job title": "Отдел продаж, Мастер",
            "address": "170000, Россия, Тверь, ул. Ленина, 5",
            "website": "https://example.com",
            "birthday": "1985-04-12",
            "categories": "друзья,баня",
            "note": "Звонить после шести; долго не брать\nтрубку не будет"
            "\nhttps://second.example.com",
            "id": "urn:uuid:4fbe8971",
            "left out": "X-ANNIVERSARY",
        }
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1251", "koi8_r"])
def test_several_cards_in_any_encoding(tmp_path, encoding):
    card = (
        "BEGIN:VCARD\nVERSION:3.0\nFN:Мария Соловьёва\nNOTE:перезвонить в понедельник\nEND:VCARD\n"
    )
    rows = read(tmp_path, (card + card.replace("Мария", "Дарья")).encode(encoding))
    assert [row["name"] for row in rows] == ["Мария Соловьёва", "Дарья Соловьёва"]


def test_the_charset_of_a_property_goes_before_that_of_the_file(tmp_path):
    name = "Мария".encode("cp1251")
    card = b"BEGIN:VCARD\nFN;CHARSET=windows-1251:" + name + "\nNOTE:да\nEND:VCARD\n".encode()
    assert read(tmp_path, card) == [{"name": "Мария", "note": "да"}]


def test_a_fold_may_cut_a_letter_and_a_card_may_lack_its_end(tmp_path):
    folded = "FN:Мария".encode()
    card = b"BEGIN:VCARD\n" + folded[:6] + b"\r\n " + folded[6:] + b"\nBEGIN:VCARD\nFN:Oleg\n"
    assert read(tmp_path, card, "people.txt") == [{"name": "Мария"}, {"name": "Oleg"}]


@pytest.mark.parametrize(
    ("written", "told"),
    [("--0412", "12.04"), ("1985-04-12T10:00:00Z", "1985-04-12"), ("19851399", "19851399")],
)
def test_birthdays_are_told_as_far_as_they_are_known(tmp_path, written, told):
    card = f"BEGIN:VCARD\nFN:Anna\nBDAY:{written}\nEND:VCARD\n"
    assert read(tmp_path, card.encode())[0]["birthday"] == told


@pytest.mark.parametrize(
    ("line", "account"),
    [
        ("IMPP:telegram:@anna", "@anna"),
        ("X-TELEGRAM:anna", "@anna"),
        ("X-WHATSAPP:+7 916 123-45-67", "wa.me/79161234567"),
        ("X-SKYPE:anna.kim", "skype:anna.kim"),
        ("X-SOCIALPROFILE;TYPE=vk:https://vk.com/anna", "https://vk.com/anna"),
    ],
)
def test_messengers_are_told_as_clients_have_them(tmp_path, line, account):
    card = f"BEGIN:VCARD\nFN:Anna\n{line}\nEND:VCARD\n"
    assert read(tmp_path, card.encode())[0]["messenger"] == account


def test_a_file_without_cards_is_refused_in_words(tmp_path):
    with pytest.raises(InvalidInput):
        read(tmp_path, b"name;phone\nAnna;1\n")


@given(st.binary(max_size=300))
def test_no_bytes_make_the_reader_crash(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("v") / "a.vcf"
    path.write_bytes(b"BEGIN:VCARD\n" + content)
    try:
        rows = list(open_table(path).rows)
    except InvalidInput:
        return
    assert all(len(row) == len(COLUMNS) for row in rows)


@pytest.mark.django_db
def test_cards_become_clients_by_the_proposed_mapping_and_go_again(files):
    owner = make_user("owner")
    by = Actor.user(owner)
    text = ContentFile((OLD_PHONE + NEW_PHONE).encode())
    run = take_file(text, name="people.vcf", entity="person", user=owner)
    commands.start_import(run.pk, "run", by=by, background=False)
    run = commands.work_on(run.pk)
    assert run.counts == {"new": 2}
    assert "PHOTO" in run.rows.get(number=1).notes[0]["text"]
    petr = Client.objects.get(last_name="Ёлкин")
    assert (petr.job_title, petr.address) == (
        "Отдел продаж, Мастер",
        "170000, Россия, Тверь, ул. Ленина, 5",
    )
    assert "1985-04-12" in petr.comment
    assert "баня" in petr.comment
    assert Client.objects.get(last_name="Ким").comment == "likes oak"
    assert sorted(petr.contact_points.values_list("kind", "value")) == [
        ("email", "elkin@example.com"),
        ("email", "petr@example.com"),
        ("phone", "+79167654321"),
        ("telegram", "elkin"),
    ]
    assert Client.objects.filter(kind="company").get().name == "ООО «Ёлка»"
    commands.start_undo(run.pk, by=by, background=False)
    commands.undo_import(run.pk)
    assert not Client.objects.filter(kind="person").exists()
