"""Who works at the demo company."""

from __future__ import annotations

from dataclasses import dataclass

DOMAIN = "svetlydom.example"  # a reserved ending: nobody else can have an address there
PASSWORD = "selling-ladder"  # noqa: S105 - public on purpose, shown on the log-in page


@dataclass(frozen=True, slots=True)
class Person:
    """An employee.

    Attributes:
        pace: how fast they work; 1.0 is usual, 2.0 takes twice as long.
        skill: how often their cards pass a stage, relative to the usual.
    """

    login: str
    name: str
    role: str
    department: str
    heads: str = ""  # code of the department that they lead
    pace: float = 1.0
    skill: float = 1.0
    language: str = "ru"

    @property
    def email(self) -> str:
        """What they log in with."""
        return f"{self.login}@{DOMAIN}"


CAST = (
    Person("owner", "Мария Светлова", "owner", "company", heads="company"),
    Person("rop", "Ольга Кравцова", "head_of_sales", "retail", heads="retail"),
    Person("rop.opt", "Дмитрий Орлов", "head_of_sales", "wholesale", heads="wholesale"),
    Person("manager", "Анна Соколова", "manager", "retail_office", pace=0.8, skill=1.08),
    Person("igor", "Игорь Лебедев", "manager", "retail_office", pace=1.7, skill=0.93),
    Person("katya", "Екатерина Новикова", "manager", "retail_office"),
    Person("pavel", "Павел Зайцев", "manager", "retail_office", pace=1.1, skill=0.98),
    Person("natalia", "Наталья Белова", "manager", "retail_shops", pace=0.9, skill=1.04),
    Person("sergey", "Сергей Громов", "manager", "retail_shops", pace=1.2),
    Person("alexey", "Алексей Морозов", "manager", "wholesale", skill=1.05),
    Person("vika", "Виктория Тихонова", "manager", "wholesale", pace=0.9),
    Person("roman", "Роман Киселёв", "manager", "wholesale", pace=1.1),
    Person("yulia", "Юлия Фомина", "manager", "wholesale"),
    Person("marketing", "Полина Макарова", "marketer", "marketing", heads="marketing"),
    Person("control", "Татьяна Егорова", "controller", "company"),
    Person("foreman", "Николай Савельев", "workshop", "works", heads="works"),
    Person("artem", "Артём Гусев", "workshop", "works"),
    Person("guest", "Борис Левин", "observer", "company"),
)
BY_LOGIN = {person.login: person for person in CAST}
OFFICE = ("manager", "igor", "katya", "pavel")
SHOPS = ("natalia", "sergey")
WHOLESALE = ("alexey", "vika")
FACADES = ("roman", "yulia")
WORKS = ("foreman", "artem")
