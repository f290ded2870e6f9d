"""Facts that prove exit criteria. Packages above register what they know about a card."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from voronka.items.elements import holding
from voronka.items.models import Attachment, Item, LineItem
from voronka.pipelines.criteria import elements_of

Proof = Callable[[Item], bool]
_PROOFS: dict[str, Proof] = {}


def register_proof(check: str, proof: Proof) -> None:
    """Name a function that tells whether a check code of exit criteria holds for a card."""
    _PROOFS[check] = proof


def proofs(item: Item, checks: Iterable[str]) -> dict[str, bool]:
    """Ask the registered functions for the wanted checks only; one query each at the most.

    What elements say is left out where the card has none: then a person's word counts.
    """
    found = {}
    for check in set(checks):
        what = elements_of(check)
        if what is not None:
            held, any_there = holding(item.pk, what)
            if any_there:
                found[check] = not held
        elif check in _PROOFS:
            found[check] = _PROOFS[check](item)
    return found


def _has_lines(item: Item) -> bool:
    return LineItem.objects.filter(item_id=item.pk).exists()


def _has_file(item: Item) -> bool:
    return Attachment.objects.filter(item_id=item.pk, deleted_at=None, inline=False).exists()


def _client_reachable(item: Item) -> bool:
    client = item.contact or item.company
    return client is not None and client.contact_points.exists()


register_proof("lines", _has_lines)
register_proof("file", _has_file)
register_proof("client_reachable", _client_reachable)
