"""Robots in a blueprint: read from rows, checked inside the file, turned into specs, published.

Parameters of triggers and actions are checked by the models of their packages, and brought into
one form, so that "60m" and "1h", or a default written out, are no difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import time
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _
from pydantic import ValidationError

from voronka.automation import chains, formulas, registry
from voronka.automation.checking import plain
from voronka.automation.models import Robot
from voronka.automation.params import Params
from voronka.automation.references import Known, problems
from voronka.automation.spans import Span
from voronka.automation.specs import ActionSpec, Limits, Quiet
from voronka.automation.specs import RobotSpec as Spec
from voronka.blueprints import translating
from voronka.blueprints.errors import Path
from voronka.blueprints.explaining import explain, nearest
from voronka.blueprints.schema import (
    Blueprint,
    Department,
    LossReasonSpec,
    PipelineSpec,
    RobotSpec,
    SectionSpec,
    Text,
)
from voronka.channels.robots.ways import ONE
from voronka.kernel import conditions
from voronka.kernel.errors import InvalidInput, Sentence
from voronka.kernel.formulas import Name
from voronka.pipelines.models import Field, Pipeline
from voronka.pipelines.system_fields import SYSTEM_FIELDS

Mistake = tuple[Path, str]


def of_rows() -> dict[str, RobotSpec]:
    """Read all robots that are there, by item type and order. One SQL query."""
    rows = Robot.objects.alive().select_related("item_type", "pipeline", "stage")
    ordered = rows.order_by("item_type__position", "item_type__id", "position", "id")
    return {row.code: _of_row(row) for row in ordered}


def _of_row(row: Robot) -> RobotSpec:
    quiet = ""
    if row.quiet_from is not None and row.quiet_until is not None:
        quiet = f"{row.quiet_from:%H:%M}-{row.quiet_until:%H:%M}"
    return RobotSpec(
        name=Text.of(row.name),
        type=row.item_type.code,
        pipeline=row.pipeline.code if row.pipeline else "",
        stage=row.stage.code if row.stage else "",
        trigger=row.trigger,
        settings=row.settings,
        conditions=row.conditions,
        delay=row.delay.write(),
        actions=[{a["action"]: a.get("with", {})} for a in row.actions],
        on_leave=row.on_leave,
        quiet=quiet,
        per_card=row.per_card,
        per_client=row.per_client,
        per_day=row.per_day,
        ready=row.ready,
        enabled=row.enabled,
    )


def spec_of(code: str, part: RobotSpec) -> Spec:
    """Turn a part of the file into what `save_robot` takes."""
    since, _dash, until = part.quiet.partition("-")
    quiet = Quiet(time.fromisoformat(since), time.fromisoformat(until)) if since else Quiet()
    return Spec(
        code=code,
        name=part.name.local,
        item_type=part.type,
        pipeline=part.pipeline or None,
        stage=part.stage or None,
        trigger=part.trigger,
        settings=part.settings,
        conditions=part.conditions,
        delay=Span.read(part.delay),
        actions=tuple(
            ActionSpec(action, settings)
            for wanted in part.actions
            for action, settings in wanted.items()
        ),
        on_leave=part.on_leave,
        quiet=quiet,
        limits=Limits(part.per_card, part.per_client, part.per_day),
        ready=part.ready,
        enabled=part.enabled,
    )


def canonical(part: RobotSpec) -> dict[str, Any]:
    """Return the attributes of a robot in the one form in which they are kept."""
    attrs = part.model_dump()
    trigger = registry.trigger(part.trigger)
    if trigger is not None:
        attrs["settings"] = _canonical(trigger.params, part.settings)
    try:
        condition = conditions.parse(part.conditions)
        attrs["conditions"] = {} if condition == conditions.ALWAYS else conditions.dump(condition)
        attrs["delay"] = Span.read(part.delay).write()
    except (InvalidInput, ValueError):
        pass  # a mistake that `mistakes` tells
    attrs["actions"] = [
        {code: _canonical(action.params if (action := registry.action(code)) else None, settings)}
        for wanted in part.actions
        for code, settings in wanted.items()
    ]
    return attrs


def _canonical(model: type[Params] | None, settings: Mapping[str, Any]) -> Any:
    if model is None:
        return settings
    try:
        return plain(model.model_validate(dict(settings)))
    except ValidationError:
        return settings


def mistakes(blueprint: Blueprint) -> Iterator[Mistake]:
    """Find what can't be applied: unknown names, settings that do not fit, bindings nowhere."""
    for code, part in (blueprint.robots or {}).items():
        yield from _robot(blueprint, ("robots", code), part)


def _robot(blueprint: Blueprint, path: Path, part: RobotSpec) -> Iterator[Mistake]:
    types, pipelines = blueprint.item_types or {}, blueprint.pipelines or {}
    if not part.name:
        yield (*path, "name"), _("Give it a name.")
    if part.type not in types:
        yield (
            (*path, "type"),
            _("There is no item type “%(code)s” in this file.") % {"code": part.type}
            + nearest(part.type, list(types)),
        )
    pipeline = pipelines.get(part.pipeline)
    if part.pipeline and (pipeline is None or pipeline.type != part.type):
        sentence = _("There is no funnel “%(code)s” in this file.")
        yield (
            (*path, "pipeline"),
            sentence % {"code": part.pipeline} + nearest(part.pipeline, list(pipelines)),
        )
    elif part.stage and (pipeline is None or part.stage not in pipeline.stages):
        stages = list(pipeline.stages) if pipeline else []
        sentence = _("There is no stage “%(code)s” in this funnel.")
        yield (*path, "stage"), sentence % {"code": part.stage} + nearest(part.stage, stages)
    known = _FileKnown(blueprint, part, pipeline)
    trigger = registry.trigger(part.trigger)
    if trigger is None:
        yield (
            (*path, "trigger"),
            _("There is no trigger “%(code)s”.") % {"code": part.trigger}
            + nearest(part.trigger, list(registry.triggers())),
        )
    else:
        yield from _settings((*path, "settings"), trigger.params, part.settings, known)
    yield from _conditions((*path, "conditions"), part.conditions, known)
    pairs = [pair for wanted in part.actions for pair in wanted.items()]
    yield from _actions((*path, "actions"), pairs, known)


def _actions(path: Path, pairs: Sequence[chains.Listed], known: _FileKnown) -> Iterator[Mistake]:
    for index, (code, settings) in enumerate(pairs):
        action = registry.action(code)
        place: Path = (*path, index)
        if action is None:
            yield (
                place,
                _("There is no action “%(code)s”.") % {"code": code}
                + nearest(code, list(registry.actions())),
            )
            continue
        wrong = list(_settings((*place, code), action.params, settings, known))
        yield from wrong
        if code == chains.BRANCH and not wrong:
            asked = settings.get("conditions", {})
            yield from _conditions((*place, code, "conditions"), asked, known)
            for way, inner in chains.inner(code, settings):
                yield from _actions((*place, code, way), inner, known)


def _settings(
    path: Path, model: type[Params], settings: Mapping[str, Any], known: Known
) -> Iterator[Mistake]:
    try:
        params = model.model_validate(dict(settings))
    except ValidationError as error:
        for problem in error.errors(include_url=False):
            yield (*path, *problem["loc"]), explain(dict(problem))
        return
    for place, sentence in problems(params, known).items():
        steps = [int(step) if step.isdecimal() else step for step in place.split(".")]
        yield (*path, *steps), str(sentence)


def _conditions(path: Path, asked: Mapping[str, Any], known: _FileKnown) -> Iterator[Mistake]:
    try:
        condition = conditions.parse(asked)
    except InvalidInput as invalid:
        for place, sentence in (invalid.fields or {"": invalid.detail}).items():
            steps = [int(step) if step.isdecimal() else step for step in place.split(".") if step]
            yield (*path, *steps), str(sentence)
        return
    for fact in sorted(conditions.facts_of(condition)):
        for prefix, fields in (("client.field.", known.client_fields), ("field.", known.own)):
            if fact.startswith(prefix):
                if fact.removeprefix(prefix) not in fields:
                    sentence = _("Cards here have no field “%(code)s”.")
                    yield path, sentence % {"code": fact.removeprefix(prefix)}
                break


class _FileKnown(Known):
    """What there is to name, by the file and not by the database."""

    def __init__(
        self, blueprint: Blueprint, part: RobotSpec, pipeline: PipelineSpec | None
    ) -> None:
        self.blueprint = blueprint
        self.part = part
        self.pipeline = Pipeline(code=part.pipeline) if pipeline else None
        self.robots = frozenset(blueprint.robots or {})

    def problem(self, kind: str, value: str) -> Sentence | None:
        if not value:
            return None
        whole, what = self.blueprint, value.partition(":")[0] if kind == "who" else kind
        if kind == "template":
            names = {part.name for part in (whole.templates or {}).values()}
            return _unless(whole.templates is None or value in names, value)
        if kind == "distribution":
            return _unless(whole.groups is None or value in whole.groups, value)
        if kind in ("channel", "way") and value.startswith(ONE):
            code = value.removeprefix(ONE)
            return _unless(whole.channels is None or code in whole.channels, code)
        absent = {"role": whole.roles, "department": whole.departments, "pipeline": whole.pipelines}
        if absent.get(what, ()) is None:
            return None  # the file leaves this section alone
        if kind == "robot":
            return (
                None
                if value in self.robots
                else _("There is no robot “%(code)s”.") % {"code": value}
            )
        return super().problem(kind, value)

    @cached_property
    def stages(self) -> frozenset[str]:
        found = (self.blueprint.pipelines or {}).items()
        return frozenset(f"{code}/{stage}" for code, part in found for stage in part.stages)

    @cached_property
    def pipelines(self) -> frozenset[str]:
        return frozenset(self.blueprint.pipelines or {})

    @cached_property
    def own(self) -> frozenset[str]:
        """Custom fields of the robot's item type."""
        item_type = (self.blueprint.item_types or {}).get(self.part.type)
        return _fields(item_type.sections) if item_type else frozenset()

    @cached_property
    def fields(self) -> frozenset[str]:
        return self.own | frozenset(SYSTEM_FIELDS)

    @cached_property
    def field_rows(self) -> dict[str, Field]:
        item_type = (self.blueprint.item_types or {}).get(self.part.type)
        return rows_of(item_type.sections) if item_type else {}

    @cached_property
    def formula_names(self) -> Mapping[str, Name]:
        client = self.blueprint.client
        of_clients = rows_of(client.sections).values() if client else ()
        return formulas.names_of_fields(self.field_rows.values(), of_clients)

    @cached_property
    def client_fields(self) -> frozenset[str]:
        """Custom fields of clients."""
        return _fields(self.blueprint.client.sections) if self.blueprint.client else frozenset()

    @cached_property
    def roles(self) -> frozenset[str]:
        return frozenset(self.blueprint.roles or {})

    @cached_property
    def departments(self) -> frozenset[str]:
        return frozenset(_departments(self.blueprint.departments or {}))

    def is_person(self, email: str) -> bool:
        return True  # people are not in the file


def _unless(known: bool, name: str) -> Sentence | None:
    return None if known else _("There is no “%(code)s” in this file.") % {"code": name}


def rows_of(sections: Mapping[str, SectionSpec]) -> dict[str, Field]:
    """Return the fields of some sections by code, as rows that are not saved."""
    found = {}
    for section in sections.values():
        for code, part in section.fields.items():
            spec = translating.field(None, "", code, part)
            options = [option.as_json() for option in spec.options]
            found[code] = Field(
                code=code, name=spec.name, kind=spec.kind, options=options, formula=spec.formula
            )
    return found


def _fields(sections: Mapping[str, SectionSpec]) -> frozenset[str]:
    return frozenset(code for section in sections.values() for code in section.fields)


def _departments(branch: Mapping[str, Department]) -> Iterator[str]:
    for code, part in branch.items():
        yield code
        yield from _departments(part.departments)


def reasons_of(branch: Mapping[str, LossReasonSpec]) -> Iterator[str]:
    """Return the codes of all loss reasons of a funnel."""
    for code, part in branch.items():
        yield code
        yield from reasons_of(part.reasons)


def publish(schema: dict[str, Any]) -> None:
    """Put the parameters of every known trigger and action into the published JSON Schema."""
    robot = schema["$defs"]["RobotSpec"]
    rules = []
    for code, trigger in registry.triggers().items():
        settings = _defined(schema, f"trigger.{code}", trigger.params)
        rules.append(
            {
                "if": {"properties": {"trigger": {"const": code}}},
                "then": {"properties": {"settings": settings}},
            }
        )
    robot["properties"]["trigger"]["enum"] = list(registry.triggers())
    robot["allOf"] = rules
    robot["properties"]["actions"]["items"] = _ACTION
    schema["$defs"]["RobotAction"] = {
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
        "properties": {
            code: _defined(schema, f"action.{code}", action.params)
            for code, action in registry.actions().items()
        },
    }


_ACTION = {"$ref": "#/$defs/RobotAction"}  # lies in branches again


def _defined(schema: dict[str, Any], name: str, model: type[Params]) -> dict[str, Any]:
    part = model.model_json_schema(ref_template=f"#/$defs/{name}.{{model}}")
    for field in part.get("properties", {}).values():
        if field.get("x-ref") == "actions":
            field["items"] = _ACTION
    for inner, definition in part.pop("$defs", {}).items():
        schema["$defs"][f"{name}.{inner}"] = definition
    part.pop("title", None)
    schema["$defs"][name] = part
    return {"$ref": f"#/$defs/{name}"}
