"""Set-up made through the same door as people use."""

from dataclasses import replace

from voronka.journal.actors import Actor
from voronka.kernel.texts import LocalText
from voronka.pipelines.commands.fields import save_field
from voronka.pipelines.commands.pipelines import start_pipeline
from voronka.pipelines.commands.sections import save_section
from voronka.pipelines.commands.stages import save_stage
from voronka.pipelines.commands.types import save_item_type
from voronka.pipelines.models import ItemType
from voronka.pipelines.specs import (
    FieldSpec,
    ItemTypeSpec,
    Option,
    PipelineSpec,
    SectionSpec,
    StageSpec,
)

SYSTEM = Actor.system()


def text(ru, en=""):
    return LocalText(ru, en)


def make_type(code="deal", kind=None, **changes):
    row = ItemType.objects.filter(code=code).first()
    if row and not changes:
        return row
    spec = ItemTypeSpec(
        code, text("Сделка", "Deal"), text("Сделки", "Deals"), kind=kind or "deal", has_lines=True
    )
    return save_item_type(replace(spec, **changes), by=SYSTEM)


def make_pipeline(code="retail", item_type="deal", stages=(), **changes):
    """A funnel with stages "new", these, "won" and "lost"."""
    make_type(item_type, kind=item_type if item_type in ("deal", "lead") else "custom")
    spec = replace(PipelineSpec(code, item_type, text("Розница", "Retail")), **changes)
    pipeline = start_pipeline(spec, by=SYSTEM)
    for stage in stages:
        make_stage(pipeline, stage)
    return pipeline


def make_stage(pipeline, code="offer", **changes):
    spec = StageSpec(pipeline.code, code, text(code.title()))
    return save_stage(replace(spec, **changes), by=SYSTEM)


def make_section(item_type="deal", code="data", **changes):
    spec = SectionSpec(item_type, code, text("Данные", "Data"))
    return save_section(replace(spec, **changes), by=SYSTEM)


def make_field(code="budget", kind="text", item_type="deal", section="data", **changes):
    make_section(item_type, section)
    options = (Option("low", text("Мало"), 1), Option("high", text("Много"), 5))
    spec = FieldSpec(
        item_type,
        section,
        code,
        text(code),
        kind,
        options=options if kind in ("list", "multi_list") else (),
    )
    return save_field(replace(spec, **changes), by=SYSTEM)
