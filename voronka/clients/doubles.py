"""The queue of doubles: clients who share a contact, a taxpayer number or a company's name.

Source: docs/domain/clients.md, "doubles" (IN-11).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import connection
from django.db.models import Count, Max

from voronka.clients.models import Client, ClientQuerySet, NotDuplicate
from voronka.clients.queries import MOST_ALIKE, sureness
from voronka.people.access import CLIENTS
from voronka.people.models import User

PAGE = 25  # pairs on a page of the queue, merges on a page of the log
MOST = 2000  # groups of each kind that are looked at
_ROUNDS = 4  # of MOST shared contacts: most of them may join a person with its own company


@dataclass(frozen=True, slots=True)
class Pair:
    """Two clients who are probably one. `first` is the older."""

    first: Client
    second: Client
    reason: str
    confidence: float
    text: str


@dataclass(frozen=True, slots=True)
class _Group:
    """Clients of one kind who share something, the oldest first."""

    reason: str
    text: str
    ids: tuple[int, ...]


def suggested_doubles(user: User, *, page: int = 1) -> list[Pair]:
    """A page of pairs to look at: the same contact or taxpayer number, or two alike companies.

    Only pairs of which the person sees both; pairs told apart are left out. A group of more than
    two is shown by its oldest and newest first, and shrinks as they merge. Up to PAGE pairs.
    """
    apart = set(NotDuplicate.objects.values_list("first_id", "second_id"))
    most = min(page * PAGE + len(apart), MOST)  # every group may turn out to be told apart
    seen: dict[tuple[int, int], _Group] = {}
    for group in _groups(user, most):
        pair = (group.ids[0], group.ids[-1])
        if pair not in apart:
            seen.setdefault(pair, group)
    chosen = list(seen.items())[(page - 1) * PAGE : page * PAGE]
    visible = Client.objects.visible_to(user)
    rows = visible.select_related("owner").prefetch_related("contact_points")
    by_id = rows.in_bulk([pk for ids, _group in chosen for pk in ids])
    return [
        _pair(by_id[oldest], by_id[newest], group)
        for (oldest, newest), group in chosen
        if oldest in by_id and newest in by_id
    ]


def ids_with_doubles(user: User) -> list[int]:
    """Return the ids of clients who have a suggested double that `user` sees, some thousands."""
    apart = set(NotDuplicate.objects.values_list("first_id", "second_id"))
    found: set[int] = set()
    for group in _groups(user, MOST):
        for pk in group.ids:
            others = ((min(pk, other), max(pk, other)) for other in group.ids if other != pk)
            if any(pair not in apart for pair in others):
                found.add(pk)
    return sorted(found)


def _pair(first: Client, second: Client, group: _Group) -> Pair:
    if group.reason == "name":
        return Pair(first, second, group.reason, MOST_ALIKE, group.text)
    confidence = sureness(group.reason, first, second.kind)
    return Pair(first, second, group.reason, confidence, group.text)


def _groups(user: User, most: int) -> list[_Group]:
    """Return groups of look-alikes, surest reasons first. Three SQL queries or a few more."""
    access = user.access
    owners = access.owners(access.scope("see", CLIENTS))
    if owners == frozenset():
        return []
    visible = Client.objects.visible_to(user)
    return [
        *_same_inn(visible, most),
        *_same_contact(owners, most),
        *_same_company_name(visible, most),
    ]


def _same_inn(visible: ClientQuerySet, most: int) -> list[_Group]:
    rows = visible.exclude(inn="").values_list("kind", "inn").annotate(count=Count("pk"))
    rows = rows.annotate(ids=ArrayAgg("pk", order_by="pk"), newest=Max("pk")).filter(count__gt=1)
    return [_Group("inn", row[1], tuple(row[3])) for row in rows.order_by("-newest")[:most]]


def _same_company_name(visible: ClientQuerySet, most: int) -> list[_Group]:
    """Companies of one name, unless their taxpayer numbers tell them apart."""
    companies = visible.filter(kind=Client.Kind.COMPANY)
    rows = companies.values_list("name").annotate(count=Count("pk"), newest=Max("pk"))
    rows = rows.filter(count__gt=1).order_by("-newest")
    rows = rows.annotate(ids=ArrayAgg("pk", order_by="pk"), inns=ArrayAgg("inn", order_by="pk"))
    found = []
    for name, _count, _newest, ids, inns in rows[:most]:
        alike = ids
        if len({inn for inn in inns if inn}) > 1:
            alike = [pk for pk, inn in zip(ids, inns, strict=True) if not inn]
        if len(alike) > 1:
            found.append(_Group("name", name, tuple(alike)))
    return found


# Finds the shared contacts by the index alone, then reads only their clients. The limit inside is
# also what tells the planner how few they are: it believes that every third contact is shared.
_SHARED = """
WITH shared AS MATERIALIZED (
  SELECT kind, value, max(client_id) AS newest FROM clients_contactpoint
  WHERE client_id {which} GROUP BY kind, value
  HAVING count(*) > 1 AND max(client_id) < %(before)s
  ORDER BY max(client_id) DESC LIMIT %(most)s)
SELECT shared.kind, shared.value, shared.newest, array_agg(c.id ORDER BY c.id)
FROM shared
LEFT JOIN (clients_contactpoint p JOIN clients_client c ON c.id = p.client_id
           AND c.deleted_at IS NULL AND c.merged_into_id IS NULL
           AND (%(owners)s::bigint[] IS NULL OR c.owner_id = ANY(%(owners)s)))
  ON p.kind = shared.kind AND p.value = shared.value
GROUP BY shared.kind, shared.value, shared.newest, c.kind
ORDER BY shared.newest DESC
"""
_ALIVE = """NOT IN (SELECT id FROM clients_client
  WHERE merged_into_id IS NOT NULL OR deleted_at IS NOT NULL)"""
_OF_OWNERS = """IN (SELECT id FROM clients_client WHERE owner_id = ANY(%(owners)s)
  AND merged_into_id IS NULL AND deleted_at IS NULL)"""


def _same_contact(owners: Collection[int] | None, most: int) -> list[_Group]:
    """Groups of clients of one kind with the same contact, the newest first.

    Args:
        owners: whose clients are seen; None for everybody's.
    """
    found: list[_Group] = []
    before = 2**62
    text = _SHARED.format(which=_ALIVE if owners is None else _OF_OWNERS)
    with connection.cursor() as cursor:
        for _round in range(_ROUNDS):
            values: dict[str, Any] = {
                "owners": None if owners is None else sorted(owners),
                "before": before,
                "most": MOST,
            }
            cursor.execute(text, values)
            rows = cursor.fetchall()
            found += [
                _Group(kind if kind in ("phone", "email") else "account", value, tuple(ids))
                for kind, value, _newest, ids in rows
                if len(ids) > 1 and ids[0] is not None
            ]
            if len(rows) < MOST or len(found) >= most:
                break
            before = rows[-1][2]
    return found[:most]
