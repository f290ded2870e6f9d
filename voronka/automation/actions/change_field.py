"""Puts a value into a field of the card."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import Field

from voronka.automation.naming import RobotNames
from voronka.automation.params import FieldRef, Params
from voronka.automation.registry import Context, Done, Effect, Nothing, Result, robot_action
from voronka.automation.texts import fill
from voronka.items.commands import edit_item
from voronka.items.models import Item
from voronka.kernel.conditions.words import shown
from voronka.kernel.texts import LocalText


class Settings(Params):
    field: FieldRef
    value: bool | int | float | str | list[str] | None = Field(
        None, description="As it would be typed; {title} and the like are put in; empty clears it"
    )
    only_empty: bool = Field(False, description="Leave it alone where it is filled already")


def _says(params: Settings, names: RobotNames) -> str:
    said = {"field": names.field(params.field), "value": _value(params, names)}
    if params.value in (None, ""):
        return _("clear “%(field)s”") % said
    if params.only_empty:
        return _("write %(value)s into “%(field)s” where it is empty") % said
    return _("write %(value)s into “%(field)s”") % said


def _value(params: Settings, names: RobotNames) -> str:
    plain = params.field in names.facts
    code = params.field if plain else f"field.{params.field}"
    return str(names.value(code, params.value))


def _causes(params: Settings) -> Iterable[Effect]:
    return [Effect("changed", params.field)]


@robot_action(
    "change_field",
    title=gettext_lazy("Change a field"),
    params=Settings,
    says=_says,
    causes=_causes,
    icon="pencil",
    group=gettext_lazy("Card"),
)
def change_field(item: Item, params: Settings, context: Context) -> Result:
    """Goes through the same door as a person: limits of the field hold."""
    old = _present(item, params.field)
    if params.only_empty and old not in (None, "", [], 0):
        return Nothing(gettext_lazy("It is filled already."))
    value: Any = params.value
    if isinstance(value, str):
        value = fill(LocalText(value), item, now=context.now, language="ru")
    before = item.version
    item = edit_item(item.pk, {params.field: value}, by=context.by)
    if item.version == before:
        return Nothing(gettext_lazy("It holds this value already."))
    return Done(gettext_lazy("wrote: %(value)s"), {"value": shown(value)[:100]})


def _present(item: Item, code: str) -> Any:
    if code in ("title", "amount"):
        return getattr(item, code)
    if code in ("contact", "company", "source"):
        return getattr(item, f"{code}_id")
    return item.values.get(code)
