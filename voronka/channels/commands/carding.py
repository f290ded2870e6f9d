"""From an understood event to its card: who it is, where it belongs, one transaction (I2, I5).

Source: docs/domain/intake.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.channels import rules
from voronka.channels.commands.destinations import Destination, choose_destination
from voronka.channels.contract import Incoming, Kind
from voronka.channels.models import Channel, Enquiry, RepeatRule
from voronka.channels.tidying import StoredFiles
from voronka.clients.commands import count_stopped
from voronka.clients.commands.contacting import write_points
from voronka.clients.commands.creating import place_client
from voronka.clients.models import Client
from voronka.clients.names import person_name
from voronka.clients.queries import find_exclusion, recognise
from voronka.clients.rules import Point
from voronka.items.commands.card import note_event
from voronka.items.commands.creating import draft_item, first_stage, place_item
from voronka.items.commands.moving import correct_item
from voronka.items.models import Item, ItemLink, ItemQuerySet
from voronka.journal.actors import Actor
from voronka.pipelines.models import Field, ItemType, Pipeline, Source, Stage
from voronka.pipelines.values import BadValue, clean_value
from voronka.timeline.commands.conversations import lock_conversation, open_conversation
from voronka.timeline.commands.messages import (
    Arrival,
    keep_message,
    keep_sent_elsewhere,
    note_delivery,
)
from voronka.timeline.models import Conversation, Message

_NO_CARD = (Kind.NOTHING, Kind.STATUS, Kind.SPAM, Kind.BOUNCE)
_MOST_CARDS = 50  # of one client that a decision looks at, the newest


def settle(enquiry: Enquiry, channel: Channel, incoming: Incoming, files: StoredFiles) -> None:
    """Do with a locked event what it asks for, and write its state; in the caller's transaction."""
    at = incoming.at or enquiry.happened_at
    enquiry.kind, enquiry.error, enquiry.next_try_at = incoming.kind, "", None
    enquiry.happened_at = min(at, enquiry.received_at)
    for news in incoming.news:
        moment = news.at or enquiry.received_at
        note_delivery(channel.pk, news.external_id, news.state, at=moment, error=news.error)
    pardoned = "pardoned" in enquiry.decision
    if incoming.kind in _NO_CARD and not (pardoned and incoming.kind == Kind.SPAM):
        _finish(enquiry, Enquiry.State.IGNORED, {"what": "nothing", "why": incoming.why})
        return
    lock_identities(list(incoming.identities))
    if not pardoned and incoming.kind == Kind.MESSAGE:
        exclusion = find_exclusion(incoming.identities, at=enquiry.received_at)
        if exclusion is not None:
            count_stopped(exclusion.pk, at=enquiry.received_at)
            enquiry.exclusion = exclusion
            _finish(enquiry, Enquiry.State.EXCLUDED, {"what": "stopped", "why": exclusion.reason})
            return
    intake = _Intake(enquiry, channel, incoming, files)
    if incoming.kind in (Kind.AUTO_REPLY, Kind.OWN):
        intake.append_to_thread()
    else:
        intake.card()


def _finish(enquiry: Enquiry, state: str, decision: dict[str, Any]) -> None:
    enquiry.state = state
    enquiry.decision = {**enquiry.decision, **decision}
    if state == Enquiry.State.CARDED:
        enquiry.carded_at = timezone.now()
    enquiry.save(
        update_fields=[
            *("state", "kind", "error", "decision", "next_try_at", "happened_at"),
            *("item", "message", "exclusion", "carded_at"),
        ]
    )


def lock_identities(identities: list[tuple[str, str]]) -> None:
    """Let two events of one sender wait for each other until the transaction ends."""
    keys = sorted({f"{kind}:{value}" for kind, value in identities})
    if keys:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(k, 7305))"
                " FROM unnest(%s::text[]) AS k",
                [keys],
            )


@dataclass(slots=True)
class _Intake:
    """One event on its way to its card."""

    enquiry: Enquiry
    channel: Channel
    incoming: Incoming
    files: StoredFiles
    by: Actor = field(init=False)
    at: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.by = Actor.system(self.channel.name)
        self.at = self.enquiry.happened_at

    def append_to_thread(self) -> None:
        """Put an auto-reply or a letter of ours into the thread it belongs to; make no card."""
        message = self._thread_message()
        if message is None:
            _finish(self.enquiry, Enquiry.State.IGNORED, {"what": "nothing", "why": "no_thread"})
            return
        conversation = lock_conversation(message.conversation_id, by=self.by)
        arrival = self._arrival(conversation, reply_to=message)
        keep = keep_sent_elsewhere if self.incoming.kind == Kind.OWN else keep_message
        self._carded(conversation.item, keep(conversation, arrival, by=self.by), what="thread")

    def card(self) -> None:
        """Find or make the client and the card, and keep the message there."""
        thread = None if self.enquiry.test else self._thread_message()
        client = None if self.enquiry.test else self._recognise(thread)
        destination = choose_destination(self.channel, self.incoming, at=self.at)
        cards = _cards_of(client)
        thread_card = self._thread_card(thread, cards)
        decision = rules.decide(
            [_facts(card) for card in cards],
            _rule_of(destination.pipeline) if cards else rules.USUAL,
            pipeline_id=destination.pipeline.pk,
            at=self.at,
            is_request=self.incoming.is_request,
            thread_card=_facts(thread_card) if thread_card else None,
        )
        by_id = {card.pk: card for card in cards}
        if decision.what == "open":
            self._open(destination, client, decision, rest=by_id.get(decision.rest_id or 0))
        else:
            self._join(by_id[decision.card_id or 0], client, decision, thread=thread)

    def _thread_message(self) -> Message | None:
        """Return the newest known message of the thread, by the ids it answers or its chat."""
        incoming = self.incoming
        rows = Message.objects.select_related("conversation__item", "conversation__client")
        if incoming.reply_to:
            channels = Channel.objects.filter(provider=self.channel.provider).values("pk")
            known = rows.filter(channel_id__in=channels, external_id__in=incoming.reply_to)
            by_id = {message.external_id: message for message in known}
            nearest = next((by_id[i] for i in incoming.reply_to if i in by_id), None)
            if nearest is not None:
                return nearest
        if not incoming.thread_key:
            return None
        same = rows.filter(channel_id=self.channel.pk, thread_key=incoming.thread_key)
        return same.order_by("-at").first()

    def _recognise(self, thread: Message | None) -> Client | None:
        """Return the client: by the thread, else by an identity; keep identities that are new."""
        known = thread.conversation.client if thread else None
        if known is not None and known.merged_into_id is None and known.deleted_at is None:
            return known
        matches = recognise(None, points=self.incoming.identities)
        if not matches:
            return None
        client = matches[0].client
        told = {match.text for match in matches}
        new = [i for i in self.incoming.identities if i[1] not in told]
        if new:
            own = set(client.contact_points.values_list("kind", "value"))
            fresh = [Point(kind, value, value) for kind, value in new if (kind, value) not in own]
            write_points(client, fresh, after=len(own))
        return client

    def _thread_card(self, thread: Message | None, cards: list[Item]) -> Item | None:
        """Return the card of the thread; it counts although it may be another client's."""
        if thread is None or thread.conversation.item_id is None:
            return None
        for card in cards:
            if card.pk == thread.conversation.item_id:
                return card
        alive = _with_set_up(Item.objects.alive())
        other = alive.filter(pk=thread.conversation.item_id).first()
        if other is not None:
            cards.append(other)
        return other

    def _open(
        self,
        destination: Destination,
        client: Client | None,
        decision: rules.Decision,
        *,
        rest: Item | None,
    ) -> None:
        known = client is not None
        owner_id, owner_why = destination.owner_for(client, self.by)
        if client is None and self.incoming.identities:
            client = self._make_client(owner_id, destination.source)
        pipeline = destination.pipeline
        stages = list(pipeline.stages.all())
        values, strange = self._values(pipeline.item_type)
        columns: dict[str, Any] = {
            "title": self._title(client),
            "source_id": destination.source.pk if destination.source else None,
            "utm": dict(self.incoming.utm),
        }
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
        why = {**destination.why, "owner_why": owner_why}
        place_item(
            item,
            stages,
            by=self.by,
            enquiry=self.enquiry.pk,
            decision=decision.why,
            channel=self.channel.name,
            **why,
        )
        if rest is not None:
            self._take_over(item, rest)
        conversation = open_conversation(
            client_id=client.pk if client else None,
            item_id=item.pk,
            owner_id=owner_id,
            at=self.at,
            fresh=True,
        )
        conversation.item, conversation.client = item, client
        message = keep_message(conversation, self._arrival(conversation, strange), by=self.by)
        self._carded(item, message, what="opened", why=decision.why, **why)

    def _take_over(self, item: Item, rest: Item) -> None:
        """Let a new card take over from one that rested in nurturing or reactivation."""
        ItemLink.objects.create(
            parent=rest, child=item, kind=ItemLink.Kind.COPY, created_at=timezone.now()
        )

    def _join(
        self, card: Item, client: Client | None, decision: rules.Decision, *, thread: Message | None
    ) -> None:
        if decision.what == "return":
            back = first_stage(list(card.pipeline.stages.all()))
            card = correct_item(card.pk, to=back, why=_("The client wrote again."), by=self.by)
        talk = thread.conversation if thread else None
        if talk is not None and talk.item_id == card.pk:
            conversation = lock_conversation(talk.pk, by=self.by)
        else:
            person = client.pk if client else None
            opened = open_conversation(
                client_id=person, item_id=card.pk, owner_id=card.owner_id, at=self.at
            )
            conversation = lock_conversation(opened.pk, by=self.by)
        _values, strange = self._values(card.pipeline.item_type)
        arrival = self._arrival(conversation, strange, reply_to=thread)
        message = keep_message(conversation, arrival, by=self.by)
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

    def _carded(self, item: Item | None, message: Message, **decision: Any) -> None:
        self.enquiry.item, self.enquiry.message = item, message
        _finish(self.enquiry, Enquiry.State.CARDED, decision)

    def _make_client(self, owner_id: int, source: Source | None) -> Client:
        identities = self.incoming.identities
        given = self.incoming.name
        client = Client(
            kind=Client.Kind.PERSON,
            name=given or identities[0][1],
            owner_id=owner_id,
            source=source,
        )
        if given:
            read = person_name(given)
            client.first_name, client.last_name = read.first[:80], read.last[:80]
            client.patronymic = read.patronymic[:80]
        points = [Point(kind, value, value) for kind, value in identities]
        place_client(client, points, by=self.by, at=self.at)
        return client

    def _values(self, item_type: ItemType) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the values that the card takes, and by field name those it does not."""
        given = {code: v for code, v in self.incoming.item_fields.items() if v not in ("", None)}
        if not given:
            return {}, {}
        taken: dict[str, Any] = {}
        strange: dict[str, str] = {}
        known = {
            f.code: f
            for f in Field.objects.filter(item_type=item_type, archived=False, code__in=list(given))
        }
        for code, value in given.items():
            row = known.get(code)
            try:
                if row is None or row.kind in _REFERENCES:
                    raise BadValue("")
                taken[code] = clean_value(row, value)
            except BadValue:
                shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
                strange[str(row.name) if row else code] = shown[:2000]
        return taken, strange

    def _title(self, client: Client | None) -> str:
        incoming = self.incoming
        who = incoming.name or (client.name if client else "")
        about = incoming.title or incoming.subject
        title = about or (_("Enquiry: %(name)s") % {"name": who} if who else "")
        return (title or _("Enquiry from “%(channel)s”") % {"channel": self.channel.name})[:255]

    def _arrival(
        self,
        conversation: Conversation,
        strange: dict[str, str] | None = None,
        *,
        reply_to: Message | None = None,
    ) -> Arrival:
        incoming = self.incoming
        here = {"item": conversation.item} if conversation.item_id else {}
        ids = []
        for _file, row in self.files.kept:
            row.item_id, row.client_id = conversation.item_id, None
            if not here:
                row.client_id = conversation.client_id
            row.save(force_insert=True)
            ids.append(row.pk)
        meta: dict[str, Any] = {
            "page": incoming.page,
            "referer": incoming.referer,
            "utm": dict(incoming.utm),
            "fields": {**incoming.extra, **(strange or {})},
            "company": incoming.company,
            "left_out": self.files.left_out,
            "inline": {f.content_id: row.pk for f, row in self.files.kept if f.content_id},
        }
        if incoming.consent is not None:
            meta["consent"] = {
                "version": incoming.consent.version_id,
                "text": incoming.consent.text,
            }
        return Arrival(
            provider=self.channel.provider,
            channel_id=self.channel.pk,
            at=self.at,
            text=incoming.text,
            html=incoming.html,
            subject=incoming.subject,
            author_name=incoming.name,
            identity=incoming.identities[0] if incoming.identities else ("", ""),
            thread_key=incoming.thread_key,
            external_id=incoming.external_id or self.enquiry.external_id,
            reply_to_id=reply_to.pk if reply_to else None,
            automatic=incoming.kind == Kind.AUTO_REPLY,
            attachment_ids=ids,
            enquiry_id=self.enquiry.pk,
            meta={key: value for key, value in meta.items() if value},
        )


_REFERENCES = (Field.Kind.USER, Field.Kind.CLIENT, Field.Kind.ITEM, Field.Kind.FILE)


def _with_set_up(cards: ItemQuerySet) -> ItemQuerySet:
    return cards.select_related("stage", "pipeline__item_type")


def _cards_of(client: Client | None) -> list[Item]:
    """Return a client's leads and deals, the newest first."""
    if client is None:
        return []
    mine = Q(contact_id=client.pk) | Q(company_id=client.pk)
    kinds = (ItemType.Kind.LEAD, ItemType.Kind.DEAL)
    cards = Item.objects.alive().filter(mine, pipeline__item_type__kind__in=kinds)
    return list(_with_set_up(cards).order_by("-pk")[:_MOST_CARDS])


def _facts(card: Item) -> rules.Card:
    states = {Stage.Kind.WON: "won", Stage.Kind.LOST: "lost"}
    return rules.Card(
        id=card.pk,
        pipeline_id=card.pipeline_id,
        purpose=card.pipeline.purpose,
        state=states.get(Stage.Kind(card.stage.kind), "open"),
        seen_at=card.changed_at,
        closed_at=card.closed_at,
    )


def _rule_of(pipeline: Pipeline) -> rules.Repeat:
    row = RepeatRule.objects.filter(pipeline=pipeline).first()
    if row is None:
        return rules.USUAL
    return rules.Repeat(
        row.when_open,
        row.join_within,
        row.when_lost,
        row.return_within,
        row.from_nurturing,
        row.thread_stays,
    )
