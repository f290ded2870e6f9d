"""A better name for a stage, while it is being typed (F3, X4, FS-4, LG-5)."""

import pytest

from voronka.pipelines.naming_advice import naming_hint, suggest_name


@pytest.mark.parametrize(
    ("typed", "better"),
    [
        ("Отправка КП", "КП отправлено"),
        ("Отправка коммерческого предложения", "Коммерческое предложение отправлено"),
        ("Готовим предложение", "Предложение подготовлено"),
        ("Подготовка договора", "Договор подготовлен"),
        ("Согласование сметы проекта", "Смета проекта согласована"),
        ("Выявление потребностей", "Потребности выявлены"),
        ("Ожидание оплаты", "Оплата получена"),
        ("Отгрузка товара со склада", "Товар отгружен со склада"),
        ("Встреча с клиентом", "Встреча с клиентом проведена"),
        ("Новая заявка", "Новая заявка получена"),
        ("Замер", "Замер выполнен"),
        ("Счет", "Счёт выставлен"),
        ("Думает", ""),
        ("Подписание договора и счёта", ""),
        ("КП отправлено", ""),
    ],
)
def test_a_russian_work_becomes_a_result(typed, better):
    assert suggest_name(typed, "results") == better


@pytest.mark.parametrize(
    ("typed", "better"),
    [
        ("КП отправлено", "Отправляем КП"),
        ("Встреча проведена", "Проводим встречу"),
        ("Потребности выявлены", "Выявляем потребности"),
        ("Смета согласована с клиентом", "Согласуем смету с клиентом"),
    ],
)
def test_a_russian_result_becomes_a_work(typed, better):
    assert suggest_name(typed, "activities") == better


@pytest.mark.parametrize(
    ("typed", "naming", "better"),
    [
        ("Sending the proposal", "results", "Proposal sent"),
        ("Waiting for payment", "results", "Payment received"),
        ("Planning works", "results", "Works planned"),
        ("Offer sent", "activities", "Sending the offer"),
        ("Negotiations", "results", ""),
    ],
)
def test_an_english_name_is_turned_as_well(typed, naming, better):
    assert suggest_name(typed, naming, language="en") == better


@pytest.mark.parametrize("blurred", ["Думает", "Обрабатываем", "Зависшие", "На завтра", "On hold"])
def test_a_blurred_name_is_pointed_at_in_every_style(blurred):
    language = "en" if blurred.isascii() else "ru"
    assert naming_hint(blurred, "results", language=language)
    assert naming_hint(blurred, "activities", language=language)


def test_a_good_name_and_a_beginning_get_no_hint():
    assert naming_hint("КП отправлено", "results") is None
    assert naming_hint("Готовим КП", "activities") is None
    assert naming_hint("К", "results") is None
    assert naming_hint("Отправка КП", "results").better == "КП отправлено"
