"""How a sample would come out: read by the provider itself, nothing is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from voronka.channels.commands.drafting import title_for, values_for
from voronka.channels.contract import BadEvent, Incoming, Kind
from voronka.channels.facts import facts_of
from voronka.channels.models import Channel
from voronka.channels.providers.hook.commands import read_mapping
from voronka.channels.providers.hook.provider import PROVIDER
from voronka.channels.queries import card_by_key
from voronka.channels.tidying import tidy
from voronka.clients.models import ContactPoint
from voronka.clients.queries import client_with
from voronka.items.models import Item
from voronka.kernel.errors import DomainError, Sentence
from voronka.people.models import User
from voronka.pipelines.models import Field
from voronka.pipelines.values import BadValue, parse_money
from voronka.timeline.names import shown_value
from voronka.web.hooks.draft import Draft, Sample
from voronka.web.words import money


@dataclass(slots=True)
class Outcome:
    """What would come of a sample. `lines`: name and what it would be; `kept`: beside them."""

    problem: str = ""
    signal: bool = False
    card: Item | None = None
    hidden: bool = False  # the card is there, and not this person's to see
    missing: str = ""
    title: str = ""
    lines: list[tuple[Sentence, Any]] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    kept: list[tuple[str, str]] = field(default_factory=list)


def outcome(channel: Channel, draft: Draft, sample: Sample, *, user: User) -> Outcome:
    """Return what would come of a sample with a mapping that is not saved yet."""
    try:
        mapping = read_mapping(draft.raw(), pipeline=channel.pipeline)
        facts = facts_of(channel)
        facts.settings.mapping = mapping
        incoming = tidy(PROVIDER.parse(sample.event, facts))
    except DomainError as error:
        return Outcome(problem=next(iter(map(str, error.fields.values())), str(error.detail)))
    except BadEvent as error:
        return Outcome(problem=str(error))
    if incoming.kind == Kind.NOTHING:
        return Outcome(problem=incoming.why)
    found = Outcome(signal=incoming.kind == Kind.SIGNAL)
    if found.signal and incoming.key is not None:
        card = card_by_key(incoming.key) if incoming.key.value else None
        found.missing = "" if card else incoming.key.missing
        if card is not None:
            found.card = Item.objects.visible_to(user).filter(pk=card.pk).first()
            found.hidden = found.card is None
    if not found.signal or found.missing == "card":
        _client(found, channel, incoming, user)
    _card(found, channel, incoming)
    told = dict(incoming.told if found.signal else incoming.extra)
    found.kept = list(told.items())
    return found


def _client(found: Outcome, channel: Channel, incoming: Incoming, user: User) -> None:
    known = client_with(incoming.identities)[0]
    found.title = title_for(channel, incoming, known)
    if known is not None:
        found.lines.append((_("Client, known already"), known.name))
    elif incoming.name:
        found.lines.append((_("Client"), incoming.name))
    kinds = dict(ContactPoint.Kind.choices)
    found.lines += [(kinds.get(kind, kind), value) for kind, value in incoming.identities]
    if incoming.company:
        found.lines.append((_("Company"), incoming.company))
    if incoming.text:
        found.lines.append((_("Message"), incoming.text))


def _card(found: Outcome, channel: Channel, incoming: Incoming) -> None:
    kind = channel.pipeline.item_type if channel.pipeline else None
    if found.card is not None:
        kind = found.card.pipeline.item_type
    if incoming.amount:
        try:
            found.lines.append((_("Amount"), money(parse_money(incoming.amount))))
        except BadValue as bad:
            found.refused.append((incoming.amount, str(bad.sentence)))
    if incoming.card_id:
        found.lines.append((_("Its number in the other system"), incoming.card_id))
    if kind is None:
        found.refused += [
            (str(value), _("Choose the funnel of this webhook first."))
            for value in incoming.item_fields.values()
        ]
    else:
        taken, strange = values_for(kind, incoming)
        rows = {row.code: row for row in Field.objects.filter(item_type=kind, code__in=taken)}
        found.lines += [(str(rows[c].name), shown_value(rows[c], v)) for c, v in taken.items()]
        found.refused += [
            (value, _("“%(field)s” does not take it; it is kept with the message.")
             % {"field": name})
            for name, value in strange.items()
        ]  # fmt: skip
    if incoming.source:
        found.lines.append((_("Source"), incoming.source))
    if incoming.products:
        found.lines.append((_("Products"), ", ".join(incoming.products)))
    if incoming.utm:
        marks = ", ".join(f"{name}={value}" for name, value in incoming.utm.items())
        found.lines.append((_("Advertising marks"), marks))
