"""The place of one event: its client, its card and its conversation, in one transaction (I2, I5).

Source: docs/domain/intake.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.channels import rules
from voronka.channels.commands.destinations import (
    Destination,
    Owner,
    choose_destination,
    choose_owner,
)
from voronka.channels.commands.drafting import (
    CARD_ROWS,
    arrival_of,
    keep_files,
    order_columns,
    title_for,
    values_for,
)
from voronka.channels.commands.recognising import (
    cards_of,
    client_of,
    facts_of_card,
    make_client,
    rule_of,
    thread_card,
    thread_message,
)
from voronka.channels.contract import Incoming, Kind
from voronka.channels.models import UNFINISHED, Channel, Enquiry
from voronka.channels.tidying import StoredFiles
from voronka.clients.models import Client
from voronka.items.commands.answering import keep_clock, start_clock, wind_clock
from voronka.items.commands.card import lock_card, note_event
from voronka.items.commands.creating import draft_item, first_stage, place_item
from voronka.items.commands.editing import edit_item
from voronka.items.commands.moving import correct_item
from voronka.items.commands.sources import add_touch
from voronka.items.commands.tunnelling import Tunnel, tunnel_item
from voronka.items.models import Item, ItemLink, Passage
from voronka.journal.actors import Actor
from voronka.journal.live import announce_change
from voronka.kernel.errors import DomainError
from voronka.kernel.gathering import gathered
from voronka.kernel.rows import RowGone, update_row
from voronka.pipelines.queries import ordered_stages
from voronka.routing.commands import note_unplaced, on_duty
from voronka.routing.queries import routing_rules
from voronka.timeline.commands.conversations import (
    give_client,
    lock_conversation,
    open_conversation,
)
from voronka.timeline.commands.messages import (
    Arrival,
    begin_conversation,
    find_message,
    keep_message,
    keep_sent_elsewhere,
)
from voronka.timeline.models import Conversation, Message


@dataclass(frozen=True, slots=True)
class Plan:
    """What was decided before the transaction, so that whose turn it is holds nobody up."""

    destination: Destination | None = None
    owner: Owner | None = None


class TakenByAnother(Exception):
    """Another process has finished this event meanwhile: all of this transaction is undone."""


def finish(enquiry: Enquiry, state: str, decision: dict[str, Any]) -> None:
    """Write what became of an event, and tell whoever looks at the ledger; only one process can."""
    enquiry.state = state
    enquiry.decision = {**enquiry.decision, **decision}
    if state == Enquiry.State.CARDED:
        enquiry.carded_at = timezone.now()
    columns = ("state", "kind", "error", "decision", "next_try_at", "happened_at", "carded_at")
    try:
        update_row(enquiry, [*columns, "item", "message", "exclusion"], among=("state", UNFINISHED))
    except RowGone as error:
        raise TakenByAnother from error
    announce_change("enquiry.changed", Enquiry.journal_type, enquiry.pk)


@dataclass(slots=True)
class Intake:
    """One event on its way to its card."""

    enquiry: Enquiry
    channel: Channel
    incoming: Incoming
    files: StoredFiles
    plan: Plan
    stranger: bool
    by: Actor = field(init=False)
    at: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.by = Actor.system(self.channel.name)
        self.at = self.enquiry.happened_at

    def append_to_thread(self) -> None:
        """Put an auto-reply or a letter of ours into the thread it belongs to; make no card."""
        message = thread_message(self.channel, self.incoming)
        if message is None:
            finish(self.enquiry, Enquiry.State.IGNORED, {"what": "nothing", "why": "no_thread"})
            return
        own = self.incoming.kind == Kind.OWN
        if own and find_message(self.channel.pk, self.incoming.external_id or "-"):
            finish(self.enquiry, Enquiry.State.IGNORED, {"what": "nothing", "why": "known"})
            return
        conversation = lock_conversation(message.conversation_id, by=self.by)
        arrival = self._arrival(
            item_id=conversation.item_id, client_id=conversation.client_id, reply_to=message
        )
        keep = keep_sent_elsewhere if own else keep_message
        self._carded(conversation.item, keep(conversation, arrival, by=self.by), what="thread")

    def card(self) -> None:
        """Find or make the client and the card, and keep the message there."""
        unknown = self.enquiry.test or self.stranger
        thread = None if unknown else thread_message(self.channel, self.incoming)
        client = None if unknown else client_of(self.incoming, thread)
        destination = self.plan.destination or choose_destination(
            self.channel, self.incoming, client, routing_rules(), at=self.at
        )
        cards = cards_of(client)
        own = thread_card(thread, cards)
        decision = rules.decide(
            [facts_of_card(card) for card in cards],
            rule_of(destination.pipeline) if cards else rules.USUAL,
            pipeline_id=destination.pipeline.pk,
            at=self.at,
            is_request=self.incoming.is_request,
            thread_card=facts_of_card(own) if own else None,
        )
        by_id = {card.pk: card for card in [*cards, *([own] if own else [])]}
        rest = by_id.get(decision.rest_id or 0)
        if rest is not None and self._bring_back(rest, destination):
            decision = rules.Decision("return", "rest_returned", rest.pk)
        if decision.what == "open":
            with gathered(CARD_ROWS):
                self._open(destination, client, decision, rest=rest)
        else:
            card = by_id[decision.card_id or 0]
            self._join(card, client, decision, thread=thread, destination=destination)

    def _open(
        self,
        destination: Destination,
        client: Client | None,
        decision: rules.Decision,
        *,
        rest: Item | None,
    ) -> None:
        known = client is not None
        owner = self._owner(destination, client)
        owner_id = owner.user_id
        if client is None and self.incoming.identities:
            client = make_client(
                self.incoming,
                owner_id=owner_id,
                source=destination.source,
                by=self.by,
                at=self.at,
            )
        pipeline = destination.pipeline
        stages = ordered_stages(pipeline)
        values, strange = values_for(pipeline.item_type, self.incoming)
        columns: dict[str, Any] = {
            "title": title_for(self.channel, self.incoming, client),
            "source_id": destination.source.pk if destination.source else None,
            "utm": dict(self.incoming.utm),
        }
        columns |= order_columns(pipeline, self.incoming)
        if client is not None:
            columns["company_id" if client.is_company else "contact_id"] = client.pk
        item = draft_item(
            pipeline,
            first_stage(stages),
            columns,
            values,
            owner_id=owner_id,
            by=self.by,
            at=self.at,
            known_client=known,
        )
        if not self.enquiry.test:
            wind_clock(item, at=self.at)
        why = {**destination.why, "owner_why": owner.why}
        if self.enquiry.test:
            why["test"] = True
        place_item(
            item,
            stages,
            by=self.by,
            enquiry=self.enquiry.pk,
            decision=decision.why,
            channel=self.channel.name,
            **why,
        )
        if not self.enquiry.test:
            keep_clock(item, channel_id=self.channel.pk)
            self._touch(item, destination)
        if owner.pick is not None and owner.pick.nobody_fits:
            note_unplaced(item, owner.pick, by=self.by)
        if rest is not None:
            self._take_over(item, rest)
        client_id = client.pk if client else None
        arrival = self._arrival(strange, item_id=item.pk)
        message = begin_conversation(arrival, client_id=client_id, item=item, owner_id=owner_id)
        self._carded(item, message, what="opened", why=decision.why, **why)

    def _owner(self, destination: Destination, client: Client | None) -> Owner:
        """Return who answers: as planned, else by a turn taken now. A test takes no turns."""
        channel = self.channel
        if self.enquiry.test and channel.owner is not None:
            return Owner(channel.owner.pk, "test")
        if self.enquiry.test and channel.distribution is not None:
            return Owner(on_duty(channel.distribution), "test")
        return self.plan.owner or choose_owner(destination, client)

    def _touch(self, item: Item, destination: Destination) -> None:
        add_touch(
            item.pk,
            source_id=destination.source.pk if destination.source else None,
            channel_id=self.channel.pk,
            utm=self.incoming.utm,
            page=self.incoming.page,
            referer=self.incoming.referer,
            at=self.at,
        )

    def _bring_back(self, rest: Item, destination: Destination) -> bool:
        """Send a card that rested in nurturing or reactivation through a tunnel back to sales.

        It can't go where the type is another, or the entry stage wants what it lacks.
        """
        pipeline = destination.pipeline
        if rest.pipeline.item_type_id != pipeline.item_type_id:
            return False
        entry = first_stage(list(pipeline.stages.select_related("pipeline__item_type")))
        try:
            with transaction.atomic():
                tunnel_item(rest.pk, Tunnel(entry, Passage.How.MOVE), by=self.by)
        except DomainError:
            return False
        return True

    def _take_over(self, item: Item, rest: Item) -> None:
        """Link a new card with the one that rests, and which it takes over from."""
        ItemLink.objects.create(
            parent=rest, child=item, kind=ItemLink.Kind.COPY, created_at=timezone.now()
        )

    def _join(
        self,
        card: Item,
        client: Client | None,
        decision: rules.Decision,
        *,
        thread: Message | None,
        destination: Destination,
    ) -> None:
        if decision.why == "rest_returned":
            card.refresh_from_db()
        elif decision.what == "return":
            back = first_stage(list(card.pipeline.stages.all()))
            card = correct_item(card.pk, to=back, why=_("The client wrote again."), by=self.by)
        talk = thread.conversation if thread else None
        if talk is not None and talk.item_id == card.pk:
            conversation = lock_conversation(talk.pk, by=self.by)
            if conversation.client_id is None:
                self._introduce(conversation, card, client)
        else:
            person = client.pk if client else None
            opened = open_conversation(
                client_id=person, item_id=card.pk, owner_id=card.owner_id, at=self.at
            )
            conversation = lock_conversation(opened.pk, by=self.by)
        _values, strange = values_for(card.pipeline.item_type, self.incoming)
        arrival = self._arrival(strange, item_id=card.pk, reply_to=thread)
        message = keep_message(conversation, arrival, by=self.by)
        if decision.why not in ("thread", "thread_closed"):
            locked = lock_card(card.pk, by=self.by, action="see")
            source = destination.source
            start_clock(
                locked,
                at=self.at,
                channel_id=self.channel.pk,
                source_id=source.pk if source else None,
            )
            self._touch(card, destination)
        if decision.why != "thread":  # an answer in its thread needs no explanation
            note_event(
                "item.enquiry_joined",
                card,
                by=self.by,
                enquiry=self.enquiry.pk,
                channel=self.channel.name,
                decision=decision.why,
            )
        self._carded(card, message, what=decision.what, why=decision.why)

    def _introduce(self, talk: Conversation, card: Item, client: Client | None) -> None:
        """Who had no name in this thread has given a phone or an e-mail: now there is a client."""
        if client is None and self.incoming.identities:
            named = replace(self.incoming, name=self.incoming.name or talk.guest_name)
            client = make_client(
                named, owner_id=card.owner_id, source=card.source, by=self.by, at=self.at
            )
        if client is None:
            return
        give_client(talk, client)
        if card.contact_id is None and card.company_id is None:
            code = "company" if client.is_company else "contact"
            edit_item(card.pk, {code: client.pk}, by=self.by)

    def _carded(self, item: Item | None, message: Message, **decision: Any) -> None:
        self.enquiry.item, self.enquiry.message = item, message
        finish(self.enquiry, Enquiry.State.CARDED, decision)

    def _arrival(
        self,
        strange: dict[str, str] | None = None,
        *,
        item_id: int | None,
        client_id: int | None = None,
        reply_to: Message | None = None,
    ) -> Arrival:
        keep_files(self.files, item_id=item_id, client_id=client_id)
        return arrival_of(
            self.enquiry,
            self.channel,
            self.incoming,
            files=self.files,
            strange=strange or {},
            reply_to=reply_to,
        )
