"""The set-up in the database as a Blueprint."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count

from voronka.automation.models import HighValue
from voronka.blueprints import outside, robots, translating
from voronka.blueprints.addresses import hidden
from voronka.blueprints.rules import join_hours, write_deadline
from voronka.blueprints.schema import (
    VERSION,
    Blueprint,
    Calendar,
    ClientSpec,
    Criterion,
    Department,
    FieldSpec,
    Grade,
    HighValueSpec,
    ItemTypeSpec,
    LossReasonSpec,
    Objection,
    Option,
    PipelineSpec,
    ProductSpec,
    Role,
    Rules,
    SectionSpec,
    Source,
    StageSpec,
    Text,
)
from voronka.blueprints.writing import write
from voronka.channels.queries import repeat_rules
from voronka.kernel.texts import LocalText
from voronka.people.access import ACTIONS
from voronka.people.models import Department as DepartmentRow
from voronka.people.models import Role as RoleRow
from voronka.people.models import WorkingCalendar
from voronka.pipelines.models import Field, ItemType, LossReason, Pipeline, Section, Stage
from voronka.pipelines.models import Source as SourceRow
from voronka.products.models import Product


def export(*, products: bool = False, people: bool = False) -> str:
    """Return the whole set-up as YAML; the same set-up gives the same bytes. Without secrets.

    Args:
        people: with the e-mails of those whom parts name: heads, members of groups, owners.
    """
    return write(hidden(current(products=products, people=people)))


def current(*, products: bool = False, people: bool = False) -> Blueprint:
    """Read the set-up as a blueprint, without what is archived. 24 SQL queries at most."""
    return Blueprint(
        version=VERSION,
        calendars={c.code: _calendar(c) for c in WorkingCalendar.objects.order_by("pk")},
        roles={r.code: _role(r) for r in RoleRow.objects.all()},
        departments=_departments(heads=people),
        sources={
            s.code: Source(name=_text(s.name), icon=s.icon)
            for s in SourceRow.objects.filter(archived=False)
        },
        **_types(),
        pipelines=pipelines(
            Pipeline.objects.filter(archived=False).select_related("item_type", "calendar")
        ),
        **{part.SECTION: part.of_rows(people=people) for part in outside.IN_ORDER},
        robots=robots.of_rows(),
        products=_products() if products else None,
    )


def _text(value: Any) -> Text:
    return Text.of(LocalText.of(value))


def _calendar(row: WorkingCalendar) -> Calendar:
    return Calendar(
        name=_text(row.name),
        hours=join_hours(row.hours),
        country=row.country,
        region=row.region,
        days_off=sorted(date.fromisoformat(day) for day in row.days_off),
        days_on=sorted(date.fromisoformat(day) for day in row.days_on),
        default=row.is_default,
    )


def _role(row: RoleRow) -> Role:
    matrix = {
        key: {action: row.matrix[key][action] for action in ACTIONS if action in row.matrix[key]}
        for key in sorted(row.matrix)
    }
    return Role(
        name=_text(row.name),
        everything=row.everything,
        matrix=matrix,
        rights=sorted(row.rights),
        contacts="masked" if row.hides_contacts else "shown",
    )


def _departments(*, heads: bool) -> dict[str, Department]:
    below: dict[int | None, list[DepartmentRow]] = defaultdict(list)
    for row in DepartmentRow.objects.select_related("head"):
        below[row.parent_id].append(row)

    def branch(parent: int | None) -> dict[str, Department]:
        return {
            row.code: Department(
                name=_text(row.name),
                head=(row.head.email if row.head else "") if heads else None,
                departments=branch(row.pk),
            )
            for row in below[parent]
        }

    return branch(None)


def _types() -> dict[str, Any]:
    fields: dict[int, list[Field]] = defaultdict(list)
    for field in Field.objects.filter(archived=False):
        fields[field.section_id].append(field)
    sections: dict[int | None, dict[str, SectionSpec]] = defaultdict(dict)
    for row in Section.objects.annotate(all_fields=Count("fields")).order_by("position", "id"):
        if row.all_fields and not fields[row.pk]:
            continue  # only archived fields are left in it: it is out of sight as well
        sections[row.item_type_id][row.code] = SectionSpec(
            name=_text(row.name),
            pipelines=list(row.pipelines),
            fields={f.code: _field(f) for f in fields[row.pk]},
        )
    types = {t.code: _type(t, sections[t.pk]) for t in ItemType.objects.all()}
    return {"item_types": types, "client": ClientSpec(sections=sections[None])}


def _type(row: ItemType, sections: dict[str, SectionSpec]) -> ItemTypeSpec:
    return ItemTypeSpec(
        kind=row.kind,
        name=_text(row.name),
        plural=_text(row.plural),
        icon=row.icon,
        prefix=row.prefix,
        client=row.has_client,
        amount=row.has_amount,
        lines=row.has_lines,
        revenue=row.counts_in_revenue,
        success=_text(row.success),
        grade=Grade(**row.grade_rule) if row.grade_rule else None,
        sections=sections,
    )


def _field(row: Field) -> FieldSpec:
    return FieldSpec(
        name=_text(row.name),
        kind=row.kind,
        help=_text(row.help),
        options={
            o["code"]: Option(name=_text(o.get("name")), points=int(o.get("points") or 0))
            for o in row.options
        },
        rules=Rules(**{k: v for k, v in row.rules.items() if k in Rules.model_fields}),
        important=row.important,
        formula=row.formula,
    )


def pipelines(rows: Iterable[Pipeline]) -> dict[str, PipelineSpec]:
    """Read these funnels as a blueprint has them, by code. Four more queries, however many.

    Args:
        rows: with `item_type` and `calendar` at hand.
    """
    rows = list(rows)
    stages: dict[int, dict[str, StageSpec]] = defaultdict(dict)
    found = Stage.objects.filter(pipeline__in=rows).select_related(*Stage.RESPONSIBLE)
    for stage in found.order_by("position", "id"):
        stages[stage.pipeline_id][stage.code] = _stage(stage)
    reasons: dict[int, list[LossReason]] = defaultdict(list)
    for reason in LossReason.objects.filter(pipeline__in=rows, archived=False):
        reasons[reason.pipeline_id].append(reason)
    large = HighValue.objects.in_bulk([row.pk for row in rows])
    repeats = repeat_rules()
    return {
        row.code: PipelineSpec(
            type=row.item_type.code,
            name=_text(row.name),
            purpose=row.purpose,
            naming=row.naming,
            why=_text(row.split_reason),
            forward_only=row.forward_only,
            calendar=row.calendar.code if row.calendar else "",
            stages=stages[row.pk],
            loss_reasons=_reasons(reasons[row.pk], None),
            high_value=_high_value(large.get(row.pk)),
            repeat=translating.repeat_part(repeats.get(row.pk)),
        )
        for row in rows
    }


def _high_value(row: HighValue | None) -> HighValueSpec | None:
    if row is None:
        return None
    return HighValueSpec(amount=row.amount, top_percent=row.top_percent, passes=list(row.passes))


def _stage(row: Stage) -> StageSpec:
    return StageSpec(
        name=_text(row.name),
        kind=row.kind,
        color=row.color,
        critical=row.critical,
        key=row.key,
        goal=_text(row.goal),
        sells_next=_text(row.sells_next),
        steps=[_text(step) for step in row.steps],
        exit_criteria={
            c["code"]: Criterion(
                text=_text(c.get("text")),
                check=c.get("check") or "manual",
                required=bool(c.get("required", True)),
            )
            for c in row.exit_criteria
        },
        objections=[
            Objection(objection=_text(o.get("objection")), answer=_text(o.get("answer")))
            for o in row.objections
        ],
        responsible=row.responsible_code.removeprefix("role:"),
        deadline=write_deadline(row.deadline_minutes, working=row.deadline_working),
        required=list(row.required),
    )


def _reasons(rows: Iterable[LossReason], parent: int | None) -> dict[str, LossReasonSpec]:
    rows = list(rows)
    return {
        row.code: LossReasonSpec(
            name=_text(row.name),
            target=row.target or row.parent_id is not None,  # those inside follow the outermost
            needs_comment=row.needs_comment,
            reasons=_reasons(rows, row.pk),
        )
        for row in rows
        if row.parent_id == parent
    }


def _products() -> dict[str, ProductSpec]:
    return {
        p.code: ProductSpec(name=_text(p.name), group=p.group, unit=p.unit, price=Decimal(p.price))
        for p in Product.objects.filter(archived=False)
    }
