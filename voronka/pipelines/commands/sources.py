"""Sources of enquiries."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from voronka.journal.actors import Actor
from voronka.pipelines import rules
from voronka.pipelines.commands.writing import arrange, begin, find, next_position, note, number
from voronka.pipelines.commands.writing import write as write_row
from voronka.pipelines.errors import refuse_if
from voronka.pipelines.models import Source
from voronka.pipelines.specs import SourceSpec


@transaction.atomic
def save_source(spec: SourceSpec, *, by: Actor) -> Source:
    """Create a source, or change the one with this code; an archived one is restored.

    Raises:
        InvalidSetup: a part of the spec breaks a rule.
    """
    begin(by)
    refuse_if(rules.source_problems(spec))
    row = Source.objects.filter(code=spec.code).first()
    if row is None:
        row = Source(code=spec.code, position=next_position(Source.objects.all()))
    return write_row(row, {"name": spec.name, "icon": spec.icon, "archived": False}, by=by)


@transaction.atomic
def reorder_sources(order: Sequence[str], *, by: Actor) -> None:
    """Put the sources in the order of these codes."""
    begin(by)
    rows = arrange(list(Source.objects.all()), order)
    if number(rows):
        note(rows[0], "reordered", by=by, order=[row.code for row in rows])


@transaction.atomic
def archive_source(code: str, *, by: Actor) -> Source:
    """Offer a source no more; cards keep it."""
    return _set_archived(code, archived=True, by=by)


@transaction.atomic
def restore_source(code: str, *, by: Actor) -> Source:
    """Offer a source again."""
    return _set_archived(code, archived=False, by=by)


def _set_archived(code: str, *, archived: bool, by: Actor) -> Source:
    begin(by)
    row = find(Source.objects.all(), code, _("There is no source “%(code)s”."))
    if row.archived != archived:
        row.archived = archived
        row.save(update_fields=["archived"])
        note(row, "archived" if archived else "restored", by=by)
    return row
