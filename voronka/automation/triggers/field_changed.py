"""A field of a card got another value."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from pydantic import Field

from voronka.automation.models import Robot
from voronka.automation.naming import RobotNames
from voronka.automation.params import FieldRef, Params
from voronka.automation.registry import Effect, event_trigger
from voronka.journal.models import Event


class Settings(Params):
    fields: list[FieldRef] = Field(
        default_factory=list,
        max_length=50,
        title=gettext_noop("Fields"),
        description=gettext_noop("Which fields count; empty: whichever has changed"),
    )
    new: bool = Field(False, title=gettext_noop("Also when a card is made with the field filled"))


def _says(params: Settings, names: RobotNames) -> str:
    if not params.fields:
        return _("a field of the card has changed")
    fields = ", ".join(names.quoted(names.field(code)) for code in params.fields)
    return _("%(fields)s has changed") % {"fields": fields}


@event_trigger(
    "field_changed",
    title=gettext_lazy("A field has changed"),
    verbs=["item.created", "item.changed", "item.lines_set", "item.lead_attached"],
    params=Settings,
    says=_says,
    wakes=lambda params: [Effect("changed", code) for code in params.fields] or [Effect("changed")],
    icon="pencil",
    group=gettext_lazy("Card"),
)
def field_changed(event: Event, params: Settings, robot: Robot) -> bool:
    """Fires when one of the fields differs from what it was; products change the amount as well."""
    if event.verb == "item.created":
        return params.new
    if event.verb == "item.lead_attached":
        return not params.fields
    changed = set(event.diff.get("changes") or {})
    if event.verb == "item.lines_set":
        before, after = event.diff.get("amount") or (None, None)
        changed = {"lines"} | ({"amount"} if before != after else set())
    return bool(changed & set(params.fields)) if params.fields else bool(changed)
