"""Pipelines and cards for tests, made through the same doors as real ones."""

from datetime import datetime
from itertools import count
from typing import Any

from voronka.items.commands import create_item
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.kernel.texts import LocalText
from voronka.people.models import User
from voronka.pipelines.models import Field, ItemType, LossReason, Pipeline, Section, Stage

_numbers = count(1)
SYSTEM = Actor.system()


def make_item_type(kind: str = "deal", **extra: Any) -> ItemType:
    """An item type; "lead", "deal" or "custom"."""
    code = f"{kind}-{next(_numbers)}"
    extra.setdefault("counts_in_revenue", kind == "deal")
    extra.setdefault("has_lines", kind == "deal")
    return ItemType.objects.create(
        code=code, kind=kind, name=LocalText(kind, kind), plural=LocalText(kind, kind), **extra
    )


def make_pipeline(
    item_type: ItemType | None = None, *, stages: int = 4, reasons: bool = False, **extra: Any
) -> Pipeline:
    """A funnel with `stages` open stages s1, s2 …, a won and a lost one."""
    item_type = item_type or make_item_type()
    code = f"pipeline-{next(_numbers)}"
    pipeline = Pipeline.objects.create(
        code=code, item_type=item_type, name=LocalText("Воронка", "Funnel"), **extra
    )
    for n in range(1, stages + 1):
        Stage.objects.create(
            pipeline=pipeline, code=f"s{n}", name=LocalText(f"Этап {n}", f"Step {n}"), position=n
        )
    Stage.objects.create(
        pipeline=pipeline, code="won", name=LocalText("Успех", "Won"), kind="won", position=90
    )
    Stage.objects.create(
        pipeline=pipeline, code="lost", name=LocalText("Отказ", "Lost"), kind="lost", position=91
    )
    if reasons:
        make_reason(pipeline)
    return pipeline


def make_reason(pipeline: Pipeline, **extra: Any) -> LossReason:
    """A loss reason of a funnel."""
    return LossReason.objects.create(
        pipeline=pipeline, code=f"r{next(_numbers)}", name=LocalText("Дорого", "Too dear"), **extra
    )


def make_field(item_type: ItemType, code: str, kind: str = "text", **extra: Any) -> Field:
    """A custom field in the type's only section."""
    section, _ = Section.objects.get_or_create(
        item_type=item_type, code="main", defaults={"name": LocalText("Данные", "Data")}
    )
    return Field.objects.create(
        item_type=item_type, section=section, code=code, kind=kind, name=LocalText(code), **extra
    )


def stage(pipeline: Pipeline, code: str) -> Stage:
    """A stage of a funnel by its code, read anew."""
    return Stage.objects.get(pipeline=pipeline, code=code)


def make_item(
    pipeline: Pipeline | None = None,
    *,
    owner: User | None = None,
    at: datetime | None = None,
    title: str = "",
    by: Actor = SYSTEM,
    **changes: Any,
) -> Item:
    """A card in the first stage, made by the real command."""
    from tests.people.factories import make_user

    return create_item(
        pipeline or make_pipeline(),
        title=title or f"Card {next(_numbers)}",
        by=by,
        owner_id=(owner or make_user()).pk,
        changes=changes,
        at=at,
    )
