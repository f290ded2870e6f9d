"""The columns of a list: which there are, which a person chose, and what they were last time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from voronka.items.listing import SORTS, sortable
from voronka.items.saved_views import MOST_COLUMNS
from voronka.kernel.errors import Sentence
from voronka.people.commands.habits import remember_columns
from voronka.people.requests import SignedInRequest
from voronka.pipelines.models import Field, ItemType, Pipeline
from voronka.web.fields.specs import SYSTEM_KINDS, Spec, spec_of

_SYSTEM: dict[str, Promise] = {
    "number": pgettext_lazy("card", "Number"),
    "title": _("Title"),
    "client": _("Client"),
    "contact": _("Contact person"),
    "company": _("Company"),
    "amount": _("Amount"),
    "pipeline": _("Funnel"),
    "stage": _("Stage"),
    "owner": _("Owner"),
    "next_step": _("Next step"),
    "grade": _("Grade"),
    "source": _("Source"),
    "repeat": pgettext_lazy("column", "Repeat"),
    "created_at": _("Created"),
    "stage_entered_at": _("At the stage since"),
    "stalls_at": _("Stage deadline"),
    "last_touch_at": _("Last touch"),
    "changed_at": _("Changed"),
    "closed_at": _("Closed"),
    "loss_reason": _("Loss reason"),
    "external_id": _("External key"),
}
_NEEDS_CLIENT = ("client", "contact", "company", "repeat")
_USUAL = ("title", "client", "amount", "pipeline", "stage", "next_step", "owner", "created_at")
_EDITED_AS = {"owner": "user", "stage": "stage"}  # beside those that are fields of the card
NOT_EDITED = ("number", "client", "pipeline", "next_step", "grade", "repeat", "external_id")


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `spec` when it is a field of the card, to be drawn, read and shown as such."""

    code: str
    title: Sentence
    spec: Spec | None = None
    sortable: bool = False
    editable: bool = False

    @property
    def num(self) -> bool:
        """Whether it is aligned to the right."""
        return self.code in ("amount", "number") or bool(self.spec and self.spec.is_number)

    @property
    def money(self) -> bool:
        """Whether its head names the currency."""
        return bool(self.spec and self.spec.kind == "money")


def all_columns(
    item_type: ItemType, pipeline: Pipeline | None, fields: Iterable[Field]
) -> dict[str, Column]:
    """Return code -> column of everything a card of this type can show, in the usual order."""
    found: dict[str, Column] = {}
    for code, title in _SYSTEM.items():
        if code in _NEEDS_CLIENT and not item_type.has_client:
            continue
        if (code == "amount" and not item_type.has_amount) or (code == "pipeline" and pipeline):
            continue
        kind = SYSTEM_KINDS.get(code)
        spec = Spec(code, kind, str(title)) if kind and code not in NOT_EDITED else None
        editable = spec is not None or code in _EDITED_AS
        found[code] = Column(code, title, spec, code in SORTS, editable)
    for row in fields:
        if row.code not in found:
            editable = row.kind != Field.Kind.FILE and not row.formula
            found[row.code] = Column(row.code, str(row.name), spec_of(row), sortable(row), editable)
    return found


def usual(columns: dict[str, Column]) -> list[str]:
    """Return the columns that a list begins with."""
    return [code for code in _USUAL if code in columns]


def wanted(request: SignedInRequest, place: str, kept: Iterable[str]) -> list[str]:
    """Return the codes of the address, else of the view, else as last time here; or nothing.

    Args:
        place: which list it is; the last choice of each is remembered for the person.
        kept: the columns of the open view.
    """
    asked = [code for code in request.GET.get("columns", "").split(",") if code]
    remembered = request.user.list_columns.get(place, ())
    return list(dict.fromkeys(asked or list(kept) or remembered))[:MOST_COLUMNS]


def chosen(codes: Iterable[str], columns: dict[str, Column]) -> list[Column]:
    """Return the columns to show: those of `codes` that there are, else the usual ones."""
    found = [code for code in codes if code in columns] or usual(columns)
    if "title" not in found:  # the way into the card
        found.insert(0, "title")
    return [columns[code] for code in found]


def remember(request: SignedInRequest, place: str, codes: list[str]) -> None:
    """Keep the choice of columns for the next time."""
    remember_columns(request.user, place, codes)
