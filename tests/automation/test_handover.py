"""Whom a stage's passport names gets the card; the earlier responsible keeps reading it (FS-10)."""

import pytest

from tests.automation.factories import make_robot
from tests.factories import SYSTEM, make_item, make_pipeline, stage
from tests.people.factories import make_department, make_role, make_user
from voronka.automation.models import AutoTask
from voronka.automation.worker import drain
from voronka.items.commands import edit_item, move_item
from voronka.items.models import Item, StageVisit
from voronka.journal.actors import Actor
from voronka.kernel.errors import Forbidden
from voronka.people.models import Department, Role, User
from voronka.pipelines.models import Pipeline, Stage

pytestmark = pytest.mark.django_db
HAND_OVER = ("assign", {"to": "stage", "accept_within": "30m"})


@pytest.fixture
def pipeline():
    pipeline = make_pipeline()
    make_robot(pipeline, "stage_entered", HAND_OVER)
    return pipeline


def named(pipeline: Pipeline, who: Role | Department | User) -> Stage:
    """The second stage, whose passport names somebody."""
    column = f"responsible_{'person' if isinstance(who, User) else who._meta.model_name}"
    second = stage(pipeline, "s2")
    setattr(second, column, who)
    second.save()
    return second


def handed_over(pipeline, owner=None):
    """A card that has come to the second stage, as it is then."""
    item = make_item(pipeline, owner=owner)
    move_item(item.pk, to=stage(pipeline, "s2"), by=SYSTEM)
    drain()
    return Item.objects.get(pk=item.pk)


def test_of_a_department_who_has_the_fewest_cards_gets_it_and_has_to_accept_it(pipeline):
    place = make_department()
    busy, free = (make_user(department=place) for _n in range(2))
    make_item(make_pipeline(), owner=busy)
    named(pipeline, place)
    item = handed_over(pipeline)
    assert item.owner == free
    task = AutoTask.objects.select_related("activity").get(purpose="accept")
    assert task.activity.owner == free
    assert task.activity.due_at is not None


def test_a_person_is_named_and_of_a_role_one_has_it_already(pipeline):
    designer = make_user()
    second = named(pipeline, designer)
    assert handed_over(pipeline).owner == designer
    second.responsible_person = None
    second.save()
    named(pipeline, make_role("manager"))
    owner = make_user()
    assert handed_over(pipeline, owner).owner == owner  # a manager: it stays with them


def test_nobody_named_or_at_work_leaves_the_card_where_it_is(pipeline):
    owner = make_user()
    assert handed_over(pipeline, owner).owner == owner
    named(pipeline, make_user())
    User.objects.filter(stages__isnull=False).update(is_active=False)
    assert handed_over(pipeline, owner).owner == owner


def test_the_earlier_responsible_reads_on_changes_nothing_and_keeps_the_share(pipeline):
    own = {"*": {"see": "own", "change": "own", "move": "own"}}
    former = make_user(make_role(matrix=own))
    named(pipeline, make_user())
    item = handed_over(pipeline, former)
    assert item.owner != former
    assert list(Item.objects.visible_to(former)) == [item]
    with pytest.raises(Forbidden):
        edit_item(item.pk, {"title": "x"}, by=Actor.user(former))
    # what is counted for the first stage stays counted for whoever had the card there
    first = StageVisit.objects.get(item=item, stage__code="s1")
    assert first.owner_id == former.pk
