"""Reads of the journal."""

from __future__ import annotations

from voronka.journal.commands import digest
from voronka.journal.models import Event, Seal


def broken_seal() -> Seal | None:
    """Walk the hash chain; return the first seal that no longer fits its events, or None.

    Each seal answers for everything since the one before it, so an event slipped in between
    two seals breaks the chain as well.
    """
    previous, after = "", 0
    for seal in Seal.objects.order_by("last_id"):
        events = Event.objects.filter(pk__gt=after, pk__lte=seal.last_id).order_by("pk")
        if digest(previous, events.iterator()) != seal.digest:
            return seal
        previous, after = seal.digest, seal.last_id
    return None
