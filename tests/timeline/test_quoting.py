"""A preview shows what somebody wrote, not what they quote."""

import pytest

from voronka.timeline.quoting import own_words


@pytest.mark.parametrize(
    "quote",
    [
        "> Здравствуйте\n> Сколько стоит?",
        "12 мая 2026 г., 10:15, Анна пишет:\n> Здравствуйте",
        "On Tue, 12 May 2026 at 10:15, Anna\n<anna@mail.ru> wrote:\n> Hello",
        "вт, 12 мая 2026 г. в 10:15, Анна <anna@mail.ru>:\n> Здравствуйте",
        "-----Original Message-----\nFrom: Anna",
        "От: Анна\nОтправлено: вторник\nТема: Цена",
        "-------- Пересылаемое сообщение --------\nЗдравствуйте",
        "-- \nИван Петров, закупки",
    ],
)
def test_quotes_and_signatures_are_left_out(quote):
    assert own_words(f"Да, берём.\n\n{quote}") == "Да, берём."


def test_an_answer_between_the_lines_is_kept_and_nothing_is_never_the_result():
    assert own_words("> Когда?\nЗавтра.\n> Где?\nУ вас.") == "Завтра.\nУ вас."
    assert own_words("> only a quote") == "> only a quote"
    assert own_words("From: our side it is fine\nThanks") == "From: our side it is fine\nThanks"
