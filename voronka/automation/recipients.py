"""Whom a robot means: "owner", "head", "role:manager" … become people who work here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

from django.utils import timezone

from voronka.items.models import Item
from voronka.kernel.prepared import Prepared
from voronka.people.models import Absence, User
from voronka.people.queries import head_above_head_of, head_of
from voronka.routing.commands.giving import workload


def people(item: Item, codes: Iterable[str]) -> list[User]:
    """Return the working people that codes mean for a card, each once, in order of the codes."""
    return Recipients([item]).people(item, codes)


def one_person(item: Item, code: str, *, but: int | None = None) -> User | None:
    """Return one person that a code means; of several, who has the fewest open cards.

    Args:
        but: of several, not this person.
    """
    return Recipients([item]).one_person(item, code, but=but)


class Recipients:
    """Whom codes mean for some cards: what is the same for several of them is read once."""

    def __init__(self, items: Sequence[Item]) -> None:
        self.items = items
        self._known: dict[tuple[str, int | None], list[User]] = {}
        self._least: dict[tuple[int, ...], User | None] = {}

    def people(self, item: Item, codes: Iterable[str]) -> list[User]:
        """Do as the function `people`."""
        found: dict[int, User] = {}
        for code in codes:
            for user in self._working(item, code):
                found.setdefault(user.pk, user)
        return list(found.values())

    def one_person(self, item: Item, code: str, *, but: int | None = None) -> User | None:
        """Do as the function `one_person`."""
        candidates = self._working(item, code)
        if len(candidates) > 1:
            candidates = [user for user in candidates if user.pk != but]
        if len(candidates) < 2:
            return candidates[0] if candidates else None
        key = tuple(user.pk for user in candidates)
        if key not in self._least:
            self._least[key] = least_loaded(candidates)
        return self._least[key]

    def _working(self, item: Item, code: str) -> list[User]:
        kind = code.partition(":")[0]
        if kind == "owner":
            owner = self._owners.get(item.owner_id)
            return [owner] if owner is not None else []
        whose = {
            "author": item.created_by_id,
            "head": item.owner_id,
            "head_of_head": item.owner_id,
            "watchers": item.pk,
            "stage": item.stage_id,
        }.get(kind)
        key = (code, whose)
        if key not in self._known:
            self._known[key] = [user for user in _people(item, code) if user.is_active]
        return self._known[key]

    @cached_property
    def _owners(self) -> dict[int, User]:
        ids = {item.owner_id for item in self.items}
        if len(ids) == 1:
            return {user.pk: user for user in _WORKING.all(*ids)}
        users = User.objects.select_related("role", "department")
        return {user.pk: user for user in users.filter(is_active=True, pk__in=ids)}


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
    if kind == "stage":
        named = item.stage.responsible_code
        return _people(item, named) if named else []
    if kind == "author":
        return list(users.filter(pk=item.created_by_id or 0))
    if kind in ("head", "head_of_head"):
        head = head_of(item.owner_id) if kind == "head" else head_above_head_of(item.owner_id)
        return [head] if head is not None else []
    if kind == "watchers":
        return list(users.filter(watches__item_id=item.pk))
    if kind == "role":
        return list(users.filter(role__code=name))
    if kind == "department":
        return list(users.filter(department__code=name))
    return list(users.filter(email__iexact=name))


_WORKING = Prepared(
    lambda pk: (
        User.objects.select_related("role", "department").filter(is_active=True, pk=pk).order_by()
    ),
    int,
    model=User,
)
