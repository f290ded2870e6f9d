"""Whether what parameters name is there: walks the schema and the data side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache, cached_property
from typing import Any

from django.utils.translation import gettext as _

from voronka.automation import formulas, registry
from voronka.automation.models import Robot
from voronka.automation.params import Params
from voronka.kernel.errors import Sentence
from voronka.kernel.formulas import Name
from voronka.people.models import Department, Role, User
from voronka.people.ready_roles import READY_ROLES
from voronka.pipelines.models import Field, ItemType, Pipeline, Stage
from voronka.pipelines.queries import field_codes
from voronka.routing.models import Distribution


class Known:
    """What there is to name, for robots of one item type and, perhaps, funnel.

    Args:
        robots: codes of robots that are about to be saved together, besides those that are there.
    """

    def __init__(
        self, item_type: ItemType, pipeline: Pipeline | None, robots: frozenset[str] = frozenset()
    ) -> None:
        self.item_type = item_type
        self.pipeline = pipeline
        self.robots = robots

    def problem(self, kind: str, value: str) -> Sentence | None:
        """Say what is wrong with a reference, or None."""
        test = _TESTS.get(kind)
        return test(self, value) if test is not None and value else None

    @cached_property
    def stages(self) -> frozenset[str]:
        """All stages as "pipeline/stage"."""
        rows = Stage.objects.filter(pipeline__archived=False)
        return frozenset(f"{p}/{s}" for p, s in rows.values_list("pipeline__code", "code"))

    @cached_property
    def pipelines(self) -> frozenset[str]:
        """Codes of the funnels in use."""
        return frozenset(Pipeline.objects.filter(archived=False).values_list("code", flat=True))

    @cached_property
    def fields(self) -> frozenset[str]:
        """Codes of the fields that cards of the type have."""
        return field_codes(self.item_type)

    @cached_property
    def field_rows(self) -> dict[str, Field]:
        """The custom fields of the type by code."""
        rows = Field.objects.filter(item_type=self.item_type, archived=False)
        return {row.code: row for row in rows}

    @cached_property
    def formula_names(self) -> Mapping[str, Name]:
        """What formulas may name."""
        return formulas.names(self.item_type)

    def formula_problem(self, text: str, target: str) -> Sentence | None:
        """Say what is wrong with a formula for a field, or None."""
        return formulas.problem(text, target, self.formula_names, self.field_rows)

    def unwritten(self, code: str) -> Sentence | None:
        """Say why nobody may write into a field, or None."""
        row = self.field_rows.get(code)
        if row is None or not row.formula:
            return None
        return _("This field is counted by its formula. Change what it counts on.")

    @cached_property
    def roles(self) -> frozenset[str]:
        """Codes of the roles."""
        return frozenset(Role.objects.values_list("code", flat=True))

    @cached_property
    def departments(self) -> frozenset[str]:
        """Codes of the departments."""
        return frozenset(Department.objects.values_list("code", flat=True))

    def is_person(self, email: str) -> bool:
        """Whether somebody here has this e-mail."""
        return User.objects.filter(email__iexact=email).exists()


def problems(params: Params, known: Known) -> dict[str, Sentence]:
    """Return what in `params` names something that is not there, by place ("who.0")."""
    schema = _schema(type(params))
    data = params.model_dump(mode="json")
    return dict(_walk(schema, data, "", schema.get("$defs", {}), known))


@cache
def _schema(model: type[Params]) -> dict[str, Any]:
    """Only its shape is asked here: its words would be those of whoever asked first."""
    return model.model_json_schema()


def _walk(
    schema: Mapping[str, Any],
    data: Any,
    place: str,
    defs: Mapping[str, Any],
    known: Known,
) -> Iterator[tuple[str, Sentence]]:
    if "$ref" in schema:
        schema = {**defs[schema["$ref"].rsplit("/", 1)[-1]], **schema}
    kind = schema.get("x-ref")
    if kind and isinstance(data, str):
        found = known.problem(kind, data)
        if found is None and schema.get("x-elsewhere"):
            found = _own(known, data)
        if found is None and schema.get("x-written"):
            found = known.unwritten(data)
        if found is not None:
            yield place, found
        return
    if isinstance(data, Mapping):
        inner = schema.get("properties", {})
        values = schema.get("additionalProperties")
        names = schema.get("propertyNames")
        for key, value in data.items():
            here = f"{place}.{key}" if place else str(key)
            if inner.get(key, {}).get("x-ref") == "formula":
                target = _target(inner, key, data)
                if value and (wrong := known.formula_problem(str(value), target)):
                    yield here, wrong
                continue
            if isinstance(names, Mapping):
                yield from _walk(names, key, here, defs, known)
            if key in inner:
                yield from _walk(inner[key], value, here, defs, known)
            elif isinstance(values, Mapping):
                yield from _walk(values, value, here, defs, known)
    elif isinstance(data, list) and isinstance(schema.get("items"), Mapping):
        for index, value in enumerate(data):
            yield from _walk(schema["items"], value, f"{place}.{index}", defs, known)
    for option in schema.get("anyOf", ()):
        yield from _walk(option, data, place, defs, known)


def _target(inner: Mapping[str, Any], key: str, data: Mapping[str, Any]) -> str:
    """Return the code of the field that a formula counts for."""
    return str(data.get(inner[key]["x-for"], ""))


def _field(known: Known, code: str) -> Sentence | None:
    if code in known.fields:
        return None
    return _("Cards here have no field “%(code)s”.") % {"code": code}


def _stage(known: Known, path: str) -> Sentence | None:
    if "/" not in path:
        if known.pipeline is None:
            return _("Name the funnel as well: funnel/stage.")
        path = f"{known.pipeline.code}/{path}"
    if path in known.stages:
        return None
    return _("There is no stage “%(code)s”.") % {"code": path}


def _own(known: Known, path: str) -> Sentence | None:
    """Refuse the robot's own funnel where another one is wanted."""
    pipeline, _slash, _code = path.rpartition("/")
    if known.pipeline is None or pipeline not in ("", known.pipeline.code):
        return None
    return _("A tunnel leads into another funnel. Within this one, move the card.")


def _pipeline(known: Known, code: str) -> Sentence | None:
    if code in known.pipelines:
        return None
    return _("There is no funnel “%(code)s”.") % {"code": code}


def _who(known: Known, code: str) -> Sentence | None:
    kind, _colon, name = code.partition(":")
    if kind == "role" and name not in known.roles | _READY:
        return _("There is no role “%(code)s”.") % {"code": name}
    if kind == "department" and name not in known.departments:
        return _("There is no department “%(code)s”.") % {"code": name}
    if kind == "user" and not known.is_person(name):
        return _("Nobody here has the e-mail %(email)s.") % {"email": name}
    return None


def _robot(known: Known, code: str) -> Sentence | None:
    if code in known.robots or Robot.objects.alive().filter(code=code).exists():
        return None
    return _("There is no robot “%(code)s”.") % {"code": code}


def _distribution(known: Known, code: str) -> Sentence | None:
    if Distribution.objects.filter(code=code, archived=False).exists():
        return None
    return _("There is no distribution “%(code)s”.") % {"code": code}


def _trigger(known: Known, code: str) -> Sentence | None:
    found = registry.trigger(code)
    if found is not None and not found.is_timer:
        return None
    return _("There is no event “%(code)s” to wait for.") % {"code": code}


def register(kind: str, test: Callable[[Known, str], Sentence | None]) -> None:
    """Let a package above check references to what is its own: channels check theirs."""
    _TESTS[kind] = test


_READY = frozenset(role.code for role in READY_ROLES)  # come with the first person
_TESTS: dict[str, Callable[[Known, str], Sentence | None]] = {
    "field": _field,
    "stage": _stage,
    "pipeline": _pipeline,
    "who": _who,
    "robot": _robot,
    "trigger": _trigger,
    "distribution": _distribution,
}
