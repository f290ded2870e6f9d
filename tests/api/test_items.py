"""Cards over HTTP: the same door, the same gate, in machine form."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import (
    SYSTEM,
    make_field,
    make_item,
    make_item_type,
    make_pipeline,
    make_reason,
)
from tests.people.factories import make_user
from voronka.items.commands import link_items
from voronka.items.commands.sources import add_touch
from voronka.items.models import Item, ItemLink, StageVisit
from voronka.journal.actors import Actor
from voronka.kernel.texts import LocalText
from voronka.pipelines.commands.fields import save_field
from voronka.pipelines.specs import FieldSpec
from voronka.timeline.commands.activities import Plan, plan_activity
from voronka.timeline.models import Activity

pytestmark = pytest.mark.django_db


def test_a_card_is_made_read_changed_and_listed(caller):
    owner, pipeline = caller(), make_pipeline()
    make_field(pipeline.item_type, "budget", "money")
    status, made = owner.call(
        "POST",
        "/items",
        {
            "pipeline": pipeline.code,
            "title": "Kitchen",
            "amount": "1200.50",
            "values": {"budget": "5 000"},
            "external_id": "a-1",
        },
    )
    assert status == 201
    assert (made["amount"], made["values"], made["stage"]) == (
        "1200.50",
        {"budget": "5000.00"},
        "s1",
    )
    status, changed = owner.call("PATCH", f"/items/{made['id']}", {"title": "Hall"})
    assert (status, changed["title"], changed["amount"]) == (200, "Hall", "1200.50")
    status, listed = owner.call("GET", f"/items?pipeline={pipeline.code}&external_id=a-1")
    assert [i["id"] for i in listed["items"]] == [made["id"]]
    assert owner.call("GET", f"/items/{made['id']}")[1] == changed


def test_a_counted_field_is_read_and_filtered_but_never_written(caller):
    owner, pipeline = caller(), make_pipeline()
    kind = pipeline.item_type
    make_field(kind, "cost", "money")
    spec = FieldSpec(
        kind.code, "main", "margin", LocalText("margin"), "money", formula="amount - cost"
    )
    save_field(spec, by=SYSTEM)
    body = {
        "pipeline": pipeline.code, "title": "Kitchen", "amount": "100", "values": {"cost": "30"},
    }  # fmt: skip
    _status, made = owner.call("POST", "/items", body)
    assert made["values"] == {"cost": "30.00", "margin": "70.00"}
    status, refused = owner.call("PATCH", f"/items/{made['id']}", {"values": {"margin": "1"}})
    assert (status, refused["code"]) == (422, "invalid")
    assert "margin" in refused["fields"]
    _status, changed = owner.call("PATCH", f"/items/{made['id']}", {"values": {"cost": "50"}})
    assert changed["values"]["margin"] == "50.00"
    fields = {f["code"]: f["formula"] for f in owner.call("GET", "/fields")[1]}
    assert (fields["margin"], fields["cost"]) == ("amount - cost", "")


def test_a_closed_gate_says_in_machine_form_what_it_wants(caller):
    owner, pipeline = caller(), make_pipeline(reasons=True)
    make_field(pipeline.item_type, "budget", "money")
    pipeline.stages.filter(code="s2").update(required=["budget"])
    item = make_item(pipeline)
    status, refused = owner.call("POST", f"/items/{item.pk}/move", {"stage": "s2"})
    assert status == 422
    assert (refused["code"], refused["missing"]) == ("gate", ["budget"])
    assert "budget" in refused["fields"]
    status, moved = owner.call(
        "POST", f"/items/{item.pk}/move", {"stage": "s2", "values": {"budget": "7"}}
    )
    assert (status, moved["stage"]) == (200, "s2")
    status, refused = owner.call("POST", f"/items/{item.pk}/move", {"stage": "lost"})
    assert (status, refused["needs_reason"]) == (422, True)
    reason = pipeline.loss_reasons.get()
    status, lost = owner.call(
        "POST",
        f"/items/{item.pk}/move",
        {"stage": "lost", "loss_reason": reason.code, "loss_told_by": "client"},
    )
    assert (status, lost["loss_reason"]) == (200, reason.code)
    assert lost["loss_told_by"] == "client"
    assert lost["closed_at"]


def test_who_closes_a_card_may_say_what_becomes_of_its_open_tasks(caller):
    owner = caller()
    tasks = {}
    for choice in (None, "keep"):
        item = make_item()
        plan = Plan("task", "Позвонить", None)
        tasks[choice] = plan_activity(plan, by=Actor.system(), item_id=item.pk)
        body = {"stage": "lost", "open_tasks": choice}
        assert owner.call("POST", f"/items/{item.pk}/move", body)[0] == 200
    status, _refused = owner.call(
        "POST", f"/items/{make_item().pk}/move", {"stage": "won", "open_tasks": "burn"}
    )
    assert status == 422
    ended = {c: Activity.objects.get(pk=t.pk).outcome for c, t in tasks.items()}
    assert ended == {None: "cancelled", "keep": ""}


def test_a_stale_move_is_a_conflict(caller):
    owner, item = caller(), make_item()
    owner.call("POST", f"/items/{item.pk}/move", {"stage": "s2"})
    status, refused = owner.call(
        "POST", f"/items/{item.pk}/move", {"stage": "s3", "seen_stage": "s1"}
    )
    assert (status, refused["code"]) == (409, "conflict")


def test_the_same_idempotency_key_makes_one_card_and_answers_the_same(caller):
    owner, pipeline = caller(), make_pipeline()
    body = {"pipeline": pipeline.code, "title": "Once"}
    first = owner.call("POST", "/items", body, **{"Idempotency-Key": "k1"})
    again = owner.call("POST", "/items", body, **{"Idempotency-Key": "k1"})
    assert first == again
    assert Item.objects.count() == 1
    other = owner.call("POST", "/items", {**body, "title": "Else"}, **{"Idempotency-Key": "k1"})
    assert (other[0], other[1]["code"]) == (409, "idempotency_key_reused")
    assert StageVisit.objects.count() == 1


def test_a_refused_request_leaves_its_key_free(caller):
    owner, pipeline = caller(), make_pipeline()
    wrong = {"pipeline": pipeline.code, "title": " "}
    assert owner.call("POST", "/items", wrong, **{"Idempotency-Key": "k"})[0] == 422
    right = {"pipeline": pipeline.code, "title": "Now"}
    assert owner.call("POST", "/items", right, **{"Idempotency-Key": "k"})[0] == 201


def test_bulk_answers_for_every_card_by_itself(caller):
    owner, pipeline = caller(), make_pipeline()
    cards = [{"pipeline": pipeline.code, "title": t} for t in ("A", "", "C")]
    status, answer = owner.call("POST", "/items/bulk", {"items": cards})
    assert status == 200
    assert [bool(r["item"]) for r in answer["results"]] == [True, False, True]
    assert answer["results"][1]["error"]["code"] == "invalid"


def test_pages_follow_each_other_without_gap_or_double(caller):
    owner, pipeline = caller(), make_pipeline()
    made = [make_item(pipeline).pk for _ in range(7)]
    seen, cursor = [], ""
    while True:
        _status, answer = owner.call("GET", f"/items?limit=3&cursor={cursor}")
        seen += [i["id"] for i in answer["items"]]
        cursor = answer["next"]
        if not cursor:
            break
    assert seen == sorted(made, reverse=True)


def test_a_list_costs_the_same_queries_whatever_its_length(caller, django_assert_max_num_queries):
    owner, pipeline = caller("manager"), make_pipeline()
    for _ in range(12):
        make_item(pipeline, owner=owner.user)
    owner.call("GET", "/items")
    with django_assert_max_num_queries(6):
        assert len(owner.call("GET", "/items")[1]["items"]) == 12


def test_a_manager_sees_and_touches_only_own_cards(caller):
    manager, pipeline = caller("manager"), make_pipeline()
    own = make_item(pipeline, owner=manager.user)
    other = make_item(pipeline, owner=make_user("manager"))
    assert [i["id"] for i in manager.call("GET", "/items")[1]["items"]] == [own.pk]
    assert manager.call("GET", f"/items/{other.pk}")[0] == 404
    assert manager.call("POST", f"/items/{other.pk}/move", {"stage": "s2"})[0] == 404
    assert manager.call("DELETE", f"/items/{own.pk}")[0] == 403


def test_a_lead_is_converted_over_http(caller):
    owner = caller()
    lead = make_item(make_pipeline(make_item_type("lead")), title="Lead")
    deals = make_pipeline()
    status, deal = owner.call("POST", f"/items/{lead.pk}/convert", {"pipeline": deals.code})
    assert (status, deal["title"], deal["pipeline"]) == (201, "Lead", deals.code)


def test_the_history_of_stages_can_be_read(caller):
    owner, pipeline = caller(), make_pipeline()
    make_reason(pipeline)
    item = make_item(pipeline)
    owner.call("POST", f"/items/{item.pk}/move", {"stage": "s3"})
    _status, visits = owner.call("GET", f"/items/{item.pk}/visits")
    assert [(v["stage"], v["jump"]) for v in visits] == [("s1", False), ("s2", True), ("s3", False)]
    assert visits[-1]["how"] == "api"


def test_what_elements_say_together_can_be_read_and_holds_the_card_back(caller):
    owner, pipeline = caller(), make_pipeline()
    works = make_pipeline(make_item_type("custom"))
    make_field(works.item_type, "ready_on", "date")
    text = {"en": "All is ready"}
    rows = [{"code": "all", "text": text, "check": f"elements:{works.item_type.code}"}]
    pipeline.stages.filter(code="s1").update(exit_criteria=rows)
    deal, part = make_item(pipeline), make_item(works, title="Hall", ready_on="2026-12-20")
    link_items(deal.pk, part.pk, by=SYSTEM, kind=ItemLink.Kind.PART)
    status, rolls = owner.call("GET", f"/items/{deal.pk}/elements")
    assert status == 200
    day = {"field": "ready_on", "first": "2026-12-20", "last": "2026-12-20", "filled": 1}
    assert rolls == [
        {
            "item_type": works.item_type.code,
            "all": 1,
            "ready": 0,
            "share_ready": 0.0,
            "blocked": 0,
            "dates": [day],
        }
    ]
    status, refused = owner.call("POST", f"/items/{deal.pk}/move", {"stage": "s2"})
    assert (status, refused["criteria"]) == (422, ["all"])
    assert "Hall" in refused["detail"]


def test_a_program_reads_the_touches_and_names_the_deciding_one(caller):
    me = caller("manager")
    item = make_item(owner=me.user)
    for days in (3, 1):
        add_touch(item.pk, source_id=None, at=timezone.now() - timedelta(days=days))
    status, touches = me.call("GET", f"/items/{item.pk}/touches")
    assert (status, [t["deciding"] for t in touches]) == (200, [False, True])
    path = f"/items/{item.pk}/touches/{touches[0]['id']}/deciding"
    status, named = me.call("POST", path)
    assert (status, named["deciding"]) == (200, True)
    other = make_item(item.pipeline, owner=me.user)
    path = f"/items/{other.pk}/touches/{touches[0]['id']}/deciding"
    assert me.call("POST", path)[0] == 404
