"""Reads of clients: who is it, who looks like whom, what a list shows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Q, QuerySet
from rapidfuzz import fuzz

from voronka.clients import rules
from voronka.clients.models import (
    NAME_FRAGMENTS,
    Client,
    ClientLink,
    ClientQuerySet,
    ContactPoint,
    Exclusion,
    Merge,
    NotDuplicate,
)
from voronka.clients.names import name_key
from voronka.journal.models import Event
from voronka.kernel.fragments import FragmentQuery, Holds, Term, fold
from voronka.people.access import CLIENTS
from voronka.people.models import User

Identity = tuple[str, str]  # (kind of contact point, its one spelling)

CONFIDENCE: dict[str, float] = {
    "inn": 0.99,
    "account": 0.97,
    "email": 0.95,
    "phone": 0.93,  # families and offices share one
}
_OTHER_KIND = 0.6  # a company's phone given by a person: related, hardly the same
_ALIKE = 86.0  # rapidfuzz score, 0..100, below which names are different
MOST_ALIKE = 0.7  # confidence of an equal name with nothing else in common
_AT_COMPANY = 0.2  # added when the company is the same too
_SURE = 0.9  # the same contact or number, of a client of the same kind
_CANDIDATES = 60
PAGE = 25  # rows at once


@dataclass(frozen=True, slots=True)
class Match:
    """A client who may be the one that is meant.

    `reason` is account, email, phone, inn, name or name_at_company; `confidence` is 0..1; `text`
    is the contact, number or name that they share.
    """

    client: Client
    reason: str
    confidence: float
    text: str


def recognise(
    user: User | None,
    *,
    points: Iterable[Identity] = (),
    name: str = "",
    inn: str = "",
    company: str = "",
    kind: str = "",
    exclude: Iterable[int] = (),
) -> list[Match]:
    """Who this may be, surest first. At most three SQL queries, one more for limited rights.

    Exact identities come first, then the taxpayer number, then look-alike names; a name counts
    for more when the company is alike as well. A client appears once, for the best reason.

    Args:
        user: sees only their own rights' clients; None for imports and channels, which see all.
        points: contact points in their one spelling (`rules.points`).
        company: the name of the person's company.
        kind: "person" or "company" when that is known.
    """
    clients = Client.objects.alive() if user is None else Client.objects.visible_to(user)
    clients = clients.exclude(pk__in=list(exclude))
    found: dict[int, Match] = {}
    for match in [
        *_by_points(clients, list(points), kind),
        *_by_inn_and_name(clients, name, inn, company, kind),
    ]:
        known = found.get(match.client.pk)
        if known is None or known.confidence < match.confidence:
            found[match.client.pk] = match
    return sorted(found.values(), key=lambda m: (-m.confidence, m.client.pk))


def _by_points(clients: ClientQuerySet, points: Sequence[Identity], kind: str) -> list[Match]:
    if not points:
        return []
    wanted = Q(pk__in=[])
    for point_kind in {k for k, _value in points}:
        wanted |= Q(kind=point_kind, value__in=[v for k, v in points if k == point_kind])
    rows = ContactPoint.objects.filter(wanted, client__in=clients).select_related("client__owner")
    return [
        Match(p.client, reason, sureness(reason, p.client, kind), p.value)
        for p in rows[:_CANDIDATES]
        for reason in [p.kind if p.kind in ("phone", "email") else "account"]
    ]


def sureness(reason: str, client: Client, kind: str) -> float:
    """How sure it is that a client of `kind` with the same contact or number is `client`, 0..1."""
    return CONFIDENCE[reason] * (_OTHER_KIND if kind and client.kind != kind else 1)


def _by_inn_and_name(
    clients: ClientQuerySet, name: str, inn: str, company: str, kind: str
) -> list[Match]:
    key = name_key(name)
    wanted = Q(inn=inn) if inn else Q(pk__in=[])
    if query := _alike(key):
        wanted |= Q(Holds(NAME_FRAGMENTS, query))
    elif not inn:
        return []
    if kind:
        clients = clients.filter(kind=kind)
    rows = list(clients.filter(wanted).select_related("owner")[:_CANDIDATES])
    same_inn = [Match(c, "inn", CONFIDENCE["inn"], inn) for c in rows if inn and c.inn == inn]
    others = [c for c in rows if not (inn and c.inn and c.inn != inn)]  # the numbers tell apart
    scored = [(c, fuzz.token_sort_ratio(key, name_key(c.name))) for c in others if key]
    alike = [(c, score) for c, score in scored if score >= _ALIKE]
    at_company = _at_company([c.pk for c, _score in alike], company)
    names = []
    for client, score in alike:
        confidence = MOST_ALIKE * score / 100
        reason = "name"
        if client.pk in at_company:
            confidence, reason = confidence + _AT_COMPANY, "name_at_company"
        names.append(Match(client, reason, round(confidence, 2), client.name))
    return same_inn + names


def _alike(key: str) -> FragmentQuery | None:
    """Ask for names that share the beginnings of all words, one letter from the end forgiven."""
    words = sorted((w for w in key.split() if len(w) > 2), key=len, reverse=True)[:2]
    terms = [Term(w, (fold(w[: max(3, len(w) - 2)]),)) for w in words]
    return FragmentQuery((tuple(terms),)) if terms else None


def _at_company(person_ids: Sequence[int], company: str) -> set[int]:
    """Return which of the persons are linked to a company of a name like `company`."""
    if not person_ids or not company:
        return set()
    key = name_key(company)
    links = ClientLink.objects.filter(person_id__in=person_ids).select_related("company")
    return {
        link.person_id
        for link in links
        if fuzz.token_sort_ratio(key, name_key(link.company.name)) >= _ALIKE
    }


def doubles_of(client: Client, user: User) -> list[Match]:
    """Clients who may be the same as this one, and have not been told apart from it."""
    link = client.company_links.select_related("company").first()
    return recognise(
        user,
        points=client.contact_points.values_list("kind", "value"),
        name=client.name,
        inn=client.inn,
        company=link.company.name if link else "",
        kind=client.kind,
        exclude={client.pk, *_apart_from(client)},
    )


def new_doubles(client: Client, event: Event) -> list[Match]:
    """Return who surely is the same by what an event of the client has brought.

    A contact or a taxpayer number counts, of a client of the same kind; a name does not. Those
    told apart are left out. Up to five SQL queries, none when the event brings nothing of these.
    """
    points: list[Identity] = []
    inn = ""
    if event.verb in ("client.created", "client.restored"):
        points, inn = list(client.contact_points.values_list("kind", "value")), client.inn
    elif event.verb == "client.changed":
        inn = client.inn if "inn" in event.diff.get("changes", {}) else ""
    elif "value" in event.diff:
        points = [(event.diff["kind"], event.diff["value"])]
    if not (points or inn):
        return []
    exclude = {client.pk, *_apart_from(client)}
    found = recognise(None, points=points, inn=inn, kind=client.kind, exclude=exclude)
    return [match for match in found if match.confidence >= _SURE]


def _apart_from(client: Client) -> set[int]:
    apart = NotDuplicate.objects.filter(Q(first=client) | Q(second=client))
    return {pk for pair in apart.values_list("first_id", "second_id") for pk in pair}


def merges(user: User) -> QuerySet[Merge]:
    """Return the merges of which `user` sees both sides, the newest first."""
    access = user.access
    owners = access.owners(access.scope("see", CLIENTS))
    rows = Merge.objects.filter(keeper__deleted_at=None)
    if owners is not None:
        rows = rows.filter(keeper__owner_id__in=owners, absorbed__owner_id__in=owners)
    return rows.select_related("keeper", "absorbed").order_by("-pk")


def family_ids(client: Client) -> list[int]:
    """The client's id and those of all that have been merged into it: their past is its past."""
    ids = [client.pk]
    grown = [client.pk]
    while grown:
        grown = list(Client.objects.filter(merged_into__in=grown).values_list("pk", flat=True))
        ids += grown
    return ids


def by_external_id(kind: str, external_id: str) -> Client | None:
    """The client an other system calls so; one that has been merged leads to its keeper."""
    if not external_id:
        return None
    client = (
        Client.objects.filter(kind=kind, external_id=external_id, deleted_at=None)
        .select_related("merged_into")
        .first()
    )
    while client is not None and client.merged_into is not None:
        client = client.merged_into
    return client if client is not None and client.deleted_at is None else None


def client_with(points: Iterable[Identity]) -> tuple[Client | None, set[str]]:
    """Return the client who has one of these contacts, and which of them they have.

    The same choice as the first of `recognise`, for channels, who meet strangers mostly: one SQL
    query when nobody has any of them, two otherwise.
    """
    found = _clients_of(set(points))
    if not found:
        return None, set()

    def sureness(row: tuple[int, str, str]) -> tuple[float, int]:
        reason = row[1] if row[1] in ("phone", "email") else "account"
        return -CONFIDENCE[reason], row[0]

    chosen = min(found, key=sureness)[0]
    client = Client.objects.filter(pk=chosen).first()
    return client, {value for client_id, _kind, value in found if client_id == chosen}


def find_exclusion(identities: Iterable[Identity], *, at: datetime) -> Exclusion | None:
    """Return the exclusion that stops somebody with these identities, or None. One SQL query.

    An excluded domain stops all addresses in it and in the domains below it.

    Args:
        identities: contact points in their one spelling, or kinds of Exclusion's own.
    """
    wanted = _with_domains(identities)
    if not wanted:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_EXCLUSION, [*_columns(wanted), at])
        found = cursor.fetchone()
        columns = [column.name for column in cursor.description or ()]
    if found is None:
        return None
    row = dict(zip(columns, found, strict=True))
    fields = Exclusion._meta.concrete_fields
    return Exclusion.from_db(
        connection.alias, [f.attname for f in fields], [row[str(f.column)] for f in fields]
    )


def known_identities(identities: Iterable[Identity], *, at: datetime) -> set[Identity]:
    """Return those that a client has; all of them if an exclusion stops one. One SQL query."""
    wanted = set(identities)
    if not wanted:
        return wanted
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, [*_columns(wanted), *_columns(_with_domains(wanted)), at])
        found = cursor.fetchall()
    if any(stopped for _kind, _value, stopped in found):
        return wanted
    return {(kind, value) for kind, value, _stopped in found}


def _with_domains(identities: Iterable[Identity]) -> set[Identity]:
    """Return identities with the domains of their addresses, as exclusions know them."""
    wanted = set(identities)
    for kind, value in list(wanted):
        if kind == ContactPoint.Kind.EMAIL:
            wanted |= {(Exclusion.DOMAIN, domain) for domain in rules.mail_domains(value)}
    return wanted


def _columns(identities: Collection[Identity]) -> list[list[str]]:
    return [list(column) for column in zip(*sorted(identities), strict=True)]


def _clients_of(points: Collection[Identity]) -> list[tuple[int, str, str]]:
    """Return (client, kind, value) of these contacts. One SQL query, none when there are none."""
    if not points:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_POINTS_OF_CLIENTS, _columns(points))
        return list(cursor.fetchall())


_OF_CLIENTS = """
FROM unnest(%s::text[], %s::text[]) AS w (kind, value)
JOIN clients_contactpoint p ON p.kind = w.kind AND p.value = w.value
JOIN clients_client c ON c.id = p.client_id AND c.deleted_at IS NULL AND c.merged_into_id IS NULL"""
_OF_EXCLUSIONS = """
FROM unnest(%s::text[], %s::text[]) AS w (kind, value)
JOIN clients_exclusion e ON e.identity_kind = w.kind AND e.identity_value = w.value
WHERE e.lifted_at IS NULL AND (e.until IS NULL OR e.until > %s)"""
_POINTS_OF_CLIENTS = f"SELECT p.client_id, p.kind, p.value{_OF_CLIENTS}\nORDER BY p.client_id"
_EXCLUSION = f"SELECT e.*{_OF_EXCLUSIONS}\nORDER BY e.id LIMIT 1"
_KNOWN = f"""
SELECT p.kind, p.value, false{_OF_CLIENTS}
UNION ALL
SELECT w.kind, w.value, true{_OF_EXCLUSIONS}"""


def exclusions(
    *, reason: str = "", text: str = "", lifted: bool = False, before: int | None = None
) -> list[Exclusion]:
    """Return a page of exclusions with their authors, newest first. One SQL query, PAGE rows.

    Args:
        text: a part of the identity or of the comment.
        lifted: those taken back instead of those in force; expired ones count as in force here.
        before: the id of the last one seen.
    """
    rows = Exclusion.objects.select_related("author", "client").filter(lifted_at__isnull=not lifted)
    if reason:
        rows = rows.filter(reason=reason)
    if text := text.strip():
        rows = rows.filter(Q(identity_value__icontains=text) | Q(comment__icontains=text))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return list(rows.order_by("-pk")[:PAGE])
