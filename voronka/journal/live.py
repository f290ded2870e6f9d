"""Tells every web process that something happened: ids only."""

from __future__ import annotations

import json
from collections.abc import Iterable

from voronka.journal.models import Event
from voronka.kernel.telling import Channel

CHANNEL = Channel("voronka_live")


def messages_of(event: Event) -> list[str] | None:
    """Return what the live streams are told of an event; a `Writer`'s note.

    That somebody has read something, or was shown a contact, changes no page, so nobody is woken.
    What goes to another owner is told to both: whoever sees only their own must hear that it has
    gone.
    """
    if event.verb.endswith((".read", ".contact_shown")):
        return None
    owners = [event.diff.get("owner_id")]
    if event.verb.endswith(".assigned"):
        owners.append(event.diff.get("left"))
    subject = (event.verb, event.subject_type, event.subject_id, event.pipeline_id)
    return [_message(*subject, owner_id) for owner_id in owners]


def send(notes: list[list[str]]) -> None:
    """Send messages to the live streams after the commit."""
    CHANNEL.tell(*(message for note in notes for message in note))


def announce_change(
    verb: str,
    subject_type: str,
    subject_id: int,
    *,
    pipeline_id: int | None = None,
    owner_id: int | None = None,
) -> None:
    """Announce a change that pages show but the journal need not keep, e.g. "delivered"."""
    send([[_message(verb, subject_type, subject_id, pipeline_id, owner_id)]])


def announce_changes(verb: str, subject_type: str, subject_ids: Iterable[int]) -> None:
    """Announce a change of several subjects in one statement."""
    if notes := [[_message(verb, subject_type, pk, None, None)] for pk in subject_ids]:
        send(notes)


def _message(
    verb: str, subject_type: str, subject_id: int, pipeline_id: int | None, owner_id: int | None
) -> str:
    return json.dumps(
        {"v": verb, "s": subject_type, "i": subject_id, "p": pipeline_id, "o": owner_id}
    )
