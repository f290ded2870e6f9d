"""Parameters as inputs: drawn from the pydantic schema, read back into plain data.

A new action brings its form along: titles, help and kinds of references stand in its `Params`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from voronka.automation.params import Params, Words
from voronka.kernel.errors import Sentence
from voronka.kernel.texts import LocalText
from voronka.web.fields.formulas import Word
from voronka.web.robots.choices import Choices, Group, Option

_SPAN = re.compile(r"(.*?)([smhd]?)( calendar)?", re.DOTALL)
_FEW = 6  # up to here several choices are ticks, not a list
_TECHNICAL = ("span", "who", "words")  # their own description is for blueprints, not for people
_DRAWN_APART = ("conditions", "actions")  # of a branch: they are a form of their own
Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SpanParts:
    """A span as three inputs. `count` stays as it was typed."""

    count: str = ""
    unit: str = "d"
    calendar: bool = False

    @classmethod
    def of(cls, text: str) -> SpanParts:
        """Take a span apart, also one that can't be read."""
        found = _SPAN.fullmatch(text)
        count, unit, calendar = found.groups() if found else (text, "", None)
        return cls(count or "", unit or "d", calendar is not None)

    @classmethod
    def read(cls, data: QueryDict, name: str) -> SpanParts:
        """Read the three inputs."""
        return cls(
            data.get(f"{name}.count", "").strip()[:20],
            data.get(f"{name}.unit", "d"),
            data.get(f"{name}.clock") == "calendar",
        )

    def write(self) -> str:
        """Put the span together; "" when no number was typed."""
        if not self.count:
            return ""
        return f"{self.count}{self.unit}" + (" calendar" if self.calendar else "")


@dataclass(frozen=True, slots=True)
class Ask:
    """One input of the form; `control` is a piece of templates/robots/_ask.html."""

    name: str
    label: str
    control: str  # words, span, select, several, checks, flag, line, formula …
    help: str = ""
    error: Sentence = ""
    required: bool = False
    value: str = ""
    text: LocalText = field(default_factory=LocalText)
    long: bool = False
    span: SpanParts = field(default_factory=SpanParts)
    groups: tuple[Group, ...] = ()
    rows: tuple[tuple[str, str], ...] = ()
    columns: tuple[str, str] = ("", "")
    words: tuple[Word, ...] = ()  # what a formula may name
    redraws: bool = False  # other inputs depend on it

    @property
    def id(self) -> str:
        """Steady over redraws, so that the focus stays."""
        return "r-" + self.name.replace(".", "-")

    @property
    def chosen(self) -> bool:
        """Whether one of the options is chosen."""
        return any(option.chosen for option in self.options)

    @property
    def options(self) -> list[Option]:
        """The options without headings."""
        return [option for group in self.groups for option in group.options]


def draw(
    model: type[Params],
    data: Mapping[str, Any],
    prefix: str,
    choices: Choices,
    errors: Mapping[str, Sentence],
) -> list[Ask]:
    """Return the inputs of a trigger's or an action's parameters, in their order.

    Args:
        data: parameters as kept, or as they were typed.
        errors: place -> sentence; a place inside a parameter stands for it.
    """
    return [
        _ask(name, schema, data, f"{prefix}.{name}", choices, _error(errors, name), needed)
        for name, schema, needed in _properties(model)
    ]


def read(model: type[Params], data: QueryDict, prefix: str) -> dict[str, Any]:
    """Return parameters as plain data; what was left empty and has a default is left out."""
    found: dict[str, Any] = {}
    for name, schema, _needed in _properties(model):
        value = _read(schema, data, f"{prefix}.{name}")
        if value is not None:
            found[name] = value
    return found


def _properties(model: type[Params]) -> Iterator[tuple[str, Schema, bool]]:
    """Return name, schema with references resolved, and whether it has to be given."""
    schema = model.model_json_schema()
    properties = schema.get("properties", {})
    values = {s["x-value-of"] for s in properties.values() if "x-value-of" in s}
    for name, part in properties.items():
        if part.get("x-ref") in _DRAWN_APART:
            continue
        whole = {**_resolved(part, schema), "x-default": _default(model, name)}
        if name in values:
            whole |= {"x-kinds": ["written"], "x-redraws": True}
        least = whole.get("minLength") or whole.get("minItems")
        yield name, whole, name in schema.get("required", ()) or bool(least)


def _default(model: type[Params], name: str) -> Any:
    field = model.model_fields[name]
    value = None if field.is_required() else field.get_default(call_default_factory=True)
    return value.local if isinstance(value, Words) else value


def _resolved(part: Schema, schema: Schema) -> dict[str, Any]:
    if "$ref" in part:
        part = {**schema["$defs"][part["$ref"].rsplit("/", 1)[-1]], **part}
    return dict(part)


def _error(errors: Mapping[str, Sentence], name: str) -> Sentence:
    for place, sentence in errors.items():
        if place == name or place.startswith(f"{name}."):
            return sentence
    return ""


def _help(schema: Schema) -> str:
    text = str(schema.get("description", ""))
    technical = schema.get("x-ref") in _TECHNICAL and text.startswith(
        ("owner, author", "30m, 4h", "A plain string")
    )
    return "" if technical or not text else _(text)


def _kind(schema: Schema) -> str:
    """Return which control a parameter wants."""
    ref = schema.get("x-ref")
    if ref in ("words", "span", "formula"):
        return str(ref)
    if "x-value-of" in schema:
        return "value"
    if "enum" in schema or ref:
        return "select"
    kind = schema.get("type")
    if kind == "array":
        inner = schema.get("items", {})
        if "enum" in inner and len(inner["enum"]) <= _FEW:
            return "checks"
        return "several" if "enum" in inner or inner.get("x-ref") else "list"
    if kind == "object":
        inner = schema.get("additionalProperties", {})
        return "lists" if isinstance(inner, Mapping) and inner.get("type") == "object" else "pairs"
    if kind == "boolean":
        return "flag"
    if kind in ("integer", "number"):
        return "number"
    return "time" if schema.get("format") == "time" else "line"


def _ask(
    name: str,
    schema: Schema,
    data: Mapping[str, Any],
    full: str,
    choices: Choices,
    error: Sentence,
    needed: bool,
) -> Ask:
    value = data.get(name, schema["x-default"])
    kind = _kind(schema)
    more: dict[str, Any] = {}
    if kind == "words":
        more = {"text": LocalText.of(value), "long": bool(schema.get("x-long"))}
    elif kind == "span":
        more = {"span": SpanParts.of(str(value or ""))}
    elif kind == "formula":
        more = {"value": str(value or ""), "words": tuple(choices.formula_words)}
    elif kind == "value":
        kind, more = _value(str(data.get(schema["x-value-of"], "")), value, choices)
    elif kind in ("select", "several", "checks"):
        more = {"groups": tuple(_groups(schema, value, choices, several=kind != "select"))}
        more["redraws"] = bool(schema.get("x-redraws"))
    elif kind == "list":
        more = {"value": ", ".join(str(one) for one in value or ())}
    elif kind == "pairs":
        more = _pairs(schema, value, choices)
    elif kind == "lists":
        more = {"value": _lists_text(value or {})}
    elif kind == "flag":
        more = {"value": "1" if value else ""}
    elif kind == "time":
        more = {"value": str(value or "")[:5]}
    else:
        more = {"value": "" if value is None else str(value)}
    label = _(str(schema.get("title", name)))
    return Ask(full, label, kind, _help(schema), error, needed, **more)


def _groups(schema: Schema, value: Any, choices: Choices, *, several: bool) -> list[Group]:
    chosen = [str(one) for one in (value or ())] if several else [str(value or "")]
    inner = schema.get("items", {}) if several else schema
    if "enum" in inner:
        titles = schema.get("x-titles", {})
        options = [Option(v, _(titles[v]) if v in titles else v, v in chosen) for v in _order(
            inner["enum"], titles)]  # fmt: skip
        return [Group("", tuple(options))]
    return choices.of(str(inner["x-ref"]), chosen, kinds=schema.get("x-kinds", ()))


def _order(values: Sequence[str], titles: Mapping[str, str]) -> Sequence[str]:
    """Return choices in the order in which they are titled."""
    return [*titles, *(v for v in values if v not in titles)] if titles else values


def _value(field_code: str, value: Any, choices: Choices) -> tuple[str, dict[str, Any]]:
    """Return how the new value of a field is asked for: by its list, or typed."""
    pairs = choices.values_of_field(field_code) if field_code else None
    several = isinstance(value, list)
    if pairs is None:
        return "line", {"value": "" if value is None or several else str(value)}
    texts = [str(v).lower() if isinstance(v, bool) else str(v) for v in
             (value if several else [value])]  # fmt: skip
    options = tuple(Option(v, t, v in texts) for v, t in pairs)
    row = choices.custom_fields[field_code]
    return ("several" if row.kind == row.Kind.MULTI_LIST else "select"), {
        "groups": (Group("", options),)
    }


def _pairs(schema: Schema, value: Any, choices: Choices) -> dict[str, Any]:
    rows = tuple((str(k), str(v)) for k, v in (value or {}).items())
    titles = [_(str(title)) for title in schema.get("x-columns", ("", ""))]
    more: dict[str, Any] = {"rows": rows, "columns": (titles[0], titles[1])}
    if schema.get("additionalProperties", {}).get("x-ref") == "field":
        more["groups"] = tuple(choices.of("field", ()))
    return more


def _lists_text(value: Mapping[str, Mapping[str, str]]) -> str:
    lines = []
    for name, pairs in value.items():
        inside = ", ".join(f"{k}={v}" for k, v in pairs.items())
        lines.append(f"{name}: {inside}" if inside else name)
    return "\n".join(lines)


def _lists_read(text: str) -> dict[str, dict[str, str]]:
    """Read "Kitchens: kind=kitchen, size=big" line by line."""
    found: dict[str, dict[str, str]] = {}
    for line in text.splitlines():
        name, _colon, rest = line.partition(":")
        if name.strip():
            parts = (part.partition("=") for part in rest.split(",") if part.strip())
            found[name.strip()] = {key.strip(): value.strip() for key, _eq, value in parts}
    return found


def _read(schema: Schema, data: QueryDict, name: str) -> Any:
    """Return what was typed for one parameter; None: nothing, its default holds."""
    match _kind(schema):
        case "words":
            text = LocalText(data.get(f"{name}.ru", "").strip(), data.get(f"{name}.en", "").strip())
            return text.as_dict() or None
        case "span":
            return SpanParts.read(data, name).write()
        case "several" | "checks":
            return [value for value in data.getlist(name) if value]
        case "list":
            return [part.strip() for part in data.get(name, "").split(",") if part.strip()]
        case "pairs":
            pairs = zip(data.getlist(f"{name}.key"), data.getlist(f"{name}.value"), strict=False)
            return {key.strip(): value.strip() for key, value in pairs if key.strip()}
        case "lists":
            return _lists_read(data.get(name, ""))
        case "flag":
            return name in data
        case "value":
            return _typed_value(data, name)
        case "number":
            return data.get(name, "").strip()
    return data.get(name, "").strip() or None


def _typed_value(data: QueryDict, name: str) -> Any:
    if f"{name}.several" in data:
        return [value for value in data.getlist(name) if value]
    value = data.get(name, "")
    return {"true": True, "false": False, "": None}.get(value, value)
