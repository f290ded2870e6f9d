"""Merging, and taking it back."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.clients.factories import SYSTEM, make_client
from tests.factories import make_item
from tests.people.factories import make_role, make_user
from voronka.clients.commands import (
    add_contact_point,
    edit_client,
    link_person_to_company,
    merge_clients,
    undo_merge,
)
from voronka.clients.errors import KindsDiffer, LaterMergeFirst, MergedAway
from voronka.clients.models import Client, ClientLink, ContactPoint, Merge
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.errors import Forbidden
from voronka.timeline.commands.notes import write_note
from voronka.timeline.models import Note

pytestmark = pytest.mark.django_db

_KEPT_BY_UNDO = [
    f.attname for f in Client._meta.concrete_fields if f.name not in ("version", "changed_at")
]


def snapshot():
    """Everything that a merge may touch."""
    return (
        list(Client.objects.order_by("pk").values_list(*_KEPT_BY_UNDO)),
        list(ContactPoint.objects.order_by("pk").values_list()),
        list(ClientLink.objects.order_by("pk").values_list()),
    )


def test_the_keeper_gets_what_it_lacks_and_keeps_what_it_has():
    owner = make_user()
    keeper = make_client("Anna", owner=owner, phones=("89161234567",), address="Moscow")
    absorbed = make_client(
        "Anna Orlova",
        owner=owner,
        phones=("89161234567", "84957654321"),
        emails=("anna@example.com",),
        address="Tver",
        job_title="buyer",
    )
    merge_clients(keeper.pk, absorbed.pk, keep={"name": "absorbed"}, by=SYSTEM)
    keeper.refresh_from_db()
    assert (keeper.name, keeper.last_name) == ("Anna Orlova", "Orlova")
    assert (keeper.address, keeper.job_title) == ("Moscow", "buyer")
    assert [p.value for p in keeper.contact_points.all()] == [
        "+79161234567",
        "+74957654321",
        "anna@example.com",
    ]
    assert not Client.objects.alive().filter(pk=absorbed.pk).exists()
    assert Event.objects.filter(verb="client.merged").count() == 2


def test_an_undo_leaves_alone_what_people_changed_since():
    keeper, absorbed = make_client("One"), make_client("Two", address="Tver")
    merge = merge_clients(keeper.pk, absorbed.pk, by=SYSTEM)
    edit_client(keeper.pk, {"address": "Omsk"}, by=SYSTEM)
    undo_merge(merge.pk, by=SYSTEM)
    keeper.refresh_from_db()
    absorbed.refresh_from_db()
    assert (keeper.address, absorbed.address) == ("Omsk", "Tver")
    undo_merge(merge.pk, by=SYSTEM)  # a second time does nothing
    assert Event.objects.filter(verb="client.unmerged").count() == 2


def test_merges_are_undone_in_reverse_order():
    one, two, three = make_client(), make_client("Two"), make_client("Three")
    first = merge_clients(one.pk, two.pk, by=SYSTEM)
    second = merge_clients(one.pk, three.pk, by=SYSTEM)
    with pytest.raises(LaterMergeFirst, match="Three"):
        undo_merge(first.pk, by=SYSTEM)
    undo_merge(second.pk, by=SYSTEM)
    undo_merge(first.pk, by=SYSTEM)
    assert Client.objects.alive().count() == 3


def test_what_cannot_be_one_is_not_merged():
    person, company = make_client(), make_client(kind="company")
    with pytest.raises(KindsDiffer):
        merge_clients(person.pk, company.pk, by=SYSTEM)
    other = make_client()
    merge_clients(person.pk, other.pk, by=SYSTEM)
    with pytest.raises(MergedAway):
        merge_clients(person.pk, other.pk, by=SYSTEM)
    with pytest.raises(MergedAway):
        edit_client(other.pk, {"name": "x"}, by=SYSTEM)


def test_nobody_merges_a_client_they_may_not_change():
    seller = make_user(make_role(matrix={"client": {"see": "all", "change": "own"}}))
    mine, foreign = make_client(owner=seller), make_client()
    with pytest.raises(Forbidden):
        merge_clients(mine.pk, foreign.pk, by=Actor.user(seller))
    assert not Merge.objects.exists()


def test_cards_and_notes_follow_the_client_and_go_back():
    keeper, absorbed = make_client(), make_client()
    card, own = make_item(contact=absorbed.pk), make_item(contact=keeper.pk)
    note = write_note("call back", client_id=absorbed.pk, by=SYSTEM)
    merge = merge_clients(keeper.pk, absorbed.pk, by=SYSTEM)
    assert set(keeper.contact_items.values_list("pk", flat=True)) == {card.pk, own.pk}
    assert Note.objects.get(pk=note.pk).client_id == keeper.pk
    undo_merge(merge.pk, by=SYSTEM)
    assert Item.objects.get(pk=card.pk).contact_id == absorbed.pk
    assert Item.objects.get(pk=own.pk).contact_id == keeper.pk
    assert Note.objects.get(pk=note.pk).client_id == absorbed.pk


CHOICE = st.sampled_from(["keeper", "absorbed"])
TEXT = st.sampled_from(["", "a", "b"])
PHONES = st.lists(st.sampled_from(["89160000001", "89160000012", "89160000023"]), unique=True)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    fields=st.tuples(*[st.fixed_dictionaries({"address": TEXT, "job_title": TEXT})] * 3),
    phones=st.tuples(PHONES, PHONES, PHONES),
    links=st.tuples(*[st.sets(st.integers(0, 1))] * 3),
    keep=st.fixed_dictionaries(
        {}, optional={"name": CHOICE, "address": CHOICE, "job_title": CHOICE, "owner": CHOICE}
    ),
    pairs=st.sampled_from([[(0, 1)], [(0, 1), (0, 2)], [(0, 1), (2, 0)]]),
    by_hand=st.booleans(),
)
def test_merging_and_undoing_changes_nothing(fields, phones, links, keep, pairs, by_hand, db):
    companies = [make_client(kind="company") for _ in range(2)]
    clients = [make_client(phones=tuple(p), **f) for f, p in zip(fields, phones, strict=True)]
    for client, chosen in zip(clients, links, strict=True):
        for number in chosen:
            link_person_to_company(client.pk, companies[number].pk, by=SYSTEM)
    before = snapshot()
    merges = [merge_clients(clients[k].pk, clients[a].pk, keep=keep, by=SYSTEM) for k, a in pairs]
    if by_hand:
        last = clients[pairs[-1][0]]
        point = add_contact_point(last.pk, "email", "new@example.com", by=SYSTEM)
        point.delete()
    for merge in reversed(merges):
        undo_merge(merge.pk, by=SYSTEM)
    assert snapshot() == before
