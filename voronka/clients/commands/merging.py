"""Two clients become one, and two again (IM-5).

Source: docs/domain/clients.md, "merging".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.clients import merging
from voronka.clients.commands.client import note_event, save_client
from voronka.clients.errors import KindsDiffer, LaterMergeFirst, MergedAway
from voronka.clients.models import Client, ClientLink, ContactPoint, Merge, NotDuplicate
from voronka.journal.actors import Actor
from voronka.journal.commands import plain
from voronka.kernel.errors import InvalidInput, NotFound
from voronka.people import access

# What one choice takes along: a name comes with its parts.
CHOICES: dict[str, tuple[str, ...]] = {
    "name": ("name", "first_name", "last_name", "patronymic"),
    "job_title": ("job_title",),
    "inn": ("inn",),
    "address": ("address",),
    "website": ("website",),
    "comment": ("comment",),
    "source": ("source_id",),
    "owner": ("owner_id",),
}
_LAST_POSITION = 32_767


@transaction.atomic
def merge_clients(
    keeper_id: int, absorbed_id: int, *, by: Actor, keep: Mapping[str, str] | None = None
) -> Merge:
    """Make two clients one: all that hangs on `absorbed` goes to `keeper`.

    Contact points, links, and whatever packages above have registered move; what the keeper has
    already stays hidden at the absorbed one, so that an undo loses nothing. A field that only one
    of them has filled is taken from there. Records `client.merged` at both.

    Args:
        keep: field -> "keeper" or "absorbed", for fields that both have filled; fields are those
            of CHOICES and the codes of custom fields. The keeper's is kept when it says nothing.
    Raises:
        KindsDiffer: a person and a company.
        MergedAway: one of them has been merged before.
        Forbidden: the role may not change both.
    """
    keeper, absorbed = _lock_two(keeper_id, absorbed_id, by=by)
    if keeper.kind != absorbed.kind:
        raise KindsDiffer(_("A person and a company can't become one. Link them instead."))
    for client in (keeper, absorbed):
        if client.merged_into_id is not None or client.deleted_at is not None:
            raise MergedAway(_("This client has been merged or deleted meanwhile. Look again."))
    fields, values = _take_fields(keeper, absorbed, keep or {})
    points, links = _move_points(keeper, absorbed), _move_links(keeper, absorbed)
    moved = {
        "fields": fields,
        "values": values,
        "points": points,
        "links": links,
        "movers": {m.name: m.move(keeper.pk, absorbed.pk) for m in merging.movers()},
    }
    now = timezone.now()
    merge = Merge.objects.create(
        keeper=keeper, absorbed=absorbed, moved=plain(moved), by_user_id=by.user_id, at=now
    )
    absorbed.merged_into = keeper
    save_client(absorbed, ["merged_into"])
    save_client(keeper, [*(a.removesuffix("_id") for a in fields), "values"])
    note_event(
        "client.merged",
        keeper,
        by=by,
        merge_id=merge.pk,
        absorbed_id=absorbed.pk,
        name=absorbed.name,
    )
    note_event(
        "client.merged", absorbed, by=by, merge_id=merge.pk, keeper_id=keeper.pk, name=keeper.name
    )
    return merge


@transaction.atomic
def undo_merge(merge_id: int, *, by: Actor) -> Merge:
    """Give the absorbed client back all that the merge took; records `client.unmerged` at both.

    What people have changed since then stays as they left it. Undoing twice does nothing.

    Raises:
        LaterMergeFirst: one of the two took part in a later merge that still stands.
        Forbidden: the role may not change both.
    """
    merge = Merge.objects.select_for_update().filter(pk=merge_id).first()
    if merge is None:
        raise NotFound(_("There is no such merge."))
    keeper, absorbed = _lock_two(merge.keeper_id, merge.absorbed_id, by=by)
    if merge.undone_at is not None:
        return merge
    both = (keeper.pk, absorbed.pk)
    later = Merge.objects.filter(undone_at=None, pk__gt=merge.pk)
    if newest := later.filter(Q(keeper__in=both) | Q(absorbed__in=both)).order_by("-pk").first():
        raise LaterMergeFirst(
            _("“%(name)s” was merged later. Undo that merge first.")
            % {"name": newest.absorbed.name}
        )
    moved: dict[str, Any] = merge.moved
    for name, what in reversed(list(moved["movers"].items())):
        if mover := merging.mover(name):
            mover.move_back(keeper.pk, absorbed.pk, what)
    _return_links(keeper, absorbed, moved["links"])
    for pk, position in moved["points"]:
        ContactPoint.objects.filter(pk=pk, client=keeper).update(client=absorbed, position=position)
    _return_fields(keeper, moved)
    merge.undone_at = timezone.now()
    merge.save(update_fields=["undone_at"])
    absorbed.merged_into = None
    save_client(absorbed, ["merged_into"])
    save_client(keeper, [*(a.removesuffix("_id") for a in moved["fields"]), "values"])
    note_event("client.unmerged", keeper, by=by, merge_id=merge.pk, absorbed_id=absorbed.pk)
    note_event("client.unmerged", absorbed, by=by, merge_id=merge.pk, keeper_id=keeper.pk)
    return merge


@transaction.atomic
def set_not_duplicates(first_id: int, second_id: int, *, by: Actor) -> None:
    """Remember that somebody has looked and these two are not the same; records it at both."""
    first, second = sorted(_lock_two(first_id, second_id, by=by, action="see"), key=lambda c: c.pk)
    _pair, made = NotDuplicate.objects.get_or_create(first=first, second=second)
    if made:
        note_event("client.told_apart", first, by=by, other_id=second.pk, name=second.name)
        note_event("client.told_apart", second, by=by, other_id=first.pk, name=first.name)


@transaction.atomic
def unset_not_duplicates(first_id: int, second_id: int, *, by: Actor) -> None:
    """Take "not the same" back, so that the two are suggested again; records it at both.

    Two that nobody has told apart stay as they are.
    """
    first, second = sorted(_lock_two(first_id, second_id, by=by, action="see"), key=lambda c: c.pk)
    gone, _rows = NotDuplicate.objects.filter(first=first, second=second).delete()
    if gone:
        note_event("client.doubted_again", first, by=by, other_id=second.pk, name=second.name)
        note_event("client.doubted_again", second, by=by, other_id=first.pk, name=first.name)


def _lock_two(
    keeper_id: int, absorbed_id: int, *, by: Actor, action: str = "change"
) -> tuple[Client, Client]:
    """Lock both in the order of their ids, so that two merges can't wait for each other."""
    if keeper_id == absorbed_id:
        raise InvalidInput(_("Choose two different clients."))
    ids = [keeper_id, absorbed_id]
    found = Client.objects.select_for_update().filter(pk__in=ids).order_by("pk")
    by_id = {client.pk: client for client in found}
    if len(by_id) < len(ids):
        raise NotFound(_("There is no such client. It may have been deleted."))
    for client in by_id.values():
        access.require(by, action, access.CLIENTS, owner_id=client.owner_id)
    return by_id[keeper_id], by_id[absorbed_id]


def _take_fields(
    keeper: Client, absorbed: Client, keep: Mapping[str, str]
) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
    """Set the chosen and the missing fields on the keeper; return {name: [old, new]} of both."""
    fields: dict[str, list[Any]] = {}
    for choice, attributes in CHOICES.items():
        mine, theirs = getattr(keeper, attributes[0]), getattr(absorbed, attributes[0])
        if not theirs or (mine and keep.get(choice) != "absorbed"):
            continue
        for attribute in attributes:
            old, new = getattr(keeper, attribute), getattr(absorbed, attribute)
            if old != new:
                fields[attribute] = [old, new]
                setattr(keeper, attribute, new)
    values: dict[str, list[Any]] = {}
    merged = dict(keeper.values)
    for code, theirs in absorbed.values.items():
        if code in merged and keep.get(code) != "absorbed":
            continue
        if merged.get(code) != theirs:
            values[code] = [merged.get(code), theirs]
            merged[code] = theirs
    keeper.values = merged
    return fields, values


def _return_fields(keeper: Client, moved: Mapping[str, Any]) -> None:
    for attribute, (old, new) in moved["fields"].items():
        if getattr(keeper, attribute) == new:
            setattr(keeper, attribute, old)
    values = dict(keeper.values)
    for code, (old, new) in moved["values"].items():
        if values.get(code) == new:
            values[code] = old
            if old is None:
                del values[code]
    keeper.values = values


def _move_points(keeper: Client, absorbed: Client) -> list[list[int]]:
    """Move contact points that the keeper lacks, behind its own; return [[id, old position]]."""
    known = set(keeper.contact_points.values_list("kind", "value"))
    last = keeper.contact_points.aggregate(last=Max("position"))["last"]
    last = -1 if last is None else last
    points = [p for p in absorbed.contact_points.all() if (p.kind, p.value) not in known]
    moved = [[p.pk, p.position] for p in points]
    for number, point in enumerate(points, start=1):
        point.client = keeper
        point.position = min(last + number, _LAST_POSITION)
    ContactPoint.objects.bulk_update(points, ["client", "position"], batch_size=500)
    return moved


def _move_links(keeper: Client, absorbed: Client) -> list[int]:
    """Move links to companies or persons that the keeper is not linked with; return their ids."""
    near, far = ("company", "person") if keeper.is_company else ("person", "company")
    known = ClientLink.objects.filter(**{near: keeper}).values_list(far, flat=True)
    moving = ClientLink.objects.filter(**{near: absorbed}).exclude(**{f"{far}__in": list(known)})
    ids = list(moving.values_list("pk", flat=True))
    ClientLink.objects.filter(pk__in=ids).update(**{near: keeper})
    return ids


def _return_links(keeper: Client, absorbed: Client, ids: list[int]) -> None:
    """Take the links back; one that was made anew at the absorbed's side meanwhile stays."""
    near = "company" if keeper.is_company else "person"
    ClientLink.objects.filter(pk__in=ids, **{near: keeper}).update(**{near: absorbed})
