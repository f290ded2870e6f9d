"""Who wrote, in which thread, and which cards they have (I5, IN-11).

Source: docs/domain/intake.md, "who wrote".
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection
from django.db.models import Q

from voronka.channels import rules
from voronka.channels.contract import Identity, Incoming, Kind
from voronka.channels.models import Channel, RepeatRule
from voronka.clients.commands import link_person_to_company
from voronka.clients.commands.contacting import write_points
from voronka.clients.commands.creating import place_client
from voronka.clients.models import Client
from voronka.clients.names import person_name
from voronka.clients.queries import client_with
from voronka.clients.rules import Point
from voronka.items.models import Item, ItemQuerySet
from voronka.journal.actors import Actor
from voronka.pipelines.models import ItemType, Pipeline, Source, Stage
from voronka.timeline.models import Message

_TAKEN = {"job_title": 120, "address": 400, "comment": 20_000}  # columns; characters
_MOST_CARDS = 50  # of one client that a decision looks at, the newest


def lock_identities(identities: Sequence[Identity]) -> None:
    """Let two events of one sender wait for each other until the transaction ends."""
    keys = sorted({f"{kind}:{value}" for kind, value in identities})
    if keys:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(k, 7305))"
                " FROM unnest(%s::text[]) AS k",
                [keys],
            )


def is_plain(incoming: Incoming) -> bool:
    """Whether an event is a message that says who writes, answers nothing, and brings no files."""
    answers = incoming.reply_to or incoming.thread_key or incoming.news
    named = bool(incoming.identities) and not incoming.company
    return incoming.kind == Kind.MESSAGE and named and not answers and not incoming.files


def thread_message(channel: Channel, incoming: Incoming) -> Message | None:
    """Return the newest known message of an event's thread: by the ids it answers, or its chat."""
    rows = Message.objects.select_related("conversation__item", "conversation__client")
    if incoming.reply_to:
        channels = Channel.objects.filter(provider=channel.provider).values("pk")
        known = rows.filter(channel_id__in=channels, external_id__in=incoming.reply_to)
        by_id = {message.external_id: message for message in known}
        nearest = next((by_id[i] for i in incoming.reply_to if i in by_id), None)
        if nearest is not None:
            return nearest
    if not incoming.thread_key:
        return None
    same = rows.filter(channel_id=channel.pk, thread_key=incoming.thread_key)
    return same.order_by("-at").first()


def known_client(incoming: Incoming) -> Client | None:
    """Return the client with one of the sender's identities, the surest. At most two queries."""
    return client_with(incoming.identities)[0]


def client_of(incoming: Incoming, thread: Message | None) -> Client | None:
    """Return the client: by the thread, else by an identity; keep identities that are new."""
    known = thread.conversation.client if thread else None
    if known is not None and known.merged_into_id is None and known.deleted_at is None:
        _add_missing_kinds(known, incoming)
        return known
    client, told = client_with(incoming.identities)
    if client is None:
        return None
    new = [i for i in incoming.identities if i[1] not in told]
    if new:
        own = set(client.contact_points.values_list("kind", "value"))
        fresh = [Point(kind, value, value) for kind, value in new if (kind, value) not in own]
        write_points(client, fresh, after=len(own))
    return client


def _add_missing_kinds(client: Client, incoming: Incoming) -> None:
    """Keep a phone given in a thread whose client had none so far, or an e-mail, and so on.

    A second one of a kind may be somebody else's, who answers the same letter: it is left out.
    """
    if not incoming.identities:
        return
    own = list(client.contact_points.values_list("kind", flat=True))
    new = {kind: Point(kind, value, value) for kind, value in reversed(incoming.identities)}
    fresh = [point for kind, point in new.items() if kind not in own]
    taken = client_with([(p.kind, p.value) for p in fresh])[1] if fresh else set()
    if free := [point for point in fresh if point.value not in taken]:
        write_points(client, free, after=len(own))


def make_client(
    incoming: Incoming, *, owner_id: int, source: Source | None, by: Actor, at: datetime
) -> Client:
    """Make the client of an event that has identities; their company too, when it names one."""
    client = Client(
        kind=Client.Kind.PERSON,
        name=incoming.name or incoming.identities[0][1],
        owner_id=owner_id,
        source=source,
    )
    for column, longest in _TAKEN.items():
        if value := str(incoming.client_fields.get(column) or "").strip():
            setattr(client, column, value[:longest])
    if incoming.name:
        read = person_name(incoming.name)
        client.first_name, client.last_name = read.first[:80], read.last[:80]
        client.patronymic = read.patronymic[:80]
    place_client(client, [Point(k, v, v) for k, v in incoming.identities], by=by, at=at)
    if incoming.company:
        companies = Client.objects.alive().filter(kind=Client.Kind.COMPANY)
        company = companies.filter(name__iexact=incoming.company).order_by("pk").first()
        if company is None:
            company = Client(kind=Client.Kind.COMPANY, name=incoming.company, owner_id=owner_id)
            place_client(company, [], by=by, at=at)
        link_person_to_company(client.pk, company.pk, by=by)
    return client


def cards_of(client: Client | None) -> list[Item]:
    """Return a client's leads and deals, the newest first. One SQL query."""
    if client is None:
        return []
    mine = Q(contact_id=client.pk) | Q(company_id=client.pk)
    kinds = (ItemType.Kind.LEAD, ItemType.Kind.DEAL)
    cards = Item.objects.alive().filter(mine, pipeline__item_type__kind__in=kinds)
    return list(_with_set_up(cards).order_by("-pk")[:_MOST_CARDS])


def thread_card(thread: Message | None, cards: Sequence[Item]) -> Item | None:
    """Return the card of a thread; it counts although it may be another client's."""
    item_id = thread.conversation.item_id if thread is not None else None
    if item_id is None:
        return None
    known = next((card for card in cards if card.pk == item_id), None)
    return known or _with_set_up(Item.objects.alive()).filter(pk=item_id).first()


def _with_set_up(cards: ItemQuerySet) -> ItemQuerySet:
    return cards.select_related("stage", "pipeline__item_type")


def facts_of_card(card: Item) -> rules.Card:
    """Return a card as the decision about repeat enquiries sees it."""
    states = {Stage.Kind.WON: "won", Stage.Kind.LOST: "lost"}
    return rules.Card(
        id=card.pk,
        pipeline_id=card.pipeline_id,
        purpose=card.pipeline.purpose,
        state=states.get(Stage.Kind(card.stage.kind), "open"),
        seen_at=card.changed_at,
        closed_at=card.closed_at,
    )


def rule_of(pipeline: Pipeline) -> rules.Repeat:
    """Return what a funnel does when somebody writes again. One SQL query."""
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
