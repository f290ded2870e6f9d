"""The company that is measured: one funnel of six open stages, twenty sellers and their head."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.generator import PEOPLE, STAGES

if TYPE_CHECKING:
    from voronka.people.models import User

_BLUEPRINT = """
version: 1
item_types:
  deal:
    kind: deal
    name: {ru: Сделка, en: Deal}
    plural: {ru: Сделки, en: Deals}
    revenue: true
    lines: true
pipelines:
  sales:
    type: deal
    name: {ru: Продажи, en: Sales}
    purpose: new_sales
    stages:
STAGES
      won: {name: {ru: Оплачено, en: Paid}, kind: won}
      lost: {name: {ru: Отказ, en: Refused}, kind: lost}
"""


@dataclass(slots=True)
class Company:
    """What scenarios need to know of the set-up. Ids are of the rows made here."""

    owner: User
    seller: User
    pipeline: int
    stages: list[int]
    won: int
    lost: int
    first_seller: int


def found() -> Company:
    """Set the company up through its own doors: roles, people, funnel by a blueprint."""
    from voronka.blueprints.commands import apply
    from voronka.blueprints.reading import read
    from voronka.journal.actors import Actor
    from voronka.people.commands import create_ready_roles, create_user
    from voronka.people.models import User
    from voronka.pipelines.models import Pipeline

    if Pipeline.objects.filter(code="sales").exists():  # a house that was kept
        people = list(User.objects.order_by("pk")[:2])
        return _described(people[0], people[1])
    by = Actor.system("bench")
    roles = {role.code: role for role in create_ready_roles(by=by)}
    owner = create_user("owner@bench.example", role=roles["owner"], by=by, name="Owner")
    sellers = [
        create_user(f"seller{n}@bench.example", role=roles["manager"], by=by, name=f"Seller {n}")
        for n in range(PEOPLE)
    ]
    stages = "\n".join(
        f"      s{n}: {{name: {{ru: Этап {n}, en: Step {n}}}, deadline: 3d}}"
        for n in range(1, STAGES + 1)
    )
    apply(read(_BLUEPRINT.replace("STAGES", stages)), by=by)
    return _described(owner, sellers[0])


def _described(owner: User, seller: User) -> Company:
    from voronka.pipelines.models import Pipeline, Stage

    pipeline = Pipeline.objects.get(code="sales")
    known = {stage.code: stage.pk for stage in Stage.objects.filter(pipeline=pipeline)}
    return Company(
        owner=owner,
        seller=seller,
        pipeline=pipeline.pk,
        stages=[known[f"s{n}"] for n in range(1, STAGES + 1)],
        won=known["won"],
        lost=known["lost"],
        first_seller=seller.pk,
    )
