"""Whom a robot means: "owner", "head", "role:manager" … become people who work here."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Count, Q

from voronka.items.models import Item
from voronka.people.models import User
from voronka.people.queries import head_of


def people(item: Item, codes: Iterable[str]) -> list[User]:
    """Return the working people that codes mean for a card, each once, in order of the codes."""
    found: dict[int, User] = {}
    for code in codes:
        for user in _people(item, code):
            if user.is_active:
                found.setdefault(user.pk, user)
    return list(found.values())


def one_person(item: Item, code: str) -> User | None:
    """Return one person that a code means; of several, who has the fewest open cards."""
    candidates = [user for user in _people(item, code) if user.is_active]
    if len(candidates) < 2:
        return candidates[0] if candidates else None
    return least_loaded(candidates)


def least_loaded(candidates: Iterable[User]) -> User | None:
    """Return who has the fewest open cards, the first by name among equals. One query."""
    ids = [user.pk for user in candidates]
    load = Count("items", filter=Q(items__closed_at=None, items__deleted_at=None))
    return User.objects.filter(pk__in=ids).annotate(load=load).order_by("load", "name").first()


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
