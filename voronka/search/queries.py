"""One search over cards and clients, within the rights of the person who asks (UI-10)."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db import connection
from django.db.models import F, Q

from voronka.clients.models import NAME_FRAGMENTS, VALUE_FRAGMENTS, Client, ContactPoint
from voronka.items.models import Item, ItemQuerySet, allowed
from voronka.kernel import fragments, phones
from voronka.kernel.fragments import FragmentQuery, Holds
from voronka.people.models import User
from voronka.search import rules
from voronka.search.models import CardText

_NEWEST = 1000  # open cards that are looked through before the index of all cards is asked
_AT_MOST = 5000  # cards with the fragment that are put in order; more are cut where they stand
_CLIENTS = 200


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something was found: `kind` names the part, `text[start:end]` is what matched.

    Kinds: number, title, external_id, client (of a card); name, inn, phone, email, account.
    """

    kind: str
    text: str
    start: int = 0
    end: int = 0

    @property
    def before(self) -> str:
        """The text in front of the match."""
        return self.text[: self.start]

    @property
    def match(self) -> str:
        """The matching text."""
        return self.text[self.start : self.end]

    @property
    def after(self) -> str:
        """The text behind the match."""
        return self.text[self.end :]


@dataclass(frozen=True, slots=True)
class CardHit:
    """A card that was found."""

    item: Item
    reason: Reason
    level: int


@dataclass(frozen=True, slots=True)
class ClientHit:
    """A client who was found."""

    client: Client
    reason: Reason
    level: int


@dataclass(slots=True)
class Found:
    """Cards and clients, best first. `more_*` tells that there are others beyond the limit."""

    cards: list[CardHit] = field(default_factory=list)
    clients: list[ClientHit] = field(default_factory=list)
    more_cards: bool = False
    more_clients: bool = False

    def __bool__(self) -> bool:
        return bool(self.cards or self.clients)


def search(user: User, text: str, *, limit: int = 8) -> Found:
    """Find cards and clients by a piece of anything one remembers of them.

    Words are found by any fragment, in both scripts and both layouts, with their endings off;
    phones by three digits or more; cards by number. All words must be there. Exact beginnings
    come before middles, open cards before closed, new before old. Six SQL queries, and those
    that read the person's rights.
    """
    typed = text.strip()[: rules.LONGEST]
    if len(typed) < rules.SHORTEST and rules.number(typed) is None:
        return Found()
    query = fragments.read(typed, stems(typed))
    if not query:
        return Found()
    clients = _clients(user, typed, query)
    cards = _cards(user, typed, query, clients, limit)
    return Found(
        cards=cards[:limit],
        clients=clients[:limit],
        more_cards=len(cards) > limit,
        more_clients=len(clients) > limit,
    )


def stems(text: str) -> dict[str, str]:
    """Return the stems of the words by PostgreSQL's Russian and English dictionaries."""
    versions = {text.lower(), fragments.other_layout(text.lower())}
    words = {w for version in versions for w in fragments.wanted(version) if len(w) > 3}
    words = {w for w in words if w.isalpha()}
    if not words:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT w, (ts_lexize(CASE WHEN w ~ '[а-я]' THEN 'russian_stem'"
            " ELSE 'english_stem' END::regdictionary, w))[1] FROM unnest(%s::text[]) w",
            [sorted(words)],
        )
        return {word: stem for word, stem in cursor.fetchall() if stem}


def _clients(user: User, typed: str, query: FragmentQuery) -> list[ClientHit]:
    """Clients by name, taxpayer number and contact points, best first. Two SQL queries."""
    visible = Client.objects.visible_to(user)
    best: dict[int, ClientHit] = {}

    def offer(hit: ClientHit) -> None:
        known = best.get(hit.client.pk)
        if known is None or hit.level < known.level:
            best[hit.client.pk] = hit

    named = visible.filter(Holds(NAME_FRAGMENTS, query)).select_related("owner")
    for client in named[:_CLIENTS]:
        offer(_named(client, query))
    piece = rules.phone_piece(typed)
    points = ContactPoint.objects.filter(Holds(VALUE_FRAGMENTS, piece or query))
    reached = points.filter(client__in=visible).select_related("client__owner")
    for point in reached[:_CLIENTS]:
        offer(_reached(point, piece or query))
    return sorted(best.values(), key=lambda h: (h.level, h.client.name.lower(), h.client.pk))


def _named(client: Client, query: FragmentQuery) -> ClientHit:
    level, span = rules.closeness(client.name, query)
    if level > rules.FOLDED and client.inn:
        by_inn, place = rules.closeness(client.inn, query)
        if by_inn < level and place:
            return ClientHit(client, Reason("inn", client.inn, *place), by_inn)
    return ClientHit(client, Reason("name", client.name, *(span or (0, 0))), level)


def _reached(point: ContactPoint, query: FragmentQuery) -> ClientHit:
    kind = point.kind if point.kind in ("phone", "email") else "account"
    level, span = rules.closeness(point.value, query)
    text, (start, end) = point.value, span or (0, 0)
    if point.value.startswith("+"):
        text = phones.pretty(point.value)
        start, end = _in_pretty(text, point.value, start, end)
        level = rules.WORD
    return ClientHit(point.client, Reason(kind, text, start, end), level)


def _in_pretty(pretty: str, e164: str, start: int, end: int) -> tuple[int, int]:
    """Find the digits e164[start:end] again in the spaced number."""
    first = sum(c.isdigit() for c in e164[:start])
    count = sum(c.isdigit() for c in e164[start:end])
    places = [n for n, char in enumerate(pretty) if char.isdigit()]
    if not count or first + count > len(places):
        return 0, 0
    return places[first], places[first + count - 1] + 1


def _cards(
    user: User, typed: str, query: FragmentQuery, clients: list[ClientHit], limit: int
) -> list[CardHit]:
    """Cards by number, title, key and client, best first. Two or three SQL queries."""
    visible = Item.objects.alive().filter(allowed(user))
    shown = visible.select_related("stage", "pipeline__item_type", "owner", "contact", "company")
    hits: dict[int, CardHit] = {}
    number = rules.number(typed)
    ids = [hit.client.pk for hit in clients[: limit + 1]]
    linked = Q(contact_id__in=ids) | Q(company_id__in=ids)
    if number is not None:
        linked |= Q(pk=number.pk)
    if ids or number is not None:
        by_client = {hit.client.pk: hit for hit in clients}
        for item in shown.filter(linked).order_by(F("closed_at").desc(nulls_first=True), "-pk")[
            : limit * 2
        ]:
            hits[item.pk] = _linked(item, number, by_client)
    for item in shown.filter(pk__in=_titled(user, visible, query, limit)):
        hit = _titled_hit(item, query)
        if item.pk not in hits or hit.level < hits[item.pk].level:
            hits[item.pk] = hit
    return sorted(hits.values(), key=lambda h: (h.level, h.item.is_closed, -h.item.pk))


def _linked(item: Item, number: rules.Number | None, clients: dict[int, ClientHit]) -> CardHit:
    prefix = item.pipeline.item_type.prefix
    if number is not None and item.pk == number.pk and number.fits(prefix):
        text = f"{prefix}-{item.pk}" if prefix else str(item.pk)
        return CardHit(item, Reason("number", text, 0, len(text)), rules.EXACT)
    hit = clients.get(item.contact_id or 0) or clients.get(item.company_id or 0)
    if hit is None:  # another type's number: the digits still fit
        text = str(item.pk)
        return CardHit(item, Reason("number", text, 0, len(text)), rules.INSIDE)
    found = hit.reason
    return CardHit(item, Reason("client", found.text, found.start, found.end), rules.INSIDE)


def _titled_hit(item: Item, query: FragmentQuery) -> CardHit:
    level, span = rules.closeness(item.title, query)
    if level > rules.FOLDED and item.external_id:
        by_key, place = rules.closeness(item.external_id, query)
        if by_key < level and place:
            return CardHit(item, Reason("external_id", item.external_id, *place), by_key)
    return CardHit(item, Reason("title", item.title, *(span or (0, 0))), level)


def _titled(user: User, visible: ItemQuerySet, query: FragmentQuery, limit: int) -> list[int]:
    """Ids of cards whose title or key holds the query: the newest open ones first.

    A common fragment is met among the newest open cards at once; a rare one is few in the index.
    """
    newest = visible.filter(closed_at=None).order_by("-pk").values("pk")[:_NEWEST]
    texts = CardText.objects.filter(Holds(F("vector"), query))
    found = list(
        texts.filter(item__in=newest).order_by("-pk").values_list("pk", flat=True)[: limit * 4]
    )
    if len(found) > limit:
        return found
    some = texts.values("pk")
    if user.access.everything:  # else cards of others would use the measure up
        some = some[:_AT_MOST]
    order = (F("closed_at").desc(nulls_first=True), "-pk")
    older = list(
        visible.filter(pk__in=some).order_by(*order).values_list("pk", flat=True)[: limit * 4]
    )
    return list(dict.fromkeys(found + older))
