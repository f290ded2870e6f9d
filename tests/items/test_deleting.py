"""The recycle bin: what goes in comes out whole."""

import pytest

from tests.factories import SYSTEM, make_item, stage
from tests.people.factories import make_role, make_user
from voronka.items.commands import delete_item, edit_item, link_items, move_item, restore_item
from voronka.items.models import Item, ItemLink
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.errors import Forbidden, NotFound

pytestmark = pytest.mark.django_db
ROLE = {"*": {"see": "all", "change": "all", "move": "all", "delete": "all"}}


def test_a_deleted_card_is_seen_and_touched_by_nobody_and_comes_back_with_all_it_had():
    item, other = make_item(), make_item()
    move_item(item.pk, to=stage(item.pipeline, "s2"), by=SYSTEM)
    link_items(item.pk, other.pk, by=SYSTEM)
    owner = make_user(make_role(everything=True))
    delete_item(item.pk, by=Actor.user(owner))
    gone = Item.objects.get(pk=item.pk)
    assert gone.deleted_by_id == owner.pk
    assert not Item.objects.visible_to(owner).filter(pk=item.pk).exists()
    for touch in (
        lambda: edit_item(item.pk, {"amount": 1}, by=SYSTEM),
        lambda: move_item(item.pk, to=stage(item.pipeline, "s3"), by=SYSTEM),
        lambda: delete_item(item.pk, by=SYSTEM),
    ):
        with pytest.raises(NotFound):
            touch()
    back = restore_item(item.pk, by=Actor.user(owner))
    assert (back.stage.code, back.deleted_at, back.deleted_by_id) == ("s2", None, None)
    assert ItemLink.objects.filter(parent=item, child=other).exists()
    verbs = Event.objects.filter(subject_type="item", subject_id=item.pk).values_list("verb")
    assert {("item.deleted",), ("item.restored",)} <= set(verbs)


def test_a_manager_deletes_nothing():
    anna = make_user("manager")
    item = make_item(owner=anna)
    with pytest.raises(Forbidden):
        delete_item(item.pk, by=Actor.user(anna))
    assert Item.objects.alive().filter(pk=item.pk).exists()


def test_what_others_deleted_is_brought_back_only_with_the_right_to_the_bin():
    anna = make_user(make_role(matrix=ROLE))
    keeper = make_user(make_role(matrix=ROLE, rights=["recycle"]))
    item = make_item()
    delete_item(item.pk, by=SYSTEM)
    with pytest.raises(Forbidden):
        restore_item(item.pk, by=Actor.user(anna))
    restore_item(item.pk, by=Actor.user(keeper))
    delete_item(item.pk, by=Actor.user(anna))
    restore_item(item.pk, by=Actor.user(anna))  # one's own slip needs no special right
    assert Item.objects.alive().filter(pk=item.pk).exists()


def test_only_what_lies_in_the_bin_is_brought_back():
    for pk in (make_item().pk, 0):
        with pytest.raises(NotFound):
            restore_item(pk, by=SYSTEM)
