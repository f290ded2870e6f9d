"""One search over cards and clients, within the rights of the person who asks (UI-10)."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from django.db import connection

from voronka.clients.models import Client
from voronka.items.models import Item
from voronka.kernel import fragments, masking, phones
from voronka.kernel.fragments import FragmentQuery
from voronka.kernel.prepared import Prepared
from voronka.people.models import User
from voronka.search import rules
from voronka.search.reach import SearchReach

_AT_ONCE = 500  # cards with the fragment, the newest, that are asked first whether they may be seen


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


@dataclass(frozen=True, slots=True)
class _Near:
    """A client who fits, before more than the fitting text is read of them."""

    pk: int
    level: int
    reason: Reason
    order: str  # among equals


def search(user: User, text: str, *, limit: int = 8) -> Found:
    """Find cards and clients by a piece of anything one remembers of them.

    Words are found by any fragment, in both scripts and both layouts; where that is not enough,
    with their endings off. Phones are found by three digits or more, cards by number. All words
    must be there. Exact beginnings come before middles, open cards before closed, new before old.
    Six to twelve SQL queries, and those that read the person's rights.
    """
    typed = text.strip()[: rules.LONGEST]
    if len(typed) < rules.SHORTEST and rules.number(typed) is None:
        return Found()
    query = Typed(typed)
    if not query:
        return Found()
    reach = SearchReach.of(user)
    clients = ranked_clients(reach, query, limit + 1)
    cards = _cards(reach, query, clients, limit)
    return Found(
        cards=cards[:limit],
        clients=clients[:limit],
        more_cards=len(cards) > limit,
        more_clients=len(clients) > limit,
    )


class Typed:
    """What was typed, as understood: word for word, and with the endings off."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.plain = fragments.read(text)
        self.piece = rules.phone_piece(text)
        self.number = rules.number(text)

    def __bool__(self) -> bool:
        return bool(self.plain)

    @cached_property
    def wide(self) -> FragmentQuery | None:
        """The same with stems; None when they add nothing. One SQL query for longer words."""
        if self.piece is not None:
            return None
        wide = fragments.read(self.text, stems(self.text))
        return None if wide == self.plain else wide


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


def ranked_clients(reach: SearchReach, typed: Typed, limit: int) -> list[ClientHit]:
    """Return clients by name, taxpayer number and contact points, best first.

    Three SQL queries, two more when the plain words find nobody.
    """
    best: dict[int, _Near] = {}
    _look(reach, typed.text, typed.plain, typed.piece, best)
    if not best and typed.wide is not None:
        for near in _names(reach, typed.wide):
            if rules.begins(near.reason.text, typed.wide):
                best[near.pk] = near
    chosen = sorted(best.values(), key=lambda n: (n.level, n.order, n.pk))[:limit]
    ids = [near.pk for near in chosen]
    known = {client.pk: client for client in _CLIENTS_BY_IDS.all(ids)} if ids else {}
    return [
        ClientHit(known[near.pk], _spaced(near.reason), near.level)
        for near in chosen
        if near.pk in known
    ]


_CLIENTS_BY_IDS = Prepared(  # of those that were found within the person's rights
    lambda ids: Client.objects.alive().select_related("owner").filter(pk__among=ids).order_by(),
    list,
    model=Client,
)


def _look(
    reach: SearchReach,
    text: str,
    query: FragmentQuery,
    piece: FragmentQuery | None,
    best: dict[int, _Near],
) -> None:
    """Add clients who hold a query to the best ones, each for its best reason. Two SQL queries.

    Masked contacts are found only whole: by pieces one could guess them digit by digit.
    """

    def offer(near: _Near) -> None:
        known = best.get(near.pk)
        if known is None or near.level < known.level:
            best[near.pk] = near

    for near in _names(reach, query):
        offer(near)
    found = reach.whole(text) if masking.hidden() else reach.reached(piece or query)
    for pk, kind, value in found:
        offer(_reached(pk, kind, value, piece or query))


def _names(reach: SearchReach, query: FragmentQuery) -> list[_Near]:
    return [
        _named(pk, name, inn, " ".join(part for part in parts if part), query)
        for pk, name, inn, *parts in reach.named(query)
    ]


def _named(pk: int, name: str, inn: str, full: str, query: FragmentQuery) -> _Near:
    """By the name; else by the taxpayer number, or by a patronymic that only `full` has."""
    level, span = rules.closeness(name, query)
    if level > rules.FOLDED and inn:
        by_inn, place = rules.closeness(inn, query)
        if by_inn < level and place:
            return _Near(pk, by_inn, Reason("inn", inn, *place), name.lower())
    if level > rules.FOLDED and full:
        by_full, place = rules.closeness(full, query)
        if by_full < level and place:
            return _Near(pk, rules.INSIDE, Reason("name", full, *place), name.lower())
    return _Near(pk, level, Reason("name", name, *(span or (0, 0))), name.lower())


def _reached(pk: int, kind: str, value: str, query: FragmentQuery) -> _Near:
    kind = kind if kind in ("phone", "email") else "account"
    level, span = rules.closeness(value, query)
    level = rules.WORD if value.startswith("+") else level
    return _Near(pk, level, Reason(kind, value, *(span or (0, 0))), value)


def _spaced(reason: Reason) -> Reason:
    """Write a phone for people, with the same digits marked; masked, nothing is marked."""
    if masking.hidden():
        whole = reason.kind in ("phone", "email", "account")
        text = masking.mask(reason.kind, reason.text) if whole else masking.shown_text(reason.text)
        return reason if text == reason.text else Reason(reason.kind, text)
    if not reason.text.startswith("+"):
        return reason
    text = phones.pretty(reason.text)
    return Reason(reason.kind, text, *_in_pretty(text, reason.text, reason.start, reason.end))


def _in_pretty(pretty: str, e164: str, start: int, end: int) -> tuple[int, int]:
    """Find the digits e164[start:end] again in the spaced number."""
    first = sum(c.isdigit() for c in e164[:start])
    count = sum(c.isdigit() for c in e164[start:end])
    places = [n for n, char in enumerate(pretty) if char.isdigit()]
    if not count or first + count > len(places):
        return 0, 0
    return places[first], places[first + count - 1] + 1


def _cards(reach: SearchReach, typed: Typed, clients: list[ClientHit], limit: int) -> list[CardHit]:
    """Cards by number, title, key and client, best first. Three to six SQL queries."""
    by_client = {hit.client.pk: hit for hit in clients}
    number = typed.number.pk if typed.number else None
    linked = reach.linked(list(by_client), number, limit * 2)
    query = typed.plain
    rare = typed.piece is not None and len(typed.text) > 4  # long figures: the index at once
    titled = [] if rare else reach.newest_open(query)[: limit * 4]
    if len(titled) <= limit:
        titled = _with(titled, _titled(reach, query, limit))
        if len({*linked, *titled}) <= limit and typed.wide is not None:
            query = typed.wide
            titled = _with(titled, _titled(reach, query, limit))
    found = _with(linked, titled)
    known = {item.pk: item for item in _BY_IDS.all(found)} if found else {}
    hits = {pk: _linked(known[pk], typed.number, by_client) for pk in linked if pk in known}
    for item in (known[pk] for pk in titled if pk in known):
        if query is typed.wide and not rules.begins(f"{item.title} {item.external_id}", query):
            continue
        hit = _titled_hit(item, query)
        if item.pk not in hits or hit.level < hits[item.pk].level:
            hits[item.pk] = hit
    return sorted(hits.values(), key=lambda h: (h.level, h.item.is_closed, -h.item.pk))


_SHOWN = ("stage", "pipeline__item_type", "owner", "contact", "company")
_BY_IDS = Prepared(  # of those that were found within the person's rights
    lambda ids: Item.objects.alive().select_related(*_SHOWN).filter(pk__among=ids),
    list,
    model=Item,
)


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


def _with(ids: list[int], more: list[int]) -> list[int]:
    return list(dict.fromkeys([*ids, *more]))


def _titled(reach: SearchReach, query: FragmentQuery, limit: int) -> list[int]:
    return reach.titled(query, limit=limit, at_once=_AT_ONCE)[: limit * 4]
