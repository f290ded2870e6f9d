"""The contract with a telephony: what a robot needs to start a call. Providers come from above."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class CallRequest:
    """A call to be started: first the person's own phone rings, then the client's (RB-3).

    Attributes:
        key: the same in every try; a provider that has seen it starts no second call.
        user_id: who is to talk; `user_phone`: their inner or outer number.
        client_phone: E.164.
        item_id: None when a person calls from no card.
    """

    key: str
    user_id: int
    user_phone: str
    client_phone: str
    item_id: int | None


@dataclass(frozen=True, slots=True)
class CallAnswer:
    """What the telephony said. `started` False with `again` True: it may work later."""

    started: bool
    call_id: str = ""
    detail: str = ""
    again: bool = False


class Telephony(Protocol):
    """A telephony that can start calls. Called from a job, never inside a transaction."""

    code: str

    def start_call(self, request: CallRequest, /) -> CallAnswer:
        """Let both phones ring. Raises nothing that a person could mend: it is in the answer."""
        ...


_connected: list[Telephony] = []


def connect(telephony: Telephony) -> None:
    """Let robots call by this telephony; the last one connected is used."""
    _connected.append(telephony)


def disconnect(telephony: Telephony) -> None:
    """Stop using a telephony."""
    if telephony in _connected:
        _connected.remove(telephony)


def connected() -> Telephony | None:
    """Return the telephony in use; None where none is connected."""
    return _connected[-1] if _connected else None
