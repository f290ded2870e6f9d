"""A board's reach shows the same cards as `visible_to`, for every scope (AC-2)."""

import pytest

from tests.factories import make_item, make_pipeline
from tests.people.factories import make_department, make_role, make_user
from voronka.items import board, commands
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.people import commands as people
from voronka.people.models import User

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system()


@pytest.fixture
def company():
    """Cards of people around one seller, in two funnels."""
    top, other = make_department(), make_department()
    below = make_department(top)
    seller = make_user(department=top)
    owners = [seller, *(make_user(department=place) for place in (top, below, other, None))]
    pipeline, second = make_pipeline(), make_pipeline()
    for owner in owners:
        make_item(pipeline, owner=owner)
        make_item(second, owner=owner)
    return seller, pipeline, owners


def again(user):
    return User.objects.select_related("role").get(pk=user.pk)


def give(user, **scopes):
    people.change_user(user.pk, role=make_role(matrix={"*": scopes}), by=SYSTEM)
    return again(user)


@pytest.mark.parametrize("scope", ["none", "own", "department", "branch", "all"])
@pytest.mark.parametrize("watching", [False, True])
def test_the_board_reaches_what_the_person_may_see(company, scope, watching):
    seller, pipeline, owners = company
    if watching:
        for item in Item.objects.filter(owner=owners[3]):
            commands.watch_item(item.pk, user=seller, by=SYSTEM)
    user = give(seller, see=scope, move=scope)
    stages = list(pipeline.stages.all())
    visible = Item.objects.visible_to(user).filter(pipeline=pipeline)
    reached = board.reach_of(user, pipeline).cards(stages)
    assert set(reached) == set(visible)
    movable = board.reach_of(user, pipeline, "move").cards(stages)
    assert set(movable) == set(Item.objects.visible_to(user, "move").filter(pipeline=pipeline))
    figures = board.open_figures(board.reach_of(user, pipeline))
    assert sum(f.cards for f in figures.values()) == visible.count()


def test_a_role_may_reach_one_funnel_farther_than_the_others(company):
    seller, pipeline, _owners = company
    matrix = {"*": {"see": "own"}, f"{pipeline.item_type.code}/{pipeline.code}": {"see": "all"}}
    people.change_user(seller.pk, role=make_role(matrix=matrix), by=SYSTEM)
    assert board.reach_of(again(seller), pipeline).owners is None


def test_stages_of_another_funnel_are_never_read(company):
    seller, pipeline, _owners = company
    other = make_pipeline()
    make_item(other, owner=seller)
    assert not board.reach_of(again(seller), pipeline).cards(other.stages.all()).exists()


def test_a_dismissed_person_reaches_nothing(company):
    seller, pipeline, _owners = company
    item = Item.objects.filter(pipeline=pipeline).exclude(owner=seller).first()
    commands.watch_item(item.pk, user=seller, by=SYSTEM)
    give(seller, see="all")
    people.close_account(seller.pk, by=SYSTEM)
    assert board.reach_of(again(seller), pipeline).is_empty
