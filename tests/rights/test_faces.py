"""One question, one answer: every face shows and changes the same cards as `visible_to` (AC-2)."""

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import SYSTEM, make_item, make_pipeline
from tests.people.factories import make_department, make_role, make_user
from tests.rights.world import Visit, World
from voronka.clients.models import Client
from voronka.items import board
from voronka.items.listing import Sort, listing
from voronka.items.live import live_filter
from voronka.items.models import Item
from voronka.people import commands as people
from voronka.people.models import User
from voronka.search.queries import search

pytestmark = pytest.mark.django_db

# A watcher of a card in a funnel that the role does not show has no board or list there.
PLACES = ("board", "board, changes", "list", "list of a type", "row of the list")
READY = ("owner", "head_of_sales", "manager", "marketer", "controller", "observer")


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        yield World.make()
        transaction.set_rollback(True)


@pytest.fixture(params=[*READY, "nobody", "mixed"])
def visit(world, request, db):
    """The person with one role after another."""
    if request.param in READY:
        return Visit(world, make_role(request.param))
    matrix = {}
    if request.param == "mixed":
        second = f"{world.kind.code}/{world.funnels[1].code}"
        columns = ("see", "change", "move", "delete", "export")
        matrix = {
            "*": dict(zip(columns, ("branch", "department", "own", "own", "own"), strict=True)),
            second: dict(zip(columns, ("own", "all", "all", "none", "all"), strict=True)),
            "client": {"see": "own"},
        }
    return Visit(world, make_role(matrix=matrix, rights=["reports"]))


def allowed(visit, action):
    found = Item.objects.visible_to(visit.user, action)
    return set(found.filter(pk__in=visit.world.cards).values_list("pk", flat=True))


def test_every_face_shows_the_same_cards(visit):
    expected = allowed(visit, "see")
    seen = visit.seen()
    assert seen.pop("report") == {len(expected)}
    places = {face: seen.pop(face) for face in PLACES}
    assert seen == dict.fromkeys(seen, expected)
    in_reach = {pk for pk in expected if visit.sees_funnel(visit.world.cards[pk])}
    assert places == dict.fromkeys(places, in_reach)


def test_every_face_shows_the_same_clients(visit):
    clients = Client.objects.visible_to(visit.user).filter(pk__in=visit.world.clients)
    expected = set(clients.values_list("pk", flat=True))
    seen = visit.seen_clients()
    assert seen == dict.fromkeys(seen, expected)


def test_every_face_changes_moves_and_deletes_the_same_cards(visit):
    for action, faces in visit.changed().items():
        assert faces == dict.fromkeys(faces, allowed(visit, action)), action


def test_a_file_of_a_list_holds_what_may_be_exported(visit):
    assert visit.exported() == allowed(visit, "export")


SCOPES = ("none", "own", "department", "branch", "all")


@st.composite
def companies(draw):
    """A tree of departments, who works where and leads what, whose the cards are, and a role."""
    count = draw(st.integers(1, 4))
    parents = [draw(st.none() | st.integers(0, n - 1)) if n else None for n in range(count)]
    places = draw(st.lists(st.none() | st.integers(0, count - 1), min_size=1, max_size=4))
    heads = draw(st.lists(st.integers(0, count - 1), max_size=2, unique=True))
    owners = draw(st.lists(st.integers(0, len(places) - 1), min_size=1, max_size=5))
    scopes = {"*": draw(st.sampled_from(SCOPES)), "second": draw(st.sampled_from((None, *SCOPES)))}
    return parents, places, heads, owners, scopes


def reached(scope, parents, places, heads):
    """The model: the numbers of the people whose cards person 0 reaches."""
    if scope == "all":
        return set(range(len(places)))
    if scope == "none":
        return set()
    roots = {places[0]} - {None} if scope != "own" else set()
    if scope == "branch":
        roots |= set(heads)
        for number, parent in enumerate(parents):  # a parent always comes before its children
            if parent in roots:
                roots.add(number)
    return {0} | {n for n, place in enumerate(places) if place in roots}


@given(companies())
@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
def test_any_company_sees_by_every_face_what_the_model_says(db, company):
    parents, places, heads, owners, scopes = company
    with transaction.atomic():
        departments = []
        for parent in parents:
            departments.append(make_department(None if parent is None else departments[parent]))
        staff = [make_user(department=None if p is None else departments[p]) for p in places]
        for head in heads:
            led = departments[head]
            people.save_department(
                led.pk, code=led.code, name=led.name, parent=led.parent, head=staff[0], by=SYSTEM
            )
        funnels = [make_pipeline(stages=1)]
        funnels.append(make_pipeline(funnels[0].item_type, stages=1))
        cards = {
            make_item(f, owner=staff[o], title=f"Axolotl {n}").pk: (number, o)
            for number, f in enumerate(funnels)
            for n, o in enumerate(owners)
        }
        matrix = {"*": {"see": scopes["*"]}}
        if scopes["second"]:
            second = f"{funnels[1].item_type.code}/{funnels[1].code}"
            matrix[second] = {"see": scopes["second"]}
        people.change_user(staff[0].pk, role=make_role(matrix=matrix), by=SYSTEM)
        user = User.objects.select_related("role").get(pk=staff[0].pk)
        may = [
            reached(scope, parents, places, heads)
            for scope in (scopes["*"], scopes["second"] or scopes["*"])
        ]
        expected = {pk for pk, (number, owner) in cards.items() if owner in may[number]}
        hears = live_filter(user.pk)
        by_pk = Item.objects.in_bulk(cards)
        faces = {
            "query": set(Item.objects.visible_to(user).values_list("pk", flat=True)) & by_pk.keys(),
            "one by one": {
                pk for pk, i in by_pk.items()
                if user.access.may("see", i.pipeline.item_type.code, i.pipeline.code,
                                   owner_id=i.owner_id)
            },
            "board": {
                card.pk
                for f in funnels
                for card in board.reach_of(user, f).cards(list(f.stages.all()))
            },
            "list": {i.pk for i in listing(Item.objects.visible_to(user), Sort()).items}
            & by_pk.keys(),
            "search": {hit.item.pk for hit in search(user, "Axolotl", limit=50).cards},
            "live": {
                pk for pk, i in by_pk.items()
                if hears({"s": "item", "i": pk, "p": i.pipeline_id, "o": i.owner_id})
            },
        }  # fmt: skip
        transaction.set_rollback(True)
    assert faces == dict.fromkeys(faces, expected)
