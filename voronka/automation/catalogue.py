"""What webhooks can be told of: the catalogue of events, each with the version of its payload.

A payload's version goes up when a field of it changes its meaning or goes; new fields may come at
any time. Source: docs/webhooks.md (AP-2).
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from voronka.kernel.errors import Sentence


@dataclass(frozen=True, slots=True)
class EventKind:
    """One kind of event of the catalogue."""

    verb: str
    title: Sentence
    version: int = 1

    @property
    def about(self) -> str:
        """What it is about: "item" or "client"."""
        return self.verb.partition(".")[0]


_KINDS = (
    EventKind("item.created", _("A card was made")),
    EventKind("item.changed", _("Fields of a card were changed")),
    EventKind("item.moved", _("A card went on to another stage")),
    EventKind("item.corrected", _("A card was returned to an earlier stage")),
    EventKind("item.move_undone", _("A move was taken back")),
    EventKind("item.tunnelled", _("A card went into another funnel")),
    EventKind("item.won", _("A deal was won")),
    EventKind("item.lost", _("A card was lost")),
    EventKind("item.converted", _("A lead became a deal")),
    EventKind("item.assigned", _("A card got another responsible person")),
    EventKind("item.answered", _("A client got the first human answer")),
    EventKind("item.enquiry_joined", _("A client wrote again and the enquiry joined the card")),
    EventKind("item.message_written", _("A message to a client was written")),
    EventKind("item.message_opened", _("A client opened a letter of ours")),
    EventKind("item.link_followed", _("A client followed a link in a letter of ours")),
    EventKind("item.lines_set", _("Products of a card were changed")),
    EventKind("item.activity_planned", _("A task, call or meeting was planned")),
    EventKind("item.activity_done", _("A task, call or meeting was finished")),
    EventKind("item.note_written", _("A note was written")),
    EventKind("item.file_attached", _("A file was attached")),
    EventKind("item.deleted", _("A card went to the recycle bin")),
    EventKind("item.restored", _("A card came back from the recycle bin")),
    EventKind("client.created", _("A client was added")),
    EventKind("client.changed", _("A client was changed")),
    EventKind("client.merged", _("Two clients were merged")),
    EventKind("client.deleted", _("A client went to the recycle bin")),
    EventKind("client.restored", _("A client came back from the recycle bin")),
)
CATALOGUE: dict[str, EventKind] = {kind.verb: kind for kind in _KINDS}


def version_of(verb: str) -> int:
    """Return the version of an event's payload."""
    kind = CATALOGUE.get(verb)
    return kind.version if kind else 1
