"""What hangs on a client and moves with it in a merge; packages above register their part here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Move = Callable[[int, int], Any]  # (keeper id, absorbed id) -> what moved, JSON-serialisable
MoveBack = Callable[[int, int, Any], None]  # (keeper id, absorbed id, what `Move` returned)


@dataclass(frozen=True, slots=True)
class Mover:
    """Takes things of one client to another, and the same things back."""

    name: str
    move: Move
    move_back: MoveBack


_movers: dict[str, Mover] = {}


def register_mover(name: str, move: Move, move_back: MoveBack) -> None:
    """Let a package move its rows when clients merge; called once, when the package is ready.

    Both functions run inside the merge's transaction. `move_back` gets exactly what `move`
    returned, after a trip through JSON, and must leave alone what people have moved since.
    """
    _movers[name] = Mover(name, move, move_back)


def movers() -> list[Mover]:
    """Return all movers, in order of registration."""
    return list(_movers.values())


def mover(name: str) -> Mover | None:
    """Return the mover of a name; None when its package is no longer installed."""
    return _movers.get(name)
