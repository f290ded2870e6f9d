"""Taking the base away is a right of its own, and is journalled (AC-3, D4)."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from voronka.journal.actors import Actor
from voronka.journal.commands import record
from voronka.kernel.errors import Forbidden
from voronka.people import access
from voronka.pipelines.models import ItemType, Pipeline


@transaction.atomic
def note_export(place: Pipeline | ItemType, *, cards: int, by: Actor, **told: Any) -> None:
    """Journal that cards of a funnel or a type are being downloaded, and which.

    Records `pipeline.exported` or `item_type.exported`.

    Args:
        cards: how many; `told`: the filter, the columns and the format.
    Raises:
        Forbidden: the role may not export cards from here at all.
    """
    require_export(place, by=by)
    record(f"{place.journal_type}.exported", place, by=by, cards=cards, **told)


def require_export(place: Pipeline | ItemType, *, by: Actor) -> None:
    """Let the actor take cards away from a funnel or a type, or refuse.

    Raises:
        Forbidden: the role may not export cards from here at all.
    """
    rights = access.of_actor(by)
    if rights is None:
        return
    if isinstance(place, Pipeline):
        scopes = [rights.scope("export", place.item_type.code, place.code)]
    else:
        codes = place.pipelines.values_list("code", flat=True)
        scopes = [rights.scope("export", place.code, code) for code in codes]
    if not any(scopes):
        raise Forbidden(access.REFUSALS["export"])
