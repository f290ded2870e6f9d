"""Puts a value into a field of the card."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from pydantic import Field, model_validator

from voronka.automation.formulas import count
from voronka.automation.naming import RobotNames
from voronka.automation.params import Formula, Params, WrittenRef
from voronka.automation.registry import (
    Context,
    Done,
    Effect,
    Foreseen,
    Nothing,
    Result,
    robot_action,
)
from voronka.automation.texts import fill, readable
from voronka.items.commands import edit_item
from voronka.items.models import Item
from voronka.kernel.conditions.words import shown
from voronka.kernel.errors import Sentence
from voronka.kernel.formulas import bare
from voronka.kernel.texts import LocalText


class Settings(Params):
    field: WrittenRef = Field(title=gettext_noop("Which field"))
    value: bool | int | float | str | list[str] | None = Field(
        None,
        title=gettext_noop("New value"),
        description=gettext_noop(
            "As it would be typed; {title} and the like are put in; empty clears it"
        ),
        json_schema_extra={"x-value-of": "field"},
    )
    formula: Formula = Field(
        "",
        title=gettext_noop("Or a formula"),
        description=gettext_noop("Counts the new value from the card: amount * 10%"),
    )
    only_empty: bool = Field(False, title=gettext_noop("Leave it alone where it is filled already"))

    @model_validator(mode="after")
    def _one_of_both(self) -> Settings:
        if self.formula and self.value not in (None, "", []):
            raise ValueError(_("Give a value or a formula, not both."))
        return self


def _says(params: Settings, names: RobotNames) -> str:
    said = {"field": names.field(params.field), "value": _value(params, names)}
    if params.formula:
        said["value"] = _("the result of %(formula)s") % {"formula": bare(params.formula)}
    elif params.value in (None, ""):
        return _("clear “%(field)s”") % said
    if params.only_empty:
        return _("write %(value)s into “%(field)s” where it is empty") % said
    return _("write %(value)s into “%(field)s”") % said


def _value(params: Settings, names: RobotNames) -> str:
    plain = params.field in names.facts
    code = params.field if plain else f"field.{params.field}"
    value = params.value
    return str(names.value(code, readable(value, names) if isinstance(value, str) else value))


def _foretells(item: Item, params: Settings, names: RobotNames, when: Foreseen) -> str:
    if not params.formula:
        return ""
    value = count(params.formula, item, names.facts, now=when.now, past=when.past)
    if value is None:
        return _("The formula gives no value: “%(field)s” would stay as it is.") % {
            "field": names.field(params.field)
        }
    said = {"field": names.field(params.field), "value": _named(params.field, value, names)}
    return _("Would write %(value)s into “%(field)s”.") % said


def _named(field: str, value: Any, names: RobotNames) -> Sentence:
    return names.value(field if field in names.facts else f"field.{field}", value)


def _causes(params: Settings) -> Iterable[Effect]:
    return [Effect("changed", params.field)]


@robot_action(
    "change_field",
    title=gettext_lazy("Change a field"),
    params=Settings,
    says=_says,
    causes=_causes,
    icon="pencil",
    foretells=_foretells,
    group=gettext_lazy("Card"),
)
def change_field(item: Item, params: Settings, context: Context) -> Result:
    """Goes through the same door as a person: limits of the field hold."""
    old = _present(item, params.field)
    if params.only_empty and old not in (None, "", [], 0):
        return Nothing(gettext_lazy("It is filled already."))
    value: Any = params.value
    if params.formula:
        value = count(params.formula, item, context.names(item).facts, now=context.now)
        if value is None:
            return Nothing(gettext_lazy("The formula gives no value."))
    elif isinstance(value, str):
        value = fill(LocalText(value), item, context, language="ru")
    before = item.version
    item = edit_item(item.pk, {params.field: value}, by=context.by)
    if item.version == before:
        return Nothing(gettext_lazy("It holds this value already."))
    if params.formula:
        said = {"value": shown(value)[:100], "formula": bare(params.formula)[:200]}
        return Done(gettext_lazy("counted %(formula)s and wrote: %(value)s"), said)
    return Done(gettext_lazy("wrote: %(value)s"), {"value": shown(value)[:100]})


def _present(item: Item, code: str) -> Any:
    if code in ("title", "amount"):
        return getattr(item, code)
    if code in ("contact", "company", "source"):
        return getattr(item, f"{code}_id")
    return item.values.get(code)
