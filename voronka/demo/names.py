"""Names, phones, towns and firms of invented clients."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random


def _words(text: str, sep: str = " ") -> list[str]:
    return text.split(sep)


_WOMEN = _words(
    "Анна Мария Елена Ольга Наталья Екатерина Ирина Татьяна Светлана Юлия Дарья Алина Ксения "
    "Вера Людмила Марина Полина Валентина Надежда Кристина Евгения Оксана Лариса Яна Софья"
)
_MEN = _words(
    "Александр Дмитрий Сергей Андрей Алексей Максим Иван Михаил Николай Павел Артём Владимир "
    "Роман Евгений Игорь Константин Олег Юрий Виктор Денис Кирилл Антон Григорий Тимур Руслан"
)
_FATHERS = _words(
    "Александров Сергеев Андреев Владимиров Николаев Иванов Алексеев Викторов Юрьев Михайлов "
    "Павлов Дмитриев Анатольев Геннадьев Олегов Петров Борисов Валентинов"
)
_SURNAMES = _words(
    "Смирнов Кузнецов Попов Васильев Петров Соколов Михайлов Фёдоров Морозов Волков Алексеев "
    "Лебедев Семёнов Егоров Павлов Козлов Степанов Николаев Орлов Андреев Макаров Никитин "
    "Захаров Зайцев Соловьёв Борисов Яковлев Григорьев Романов Воробьёв Сергеев Кузьмин "
    "Фролов Александров Дмитриев Королёв Гусев Киселёв Ильин Максимов Поляков Сорокин "
    "Виноградов Ковалёв Белов Медведев Антонов Тарасов Жуков Баранов Филиппов Комаров Давыдов "
    "Беляев Герасимов Богданов Осипов Сидоров Матвеев Титов Марков Миронов Крылов Куликов "
    "Карпов Власов Мельников Денисов Гаврилов Тихонов Казаков Афанасьев Данилов Савельев "
    "Тимофеев Фомин Чернов Абрамов Мартынов Ефимов Федотов Щербаков Назаров Калинин Исаев "
    "Чернышёв Быков Маслов Родионов Коновалов"
)
TOWNS = ("Казань", "Зеленодольск", "Иннополис", "Набережные Челны", "Альметьевск", "Чебоксары")
_STREETS = _words(
    "Лесная|Садовая|Чистопольская|Проспект Победы|Сибирский тракт|Камала|Адоратского|"
    "Баумана|Амирхана|Зорге|Ямашева|Космонавтов|Вишнёвая|Спартаковская",
    sep="|",
)
_FIRMS = _words(
    "Мебельный двор|Уютный дом|Дом мебели|Комфорт|Интерьер|Мебель Сити|Гармония|Линия уюта|"
    "Шатура-Стиль|Мебельград|Ваш выбор|Кухни Поволжья|Престиж|Новосёл|Мебельная лавка|"
    "Орион|Респект|Калейдоскоп|Мебель для всех|Квартал|Диван Диваныч|Эталон|"
    "Первый мебельный|Атриум|Берег|Формат|Домовёнок|Арт-Мебель|Меридиан|Аврора|Стиль и дом|"
    "Простор|Феникс|Вектор|Мозаика",
    sep="|",
)
_WORKSHOPS = _words(
    "Мастерская Кедр|Столярка 16|КорпусМастер|Мебельщик|Модуль|Дубрава|КухниПро|"
    "Фабрика шкафов|Точный рез|Ремесло|Ладья|Фрезер|СВ-Мебель|Ольха|Кромка|Купе Мастер|"
    "Сосна|Левша|ДСП Центр",
    sep="|",
)


@dataclass(frozen=True, slots=True)
class Human:
    """A person's name in parts."""

    first: str
    patronymic: str
    last: str

    @property
    def name(self) -> str:
        """First and last name, as people say it."""
        return f"{self.first} {self.last}"


def human(dice: Random) -> Human:
    """Invent a person; surname and patronymic agree with the first name."""
    woman = dice.random() < 0.58
    last, father = dice.choice(_SURNAMES), dice.choice(_FATHERS)
    if woman:
        return Human(dice.choice(_WOMEN), father + "на", last + "а")
    return Human(dice.choice(_MEN), father + "ич", last)


class Phones:
    """Phones that look real and belong to nobody: the block 000 of each code is not given out."""

    def __init__(self, dice: Random) -> None:
        self._dice = dice
        self._given: set[str] = set()

    def next(self) -> str:
        """Return a phone in E.164 that was not given before."""
        while True:
            code = self._dice.choice((903, 905, 906, 917, 919, 927, 937, 950, 960, 987))
            phone = f"+7{code}000{self._dice.randrange(10_000):04}"
            if phone not in self._given:
                self._given.add(phone)
                return phone


def inn(dice: Random) -> str:
    """Invent the taxpayer number of a company, with a right check digit."""
    digits = [1, 6, *(dice.randrange(10) for _ in range(7))]
    weights = (2, 4, 10, 3, 5, 9, 4, 6, 8)
    check = sum(d * w for d, w in zip(digits, weights, strict=True)) % 11 % 10
    return "".join(map(str, [*digits, check]))


def address(dice: Random) -> str:
    """Invent an address."""
    house, flat = dice.randrange(1, 120), dice.randrange(1, 240)
    return f"{dice.choice(TOWNS[:3])}, {dice.choice(_STREETS)}, {house}, кв. {flat}"


def shops(dice: Random, count: int) -> list[str]:
    """Name furniture shops, each once while there are names."""
    return _firms(dice, _FIRMS, count)


def workshops(dice: Random, count: int) -> list[str]:
    """Name furniture workshops, each once while there are names."""
    return _firms(dice, _WORKSHOPS, count)


def _firms(dice: Random, names: list[str], count: int) -> list[str]:
    pool = [f"ООО «{name}»" for name in names]
    pool += [f"ИП {s}а {f[0]}. {p[0]}." for s, f, p in zip(_SURNAMES, _MEN, _FATHERS, strict=False)]
    dice.shuffle(pool)
    return [pool[n % len(pool)] for n in range(count)]
