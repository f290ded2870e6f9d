"""Contacts are masked for one reader at a time, by one function."""

import pytest

from voronka.kernel import masking


@pytest.mark.parametrize(
    ("kind", "value", "masked"),
    [
        ("phone", "+79161231234", "+7 ••• •••-12-34"),
        ("phone", "+7 916 123-12-34", "+7 ••• •••-12-34"),
        ("whatsapp", "79161231234", "••• •••-12-34"),
        ("phone", "+4930123456", "+49 ••• •••-34-56"),
        ("phone", "112", "•••"),
        ("email", "maria@mail.ru", "m•••@mail.ru"),
        ("telegram", "@masha", "m•••"),
        ("vk", "id1234567", "i•••"),
        ("other", "", "•••"),
    ],
)
def test_enough_stays_to_tell_two_apart_and_too_little_to_reach_anybody(kind, value, masked):
    assert masking.mask(kind, value) == masked
    assert masking.shown(kind, value) == value
    with masking.hiding(True):
        assert masking.shown(kind, value) == (masked if value else "")


def test_a_text_is_masked_when_it_is_nothing_but_a_contact():
    with masking.hiding(True):
        assert masking.shown_text("+7 916 123-12-34") == "+7 ••• •••-12-34"
        assert masking.shown_text(" anna@mail.ru ") == "a•••@mail.ru"
        for text in ("Анна", "2026-03-02", "7701234567", "call +7 916 123-12-34", "1 200", ""):
            assert masking.shown_text(text) == text
        assert masking.shown_values({"a": "+79161231234", "n": 79161231234, "l": ["x"]}) == {
            "a": "+7 ••• •••-12-34",
            "n": 79161231234,
            "l": ["x"],
        }


def test_what_comes_back_masked_was_not_touched():
    assert not masking.is_masked("+7 ••• •••-12-34")
    with masking.hiding(True):
        assert masking.is_masked("+7 ••• •••-12-34")
        assert not masking.is_masked("+7 916 123-12-34")
        assert not masking.is_masked(["•••"])


def test_a_form_names_a_masked_contact_by_what_nobody_can_read():
    assert masking.handle("+79161231234") == "+79161231234"
    with masking.hiding(True):
        hidden = masking.handle("+79161231234")
        assert "9161" not in hidden
        assert hidden == masking.handle("+79161231234") != masking.handle("+79161231235")


def test_pieces_made_later_are_masked_as_when_they_were_asked_for():
    def pieces():
        yield masking.shown("phone", "+79161231234")
        yield masking.shown("email", "anna@mail.ru")

    with masking.hiding(True):
        later = masking.each(pieces())
    assert list(later) == ["+7 ••• •••-12-34", "a•••@mail.ru"]
    assert not masking.hidden()
