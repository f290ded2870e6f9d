"""Applies a blueprint: one transaction, through the doors of people, pipelines, items, products."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from django.db import transaction

from voronka.automation.commands import remove_robot, reorder_robots, save_robot
from voronka.automation.commands.control import save_high_value
from voronka.automation.models import Robot
from voronka.blueprints import outside, schema, translating
from voronka.blueprints.comparing import Difference, Key, Node, compare, outline, overlay
from voronka.blueprints.effects import heir_of
from voronka.blueprints.errors import BrokenBlueprint, HeirMissing, Problem, Refused
from voronka.blueprints.plans import Plan, plan
from voronka.blueprints.queries import current
from voronka.blueprints.robots import spec_of
from voronka.blueprints.rules import split_hours
from voronka.blueprints.schema import Blueprint
from voronka.channels.commands import save_repeat_rule
from voronka.items.commands.inheriting import remove_stage
from voronka.journal.actors import Actor
from voronka.journal.commands import record
from voronka.kernel.errors import DomainError, InvalidInput
from voronka.people.commands import calendars, departments, roles
from voronka.people.models import Department, Role, User, WorkingCalendar
from voronka.pipelines.commands import fields, pipelines, reasons, sections, sources, stages, types
from voronka.pipelines.commands.writing import begin
from voronka.pipelines.formulas import in_order
from voronka.pipelines.models import Field, Pipeline, Section, Stage
from voronka.pipelines.specs import GradeRule, LossReasonSpec
from voronka.products import commands as products


@dataclass
class SetUp:
    """The set-up as a whole, for the journal."""

    pk: int = 0
    journal_type: ClassVar[str] = "setup"


@transaction.atomic
def apply(wanted: Blueprint, *, by: Actor, file: str = "blueprint.yaml") -> Plan:
    """Make the set-up what the blueprint says; return the plan that was carried out.

    Sections that the file does not have stay as they are. Applying the same file again does
    nothing. What is in use is archived, never deleted; a removed stage hands its cards and
    history to its heir. Records what each part's own command records, and `setup.applied`.

    Raises:
        BrokenBlueprint: the file does not fit to what it leaves alone.
        HeirMissing: a removed stage has cards or history and no heir in the file.
        Refused: something else stands in the way; the sentences say what to do.
        Forbidden: the actor may not change the set-up, or the people's part of it.
    Source: docs/blueprints.md, "apply".
    """
    planned = carry_out(wanted, by=by, file=file)
    if planned.is_empty:
        return planned
    record(
        "setup.applied",
        SetUp(),
        by=by,
        file=file,
        added=planned.count("added"),
        changed=planned.count("changed") + planned.count("moved"),
        removed=planned.count("removed"),
    )
    return planned


@transaction.atomic
def carry_out(wanted: Blueprint, *, by: Actor, file: str = "blueprint.yaml") -> Plan:
    """Do what `apply` does, for a caller that records the whole in words of its own."""
    begin(by)
    planned = plan(wanted, file=file)
    if blocking := planned.blocking:
        sentences = [effect.sentence for effect in blocking]
        raise (HeirMissing if any(e.wants_heir for e in blocking) else Refused)(sentences)
    if not planned.is_empty:
        now = current(products=wanted.products is not None, people=True)
        _Applying(now, overlay(now, planned.wanted), by).run(compare(now, planned.wanted))
    return planned


class _Applying:
    """One application: the differences, sorted by kind of part, carried out in the safe order."""

    def __init__(self, now: Blueprint, wanted: Blueprint, by: Actor) -> None:
        self.wanted = wanted
        self.by = by
        self.outline = outline(wanted)
        self.before = outline(now)
        self.saved: dict[str, list[Node]] = defaultdict(list)
        self.removed: dict[str, list[Node]] = defaultdict(list)

    def run(self, differences: list[Difference]) -> None:
        for difference in differences:
            if difference.kind in ("added", "changed"):
                self.saved[difference.node.kind].append(difference.node)
            elif difference.kind == "removed":
                self.removed[difference.node.kind].append(difference.node)
        self._save_people()
        self._save_what_cards_are()
        self._save_funnels()
        self._save_controls()
        self._save_outside()
        self._save_robots()
        self._remove()
        for difference in differences:
            if difference.kind == "moved" and difference.group:
                self._arrange(*difference.group, order=difference.order)

    def _save_people(self) -> None:
        first_the_company = sorted(self.saved["calendar"], key=lambda n: not n.attrs["default"])
        for node in first_the_company:
            self._save_calendar(node)
        for node in self.saved["role"]:
            self._save_role(node)
        for node in self.saved["department"]:
            self._save_department(node)

    def _save_calendar(self, node: Node) -> None:
        part: Any = node.part
        row = WorkingCalendar.objects.filter(code=node.code).first()
        calendars.save_calendar(
            row.pk if row else None,
            code=node.code,
            name=part.name.local,
            hours=split_hours(part.hours),
            country=part.country,
            region=part.region,
            days_off=part.days_off,
            days_on=part.days_on,
            is_default=part.default,
            by=self.by,
        )

    def _save_role(self, node: Node) -> None:
        part: Any = node.part
        row = Role.objects.filter(code=node.code).first()
        roles.save_role(
            row.pk if row else None,
            code=node.code,
            name=part.name.local,
            matrix=part.matrix,
            rights=part.rights,
            everything=part.everything,
            hides_contacts=part.contacts == "masked",
            position=self._position(node),
            by=self.by,
        )

    def _save_department(self, node: Node) -> None:
        row = Department.objects.filter(code=node.code).select_related("head").first()
        head = row.head if row else None
        if "head" in node.attrs:
            head = User.objects.filter(email__iexact=node.attrs["head"]).first()
        departments.save_department(
            row.pk if row else None,
            code=node.code,
            name=node.name.local,
            parent=Department.objects.filter(code=node.inside).first(),
            head=head,
            position=self._position(node),
            by=self.by,
        )

    def _position(self, node: Node) -> int:
        return self.outline.groups[node.kind, node.owner, node.inside].index(node.code)

    def _save_what_cards_are(self) -> None:
        by = self.by
        for node in self.saved["source"]:
            sources.save_source(translating.source(node.code, _of(node)), by=by)
        for node in self.saved["item_type"]:
            types.save_item_type(translating.item_type(node.code, _of(node)), by=by)
        for node in self.saved["pipeline"]:
            pipelines.save_pipeline(translating.pipeline(node.code, _of(node)), by=by)
        for node in self.saved["section"]:
            spec = translating.section(node.owner or None, node.code, _of(node))
            sections.save_section(spec, by=by)
        for node in _formulas_last(self.saved["field"]):
            field = translating.field(node.owner or None, node.inside, node.code, _of(node))
            fields.save_field(field, by=by)
        for node in self.saved["item_type"]:
            rule = translating.grade(_of(node))
            before = self.before.nodes.get(node.key)
            if rule != (translating.grade(_of(before)) if before else GradeRule()):
                types.save_grade_rule(node.code, rule, by=by)
        for node in self.saved["product"]:
            part: Any = node.part
            spec_of_product = products.ProductSpec(
                node.code, part.name.local, part.group, part.unit, part.price
            )
            products.save_product(spec_of_product, by=by)

    def _save_funnels(self) -> None:
        for node in self.saved["stage"]:
            spec = translating.stage(node.owner, node.code, _of(node))
            kind, _colon, email = spec.responsible.partition(":")
            if kind == "user" and not User.objects.filter(email__iexact=email).exists():
                spec = replace(spec, responsible="")  # nobody for now: people are not in the file
            stages.save_stage(spec, by=self.by)
        for node in self.saved["loss_reason"]:
            part: Any = node.part
            reason = LossReasonSpec(
                node.owner,
                node.code,
                part.name.local,
                node.inside or None,
                part.target,
                part.needs_comment,
            )
            reasons.save_loss_reason(reason, by=self.by)

    def _save_controls(self) -> None:
        """What a funnel does with large orders and with repeat enquiries."""
        for node in self.saved["pipeline"]:
            before = self.before.nodes.get(node.key)
            wanted, had = _of(node).high_value, _of(before).high_value if before else None
            if wanted != had:
                row = Pipeline.objects.get(code=node.code)
                save_high_value(row, translating.high_value(wanted), by=self.by)
            wanted, had = _of(node).repeat, _of(before).repeat if before else None
            if wanted != had:
                row = Pipeline.objects.get(code=node.code)
                save_repeat_rule(row, translating.repeat(wanted), by=self.by)

    def _save_outside(self) -> None:
        for section in outside.IN_ORDER:
            for node in self.saved[section.KIND]:
                try:
                    section.save(node.code, _of(node), by=self.by)
                except InvalidInput as refusal:
                    raise _placed(refusal, node) from refusal

    def _save_robots(self) -> None:
        """Robots come last: they may name anything of the set-up, and each other."""
        named = tuple(self.wanted.robots or {})
        for node in self.saved["robot"]:
            try:
                save_robot(spec_of(node.code, _of(node)), by=self.by, robots=named)
            except DomainError as refusal:
                raise _placed(refusal, node) from refusal

    def _remove(self) -> None:
        by, kept = self.by, set(self.wanted.pipelines or {})
        for node in self.removed["robot"]:
            row = Robot.objects.alive().filter(code=node.code).first()
            if row is not None and node.code not in (self.wanted.robots or {}):
                remove_robot(row.pk, by=by)
        for section in reversed(outside.IN_ORDER):
            for node in self.removed[section.KIND]:
                section.remove(node.code, by=by)
        for node in self.removed["stage"]:
            if node.owner in kept:
                self._remove_stage(node)
        for node in self.removed["loss_reason"]:
            if node.owner in kept:
                reasons.archive_loss_reason(node.owner, node.code, by=by)
        gone_types = {node.code for node in self.removed["item_type"]}
        pipelines_of_kept = [n for n in self.removed["pipeline"] if _type_of(n) not in gone_types]
        removals: list[tuple[list[Node], Callable[[Node], object]]] = [
            (pipelines_of_kept, lambda n: pipelines.archive_pipeline(n.code, by=by)),
            (
                [n for n in self.removed["field"] if n.owner not in gone_types],
                lambda n: fields.archive_field(n.owner or None, n.code, by=by),
            ),
            ([n for n in self.removed["section"] if n.owner not in gone_types], self._drop_section),
            (self.removed["item_type"], lambda n: types.remove_item_type(n.code, by=by)),
            (self.removed["source"], lambda n: sources.archive_source(n.code, by=by)),
            (self.removed["product"], lambda n: products.archive_product(n.code, by=by)),
            (self.removed["department"][::-1], self._drop_department),
            (self.removed["role"], self._drop_role),
            (self.removed["calendar"], self._drop_calendar),
        ]
        for nodes, remove in removals:
            for node in nodes:
                remove(node)

    def _remove_stage(self, node: Node) -> None:
        found = Stage.objects.filter(pipeline__code=node.owner)
        stage = found.get(code=node.code)
        heir = heir_of(stage, (self.wanted.pipelines or {})[node.owner])
        remove_stage(stage.pk, heir_id=found.get(code=heir).pk, by=self.by)

    def _drop_section(self, node: Node) -> None:
        """Take the section away, unless archived fields keep it: then it is out of sight."""
        section = Section.objects.get(item_type__code=node.owner or None, code=node.code)
        if not Field.objects.filter(section=section).exists():
            sections.remove_section(node.owner or None, node.code, by=self.by)

    def _drop_department(self, node: Node) -> None:
        departments.delete_department(Department.objects.get(code=node.code).pk, by=self.by)

    def _drop_role(self, node: Node) -> None:
        roles.delete_role(Role.objects.get(code=node.code).pk, by=self.by)

    def _drop_calendar(self, node: Node) -> None:
        calendars.delete_calendar(WorkingCalendar.objects.get(code=node.code).pk, by=self.by)

    def _arrange(self, kind: str, owner: str, inside: str, *, order: tuple[str, ...]) -> None:
        by = self.by
        if kind in ("role", "department"):
            save = self._save_role if kind == "role" else self._save_department
            for code in order:
                save(self.outline.nodes[_key(kind, owner, code)])
        elif kind == "field":
            fields.reorder_fields(owner or None, inside, order, by=by)
        elif kind == "section":
            sections.reorder_sections(owner or None, order, by=by)
        elif kind == "stage":
            stages.reorder_stages(owner, order, by=by)
        elif kind == "loss_reason":
            reasons.reorder_loss_reasons(owner, order, parent=inside or None, by=by)
        elif kind == "source":
            sources.reorder_sources(order, by=by)
        elif kind == "item_type":
            types.reorder_item_types(order, by=by)
        elif kind == "pipeline":
            pipelines.reorder_pipelines(order, by=by)
        elif kind == "robot":
            reorder_robots(owner, order, by=by)
        elif kind == outside.routing.KIND:
            outside.routing.arrange(order, by=by)


def _formulas_last(nodes: list[Node]) -> list[Node]:
    """Return the fields so that each formula is saved behind the fields it counts on."""
    counted = [(n.owner, n.code, formula) for n in nodes if (formula := _of(n).formula)]
    places: dict[tuple[str, str], int] = {}
    for owner in {owner for owner, _code, _formula in counted}:
        rows = [Field(code=code, formula=f) for whose, code, f in counted if whose == owner]
        places |= {(owner, row.code): n for n, row in enumerate(in_order(rows), start=1)}
    return sorted(nodes, key=lambda node: places.get((node.owner, node.code), 0))


def _of(node: Node) -> Any:
    return node.part


_FILE_NAMES = {"distribution": "group", "verbs": "events", "place": "pipeline"}


def _placed(refusal: DomainError, node: Node) -> BrokenBlueprint:
    """Give what a command refuses the place of its part in the file."""
    path = ".".join(str(step) for step in node.path)
    places = refusal.fields or {"": refusal.detail}
    return BrokenBlueprint(
        [
            Problem("blueprint", 0, f"{path}.{_FILE_NAMES.get(place, place)}".rstrip("."), str(why))
            for place, why in places.items()
        ]
    )


def _key(kind: str, owner: str, code: str) -> Key:
    return (kind, owner, code)


def _type_of(node: Node) -> str:
    return node.part.type if isinstance(node.part, schema.PipelineSpec) else ""
