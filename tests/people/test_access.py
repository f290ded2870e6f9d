"""Scopes and roles: how far a right reaches, which row decides, and why."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.people.factories import make_department, make_role, make_user
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.errors import Conflict, Forbidden, InvalidInput
from voronka.kernel.texts import LocalText
from voronka.people import commands, queries, rules
from voronka.people.access import ACTIONS, RIGHTS, Access, Scope
from voronka.people.models import Role, User

SYSTEM = Actor.system()
CODES = [scope.code for scope in Scope]
KEYS = ["*", "lead", "deal", "deal/retail", "deal/office", "client"]

matrices = st.dictionaries(
    st.sampled_from(KEYS),
    st.dictionaries(st.sampled_from(ACTIONS), st.sampled_from(CODES)),
)
rights = st.builds(
    Access,
    user_id=st.just(1),
    department_id=st.none(),
    everything=st.booleans(),
    matrix=matrices,
    rights=st.frozensets(st.sampled_from(sorted(RIGHTS))),
    active=st.booleans(),
)


@given(matrices, st.sampled_from(ACTIONS))
def test_the_most_specific_row_that_names_the_action_decides(matrix, action):
    access = Access(user_id=1, department_id=None, matrix=matrix)
    rows = [matrix.get(key, {}) for key in ("deal/retail", "deal", "*")]
    expected = next((row[action] for row in rows if action in row), "none")
    assert access.rule(action, "deal", "retail")[1].code == expected


@given(matrices, st.sampled_from(["change", "move", "delete", "export"]))
def test_nothing_is_touched_that_is_not_seen(matrix, action):
    access = Access(user_id=1, department_id=None, matrix=matrix)
    for place in [("deal", "retail"), ("deal", ""), ("lead", ""), ("client", "")]:
        assert access.scope(action, *place) <= access.scope("see", *place)
        assert access.scope(action, *place) <= access.rule(action, *place)[1]


@given(rights, rights)
def test_rights_that_cover_others_reach_as_far_everywhere(mine, theirs):
    if not rules.covers(mine, theirs):
        return
    for action in ACTIONS:
        for kind, pipeline in [
            ("lead", ""), ("deal", "retail"), ("deal", "office"), ("deal", ""),
            ("client", ""), ("custom", ""), ("custom", "any"),
        ]:  # fmt: skip
            assert theirs.scope(action, kind, pipeline) <= mine.scope(action, kind, pipeline)
    assert all(mine.has(right) for right in theirs.rights if theirs.has(right))


@given(rights)
def test_working_rights_cover_themselves_and_closed_ones_reach_nothing(mine):
    assert rules.covers(mine, mine) == mine.active
    if not mine.active:
        assert all(mine.scope(action, "deal") is Scope.NONE for action in ACTIONS)
        assert not any(mine.has(right) for right in RIGHTS)


@pytest.fixture
def company(db):
    """A tree of departments with a person or two in each; 0 is above 1 and 2, and 1 above 3."""
    people = [make_user() for _ in range(6)]
    tree = [make_department()]
    tree.append(make_department(tree[0]))
    tree.append(make_department(tree[0]))
    tree.append(make_department(tree[1]))
    for user, department in zip(people, [*tree, tree[3], None], strict=True):
        commands.change_user(user.pk, department=department, by=SYSTEM)
    return tree, [User.objects.get(pk=u.pk) for u in people]


def test_a_greater_scope_holds_every_smaller_one(company):
    _tree, people = company
    for user in people:
        reached = [user.access.owners(scope) for scope in Scope]
        assert reached[-1] is None
        for smaller, greater in pairwise(reached[:-1]):
            assert smaller <= greater
        assert user.pk in reached[Scope.OWN]


def test_a_branch_is_the_own_department_with_all_below(company):
    _tree, people = company
    top, left, right, deep, deep_too, alone = (u.pk for u in people)
    branch = [user.access.owners(Scope.BRANCH) for user in people]
    assert branch[0] == {top, left, right, deep, deep_too}
    assert branch[1] == {left, deep, deep_too}
    assert branch[3] == {deep, deep_too} == people[3].access.owners(Scope.DEPARTMENT)
    assert branch[5] == {alone}


def test_a_head_reaches_the_department_led_though_sitting_elsewhere(company):
    tree, people = company
    right = people[2]
    commands.save_department(
        tree[1].pk, code=tree[1].code, name=tree[1].name, parent=tree[0], head=right, by=SYSTEM
    )
    fresh = User.objects.get(pk=right.pk)
    assert fresh.access.owners(Scope.BRANCH) == {p.pk for p in people[1:5]}
    assert fresh.access.owners(Scope.DEPARTMENT) == {right.pk}


@pytest.mark.django_db
def test_a_card_without_an_owner_needs_the_scope_all():
    head = make_user("head_of_sales").access
    assert not head.may("change", "deal", owner_id=None)
    assert make_user("observer").access.may("see", "deal", owner_id=None)


@pytest.mark.django_db
def test_out_of_the_box_only_the_owner_takes_the_base_away_and_managers_delete_nothing():
    roles = commands.create_ready_roles(by=SYSTEM)
    for role in roles:
        access = Access.of_role(role)
        for kind in ("lead", "deal", "client", "custom"):
            assert (access.scope("export", kind) is Scope.NONE) == (role.code != "owner")
            if role.code not in {"owner", "head_of_sales"}:
                assert access.scope("delete", kind) is Scope.NONE


@pytest.mark.django_db
def test_ready_roles_come_once_and_leave_changes_alone():
    manager = next(r for r in commands.create_ready_roles(by=SYSTEM) if r.code == "manager")
    commands.save_role(
        manager.pk, code="manager", name=manager.name, matrix={}, rights=[], by=SYSTEM
    )
    count, events = Role.objects.count(), Event.objects.count()
    commands.create_ready_roles(by=SYSTEM)
    assert (Role.objects.count(), Event.objects.count()) == (count, events)
    assert Role.objects.get(code="manager").matrix == {}


@pytest.mark.parametrize(
    "matrix",
    [
        {"Deal": {"see": "all"}},
        {"deal/a/b": {"see": "all"}},
        {"client/retail": {"see": "all"}},
        {"deal": {"steal": "all"}},
        {"deal": {"see": "team"}},
        {"deal": {"see": None}},
        {"deal": "all"},
        {"": {"see": "all"}},
    ],
)
def test_a_matrix_with_anything_unknown_is_refused(matrix):
    with pytest.raises(InvalidInput) as refusal:
        rules.check_matrix(matrix)
    assert refusal.value.fields


@pytest.mark.django_db
def test_a_role_gives_no_more_than_its_author_has():
    clerk = make_user(make_role(matrix={"deal": {"see": "department"}}, rights=["people"]))
    by = Actor.user(clerk)

    def save(matrix, role_rights=()):
        return commands.save_role(
            code="new", name=LocalText("Новая"), matrix=matrix, rights=list(role_rights), by=by
        )

    for matrix, more in [({"deal": {"see": "all"}}, ()), ({"*": {"see": "own"}}, ()),
                         ({}, ["audit"])]:  # fmt: skip
        with pytest.raises(Forbidden):
            save(matrix, more)
    assert save({"deal/retail": {"see": "own"}}).pk


@pytest.mark.django_db
def test_a_role_in_use_and_the_owners_role_cannot_be_deleted():
    seller, owner = make_user(), make_user("owner")
    with pytest.raises(Conflict, match="1"):
        commands.delete_role(seller.role_id, by=SYSTEM)
    with pytest.raises(Conflict):
        commands.delete_role(owner.role_id, by=SYSTEM)
    commands.delete_role(make_role("observer").pk, by=SYSTEM)
    assert not Role.objects.filter(code="observer").exists()


@pytest.mark.django_db
def test_a_department_never_stands_below_itself():
    top = make_department()
    middle = make_department(top)
    bottom = make_department(middle)
    for parent in (top, middle, bottom):
        with pytest.raises(Conflict):
            commands.save_department(top.pk, code=top.code, name=top.name, parent=parent, by=SYSTEM)
    commands.save_department(bottom.pk, code=bottom.code, name=bottom.name, parent=top, by=SYSTEM)
    lines = queries.flat(queries.department_tree())
    assert [(b.department.pk, b.depth) for b in lines] == [
        (top.pk, 0), (middle.pk, 1), (bottom.pk, 1),
    ]  # fmt: skip


@pytest.mark.django_db
def test_a_department_with_people_or_others_below_cannot_be_deleted():
    top = make_department()
    bottom = make_department(top)
    user = make_user(department=bottom)
    for department in (top, bottom):
        with pytest.raises(Conflict):
            commands.delete_department(department.pk, by=SYSTEM)
    commands.change_user(user.pk, department=None, by=SYSTEM)
    commands.delete_department(bottom.pk, by=SYSTEM)
    commands.delete_department(top.pk, by=SYSTEM)


def test_the_explanation_agrees_with_the_rights_and_names_the_row(company):
    _tree, people = company
    matrix = {"*": {"see": "own"}, "deal": {"see": "branch"}, "deal/retail": {"see": "department"}}
    commands.change_user(people[1].pk, role=make_role(matrix=matrix), by=SYSTEM)
    user = User.objects.get(pk=people[1].pk)
    for owner in [None, *(p.pk for p in people)]:
        for kind, pipeline in [("lead", "new"), ("deal", "office"), ("deal", "retail")]:
            told = queries.explain(user, "see", kind, pipeline, owner_id=owner)
            assert told.allowed == user.access.may("see", kind, pipeline, owner_id=owner)
            assert told.reasons
    told = queries.explain(user, "see", "deal", "retail", owner_id=user.pk)
    assert "deal/retail" in told.reasons[0]


@pytest.mark.django_db
def test_the_explanation_of_an_owner_and_of_a_dismissed_person_is_short():
    owner, gone = make_user("owner"), make_user()
    assert queries.explain(owner, "delete", "deal", owner_id=None).allowed
    gone = commands.close_account(gone.pk, by=SYSTEM)
    assert not queries.explain(gone, "see", "deal", owner_id=gone.pk).allowed
