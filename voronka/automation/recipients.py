"""Whom a robot means: "owner", "head", "role:manager" … become people who work here."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone

from voronka.items.models import Item
from voronka.people.models import Absence, User
from voronka.people.queries import head_of
from voronka.routing.commands.giving import workload


def people(item: Item, codes: Iterable[str]) -> list[User]:
    """Return the working people that codes mean for a card, each once, in order of the codes."""
    found: dict[int, User] = {}
    for code in codes:
        for user in _people(item, code):
            if user.is_active:
                found.setdefault(user.pk, user)
    return list(found.values())


def one_person(item: Item, code: str, *, but: int | None = None) -> User | None:
    """Return one person that a code means; of several, who has the fewest open cards.

    Args:
        but: of several, not this person.
    """
    candidates = [user for user in _people(item, code) if user.is_active]
    if len(candidates) > 1:
        candidates = [user for user in candidates if user.pk != but]
    if len(candidates) < 2:
        return candidates[0] if candidates else None
    return least_loaded(candidates)


def least_loaded(candidates: Iterable[User]) -> User | None:
    """Return who has the fewest open cards, the first by name among equals. Two SQL queries.

    Who is away now is passed over, unless all are.
    """
    now = timezone.now()
    users = {user.pk: user for user in candidates}
    away = Absence.objects.filter(user_id__in=users, starts_at__lte=now, ends_at__gt=now)
    gone = set(away.values_list("user_id", flat=True))
    here = [user for pk, user in users.items() if pk not in gone] or list(users.values())
    loads = workload([user.pk for user in here])
    return min(here, key=lambda user: (loads.get(user.pk, 0), user.name), default=None)


def _people(item: Item, code: str) -> list[User]:
    kind, _colon, name = code.partition(":")
    users = User.objects.select_related("role", "department").filter(is_active=True)
    if kind == "owner":
        return list(users.filter(pk=item.owner_id))
    if kind == "author":
        return list(users.filter(pk=item.created_by_id or 0))
    if kind in ("head", "head_of_head"):
        head = head_of(item.owner_id)
        if head is not None and kind == "head_of_head":
            head = head_of(head.pk)
        return [head] if head is not None else []
    if kind == "watchers":
        return list(users.filter(watches__item_id=item.pk))
    if kind == "role":
        return list(users.filter(role__code=name))
    if kind == "department":
        return list(users.filter(department__code=name))
    return list(users.filter(email__iexact=name))
