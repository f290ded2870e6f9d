"""Stages: kinds, order, passport, and what the method refuses or advises."""

from dataclasses import replace

import pytest

from tests.pipelines.factories import SYSTEM, make_field, make_pipeline, make_stage, text
from voronka.journal.models import Event
from voronka.pipelines import rules
from voronka.pipelines.commands.pipelines import require_finished, save_pipeline
from voronka.pipelines.commands.stages import reorder_stages, require_from, save_stage
from voronka.pipelines.errors import InvalidSetup, NoSuchPart, Unfinished
from voronka.pipelines.models import Pipeline, Stage
from voronka.pipelines.queries import advice, asked_from, stages_of
from voronka.pipelines.specs import Criterion, Objection, PipelineSpec, StageSpec

pytestmark = pytest.mark.django_db


def codes(pipeline):
    return [stage.code for stage in pipeline.stages.all()]


def test_a_new_funnel_can_take_cards_at_once():
    pipeline = make_pipeline()
    require_finished(pipeline)
    assert [(s.code, s.kind) for s in pipeline.stages.all()] == [
        ("new", "open"),
        ("won", "won"),
        ("lost", "lost"),
    ]
    assert pipeline.stages.get(code="won").name == text("Успех", "Won")


def test_a_new_stage_stands_behind_the_others_in_work_and_before_won():
    pipeline = make_pipeline(stages=["contact", "offer"])
    assert codes(pipeline) == ["new", "contact", "offer", "won", "lost"]


def test_the_order_is_what_was_asked_for_but_won_and_lost_stay_at_the_end():
    pipeline = make_pipeline(stages=["contact", "offer"])
    reorder_stages("retail", ["won", "offer", "new", "contact", "lost"], by=SYSTEM)
    assert codes(pipeline) == ["offer", "new", "contact", "won", "lost"]


def test_an_order_with_an_unknown_or_repeated_stage_is_refused():
    make_pipeline(stages=["offer"])
    for order in (["offer", "elsewhere"], ["offer", "offer"]):
        with pytest.raises(InvalidSetup):
            reorder_stages("retail", order, by=SYSTEM)


def test_saving_the_same_stage_twice_writes_and_records_nothing():
    pipeline = make_pipeline()
    make_stage(pipeline, "offer", goal=text("Согласовать"))
    before = Event.objects.count()
    make_stage(pipeline, "offer", goal=text("Согласовать"))
    assert Event.objects.count() == before


def test_a_change_is_recorded_with_what_it_was_and_what_it_is():
    pipeline = make_pipeline()
    stage = make_stage(pipeline, "offer")
    make_stage(pipeline, "offer", deadline_minutes=60)
    event = Event.objects.filter(verb="stage.changed", subject_id=stage.pk).latest("id")
    assert event.diff["changes"] == {"deadline_minutes": [None, 60]}
    assert event.pipeline_id == pipeline.pk


def test_a_funnel_has_one_won_stage():
    pipeline = make_pipeline()
    with pytest.raises(InvalidSetup, match=r"Успех|Won"):
        make_stage(pipeline, "paid", kind="won")


def test_the_last_won_and_the_last_lost_stage_stay_what_they_are():
    pipeline = make_pipeline()
    for code in ("won", "lost"):
        spec = StageSpec.of(pipeline.stages.get(code=code))
        with pytest.raises(InvalidSetup) as refusal:
            save_stage(replace(spec, kind="open"), by=SYSTEM)
        assert "kind" in refusal.value.fields


def test_a_funnel_without_won_or_lost_is_unfinished():
    make_pipeline()
    bare = save_pipeline(PipelineSpec("bare", "deal", text("Пустая")), by=SYSTEM)
    with pytest.raises(Unfinished):
        require_finished(bare)


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("code", "Новая"),
        ("code", "x" * 61),
        ("name", text("")),
        ("name", text("я" * 81)),
        ("color", "#ff0000"),
        ("kind", "done"),
        ("deadline_minutes", 0),
        ("deadline_minutes", 366 * 24 * 60 + 1),
        ("required", ("nothing_such",)),
        ("required", ("amount", "amount")),
        ("steps", (text(""),)),
        ("objections", (Objection(text("Дорого"), text("")),)),
        ("exit_criteria", (Criterion("a", text("")),)),
        ("exit_criteria", (Criterion("a", text("Да"), check="telepathy"),)),
        ("exit_criteria", (Criterion("a", text("Да"), check="field:nothing"),)),
        ("exit_criteria", (Criterion("a", text("Да")), Criterion("a", text("Нет")))),
    ],
)
def test_a_wrong_part_of_a_stage_is_named_in_the_refusal(part, value):
    pipeline = make_pipeline()
    with pytest.raises(InvalidSetup) as refusal:
        make_stage(pipeline, **{"code": "offer", part: value})
    assert list(refusal.value.fields) == [part]
    assert not pipeline.stages.filter(code="offer").exists()


def test_won_and_lost_have_no_deadline_and_are_not_the_key_stage():
    pipeline = make_pipeline()
    spec = StageSpec.of(pipeline.stages.get(code="lost"))
    for change in ({"deadline_minutes": 60}, {"key": True}):
        with pytest.raises(InvalidSetup):
            save_stage(replace(spec, **change), by=SYSTEM)


def test_a_stage_may_ask_for_own_fields_and_for_what_every_card_has():
    pipeline = make_pipeline()
    make_field("budget")
    stage = make_stage(pipeline, "offer", required=("budget", "amount", "client", "next_step"))
    assert stage.required == ["budget", "amount", "client", "next_step"]


def test_a_type_without_an_amount_has_no_amount_to_ask_for():
    from tests.pipelines.factories import make_type

    make_type("hiring", kind="custom", has_amount=False, has_lines=False)
    pipeline = make_pipeline("staff", "hiring")
    with pytest.raises(InvalidSetup, match="amount"):
        make_stage(pipeline, "offer", required=("amount",))


def test_criteria_may_be_proved_by_a_field_the_card_or_the_work_on_it():
    pipeline = make_pipeline()
    make_field("budget")
    checks = ["manual", "field:budget", "lines", "file", "client_reachable"]
    checks += ["call", "meeting", "task", "note"]
    criteria = tuple(Criterion(f"c{n}", text("Да"), check=c) for n, c in enumerate(checks))
    assert len(make_stage(pipeline, "offer", exit_criteria=criteria).exit_criteria) == 9


def test_an_unknown_role_or_funnel_is_named():
    pipeline = make_pipeline()
    with pytest.raises(NoSuchPart, match="wizard"):
        make_stage(pipeline, "offer", responsible="role:wizard")
    with pytest.raises(NoSuchPart, match="elsewhere"):
        save_stage(StageSpec("elsewhere", "offer", text("КП")), by=SYSTEM)


def test_a_field_is_asked_from_one_stage_on_and_moving_that_moves_the_demand():
    pipeline = make_pipeline(stages=["contact", "offer"])
    make_field("budget")
    require_from("deal", "budget", {"retail": "contact"}, by=SYSTEM)
    assert asked_from(pipeline.item_type, "budget") == {"retail": "contact"}
    require_from("deal", "budget", {"retail": "offer"}, by=SYSTEM)
    assert asked_from(pipeline.item_type, "budget") == {"retail": "offer"}
    assert pipeline.stages.get(code="contact").required == []
    require_from("deal", "budget", {"retail": None}, by=SYSTEM)
    assert asked_from(pipeline.item_type, "budget") == {}


def test_the_passport_is_complete_when_all_its_parts_are_filled():
    stage = Stage(kind="open")
    assert rules.passport_completeness(stage) == 0
    stage.goal = text("Узнать потребность")
    stage.steps = [{"ru": "Позвонить"}]
    assert rules.passport_completeness(stage) == 2 / 8
    assert "deadline_minutes" in rules.passport_gaps(stage)


def advised(pipeline):
    pipeline = Pipeline.objects.select_related("item_type").get(pk=pipeline.pk)
    return {a.code: a.stages for a in advice(pipeline, stages_of(pipeline))}


def test_more_than_fifteen_stages_bring_the_advice_to_split():
    pipeline = make_pipeline(stages=[f"s{n}" for n in range(14)])
    assert "too_many_stages" not in advised(pipeline)
    make_stage(pipeline, "s15")
    assert "too_many_stages" in advised(pipeline)


def test_a_lead_funnel_of_more_than_four_stages_is_a_funnel_in_the_wrong_place():
    pipeline = make_pipeline("leads", "lead", ["a1", "a2", "a3"], purpose="qualification")
    assert "lead_too_long" not in advised(pipeline)
    make_stage(pipeline, "a4")
    assert "lead_too_long" in advised(pipeline)


def test_a_selling_funnel_wants_a_key_stage_deadlines_and_goals():
    pipeline = make_pipeline(stages=["measured"])
    found = advised(pipeline)
    assert "no_key_stage" in found
    assert found["no_deadline"] == ("new", "measured") == found["no_goal"]
    make_stage(pipeline, "measured", key=True, deadline_minutes=60, goal=text("Замер"))
    found = advised(pipeline)
    assert "no_key_stage" not in found
    assert found["no_deadline"] == ("new",)


@pytest.mark.parametrize("name", ["Готовим предложение", "Ожидание решения", "Обрабатываем"])
def test_a_work_in_progress_among_results_is_pointed_at(name):
    pipeline = make_pipeline(stages=["offer"])
    make_stage(pipeline, "offer", name=text("КП отправлено"))
    assert "mixed_naming" not in advised(pipeline)
    make_stage(pipeline, "other", name=text(name))
    assert advised(pipeline)["mixed_naming"] == ("other",)
