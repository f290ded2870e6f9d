"""The builder of conditions: draws the tree of rows and writes it down, by the facts there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from voronka.automation.naming import name_of
from voronka.kernel.conditions import FactSpec, operator_title, operators_for
from voronka.kernel.errors import Sentence
from voronka.people.models import User
from voronka.web.robots.choices import Group, Option
from voronka.web.robots.rows import GROUPS, Row, number

_BARE = ("empty", "filled", "changed")
_DAYS = ("next_days", "last_days", "days_ago", "days_ahead")
_MANY = ("any_of", "none_of")
DEEPEST = 4  # groups inside each other that the builder offers


class Builder:
    """Draws the tree and writes it down, by the facts that may be asked for."""

    def __init__(
        self,
        facts: Mapping[str, FactSpec],
        errors: Mapping[str, Sentence],
        reader: User | None = None,
    ) -> None:
        self.facts = facts
        self.errors = errors
        self.reader = reader

    def inside(self, row: Row, facts: Mapping[str, FactSpec]) -> Mapping[str, FactSpec]:
        """Return the facts that the rows of a group may ask for."""
        if row.kind != "related":
            return facts
        spec = facts.get(row.fact)
        return spec.inside if spec else {}

    def settle(self, root: Row) -> None:
        """Make every row fit its fact: a related fact becomes a group, a strange operator goes."""
        self._settle(root, self.facts)
        number(root)

    def _settle(self, row: Row, facts: Mapping[str, FactSpec]) -> None:
        if row.kind in ("fact", "related"):
            spec = facts.get(row.fact)
            related = spec is not None and spec.kind == "related"
            if related and row.kind == "fact":
                row.kind, row.rows = "related", [Row()]
            elif not related and row.kind == "related":
                row.kind, row.rows = "fact", []
            if spec is not None and row.kind == "fact" and row.op not in operators_for(spec):
                row.op = operators_for(spec)[0]
        for inner in row.rows:
            self._settle(inner, self.inside(row, facts))

    def to_json(self, root: Row) -> tuple[dict[str, Any], dict[str, Sentence]]:
        """Return the condition, {} when nothing is asked, and what was left unfinished by place."""
        unfinished: dict[str, Sentence] = {}
        if not root.rows:
            return {}, unfinished
        return self._json(root, self.facts, "", unfinished), unfinished

    def finished(self, root: Row) -> dict[str, Any]:
        """Return the condition without the rows that say nothing yet, for words and trials."""
        _wanted, unfinished = self.to_json(root)
        kept = self._finished(root, unfinished)
        return self.to_json(kept)[0] if kept else {}

    def _finished(self, row: Row, unfinished: Mapping[str, Sentence]) -> Row | None:
        if not row.is_group:
            return None if row.place in unfinished else replace(row)
        rows = [kept for inner in row.rows if (kept := self._finished(inner, unfinished))]
        return replace(row, rows=rows) if rows else None

    def _json(
        self, row: Row, facts: Mapping[str, FactSpec], place: str, unfinished: dict[str, Sentence]
    ) -> dict[str, Any]:
        row.place = place
        inner = self.inside(row, facts)
        if row.kind == "related":
            only = len(row.rows) == 1
            parts = [
                self._json(
                    r, inner, _join(place, "where" if only else f"where.all.{i}"), unfinished
                )
                for i, r in enumerate(row.rows)
            ]
            if not parts:
                unfinished[place] = _("Say what must be true of these cards.")
            where = parts[0] if only else {"all": parts}
            return {"related": row.fact, "quantity": row.quantity, "where": where}
        if row.kind in GROUPS:
            if not row.rows:
                unfinished[place] = _("This group is empty. Add a condition, or take it away.")
            return {
                row.kind: [
                    self._json(r, inner, _join(place, f"{row.kind}.{i}"), unfinished)
                    for i, r in enumerate(row.rows)
                ]
            }
        return self._comparison(row, facts.get(row.fact), unfinished)

    def _comparison(
        self, row: Row, spec: FactSpec | None, unfinished: dict[str, Sentence]
    ) -> dict[str, Any]:
        found: dict[str, Any] = {"fact": row.fact, "op": row.op}
        if not row.fact:
            unfinished[row.place] = _("Choose what to look at.")
        elif row.op in _DAYS:
            found["days"] = int(row.days) if row.days.isdecimal() else row.days
            if not row.days.isdecimal():
                unfinished[row.place] = _("Give a number of days.")
        elif row.op == "between":
            found |= {"low": _value(row.low, spec), "high": _value(row.high, spec)}
            if not (row.low and row.high):
                unfinished[row.place] = _("Give both ends.")
        elif row.op in _MANY:
            found["values"] = [_value(value, spec) for value in row.values]
            if not row.values:
                unfinished[row.place] = _("Say with what to compare.")
        elif row.op not in _BARE:
            found["value"] = _value(row.values[0] if row.values else "", spec)
            if not row.values:
                unfinished[row.place] = _("Say with what to compare.")
        return found

    def draw(self, root: Row) -> Drawn:
        """Return the tree for templates/robots/_condition.html."""
        self.to_json(root)  # gives the rows their places
        return self._draw(root, self.facts)

    def _draw(self, row: Row, facts: Mapping[str, FactSpec]) -> Drawn:
        inner = self.inside(row, facts)
        rows = [self._draw(child, inner) for child in row.rows]
        spec = facts.get(row.fact)
        return Drawn(row, spec, rows, self._error(row), _fact_groups(facts, row.fact), self)

    def _error(self, row: Row) -> Sentence:
        if not row.path:
            return self.errors.get("", "")
        own = {row.place} | {
            _join(row.place, part)
            for part in ("fact", "op", "value", "values", "low", "high", "days", "quantity")
        }
        if row.kind == "related":
            own.add(_join(row.place, "related"))
        return next((text for place, text in self.errors.items() if place in own), "")

    @cached_property
    def people(self) -> list[tuple[str, str]]:
        """Who works here, by e-mail."""
        return [(user.email, str(user)) for user in User.objects.filter(is_active=True)]


@dataclass(frozen=True)
class Drawn:
    """A row as the template draws it."""

    row: Row
    spec: FactSpec | None
    rows: list[Drawn]
    error: Sentence
    facts: list[Group]
    builder: Builder

    @property
    def deep(self) -> bool:
        """Whether no further group fits in."""
        return self.row.depth >= DEEPEST

    @property
    def operators(self) -> list[Option]:
        """How the fact can be compared."""
        if self.spec is None:
            return []
        return [
            Option(op, str(operator_title(op)), op == self.row.op)
            for op in operators_for(self.spec)
        ]

    @property
    def control(self) -> str:
        """Which inputs ask for the value."""
        spec, op = self.spec, self.row.op
        if spec is None or op in _BARE:
            return ""
        if op in _DAYS:
            return "days"
        kind = "date" if spec.kind in ("date", "datetime") else "text"
        if op == "between":
            return f"between_{kind}"
        if spec.options or spec.kind == "boolean" or spec.picks == "user":
            return "several" if op in _MANY else "select"
        if spec.picks in ("client", "item") and op not in _MANY:
            return "search"
        return "list" if op in _MANY else kind

    @property
    def options(self) -> list[Option]:
        """What the fact can be."""
        spec, chosen = self.spec, self.row.values
        if spec is None:
            return []
        if spec.kind == "boolean":
            pairs = [("true", _("Yes")), ("false", _("No"))]
        elif spec.picks == "user":
            pairs = self.builder.people
        else:
            pairs = [(value, str(text)) for value, text in spec.options.items()]
        known = {value for value, _text in pairs}
        pairs = [*pairs, *((v, v) for v in chosen if v not in known)]
        return [Option(value, text, value in chosen) for value, text in pairs]

    @property
    def value(self) -> str:
        """The first value, or all in one line."""
        return (
            ", ".join(self.row.values) if self.control == "list" else (self.row.values or [""])[0]
        )

    @property
    def picked(self) -> str:
        """The name of the client or card that was chosen."""
        picks = self.spec.picks if self.spec else ""
        return name_of(picks, self.value, reader=self.builder.reader)

    @property
    def url(self) -> str:
        """Where clients and cards are searched for."""
        picks = self.spec.picks if self.spec else ""
        return reverse("fields:items" if picks == "item" else "fields:clients")


def _fact_groups(facts: Mapping[str, FactSpec], chosen: str) -> list[Group]:
    found: dict[str, list[Option]] = {}
    for code, spec in facts.items():
        found.setdefault(str(spec.group), []).append(Option(code, str(spec.name), code == chosen))
    if chosen and chosen not in facts:
        found[_("No longer there")] = [Option(chosen, chosen, True)]
    return [Group(title, tuple(options)) for title, options in found.items()]


def _value(text: str, spec: FactSpec | None) -> Any:
    """Return a typed value as its kind wants it; what can't be read stays as it was typed."""
    if spec is None:
        return text
    if spec.kind == "boolean":
        return {"true": True, "false": False}.get(text, text)
    if spec.kind in ("number", "money"):
        plain = text.replace(" ", "").replace("\u00a0", "").replace("\u202f", "").replace(",", ".")
        try:
            found = Decimal(plain)
        except InvalidOperation:
            return text
        if not found.is_finite():
            return text
        return int(found) if found == found.to_integral_value() else float(found)
    if spec.picks in ("client", "item") and text.isdecimal():
        return int(text[:18])
    return text


def _join(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name
