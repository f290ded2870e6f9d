"""Folding, layouts and spellings."""

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from voronka.clients.models import Client
from voronka.kernel import fragments

RUSSIAN = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
LETTERS = RUSSIAN + RUSSIAN.upper() + "abcdefghijklmnopqrstuvwxyzABCXYZ0123456789"
TEXT = st.text(alphabet=LETTERS + " -.,«»@+()", max_size=60)
WORD = st.text(alphabet=RUSSIAN, min_size=1, max_size=15)


@given(TEXT, st.data())
def test_a_fragment_of_a_text_folds_to_a_fragment_of_the_folded_text(text, data):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    assert fragments.fold(text[start:end]) in fragments.fold(text)


@given(TEXT)
def test_folding_knows_no_letter_case_and_no_yo(text):
    assert fragments.fold(text.upper()) == fragments.fold(text) == fragments.fold(text.lower())
    assert fragments.fold(text.replace("ё", "е")) == fragments.fold(text)


@pytest.mark.parametrize("columns", [("name",), ("name", "inn"), ("name", "last_name", "inn")])
def test_a_query_asks_for_what_the_index_holds(columns):
    def asked(expression):
        sql, values = (
            Client.objects.annotate(x=expression(*columns)).values("x").query.sql_with_params()
        )
        return sql % tuple(f"'{value}'" for value in values)

    assert asked(fragments.Written) == asked(fragments.Fragments)


@given(WORD)
def test_the_wrong_layout_is_read_back(word):
    assert fragments.other_layout(fragments.other_layout(word)) == word


@pytest.mark.parametrize(
    ("typed", "meant"), [("ghbdtn", "привет"), ("руддщ", "hello"), ("[jkjlbkmybr", "холодильник")]
)
def test_keys_of_the_other_layout(typed, meant):
    assert fragments.other_layout(typed) == meant


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("ivanov", "Иванов"),
        ("sergey", "Сергей"),
        ("Sergei", "Сергей"),
        ("Mihail", "Михаил"),
        ("mikhail", "Михаил"),
        ("mik", "Михаил"),
        ("olga", "Ольга"),
        ("yuliya", "Юлия"),
        ("julia", "Юлия"),
        ("dmitry", "Дмитрий"),
        ("alexey", "Алексей"),
        ("yevgeny", "Евгений"),
        ("fyodor", "Фёдор"),
        ("sherbakov", "Щербаков"),
        ("shcherbakov", "Щербаков"),
        ("zhukov", "Жуков"),
        ("coy", "Цой"),
        ("иванов", "Ivanov"),
        ("михаил", "Mihail"),
        ("алексей", "Alexey"),
        ("еж", "Ёж"),
        ("ghbdtn", "Привет"),
        ("bdfyjd", "Иванов"),
    ],
)
def test_a_name_is_found_however_it_is_spelled(typed, stored):
    query = fragments.read(typed)
    assert any(
        fragments.found_at(stored, term.fragments) for terms in query.readings for term in terms
    )


def database_fragments(text: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT voronka_fragments(%s)::text", [text])
        return cursor.fetchone()[0]


def database_holds(text: str, query: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT voronka_fragments(%s) @@ %s::tsquery", [text, query])
        return cursor.fetchone()[0]


@pytest.mark.django_db
@given(st.text(alphabet=LETTERS, min_size=1, max_size=38))
def test_the_database_folds_letter_by_letter_like_python(word):
    folded = fragments.fold(word)
    if folded:
        assert f"'{folded[:40]}'" in database_fragments(word)


@pytest.mark.django_db
@given(st.lists(st.text(alphabet=LETTERS, min_size=3, max_size=12), min_size=1), st.data())
def test_any_three_letters_of_any_word_are_found(words, data):
    word = data.draw(st.sampled_from(words))
    start = data.draw(st.integers(0, len(word) - 3))
    end = data.draw(st.integers(start + 3, len(word)))
    piece = word[start:end]
    if len(fragments.fold(piece)) > 2:
        assert database_holds(" ".join(words), fragments.read(piece).tsquery)


@pytest.mark.django_db
@given(st.text(max_size=80))
def test_no_text_breaks_the_query(text):
    query = fragments.read(text.replace("\x00", ""))
    if query:
        assert database_holds("Иванов", query.tsquery) in (True, False)
