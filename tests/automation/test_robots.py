"""Saving robots: what is refused and where, circles, order, taking away and coming back."""

from dataclasses import replace

import pytest
from django.utils.translation import override

from tests.automation.factories import TELL, make_robot, robot_spec
from tests.factories import SYSTEM, make_field, make_item_type, make_pipeline, stage
from tests.people.factories import make_role, make_user
from voronka.automation.commands import remove_robot, reorder_robots, save_robot, switch_robot
from voronka.automation.errors import EndlessCircle, NoSuchRobot
from voronka.automation.models import Robot
from voronka.automation.naming import RobotNames
from voronka.automation.specs import ActionSpec, Limits, Quiet, RobotSpec
from voronka.automation.words import say
from voronka.items.commands.inheriting import remove_stage
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.errors import Forbidden
from voronka.kernel.texts import LocalText
from voronka.pipelines.errors import InvalidSetup, NoSuchPart

pytestmark = pytest.mark.django_db


def test_a_saved_robot_reads_back_as_its_spec():
    pipeline = make_pipeline()
    spec = robot_spec(
        stage(pipeline, "s1"),
        "deadline",
        ("auto_task", {"due": "4h"}),
        settings={"percent": 80},
        conditions={"all": [{"fact": "amount", "op": "greater", "value": 5}]},
        limits=Limits(per_card=2),
    )
    row = save_robot(spec, by=SYSTEM)
    again = RobotSpec.of(Robot.objects.select_related("item_type", "pipeline", "stage").get())
    assert again == spec
    assert save_robot(spec, by=SYSTEM).changed_at == row.changed_at
    assert Event.objects.filter(verb__startswith="robot.").count() == 1


def test_a_tunnel_into_its_own_funnel_is_refused_at_save_however_it_is_written():
    pipeline, other = make_pipeline(), make_pipeline()
    for to in ("s1", f"{pipeline.code}/s1"):
        with pytest.raises(InvalidSetup) as refusal:
            save_robot(robot_spec(pipeline, "won", ("tunnel", {"to": to})), by=SYSTEM)
        assert set(refusal.value.fields) == {"actions.0.to"}
    save_robot(robot_spec(pipeline, "won", ("tunnel", {"to": f"{other.code}/s1"})), by=SYSTEM)


def test_only_who_may_set_up_saves_robots():
    pipeline = make_pipeline()
    with pytest.raises(Forbidden):
        save_robot(robot_spec(pipeline), by=Actor.user(make_user()))


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"code": "Bad code"}, "code"),
        ({"name": LocalText()}, "name"),
        ({"trigger": "moonrise"}, "trigger"),
        ({"trigger": "deadline", "settings": {"percent": 0}}, "settings.percent"),
        ({"settings": {"colour": 1}}, "settings.colour"),
        ({"on_leave": "explode"}, "on_leave"),
        ({"actions": ()}, "actions"),
        ({"actions": (ActionSpec("sing"),)}, "actions.0"),
        ({"actions": (ActionSpec("notify", {}),)}, "actions.0.text"),
        ({"actions": (ActionSpec("notify", {"text": "x", "who": ["boss"]}),)}, "actions.0.who.0"),
        (
            {"actions": (ActionSpec("notify", {"text": "x", "who": ["role:nobody"]}),)},
            "actions.0.who.0",
        ),
        ({"actions": (ActionSpec("move_stage", {"to": "s9"}),)}, "actions.0.to"),
        ({"actions": (ActionSpec("change_field", {"field": "nope"}),)}, "actions.0.field"),
        ({"actions": (ActionSpec("stop_robots", {"robots": ["x"]}),)}, "actions.0.robots.0"),
        ({"actions": (ActionSpec("wait", {"event": "deadline"}),)}, "actions.0.event"),
        ({"conditions": {"fact": "nope", "op": "filled"}}, "conditions.fact"),
        ({"conditions": {"all": [{"fact": "amount"}]}}, "conditions.all.0"),
        ({"quiet": Quiet()}, None),
        ({"limits": Limits(per_card=0)}, "limits"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(change, place):
    spec = replace(robot_spec(make_pipeline()), **change)
    if place is None:
        save_robot(spec, by=SYSTEM)
        return
    with pytest.raises(InvalidSetup) as refusal:
        save_robot(spec, by=SYSTEM)
    assert list(refusal.value.fields) == [place]


def test_a_stage_of_another_funnel_is_no_place():
    pipeline = make_pipeline()
    with pytest.raises(NoSuchPart):
        save_robot(replace(robot_spec(pipeline), stage="s77"), by=SYSTEM)
    with pytest.raises(NoSuchPart):
        save_robot(replace(robot_spec(pipeline), pipeline=None, stage="s1"), by=SYSTEM)


def test_a_robot_that_wakes_itself_at_once_is_refused():
    pipeline = make_pipeline()
    with pytest.raises(EndlessCircle):
        make_robot(
            pipeline, "field_changed", ("change_field", {"field": "title", "value": "{title}!"})
        )
    make_robot(
        pipeline,
        "field_changed",
        ("change_field", {"field": "title", "value": "{title}!"}),
        settings={"fields": ["amount"]},
    )


def test_robots_that_wake_each_other_are_refused_with_the_whole_path():
    item_type = make_item_type()
    make_field(item_type, "a")
    make_field(item_type, "b")
    pipeline = make_pipeline(item_type)
    make_robot(
        pipeline,
        "field_changed",
        ("change_field", {"field": "b", "value": "{field.a}"}),
        settings={"fields": ["a"]},
        code="first",
    )
    back = robot_spec(
        pipeline,
        "field_changed",
        ("change_field", {"field": "a", "value": "{field.b}"}),
        settings={"fields": ["b"]},
        code="second",
    )
    with pytest.raises(EndlessCircle, match=r"second.*first.*second"):
        save_robot(back, by=SYSTEM)
    slow = replace(back, delay=robot_spec(pipeline, delay="1h").delay)
    save_robot(slow, by=SYSTEM)
    off = replace(back, enabled=False)
    row = save_robot(off, by=SYSTEM)
    with pytest.raises(EndlessCircle):
        switch_robot(row.pk, on=True, by=SYSTEM)


def test_a_robot_taken_away_comes_back_by_its_code():
    pipeline = make_pipeline()
    spec = robot_spec(pipeline)
    row = save_robot(spec, by=SYSTEM)
    remove_robot(row.pk, by=SYSTEM)
    assert not Robot.objects.alive().exists()
    with pytest.raises(NoSuchRobot):
        remove_robot(row.pk, by=SYSTEM)
    assert save_robot(spec, by=SYSTEM).pk == row.pk
    assert Robot.objects.alive().exists()


def test_robots_stand_in_the_given_order():
    pipeline = make_pipeline()
    make_robot(pipeline, code="a")
    make_robot(pipeline, code="b")
    reorder_robots(pipeline.item_type.code, ["b", "a"], by=SYSTEM)
    assert list(Robot.objects.values_list("code", flat=True)) == ["b", "a"]


def test_a_robot_goes_with_its_stage():
    pipeline = make_pipeline()
    first, second = stage(pipeline, "s1"), stage(pipeline, "s2")
    make_robot(first, "stage_entered")
    remove_stage(first.pk, heir_id=second.pk, by=SYSTEM)
    assert not Robot.objects.alive().exists()


def test_a_robot_reads_as_a_sentence():
    pipeline = make_pipeline()
    robot = make_robot(
        stage(pipeline, "s1"),
        "stage_entered",
        TELL,
        ("move_stage", {"to": "s2"}),
        conditions={"fact": "amount", "op": "at_least", "value": 1000},
        delay="3d calendar",
    )
    with override("en"):
        sentence = str(say(robot, RobotNames(pipeline.item_type, pipeline)))
    assert sentence == (
        "When a card came to the stage, if “Amount” is at least 1,000, 3 days of calendar time"
        " later: tell the responsible person: “Смотри: ‹Title›”; move the card to “Step 2”."
    )


def test_people_and_facts_are_called_as_the_language_wants_it():
    pipeline = make_pipeline()
    make_role("sellers", rights=["control"])
    robot = make_robot(
        stage(pipeline, "s1"),
        "stage_entered",
        ("notify", {"who": ["owner", "head"], "text": "Смотри: {title} {nonsense}"}),
        ("auto_task", {"who": "role:sellers", "title": "Позвонить: {title}", "due": "2d"}),
        ("schedule_activity", {"kind": "call", "title": "Спросить", "due": "4h"}),
        ("assign", {"to": "head"}),
    )
    with override("ru"):
        told, task, call, handed = say(robot, RobotNames(pipeline.item_type, pipeline)).actions
    assert told == "уведомить ответственного, РОПа: «Смотри: ‹Название› {nonsense}»"
    assert task == (
        "поставить одному из сотрудников с ролью «Роль» задачу «Позвонить: ‹Название›»,"
        " срок — 2 рабочих дня"
    )
    assert call == "запланировать ответственному звонок «Спросить», срок — 4 часа"
    assert handed.startswith("передать карточку РОПу")
