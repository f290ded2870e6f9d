"""Cards that belong together, and people who follow them."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.items.commands.card import lock_card, note_event
from voronka.items.models import Item, ItemLink, Watch
from voronka.journal.actors import Actor
from voronka.kernel.errors import InvalidInput, NotFound
from voronka.people.models import User


@transaction.atomic
def link_items(
    parent_id: int, child_id: int, *, by: Actor, kind: str = ItemLink.Kind.RELATED
) -> ItemLink:
    """Link two cards, e.g. a deal with an element of Production; records `item.linked` on both.

    Raises:
        InvalidInput: a card can't be linked with itself.
        Forbidden: the actor may not change the parent card.
    """
    if parent_id == child_id:
        raise InvalidInput(_("A card can't be linked with itself."))
    parent, child = _lock_two(parent_id, child_id, by=by)
    link, made = ItemLink.objects.get_or_create(
        parent=parent, child=child, defaults={"kind": kind, "created_at": timezone.now()}
    )
    if made:
        note_event("item.linked", parent, by=by, other=child.pk, kind=kind)
        note_event("item.linked", child, by=by, other=parent.pk, kind=kind)
    return link


@transaction.atomic
def unlink_items(link_id: int, *, by: Actor) -> None:
    """Take a link between two cards away; records `item.unlinked` on both."""
    link = ItemLink.objects.filter(pk=link_id).first()
    if link is None:
        raise NotFound(_("These cards are no longer linked."))
    parent, child = _lock_two(link.parent_id, link.child_id, by=by)
    link.delete()
    note_event("item.unlinked", parent, by=by, other=child.pk)
    note_event("item.unlinked", child, by=by, other=parent.pk)


def _lock_two(parent_id: int, child_id: int, *, by: Actor) -> tuple[Item, Item]:
    """Lock both in the order of their ids, so that two people can't wait for each other."""
    actions = {parent_id: "change", child_id: "see"}
    cards = {pk: lock_card(pk, by=by, action=actions[pk]) for pk in sorted(actions)}
    return cards[parent_id], cards[child_id]


@transaction.atomic
def watch_item(item_id: int, *, user: User, by: Actor) -> None:
    """Let `user` follow a card: they see it and hear of its moves. Records `item.watched`."""
    action = "see" if by.user_id == user.pk else "change"
    item = lock_card(item_id, by=by, action=action)
    _watch, made = Watch.objects.get_or_create(item=item, user=user)
    if made:
        note_event("item.watched", item, by=by, user=user.pk)


@transaction.atomic
def unwatch_item(item_id: int, *, user: User, by: Actor) -> None:
    """Let `user` no longer follow a card; records `item.unwatched`."""
    item = Item.objects.select_related("pipeline__item_type").filter(pk=item_id).first()
    if item is None:
        raise NotFound(_("There is no such card. It may have been deleted."))
    if by.user_id != user.pk:
        item = lock_card(item_id, by=by, action="change")
    gone, _rows = Watch.objects.filter(item=item, user=user).delete()
    if gone:
        note_event("item.unwatched", item, by=by, user=user.pk)
