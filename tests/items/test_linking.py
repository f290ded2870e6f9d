"""Cards that belong together, and people who follow them."""

import pytest

from tests.factories import SYSTEM, make_item, stage
from tests.people.factories import make_role, make_user
from voronka.items.commands import (
    link_items,
    move_item,
    unlink_items,
    unwatch_item,
    watch_item,
)
from voronka.items.models import Item, ItemLink, Watch
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.errors import Forbidden, InvalidInput, NotFound
from voronka.timeline.models import Notification

pytestmark = pytest.mark.django_db


def verbs(item):
    return list(
        Event.objects.filter(subject_type="item", subject_id=item.pk, verb__contains="link")
        .order_by("pk")
        .values_list("verb", flat=True)
    )


@pytest.mark.parametrize("swapped", [False, True])
def test_a_link_is_told_at_both_cards_and_goes_again(swapped):
    parent, child = make_item(), make_item()
    if swapped:  # locks are taken in the order of ids, the direction stays as asked
        parent, child = child, parent
    link = link_items(parent.pk, child.pk, by=SYSTEM, kind=ItemLink.Kind.PART)
    assert (link.parent_id, link.child_id, link.kind) == (parent.pk, child.pk, "part")
    assert link_items(parent.pk, child.pk, by=SYSTEM).pk == link.pk  # once
    unlink_items(link.pk, by=SYSTEM)
    assert verbs(parent) == verbs(child) == ["item.linked", "item.unlinked"]
    with pytest.raises(NotFound):
        unlink_items(link.pk, by=SYSTEM)


def test_a_card_is_not_linked_with_itself_or_with_nothing():
    item = make_item()
    with pytest.raises(InvalidInput):
        link_items(item.pk, item.pk, by=SYSTEM)
    with pytest.raises(NotFound):
        link_items(item.pk, 0, by=SYSTEM)


def test_who_links_may_change_the_one_and_see_the_other():
    anna = make_user(make_role(matrix={"*": {"see": "all", "change": "own"}}))
    mine, foreign = make_item(owner=anna), make_item()
    by = Actor.user(anna)
    link = link_items(mine.pk, foreign.pk, by=by)
    with pytest.raises(Forbidden):
        link_items(foreign.pk, mine.pk, by=by)
    blind = make_user(make_role(matrix={"*": {"see": "own", "change": "own"}}))
    with pytest.raises(Forbidden):
        link_items(make_item(owner=blind).pk, foreign.pk, by=Actor.user(blind))
    with pytest.raises(Forbidden):
        unlink_items(link.pk, by=Actor.user(blind))
    assert ItemLink.objects.count() == 1


def test_a_watcher_sees_the_card_and_hears_of_its_moves_until_they_stop():
    anna = make_user("manager")
    item = make_item()
    assert not Item.objects.visible_to(anna).exists()
    watch_item(item.pk, user=anna, by=SYSTEM)
    watch_item(item.pk, user=anna, by=SYSTEM)  # a second time changes nothing
    assert Item.objects.visible_to(anna).get() == item
    move_item(item.pk, to=stage(item.pipeline, "s2"), by=SYSTEM)
    assert Notification.objects.get(user=anna).kind == "watched"
    unwatch_item(item.pk, user=anna, by=Actor.user(anna))
    move_item(item.pk, to=stage(item.pipeline, "s3"), by=SYSTEM)
    assert Notification.objects.filter(user=anna).count() == 1
    assert Event.objects.filter(verb__in=["item.watched", "item.unwatched"]).count() == 2


def test_nobody_watches_what_they_may_not_see_nor_sets_others_to_watch():
    anna, boris = make_user("manager"), make_user("manager")
    foreign = make_item()
    with pytest.raises(Forbidden):
        watch_item(foreign.pk, user=anna, by=Actor.user(anna))
    with pytest.raises(Forbidden):
        watch_item(foreign.pk, user=boris, by=Actor.user(anna))
    watch_item(foreign.pk, user=boris, by=SYSTEM)
    with pytest.raises(Forbidden):
        unwatch_item(foreign.pk, user=boris, by=Actor.user(anna))
    assert Watch.objects.get().user == boris
    with pytest.raises(NotFound):
        unwatch_item(0, user=anna, by=Actor.user(anna))
