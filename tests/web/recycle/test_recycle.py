"""The recycle bin: who sees it, what comes back, and deletions that take two people."""

import pytest
from django.utils import translation

from tests.clients.factories import make_client
from tests.factories import SYSTEM, make_item, make_pipeline
from tests.people.factories import make_role, make_user
from voronka.clients.commands import delete_client
from voronka.clients.models import Client
from voronka.items.binned import binned
from voronka.items.commands import delete_item
from voronka.items.commands.bulk import BulkAction, run_bulk, undo_bulk
from voronka.items.commands.mass_deleting import agree_to_delete, ask_to_delete, refuse_to_delete
from voronka.items.errors import SecondPersonNeeded
from voronka.items.models import BulkRun, Item, MassDeletion
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.errors import Conflict, Forbidden, InvalidInput
from voronka.people.commands import save_company
from voronka.timeline.models import Notification

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def speak_english():
    with translation.override("en"):
        yield


@pytest.fixture
def pipeline():
    return make_pipeline()


def english(user):
    user.language = "en"
    user.save()
    return user


@pytest.fixture
def boss():
    return english(make_user("owner", name="Anna"))


@pytest.fixture
def page(client, boss):
    client.force_login(boss)
    return client


ALONE = 20  # cards an hour, as usual


def many(pipeline, count=ALONE + 1):
    owner = make_user()
    return [make_item(pipeline, owner=owner).pk for _ in range(count)]


def test_the_bin_tells_who_deleted_what_and_when(page, pipeline, boss):
    item = make_item(pipeline, title="Old kitchen")
    make_item(pipeline, title="Alive card")
    delete_item(item.pk, by=Actor.user(boss))
    html = page.get("/recycle/").content.decode()
    assert "Old kitchen" in html
    assert "Alive card" not in html
    assert "Anna" in html
    assert "Step 1" in html


def test_without_the_right_the_bin_stays_shut(client, pipeline):
    client.force_login(make_user("manager"))
    assert client.get("/recycle/").status_code == 403
    assert client.post("/recycle/restore", {"ids": "1"}).status_code == 403


def test_the_bin_shows_only_what_the_person_could_see_before(pipeline):
    role = make_role(matrix={"*": {"see": "own", "delete": "own"}}, rights=["recycle"])
    user = make_user(role)
    own, stranger = make_item(pipeline, owner=user), make_item(pipeline)
    for item in (own, stranger):
        delete_item(item.pk, by=SYSTEM)
    assert binned(user).items == [own]


def test_one_or_several_are_brought_back(page, pipeline):
    items = [make_item(pipeline) for _ in range(3)]
    for item in items:
        delete_item(item.pk, by=SYSTEM)
    answer = page.post("/recycle/restore", {"ids": [items[0].pk, items[1].pk]})
    assert "2 are back" in answer["HX-Trigger"]
    assert Item.objects.alive().count() == 2
    gone = page.post("/recycle/restore", {"ids": [items[0].pk, items[2].pk]})
    assert "Brought back: 1 of 2" in gone["HX-Trigger"]
    assert "no such card in the recycle bin" in gone["HX-Trigger"]
    assert "Choose what to bring back" in page.post("/recycle/restore", {"ids": "x"})["HX-Trigger"]


def test_clients_come_back_as_well(page):
    client = make_client("Petrov")
    make_client("Sidorov")
    delete_client(client.pk, by=SYSTEM)
    html = page.get("/recycle/?kind=clients").content.decode()
    assert "Petrov" in html
    assert "Sidorov" not in html
    page.post("/recycle/restore", {"ids": client.pk, "kind": "clients"})
    assert Client.objects.alive().filter(pk=client.pk).exists()


def test_the_bin_is_searched_and_paged(page, pipeline, boss):
    titles = ["Oak table", "Pine table", "Wardrobe"]
    for title in titles:
        delete_item(make_item(pipeline, title=title).pk, by=SYSTEM)
    assert [i.title for i in binned(boss, text="TABLE").items] == ["Pine table", "Oak table"]
    first = binned(boss, limit=2)
    second = binned(boss, after=first.after, limit=2)
    assert [i.title for i in first.items + second.items] == list(reversed(titles))
    assert second.after == ""
    assert len(binned(boss, after="nonsense").items) == 3
    assert "Nothing is found" in page.get("/recycle/?q=zzz").content.decode()


def test_an_empty_bin_says_so(page):
    assert "The bin is empty" in page.get("/recycle/").content.decode()


def test_many_cards_are_not_deleted_by_one_person(pipeline, boss):
    make_user("head_of_sales")
    ids = many(pipeline)
    with pytest.raises(SecondPersonNeeded):
        run_bulk(ids, BulkAction(delete=True), by=Actor.user(boss))
    run_bulk(ids[:ALONE], BulkAction(delete=True), by=Actor.user(boss))
    assert Item.objects.alive().count() == 1


def test_where_nobody_else_could_agree_one_person_is_enough(pipeline, boss):
    ids = many(pipeline)
    run_bulk(ids, BulkAction(delete=True), by=Actor.user(boss))
    assert Item.objects.alive().count() == 0


def test_slices_of_a_deletion_count_together_until_they_are_taken_back(pipeline, boss):
    make_user("head_of_sales")
    ids, by = many(pipeline), Actor.user(boss)
    first = run_bulk(ids[:15], BulkAction(delete=True), by=by)
    with pytest.raises(SecondPersonNeeded):
        run_bulk(ids[15:], BulkAction(delete=True), by=by)
    undo_bulk(first.pk, by=by)
    run_bulk(ids[15:], BulkAction(delete=True), by=by)
    assert Item.objects.alive().count() == 15


def test_the_company_says_how_many_are_many(pipeline, boss):
    make_user("head_of_sales")
    save_company(by=SYSTEM, deletion_limit=2)
    with pytest.raises(SecondPersonNeeded, match="2"):
        run_bulk(many(pipeline, 3), BulkAction(delete=True), by=Actor.user(boss))


def test_who_has_not_come_yet_cannot_agree_and_the_dialog_says_so(client, pipeline, boss):
    make_user("head_of_sales", password=None)
    client.force_login(boss)
    ids = many(pipeline)
    dialog = client.post(f"/list/{pipeline.pk}/bulk/delete", {"ids": ids})
    assert dialog.context["consent"] == "missing"
    assert "alert-warning" in dialog.content.decode()
    client.post(f"/list/{pipeline.pk}/bulk/delete", {"ids": ids, "go": "1"})
    assert Item.objects.alive().count() == 0


def test_a_second_person_agrees_and_the_asker_hears_of_it(pipeline, boss):
    second = english(make_user("owner", name="Boris"))
    ids = many(pipeline)
    asked = ask_to_delete(ids, by=Actor.user(boss))
    assert Notification.objects.get(user=second).text.startswith("Anna asks you to agree")
    with pytest.raises(Conflict):
        agree_to_delete(asked.pk, by=Actor.user(boss))
    run = agree_to_delete(asked.pk, by=Actor.user(second))
    assert Item.objects.alive().count() == 0
    assert {row["ok"] for row in run.report} == {True}
    assert Notification.objects.get(user=boss).text.startswith("Boris has agreed")
    with pytest.raises(Conflict):
        agree_to_delete(asked.pk, by=Actor.user(second))
    verbs = set(Event.objects.filter(subject_type="mass_deletion").values_list("verb", flat=True))
    assert verbs == {"mass_deletion.asked", "mass_deletion.agreed"}


def test_a_request_is_refused_or_withdrawn_and_the_cards_stay(pipeline, boss):
    second = make_user("owner")
    ids = many(pipeline)
    refuse_to_delete(ask_to_delete(ids, by=Actor.user(boss)).pk, by=Actor.user(second))
    refuse_to_delete(ask_to_delete(ids, by=Actor.user(boss)).pk, by=Actor.user(boss))
    third = ask_to_delete(ids, by=Actor.user(boss))
    with pytest.raises(Forbidden):
        refuse_to_delete(third.pk, by=Actor.user(make_user("manager")))
    assert Item.objects.alive().count() == len(ids)


def test_one_asks_only_for_what_one_may_delete(pipeline, boss):
    ids = many(pipeline)
    with pytest.raises(Forbidden):
        ask_to_delete(ids, by=Actor.user(make_user("manager")))
    with pytest.raises(InvalidInput):
        ask_to_delete(ids[:2], by=Actor.user(boss))


def test_the_list_asks_and_the_bin_agrees(client, page, pipeline, boss):
    second = english(make_user("owner", name="Boris"))
    ids = ",".join(str(pk) for pk in many(pipeline))
    url = f"/list/{pipeline.pk}/bulk/delete"
    assert "deleted by two people" in page.post(url, {"ids": ids}).content.decode()
    answer = page.post(url, {"ids": ids, "go": "1"})
    assert "Boris" in answer["HX-Trigger"]
    asked = MassDeletion.objects.get()
    own = page.get("/recycle/").content.decode()
    assert "You have asked to delete 21 cards" in own
    client.force_login(second)
    assert "Anna asks you to agree" in client.get("/recycle/").content.decode()
    dialog = client.get(f"/recycle/asked/{asked.pk}/").content.decode()
    assert Item.objects.first().title in dialog
    report = client.post(f"/recycle/asked/{asked.pk}/agree").content.decode()
    assert "21 cards done" in report
    assert BulkRun.objects.get().by_user_id == second.pk
    assert client.get(f"/recycle/asked/{asked.pk}/").status_code == 404
