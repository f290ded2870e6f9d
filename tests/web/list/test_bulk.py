"""Many cards at once: what would happen, what did, and the way back."""

from datetime import timedelta

import pytest
from django.utils import timezone, translation

from tests.factories import make_field, make_item, make_pipeline, make_reason, stage
from tests.people.factories import make_user
from voronka.items.commands import bulk as commands
from voronka.items.foreseeing import foresee_move
from voronka.items.models import BulkRun, Item, StageVisit
from voronka.web.list import bulk as module
from voronka.web.list import page as page_module

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def speak_english():
    with translation.override("en"):
        yield


@pytest.fixture
def pipeline():
    return make_pipeline(reasons=True)


@pytest.fixture
def page(client):
    boss = make_user("owner")
    boss.language = "en"
    boss.save()
    client.force_login(boss)
    return client


def ids(*items):
    return ",".join(str(item.pk) for item in items)


def test_a_move_tells_before_it_is_made_what_would_stand_in_the_way(page, pipeline):
    make_field(pipeline.item_type, "budget", "number")
    second = stage(pipeline, "s2")
    second.required = ["budget"]
    second.save()
    cards = [make_item(pipeline, budget="5"), make_item(pipeline), make_item(pipeline)]
    url = f"/list/{pipeline.pk}/bulk/move"
    answer = page.post(url, {"ids": ids(*cards), "stage": second.pk})
    html = answer.content.decode()
    assert answer["HX-Retarget"] == "#dialog"
    assert "1 will pass" in html
    assert "2 will not pass" in html
    assert "Not filled: budget" in html
    assert set(Item.objects.values_list("stage__code", flat=True)) == {"s1"}


def test_a_bulk_move_reports_each_card_and_goes_back_whole(page, pipeline):
    make_field(pipeline.item_type, "budget", "number")
    second = stage(pipeline, "s2")
    second.required = ["budget"]
    second.save()
    good, bad = make_item(pipeline, title="Good", budget="5"), make_item(pipeline, title="Bad")
    url = f"/list/{pipeline.pk}/bulk/move"
    answer = page.post(url, {"ids": ids(good, bad), "stage": second.pk, "go": "1"})
    html = answer.content.decode()
    assert "1 card done" in html
    assert "1 card refused" in html
    assert "fill the field: budget" in html
    assert f"/cards/{bad.pk}/" in html
    assert "list:changed" in answer["HX-Trigger"]
    assert Item.objects.get(pk=good.pk).stage == second
    run = BulkRun.objects.get()
    assert f"/list/bulk/{run.pk}/undo" in html
    undone = page.post(f"/list/bulk/{run.pk}/undo").content.decode()
    assert "1 card is back" in undone
    assert Item.objects.get(pk=good.pk).stage.code == "s1"


def test_a_bulk_move_says_until_when_it_can_be_taken_back(page, pipeline):
    second = stage(pipeline, "s2")
    card = make_item(pipeline)
    url = f"/list/{pipeline.pk}/bulk/move"
    asked = page.post(url, {"ids": ids(card), "stage": second.pk}).content.decode()
    assert "can be taken back for 24 hours" in asked
    html = page.post(url, {"ids": ids(card), "stage": second.pk, "go": "1"}).content.decode()
    assert "Take it all back (until " in html
    run = BulkRun.objects.get()
    late = timezone.now() - timedelta(hours=23)
    BulkRun.objects.update(at=late)
    StageVisit.objects.filter(left_at=None).update(entered_at=late)
    html = page.get(f"/list/bulk/{run.pk}/").content.decode()
    assert f"/list/bulk/{run.pk}/undo" in html
    early = timezone.now() - timedelta(hours=25)
    BulkRun.objects.update(at=early)
    StageVisit.objects.filter(left_at=None).update(entered_at=early)
    html = page.get(f"/list/bulk/{run.pk}/").content.decode()
    assert "too late to take the moves back" in html
    assert f"/list/bulk/{run.pk}/undo" not in html


def test_a_loss_of_many_asks_for_the_reason_once(page, pipeline):
    wordy = make_reason(pipeline, needs_comment=True)
    cards = [make_item(pipeline), make_item(pipeline)]
    url = f"/list/{pipeline.pk}/bulk/move"
    asked = {"ids": ids(*cards), "stage": stage(pipeline, "lost").pk, "go": "1"}
    assert page.post(url, asked).status_code == 422
    assert page.post(url, {**asked, "reason": wordy.pk}).status_code == 422
    said = {"comment": "too dear", "told_by": "client"}
    answer = page.post(url, {**asked, "reason": wordy.pk, **said})
    assert answer.status_code == 200
    assert set(Item.objects.values_list("loss_reason", "loss_told_by")) == {(wordy.pk, "client")}


def test_all_that_the_filter_finds_are_given_to_another_owner(page, pipeline):
    heir = make_user("manager", name="Boris")
    for n in range(3):
        make_item(pipeline, amount=n * 100)
    url = f"/list/{pipeline.pk}/bulk/assign?amount.from=100"
    preview = page.post(url, {"all": "1"}).content.decode()
    assert "Give 2 cards to another owner" in preview
    assert "Boris" in preview
    answer = page.post(url, {"all": "1", "owner": heir.pk, "go": "1"})
    assert "2 cards done" in answer.content.decode()
    assert Item.objects.filter(owner=heir).count() == 2
    page.post(f"/list/bulk/{BulkRun.objects.get().pk}/undo")
    assert not Item.objects.filter(owner=heir).exists()


def test_a_field_is_changed_in_many_cards(page, pipeline):
    make_field(pipeline.item_type, "area", "number")
    cards = [make_item(pipeline), make_item(pipeline, area="7")]
    url = f"/list/{pipeline.pk}/bulk/edit"
    asked = {"ids": ids(*cards), "field": "area"}
    assert 'name="f-area"' in page.post(url, asked).content.decode()
    wrong = page.post(url, {**asked, "f-area": "wide", "go": "1"}).content.decode()
    assert "2 cards refused" in wrong
    page.post(url, {**asked, "f-area": "12", "go": "1"})
    assert {item.values["area"] for item in Item.objects.all()} == {12}
    page.post(f"/list/bulk/{BulkRun.objects.last().pk}/undo")
    assert [item.values for item in Item.objects.order_by("pk")] == [{}, {"area": 7}]


def test_many_cards_go_to_the_bin_and_come_back(page, pipeline):
    cards = [make_item(pipeline), make_item(pipeline)]
    url = f"/list/{pipeline.pk}/bulk/delete"
    assert "Delete 2 cards?" in page.post(url, {"ids": ids(*cards)}).content.decode()
    page.post(url, {"ids": ids(*cards), "go": "1"})
    assert Item.objects.alive().count() == 0
    page.post(f"/list/bulk/{BulkRun.objects.get().pk}/undo")
    assert Item.objects.alive().count() == 2


def test_what_the_role_does_not_allow_is_told_and_stays(client, pipeline):
    manager = make_user("manager")
    manager.language = "en"
    manager.save()
    client.force_login(manager)
    own, stranger = make_item(pipeline, owner=manager), make_item(pipeline)
    html = client.get(f"/list/{pipeline.pk}/").content.decode()
    assert "bulk/delete" not in html
    asked = {"ids": ids(own, stranger)}
    assert (
        "Delete 1 card?" in client.post(f"/list/{pipeline.pk}/bulk/delete", asked).content.decode()
    )
    refused = client.post(f"/list/{pipeline.pk}/bulk/delete", {**asked, "go": "1"})
    assert "1 card refused" in refused.content.decode()
    assert Item.objects.alive().count() == 2


def test_a_bulk_action_wants_cards_and_not_too_many(page, pipeline, monkeypatch):
    url = f"/list/{pipeline.pk}/bulk/delete"
    assert "Choose at least one card" in page.post(url, {"ids": "x,,9999"})["HX-Trigger"]
    monkeypatch.setattr(module, "MOST_CARDS", 1)
    make_item(pipeline), make_item(pipeline)
    assert "At most 1 card" in page.post(url, {"all": "1"})["HX-Trigger"]
    assert page.post(f"/list/{pipeline.pk}/bulk/burn", {"all": "1"}).status_code == 404


def test_cards_of_several_funnels_are_not_moved_together(page, pipeline):
    second = make_pipeline(pipeline.item_type)
    cards = [make_item(pipeline), make_item(second)]
    url = f"/list/type/{pipeline.item_type.code}/bulk/move"
    assert "different funnels" in page.post(url, {"ids": ids(*cards)}).content.decode()


def test_a_report_is_its_makers_alone(page, client, pipeline):
    item = make_item(pipeline)
    page.post(f"/list/{pipeline.pk}/bulk/delete", {"ids": ids(item), "go": "1"})
    run = BulkRun.objects.get()
    assert page.get(f"/list/bulk/{run.pk}/").status_code == 200
    client.force_login(make_user("owner"))
    assert client.get(f"/list/bulk/{run.pk}/").status_code == 404
    assert client.post(f"/list/bulk/{run.pk}/undo").status_code == 404


def test_many_cards_show_their_progress_then_the_report(page, pipeline, monkeypatch):
    monkeypatch.setattr(commands, "AT_ONCE", 1)
    make_item(pipeline, title="First"), make_item(pipeline, title="Second")
    to = stage(pipeline, "s2")
    html = page.post(
        f"/list/{pipeline.pk}/bulk/move", {"all": "1", "stage": to.pk, "go": "1"}
    ).content.decode()
    run = BulkRun.objects.get()
    assert "0 / 2" in html
    assert f"/list/bulk/{run.pk}/progress" in html
    assert "Take it all back" not in html
    going = page.get(f"/list/bulk/{run.pk}/progress")
    assert "HX-Retarget" not in going
    commands.work_on_bulk(run.pk)
    ended = page.get(f"/list/bulk/{run.pk}/progress")
    assert ended["HX-Retarget"] == f"#bulk-{run.pk}"
    assert "list:changed" in ended["HX-Trigger"]
    assert "2 cards done" in ended.content.decode()
    table = b"".join(page.get(f"/list/bulk/{run.pk}/csv").streaming_content).decode()
    assert "First,Done" in table


def test_work_that_has_stopped_offers_to_go_on(page, pipeline, monkeypatch):
    monkeypatch.setattr(commands, "AT_ONCE", 1)
    make_item(pipeline), make_item(pipeline)
    to = stage(pipeline, "s2")
    page.post(f"/list/{pipeline.pk}/bulk/move", {"all": "1", "stage": to.pk, "go": "1"})
    run = BulkRun.objects.get()
    commands.give_up_bulk(run.pk, "The disk is full.")
    html = page.get(f"/list/bulk/{run.pk}/").content.decode()
    assert "The disk is full." in html
    assert f"/list/bulk/{run.pk}/again" in html
    assert "0 / 2" in page.post(f"/list/bulk/{run.pk}/again").content.decode()
    commands.work_on_bulk(run.pk)
    assert set(Item.objects.values_list("stage__code", flat=True)) == {"s2"}


def test_a_list_longer_than_one_action_says_so_instead_of_offering_all(page, pipeline, monkeypatch):
    make_item(pipeline), make_item(pipeline)
    assert "Select all found: 2" in page.get(f"/list/{pipeline.pk}/").content.decode()
    monkeypatch.setattr(page_module, "MOST_CARDS", 1)
    html = page.get(f"/list/{pipeline.pk}/").content.decode()
    assert "More than 1 were found: narrow the filter" in html
    assert "Select all found" not in html


def test_a_forecast_agrees_with_the_gate(pipeline):
    first, third = stage(pipeline, "s1"), stage(pipeline, "s3")
    first.exit_criteria = [{"code": "met", "text": {"en": "We met"}, "check": "manual"}]
    first.save()
    free, ahead = make_item(pipeline), make_item(pipeline)
    Item.objects.filter(pk=free.pk).update(checks={"s1/met": {"by": 1}})
    Item.objects.filter(pk=ahead.pk).update(stage=stage(pipeline, "s4"))
    here, closed, stopped = (make_item(pipeline) for _ in range(3))
    Item.objects.filter(pk=here.pk).update(stage=third)
    won = stage(pipeline, "won")
    Item.objects.filter(pk=closed.pk).update(closed_at=closed.created_at, stage=won)
    cards = Item.objects.select_related("stage", "pipeline")
    found = foresee_move(list(cards), third)
    assert (found.free, found.here, found.stopped) == (1, 1, 3)
    assert dict(found.told) == {
        "We met": 1,
        "Is closed already": 1,
        "Stands further on: the funnel goes forward only": 1,
    }
    assert stopped.stage_id == first.pk
