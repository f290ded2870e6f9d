"""Where an enquiry goes: funnel, source and responsible.

Source: docs/domain/intake.md, "where it goes" (IN-13, IN-17, QL-8).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from voronka.channels.contract import Incoming
from voronka.channels.errors import NoDestination
from voronka.channels.models import Channel
from voronka.clients.models import Client
from voronka.journal.actors import Actor
from voronka.pipelines.models import Pipeline, Source


@dataclass(frozen=True, slots=True)
class Destination:
    """A funnel (with its type) and a source; `why` is kept with the card's first event."""

    channel: Channel
    pipeline: Pipeline
    source: Source | None
    why: dict[str, Any] = field(default_factory=dict)

    def owner_for(self, client: Client | None, by: Actor) -> tuple[int, str]:
        """Return who answers for a new card, and a code that says why.

        Raises:
            NoDestination: the channel names nobody.
        """
        owner = self.channel.owner
        if owner is None or not owner.is_active:
            raise NoDestination(
                _("“%(channel)s” gives its enquiries to nobody. Name somebody in its settings.")
                % {"channel": self.channel.name}
            )
        return owner.pk, "channel"


def choose_destination(channel: Channel, incoming: Incoming, *, at: datetime) -> Destination:
    """Return where an enquiry goes.

    Raises:
        NoDestination: neither a rule nor the channel names a funnel that is in use.
    """
    pipeline = channel.pipeline
    if pipeline is None or pipeline.archived:
        raise NoDestination(
            _("“%(channel)s” has no funnel for its enquiries. Choose one in its settings.")
            % {"channel": channel.name}
        )
    source = channel.source
    if incoming.source:
        named = Source.objects.filter(code=incoming.source, archived=False).first()
        source = named or source
    return Destination(channel, pipeline, source)
