"""Rights on cards: what one sees and what one may do agree, role by role, owner by owner (AC-2)."""

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import make_item, make_pipeline, stage
from tests.people.factories import make_department, make_role, make_user
from voronka.items import commands
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError, Forbidden
from voronka.people import commands as people
from voronka.people.access import ACTIONS, Access, Scope
from voronka.people.models import User
from voronka.pipelines.models import Pipeline

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system()
WHOSE = ("own", "department", "below", "elsewhere", "loose")
REACH = {  # scope -> whose cards lie inside it
    "none": set(),
    "own": {"own"},
    "department": {"own", "department"},
    "branch": {"own", "department", "below"},
    "all": set(WHOSE),
}


def again(user: User) -> User:
    """The person as the next request would load them."""
    return User.objects.select_related("role").get(pk=user.pk)


@pytest.fixture
def company():
    """People around one subject, and a card of each of them in one funnel."""
    top, other = make_department(), make_department()
    below = make_department(top)
    pipeline = make_pipeline(reasons=True)
    places = {"own": top, "department": top, "below": below, "elsewhere": other, "loose": None}
    people_by = {whose: make_user(department=places[whose]) for whose in WHOSE}
    cards = {whose: make_item(pipeline, owner=people_by[whose]) for whose in WHOSE}
    return people_by, cards


def give(user: User, **scopes: str) -> User:
    """Give the person a role with these scopes, and nothing else."""
    people.change_user(user.pk, role=make_role(matrix={"*": scopes}), by=SYSTEM)
    return again(user)


@pytest.mark.parametrize("scope", REACH)
@pytest.mark.parametrize("action", [a for a in ACTIONS if a not in {"add", "import"}])
def test_a_scope_reaches_just_the_cards_it_names(company, action, scope):
    people_by, cards = company
    user = give(people_by["own"], **{"see": "all", action: scope})
    reached = set(Item.objects.visible_to(user, action).values_list("pk", flat=True))
    assert reached == {cards[whose].pk for whose in REACH[scope]}


def try_out(action: str, item: Item, by: Actor, heir: User) -> None:
    """Do something that needs `action`, by its real command."""
    pipeline = item.pipeline
    if action == "change":
        commands.edit_item(item.pk, {"title": "Changed"}, by=by)
        commands.assign_owner(item.pk, to=heir, by=by)
    elif action == "move":
        commands.move_item(item.pk, to=stage(pipeline, "s2"), by=by)
    elif action == "delete":
        commands.delete_item(item.pk, by=by)
    elif action == "add":
        commands.create_item(pipeline, title="New", owner_id=item.owner_id, by=by)


@pytest.mark.parametrize("scope", REACH)
@pytest.mark.parametrize("action", ["add", "change", "move", "delete"])
def test_a_command_passes_where_its_scope_reaches_and_refuses_elsewhere(company, action, scope):
    people_by, cards = company
    user = give(people_by["own"], see="all", **{action: scope})
    for whose in WHOSE:
        item = Item.objects.get(pk=cards[whose].pk)
        if whose in REACH[scope]:
            try_out(action, item, Actor.user(user), people_by["own"])
        else:
            before = Item.objects.values().get(pk=item.pk)
            count = Item.objects.count()
            with pytest.raises(Forbidden):
                try_out(action, item, Actor.user(user), people_by["own"])
            assert Item.objects.values().get(pk=item.pk) == before
            assert Item.objects.count() == count


@pytest.mark.parametrize("action", ["change", "move", "delete"])
def test_what_one_may_not_see_cannot_be_touched_whatever_the_other_scopes_say(company, action):
    people_by, cards = company
    user = give(people_by["own"], see="none", **{action: "all"})
    item = Item.objects.get(pk=cards["elsewhere"].pk)
    with pytest.raises(Forbidden):
        try_out(action, item, Actor.user(user), people_by["own"])


def test_the_same_rights_bind_a_program_and_an_import_of_the_person(company):
    people_by, cards = company
    user = give(people_by["own"], see="all", change="own")
    item = Item.objects.get(pk=cards["elsewhere"].pk)
    for by in (Actor.api(user), Actor.importer(user, "base.csv")):
        with pytest.raises(Forbidden):
            try_out("change", item, by, user)


@pytest.mark.parametrize(
    ("code", "whose"),
    [
        ("owner", set(WHOSE)),
        ("head_of_sales", {"own", "department", "below"}),
        ("manager", {"own"}),
        ("marketer", set(WHOSE)),
        ("controller", set(WHOSE)),
        ("observer", set(WHOSE)),
    ],
)
def test_each_ready_role_sees_what_it_should(company, code, whose):
    people_by, cards = company
    people.change_user(people_by["own"].pk, role=make_role(code), by=SYSTEM)
    user = again(people_by["own"])
    seen = set(Item.objects.visible_to(user).values_list("pk", flat=True))
    assert seen == {cards[one].pk for one in whose}


@pytest.mark.parametrize("code", ["manager", "marketer", "controller", "observer"])
def test_nobody_but_owner_and_head_deletes_and_nobody_but_the_owner_exports(company, code):
    people_by, cards = company
    people.change_user(people_by["own"].pk, role=make_role(code), by=SYSTEM)
    user = again(people_by["own"])
    with pytest.raises(Forbidden):
        commands.delete_item(cards["own"].pk, by=Actor.user(user))
    assert not Item.objects.visible_to(user, "export").exists()


def test_a_watcher_sees_a_card_and_nothing_more(company):
    people_by, cards = company
    user = give(people_by["own"], see="own", change="own", move="own", delete="own")
    card = cards["elsewhere"]
    commands.watch_item(card.pk, user=user, by=SYSTEM)
    user = again(user)
    assert card in Item.objects.visible_to(user)
    for action in ("change", "move", "delete", "export"):
        assert card not in Item.objects.visible_to(user, action)


def test_a_dismissed_person_sees_and_does_nothing(company):
    people_by, cards = company
    user = give(people_by["own"], see="all", change="all")
    people.close_account(user.pk, by=SYSTEM)
    user = again(user)
    assert not Item.objects.visible_to(user).exists()
    with suppress(DomainError):
        commands.edit_item(cards["own"].pk, {"title": "Changed"}, by=Actor.user(user))
    assert Item.objects.get(pk=cards["own"].pk).title != "Changed"


scopes = st.sampled_from([scope.code for scope in Scope])
rows = st.dictionaries(st.sampled_from(["see", "change", "move", "delete", "export"]), scopes)


@pytest.fixture
def world():
    """Two types with two funnels each, six people in a tree, a card of each in every funnel."""
    top = make_department()
    below, other = make_department(top), make_department()
    owners = [make_user(department=d) for d in (top, top, below, below, other, None)]
    people.save_department(other.pk, code=other.code, name=other.name, head=owners[1], by=SYSTEM)
    pipelines = []
    for _ in range(2):
        first = make_pipeline()
        pipelines += [first, make_pipeline(first.item_type)]
    for pipeline in pipelines:
        for owner in owners:
            make_item(pipeline, owner=owner)
    return owners, pipelines


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), everything=st.booleans(), active=st.booleans())
def test_the_database_filter_and_the_single_question_agree(world, data, everything, active):
    owners, pipelines = world
    kinds = sorted({p.item_type.code for p in pipelines})
    keys = ["*", *kinds, *(f"{p.item_type.code}/{p.code}" for p in pipelines)]
    matrix = data.draw(st.dictionaries(st.sampled_from(keys), rows))
    user = data.draw(st.sampled_from(owners))
    action = data.draw(st.sampled_from(["see", "change", "move", "delete", "export"]))
    user = User.objects.get(pk=user.pk)
    user.access = Access(user.pk, user.department_id, everything, matrix, active=active)
    cards = Item.objects.select_related("pipeline__item_type")
    allowed = {
        card.pk
        for card in cards
        if user.access.may(
            action, card.pipeline.item_type.code, card.pipeline.code, owner_id=card.owner_id
        )
    }
    assert set(Item.objects.visible_to(user, action).values_list("pk", flat=True)) == allowed
    assert Pipeline.objects.count() == 4
