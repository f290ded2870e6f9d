"""One action for many cards: a verdict for each, and one way back that treads on nobody."""

import pytest

from tests.factories import (
    SYSTEM,
    make_item,
    make_pipeline,
    make_reason,
    stage,
)
from tests.people.factories import make_role, make_user
from voronka.items.commands import assign_owner, delete_item, edit_item, move_item
from voronka.items.commands import bulk as module
from voronka.items.commands.bulk import (
    MOST_CARDS,
    BulkAction,
    give_up_bulk,
    resume_bulk,
    run_bulk,
    start_bulk,
    undo_bulk,
    work_on_bulk,
)
from voronka.items.models import BulkRun, Item, StageVisit
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.errors import InvalidInput
from voronka.people.commands import change_user
from voronka.timeline.models import Notification

pytestmark = pytest.mark.django_db


@pytest.fixture
def head():
    return make_user(make_role(everything=True))


@pytest.fixture
def by(head):
    return Actor.user(head)


@pytest.fixture
def pipeline():
    return make_pipeline()


@pytest.fixture
def cards(pipeline):
    return [make_item(pipeline).pk for _ in range(3)]


def stages(cards):
    return [Item.objects.get(pk=pk).stage.code for pk in cards]


def verdicts(run):
    return [row["ok"] for row in run.report]


def test_a_card_that_refuses_does_not_stop_the_others_and_says_why(pipeline, cards, by):
    pipeline.stages.filter(code="s2").update(required=["amount"])
    edit_item(cards[1], {"amount": 10}, by=SYSTEM)
    run = run_bulk([*cards, 0], BulkAction(to=stage(pipeline, "s2")), by=by)
    told = {row["item"]: row for row in run.report}
    assert verdicts(run) == [False, False, True, False]  # in the order of the ids
    assert (told[cards[0]]["code"], told[0]["code"]) == ("gate", "not_found")
    assert "Amount" in told[cards[0]]["detail"]
    assert stages(cards) == ["s1", "s2", "s1"]
    assert Event.objects.get(verb="bulk.done").diff == {"kind": "move", "cards": 4, "done": 1}


def test_cards_are_lost_given_and_changed_together(pipeline, cards, by):
    reason, boris = make_reason(pipeline), make_user()
    run_bulk(cards, BulkAction(owner=boris), by=by)
    run_bulk(cards, BulkAction(changes={"amount": "70"}), by=by)
    run_bulk(cards, BulkAction(to=stage(pipeline, "lost"), reason=reason), by=by)
    for item in Item.objects.filter(pk__in=cards):
        assert (item.owner_id, item.amount, item.loss_reason_id) == (boris.pk, 70, reason.pk)
    run = run_bulk(cards, BulkAction(delete=True), by=by)
    assert verdicts(run) == [True] * 3
    assert not Item.objects.alive().filter(pk__in=cards).exists()


@pytest.mark.parametrize("what", ["move", "assign", "edit", "delete"])
def test_what_was_done_is_taken_back(pipeline, cards, by, what):
    before = list(Item.objects.order_by("pk").values("stage", "owner", "amount", "deleted_at"))
    action = {
        "move": BulkAction(to=stage(pipeline, "s3")),
        "assign": BulkAction(owner=make_user()),
        "edit": BulkAction(changes={"amount": 5, "title": "Иначе"}),
        "delete": BulkAction(delete=True),
    }[what]
    run = run_bulk(cards, action, by=by)
    after = list(Item.objects.order_by("pk").values("stage", "owner", "amount", "deleted_at"))
    assert after != before
    run = undo_bulk(run.pk, by=by)
    assert [row["undone"] for row in run.report] == [True] * 3
    assert (
        list(Item.objects.order_by("pk").values("stage", "owner", "amount", "deleted_at")) == before
    )
    assert StageVisit.objects.filter(item__in=cards).count() == 3
    assert Event.objects.filter(verb="bulk.undone").exists()


def test_a_card_that_has_moved_on_since_stays_as_it_is(pipeline, cards, by):
    run = run_bulk(cards, BulkAction(to=stage(pipeline, "s2")), by=by)
    move_item(cards[0], to=stage(pipeline, "s3"), by=by)  # by the same person, on purpose
    run = undo_bulk(run.pk, by=by)
    assert stages(cards) == ["s3", "s1", "s1"]
    assert [row["undone"] for row in run.report] == [False, True, True]
    assert "in the meantime" in run.report[0]["detail"]


def test_a_card_given_or_changed_by_somebody_since_keeps_that(pipeline, cards, by):
    boris, vera = make_user(), make_user()
    given = run_bulk(cards, BulkAction(owner=boris), by=by)
    assign_owner(cards[0], to=vera, by=SYSTEM)
    undo_bulk(given.pk, by=by)
    assert Item.objects.get(pk=cards[0]).owner_id == vera.pk
    changed = run_bulk(cards, BulkAction(changes={"amount": 5}), by=by)
    edit_item(cards[0], {"amount": 7}, by=SYSTEM)
    undo_bulk(changed.pk, by=by)
    assert [int(Item.objects.get(pk=pk).amount) for pk in cards] == [7, 0, 0]


def test_a_card_where_nothing_changed_is_left_alone_on_the_way_back(pipeline, cards, by):
    move_item(cards[0], to=stage(pipeline, "s2"), by=by)
    run = run_bulk(cards, BulkAction(to=stage(pipeline, "s2")), by=by)
    undo_bulk(run.pk, by=by)
    assert stages(cards) == ["s2", "s1", "s1"]


def test_a_card_deleted_since_does_not_stop_the_way_back(pipeline, cards, by):
    run = run_bulk(cards, BulkAction(to=stage(pipeline, "s2")), by=by)
    delete_item(cards[1], by=SYSTEM)
    undo_bulk(run.pk, by=by)
    assert stages(cards) == ["s1", "s2", "s1"]


def test_an_action_is_taken_back_once_and_by_its_author(pipeline, cards, by):
    run = run_bulk(cards, BulkAction(to=stage(pipeline, "s2")), by=by)
    with pytest.raises(InvalidInput):
        undo_bulk(run.pk, by=Actor.user(make_user(make_role(everything=True))))
    undo_bulk(run.pk, by=by)
    with pytest.raises(InvalidInput):
        undo_bulk(run.pk, by=by)


def test_rights_are_asked_of_every_card(pipeline, cards):
    anna = make_user("manager")
    mine = make_item(pipeline, owner=anna)
    run = run_bulk([*cards, mine.pk], BulkAction(to=stage(pipeline, "s2")), by=Actor.user(anna))
    assert verdicts(run) == [False, False, False, True]
    assert {row.get("code") for row in run.report} == {"forbidden", None}


@pytest.mark.parametrize("ids", [[], range(1, MOST_CARDS + 2)])
def test_nothing_and_too_much_are_refused(by, pipeline, ids):
    with pytest.raises(InvalidInput):
        run_bulk(list(ids), BulkAction(delete=True), by=by)
    assert not BulkRun.objects.exists()


def test_an_action_without_content_is_refused(by, cards):
    with pytest.raises(InvalidInput):
        run_bulk(cards, BulkAction(), by=by)


@pytest.fixture
def few_at_once(monkeypatch):
    monkeypatch.setattr(module, "AT_ONCE", 1)
    monkeypatch.setattr(module, "CHUNK", 2)


def events(verb):
    return Event.objects.filter(verb=verb).count()


def test_many_cards_are_left_to_the_worker_and_the_bell_tells_of_the_end(
    pipeline, cards, by, head, few_at_once
):
    run = start_bulk(cards, BulkAction(to=stage(pipeline, "s2"), comment="in time"), by=by)
    assert (run.state, run.report, stages(cards)) == ("running", [], ["s1", "s1", "s1"])
    assert not Notification.objects.exists()
    run = work_on_bulk(run.pk)
    assert (run.state, verdicts(run), stages(cards)) == ("done", [True] * 3, ["s2"] * 3)
    told = Notification.objects.get(user=head)
    assert (told.kind, told.url_name, told.url_id) == ("job", "list:bulk_report", run.pk)


@pytest.mark.parametrize(
    "action",
    [
        lambda: BulkAction(owner=make_user("manager")),
        lambda: BulkAction(changes={"amount": "70.50"}),
        lambda: BulkAction(delete=True),
    ],
)
def test_the_worker_does_each_kind_of_action_and_takes_it_back(cards, by, few_at_once, action):
    def look():
        return list(
            Item.objects.filter(pk__in=cards)
            .order_by("pk")
            .values_list("owner", "amount", "deleted_at")
        )

    before = look()
    run = work_on_bulk(start_bulk(cards, action(), by=by).pk)
    assert verdicts(run) == [True] * 3
    assert all(now != was for now, was in zip(look(), before, strict=True))
    undo_bulk(run.pk, by=by)
    assert look() != before  # the worker takes it back as well
    with pytest.raises(InvalidInput, match="under way"):
        undo_bulk(run.pk, by=by)
    run = work_on_bulk(run.pk)
    assert (run.state, [row["undone"] for row in run.report]) == ("done", [True] * 3)
    assert run.undone_at
    assert look() == before


def test_work_that_was_cut_off_goes_on_behind_its_last_chunk(
    pipeline, cards, by, few_at_once, monkeypatch
):
    run = start_bulk(cards, BulkAction(to=stage(pipeline, "s2")), by=by)
    do, calls = module._do, []

    def dies(pk, action, by):
        calls.append(pk)
        if len(calls) == 4:
            raise SystemExit  # in the middle of a chunk
        return do(pk, action, by)

    cards.extend(make_item(pipeline).pk for _ in range(2))
    BulkRun.objects.filter(pk=run.pk).update(item_ids=cards)
    monkeypatch.setattr(module, "_do", dies)
    with pytest.raises(SystemExit):
        work_on_bulk(run.pk)
    assert stages(cards) == ["s2", "s2", "s1", "s1", "s1"]  # whole chunks only
    run = work_on_bulk(run.pk)
    assert [row["item"] for row in run.report] == cards
    assert (stages(cards), events("item.moved"), events("bulk.done")) == (["s2"] * 5, 5, 1)


def test_a_right_taken_away_meanwhile_holds_for_the_cards_that_are_left(
    pipeline, cards, few_at_once, monkeypatch
):
    person = make_user(make_role(matrix={"*": {"see": "all", "move": "all"}}))
    run = start_bulk(cards, BulkAction(to=stage(pipeline, "s2")), by=Actor.user(person))
    do = module._do

    def dismissed(pk, action, by):
        done = do(pk, action, by)
        change_user(person.pk, role=make_role(matrix={"*": {"see": "all"}}), by=SYSTEM)
        return done

    monkeypatch.setattr(module, "_do", dismissed)
    run = work_on_bulk(run.pk)
    assert (run.state, verdicts(run)) == ("done", [True, True, False])
    assert stages(cards) == ["s2", "s2", "s1"]


def test_work_that_fails_for_good_says_so_and_can_be_tried_again(
    pipeline, cards, by, head, few_at_once
):
    run = start_bulk(cards, BulkAction(to=stage(pipeline, "s2")), by=by)
    with pytest.raises(InvalidInput):
        resume_bulk(run.pk, by=by)  # it has not stopped
    give_up_bulk(run.pk, "The disk is full.")
    run.refresh_from_db()
    assert (run.state, run.error) == ("failed", "The disk is full.")
    assert Notification.objects.filter(user=head, url_id=run.pk).count() == 1
    work_on_bulk(run.pk)
    assert stages(cards) == ["s1"] * 3  # stopped is stopped
    resume_bulk(run.pk, by=by)
    assert work_on_bulk(run.pk).state == "done"
    assert stages(cards) == ["s2"] * 3


def test_a_stage_that_is_gone_stops_the_work_with_a_sentence(pipeline, cards, by, few_at_once):
    run = start_bulk(cards, BulkAction(to=stage(pipeline, "s2")), by=by)
    stage(pipeline, "s2").delete()
    run = work_on_bulk(run.pk)
    assert run.state == "failed"
    assert run.error
