"""Exit criteria that the timeline can prove: a call was made, a meeting was held (FS-6)."""

from __future__ import annotations

from voronka.items.facts import Proof, register_proof
from voronka.items.models import Item
from voronka.timeline.models import Activity, Note


def register() -> None:
    """Register the checks "call", "meeting", "task" and "note"."""
    for kind in Activity.Kind.values:
        register_proof(kind, _done_since_entered(kind))
    register_proof("note", _note_since_entered)


def _done_since_entered(kind: str) -> Proof:
    def proof(item: Item) -> bool:
        return Activity.objects.filter(
            item_id=item.pk,
            kind=kind,
            outcome=Activity.Outcome.DONE,
            done_at__gte=item.stage_entered_at,
        ).exists()

    return proof


def _note_since_entered(item: Item) -> bool:
    return Note.objects.filter(
        item_id=item.pk, deleted_at=None, created_at__gte=item.stage_entered_at
    ).exists()
