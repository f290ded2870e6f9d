"""The demo's cards and clients before they are written: plain data, no database."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from random import Random
from typing import Any

from voronka.demo import names
from voronka.demo.calendar import Days
from voronka.demo.cast import Person
from voronka.demo.walking import Walk


@dataclass(slots=True)
class ClientDraft:
    """A person or a company; `number` is its place in the book."""

    number: int
    kind: str
    name: str
    person: Person
    created_at: datetime
    first: str = ""
    patronymic: str = ""
    last: str = ""
    phone: str = ""
    email: str = ""
    inn: str = ""
    job: str = ""
    source: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    works_at: int | None = None  # number of the company


@dataclass(slots=True, eq=False)
class Draft:
    """A card with its way. `pk` is known once it is written."""

    pipeline: str
    title: str
    person: Person
    way: Walk
    contact: int | None = None
    company: int | None = None
    source: str = ""
    amount: Decimal = Decimal(0)
    lines: list[tuple[str, Decimal, Decimal]] = field(default_factory=list)  # code, how many, %
    values: dict[str, Any] = field(default_factory=dict)
    utm: dict[str, str] = field(default_factory=dict)
    repeat: bool = False
    first_response_at: datetime | None = None
    parent: Draft | None = None
    link: str = "related"
    source_card: Draft | None = None  # another card of which it grew, besides its parent
    tunnel: str = ""  # by which way it grew of its parent: "copy", "child"; "" by none
    robot: str = ""  # code of the robot whose tunnel that was; "" of a person
    line: str = ""  # code of the product of its parent that it stands for, as a robot's element
    product: str = ""  # kitchen, wardrobe …: what it is about
    pk: int = 0

    @property
    def created_at(self) -> datetime:
        """When it appeared."""
        return self.way.visits[0][1]

    @property
    def is_open(self) -> bool:
        """Whether it is still on its way."""
        return not self.way.ends_in


_LETTERS = "a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh sch y e yu ya"
_LATIN = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщыэюя",
        _LETTERS.split(" "),
        strict=True,
    )
)


class Book:
    """All invented clients."""

    def __init__(self, dice: Random, days: Days) -> None:
        self.dice = dice
        self.days = days
        self.clients: list[ClientDraft] = []
        self._phones = names.Phones(dice)

    def add_person(
        self, person: Person, at: datetime, source: str, *, segment: str = "private", **extra: Any
    ) -> ClientDraft:
        """Invent a person with a phone, sometimes an e-mail."""
        dice, who = self.dice, names.human(self.dice)
        client = ClientDraft(
            len(self.clients),
            "person",
            who.name,
            person,
            at,
            who.first,
            who.patronymic if dice.random() < 0.4 else "",
            who.last,
            phone=self._phones.next(),
            source=source,
            values={"segment": segment, "channel": dice.choice(("call", "messenger", "messenger"))},
            **extra,
        )
        if dice.random() < 0.35:
            client.email = f"{self._latin(who.last)}.{client.number}@mail.example"
        self.clients.append(client)
        return client

    def add_company(self, name: str, person: Person, at: datetime, segment: str) -> ClientDraft:
        """Invent a company with an INN, and a person who decides there."""
        dice = self.dice
        company = ClientDraft(
            len(self.clients),
            "company",
            name,
            person,
            at,
            phone=self._phones.next(),
            inn=names.inn(dice) if name.startswith("ООО") else "",
            source="cold" if segment == "dealer" else "expo",
            values={"segment": segment},
        )
        company.email = f"zakaz{company.number}@firma.example"
        self.clients.append(company)
        job = dice.choice(("Закупщик", "Собственник", "Товаровед"))
        if segment == "factory":
            job = dice.choice(("Технолог", "Начальник цеха", "Снабженец"))
        decider = self.add_person(person, at, company.source, segment=segment, job=job)
        decider.works_at = company.number
        return company

    def decider(self, company: ClientDraft) -> ClientDraft:
        """The person who decides at a company."""
        return self.clients[company.number + 1]

    @staticmethod
    def _latin(word: str) -> str:
        return "".join(_LATIN.get(letter, "") for letter in word.lower())
