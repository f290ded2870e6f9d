"""How names, accounts and numbers are read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voronka.clients import rules
from voronka.clients.names import name_key, person_name


@pytest.mark.parametrize(
    ("text", "first", "last", "patronymic"),
    [
        ("Иванов Иван Петрович", "Иван", "Иванов", "Петрович"),
        ("Иван Петрович Иванов", "Иван", "Иванов", "Петрович"),
        ("Анна Сергеевна", "Анна", "", "Сергеевна"),
        ("Иван Иванов", "Иван", "Иванов", ""),
        ("Иванов Иван", "Иван", "Иванов", ""),
        ("Шевченко Марина", "Марина", "Шевченко", ""),
        ("Марина Шевченко", "Марина", "Шевченко", ""),
        ("Мамедов Али Гасан оглы", "Али", "Мамедов", "Гасан оглы"),
        ("John Smith", "John", "Smith", ""),
        ("Мария", "Мария", "", ""),
    ],
)
def test_the_parts_of_a_name_are_told_by_its_words(text, first, last, patronymic):
    read = person_name(text)
    assert (read.first, read.last, read.patronymic) == (first, last, patronymic)


@given(st.text(max_size=60))
def test_no_word_of_a_name_is_lost_or_doubled(text):
    read = person_name(text)
    parts = " ".join((read.first, read.last, read.patronymic)).split()
    assert sorted(parts) == sorted(text.replace(",", " ").split())


@pytest.mark.parametrize(
    ("raw", "kind", "read"),
    [
        ("@Ivanov_M", "", ("telegram", "ivanov_m")),
        ("https://t.me/Ivanov_M?start=1", "", ("telegram", "ivanov_m")),
        ("tg://resolve?domain=ivanov_m", "", ("telegram", "ivanov_m")),
        ("t.me/+79161234567", "", ("telegram", "+79161234567")),
        ("wa.me/79161234567", "", ("whatsapp", "+79161234567")),
        ("https://api.whatsapp.com/send?phone=79161234567", "", ("whatsapp", "+79161234567")),
        ("8 (916) 123-45-67", "whatsapp", ("whatsapp", "+79161234567")),
        ("https://m.vk.com/id123", "", ("vk", "id123")),
        ("123", "vk", ("vk", "id123")),
        ("vk.ru/Durov", "", ("vk", "durov")),
        ("https://www.avito.ru/user/1a2b/profile", "", ("avito", "1a2b")),
        ("https://max.ru/u/somebody", "", ("max", "somebody")),
        ("skype: somebody", "other", ("other", "skype: somebody")),
    ],
)
def test_an_account_is_one_however_it_was_copied(raw, kind, read):
    assert rules.account(raw, kind) == read


@pytest.mark.parametrize(
    ("raw", "kind"), [("привет", "telegram"), ("12", "whatsapp"), ("vk.com/x", "telegram")]
)
def test_what_is_no_account_is_refused(raw, kind):
    assert rules.account(raw, kind) is None


@given(st.text(max_size=80), st.sampled_from(["", *rules.MESSENGERS]))
def test_reading_an_account_twice_changes_nothing(raw, kind):
    once = rules.account(raw, kind)
    if once is not None:
        assert rules.account(once[1], once[0]) == once


@given(st.emails())
def test_an_address_is_one_in_any_letter_case(address):
    read = rules.email(address)
    if read is not None:
        assert rules.email(f" <{address.upper()}> ") in (read, None)
        assert rules.email(read) == read


@pytest.mark.parametrize("number", ["7707083893", "500100732259", "7736 050 003"])
def test_a_taxpayer_number_with_right_check_digits_is_taken(number):
    assert rules.inn(number) == number.replace(" ", "")


@pytest.mark.parametrize("number", ["123", "77070838934", "770708389X", "7707083890"])
def test_a_taxpayer_number_of_wrong_length_or_sum_is_refused(number):
    with pytest.raises(rules.Unreadable):
        rules.inn(number)


def test_several_phones_of_a_cell_are_read_each_once_and_the_bad_one_is_named():
    made = rules.points(phones=["8 916 123-45-67, +7 (495) 765-43-21; 12", "+79161234567"])
    assert [p.value for p in made.read] == ["+79161234567", "+74957654321"]
    assert "12" in str(made.refused["phone"])


def test_two_spellings_of_one_company_have_one_key():
    assert name_key("ООО «Ромашка Ёлка»") == name_key("елка-ромашка, ООО")
    assert name_key("ООО") == "ооо"
