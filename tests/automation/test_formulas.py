"""Robots that count: the formula is checked when saved, its value told by the run (RB-12)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone
from django.utils.translation import override

from tests.automation.factories import make_robot, robot_spec
from tests.clients.factories import make_client
from tests.factories import SYSTEM, make_field, make_item, make_item_type, make_pipeline, stage
from tests.people.factories import make_user
from voronka.automation.checking import check
from voronka.automation.facts import fact_specs
from voronka.automation.formulas import STEADY
from voronka.automation.models import Robot, RobotRun
from voronka.automation.naming import RobotNames
from voronka.automation.registry import Foreseen
from voronka.automation.rehearsing import foretold, rehearse
from voronka.automation.words import say, tell
from voronka.automation.worker import drain
from voronka.items.commands import edit_item, move_item
from voronka.items.models import Item
from voronka.pipelines.errors import InvalidSetup
from voronka.pipelines.models import ItemType, LossReason

pytestmark = pytest.mark.django_db
ROOMS = [{"code": "small", "name": {"ru": "Малая"}}, {"code": "big", "name": {"ru": "Большая"}}]


@pytest.fixture
def pipeline():
    pipeline = make_pipeline()
    for code, kind in (
        ("budget", "money"), ("area", "number"), ("visit", "date"), ("note", "text"),
        ("urgent", "boolean"), ("met", "datetime"), ("helper", "user"),
    ):  # fmt: skip
        make_field(pipeline.item_type, code, kind)
    make_field(pipeline.item_type, "room", "list", options=ROOMS)
    make_field(pipeline.item_type, "rooms", "multi_list", options=ROOMS)
    return pipeline


def counted(pipeline, field, formula, **card):
    """Let a robot count a field of a new card; return the card and the run."""
    make_robot(pipeline, "created", ("change_field", {"field": field, "formula": formula}))
    item = make_item(pipeline, **card)
    drain()
    return Item.objects.get(pk=item.pk), RobotRun.objects.get(item=item)


def wrong(pipeline, field, formula):
    spec = robot_spec(pipeline, "created", ("change_field", {"field": field, "formula": formula}))
    found = check(spec, item_type=pipeline.item_type, pipeline=pipeline, stage=None)
    return {place: str(sentence) for place, sentence in found.problems.items()}


@pytest.mark.parametrize(
    ("field", "formula", "gives"),
    [
        ("budget", "amount * 90%", "90000.00"),
        ("budget", "= round(field.area * 1000, 0)", "12500.00"),
        ("area", "if(client.purchases = 0, amount / 2, area)", 50000),
        ("note", 'title & ": " & client.name', "Кухня: Анна"),
        ("room", 'if(amount > 50000, "big", "small")', "big"),
        ("rooms", '"big"', ["big"]),
        ("urgent", 'owner.absent or stage_kind = "open" and not repeat', True),
        ("visit", "date(created_at) + 3d", "2026-03-07"),
        ("met", "created_at + 2h", "2026-03-04T11:00:00+00:00"),
        ("area", 'days_between(created_at, 2026-12-31) - if(now.hour > 99, 1, 0)', 302),
    ],
)  # fmt: skip
def test_a_robot_counts_a_field(pipeline, field, formula, gives):
    client = make_client(first_name="Анна", name="Анна")
    item, run = counted(
        pipeline,
        field,
        formula,
        title="Кухня",
        amount=100000,
        area="12.5",
        contact=client.pk,
        at=datetime(2026, 3, 4, 9, tzinfo=UTC),
    )
    assert item.values[field] == gives
    assert run.explanation["actions"][0]["ok"]


def test_today_counts_in_a_robot(pipeline):
    before = timezone.localdate()
    item, _run = counted(pipeline, "visit", "today() + 1w")
    days = (before, timezone.localdate())  # two of them at midnight
    assert date.fromisoformat(item.values["visit"]) - timedelta(days=7) in days


def test_the_run_tells_what_was_counted(pipeline):
    _item, run = counted(pipeline, "budget", "=amount * 10%", amount=5000)
    with override("en"):
        story = str(tell(run, RobotNames(pipeline.item_type, pipeline)))
        assert "counted amount * 10% and wrote: 500.00" in story
    with override("ru"):
        names = RobotNames(pipeline.item_type, pipeline)
        assert "посчитано по формуле «amount * 10%» и записано: 500.00" in str(tell(run, names))
        said = str(say(run.robot, names))
        assert "записать результат формулы «amount * 10%» в «budget»" in said


def test_no_value_leaves_the_field_alone_and_says_so(pipeline):
    item, run = counted(pipeline, "budget", "amount / (area - 5)", area=5, amount=10, budget=7)
    assert item.values["budget"] == "7.00"
    assert run.explanation["actions"][0]["nothing"]


def test_what_the_door_refuses_is_told(pipeline):
    item, run = counted(pipeline, "budget", "amount - 100", amount=10)
    assert "budget" not in item.values
    assert not run.explanation["actions"][0]["ok"]


@pytest.mark.parametrize(
    ("field", "formula", "said"),
    [
        ("budget", "amount * budged", "Column 10: There is no field “budged”. Perhaps “budget”"),
        ("budget", "title", "The formula gives text, and money is wanted."),
        ("room", 'if(urgent, "big", "huge")', "The list has no choice “huge”"),
        ("rooms", '"huge"', "The list has no choice “huge”"),
        ("helper", "owner", "This field can't be counted by a formula."),
        ("source", '"site"', "This field can't be counted by a formula."),
        ("visit", "created_at", "Make it a day by date(…)."),
        ("area", "visit - today()", "Make it a number by days(…)"),
        ("area", "elements + 1", "There is no field “elements”"),
    ],
)
def test_a_formula_that_makes_no_sense_is_refused_when_saved(pipeline, field, formula, said):
    with override("en"):
        problems = wrong(pipeline, field, formula)
        assert said in problems["actions.0.formula"]
        with pytest.raises(InvalidSetup):
            make_robot(pipeline, "created", ("change_field", {"field": field, "formula": formula}))


def test_a_value_and_a_formula_are_not_given_together(pipeline):
    settings = {"field": "area", "value": 5, "formula": "amount * 1"}
    spec = robot_spec(pipeline, "created", ("change_field", settings))
    found = check(spec, item_type=pipeline.item_type, pipeline=pipeline, stage=None)
    assert "actions.0" in found.problems


def test_a_trial_says_what_would_be_written(pipeline):
    robot = make_robot(
        pipeline, "button", ("change_field", {"field": "budget", "formula": "amount * 2"})
    )
    item = make_item(pipeline, amount=600)
    with override("en"):
        names = RobotNames(pipeline.item_type, pipeline)
        said = [str(line) for line in foretold(robot, item, names, Foreseen(timezone.now()))]
        assert said == ["Would write 1,200 into “budget”."]
        robot.actions = [{"action": "change_field", "with": {"field": "area", "formula": "areas"}}]
        lines = foretold(robot, item, names, Foreseen(timezone.now()))
        assert "Column 1: There is no field “areas”." in str(lines[0])


def test_a_rehearsal_says_what_would_have_been_written_then(pipeline):
    settings = {"field": "budget", "formula": "amount * 2 + area"}
    robot = make_robot(pipeline, "stage_entered", ("change_field", settings))
    item = make_item(pipeline, amount=600, area=5)
    move_item(item.pk, to=stage(pipeline, "s2"), by=SYSTEM)
    edit_item(item.pk, {"amount": 1000, "area": 7}, by=SYSTEM)
    move_item(item.pk, to=stage(pipeline, "s3"), by=SYSTEM)
    robot = Robot.objects.select_related("item_type", "pipeline", "stage").get(pk=robot.pk)
    with override("en"):
        said = [
            [str(line) for line in row.would] for row in rehearse(robot, make_user("owner")).rows
        ]
    assert said[0] == ["Would write 2,007 into “budget”."]
    assert said[1] == ["Would write 1,205 into “budget”."]
    assert not Item.objects.get(pk=item.pk).values.get("budget")


def test_a_formula_of_a_field_that_is_gone_refuses_and_breaks_nothing(pipeline):
    make_robot(pipeline, "created", ("change_field", {"field": "budget", "formula": "area * 2"}))
    pipeline.item_type.fields.filter(code="area").update(archived=True)
    item = make_item(pipeline)
    drain()
    run = RobotRun.objects.get(item=item)
    assert not run.explanation["actions"][0]["ok"]


def test_what_a_file_may_name_is_what_facts_there_are():
    kind = make_item_type(grade_rule={"fields": ["x"], "a": 2, "b": 1})
    LossReason.objects.create(pipeline=make_pipeline(kind), code="dear", name={"ru": "Дорого"})
    specs = fact_specs(ItemType.objects.get(pk=kind.pk)).values()
    known = {s.code: s.kind for s in specs if s.kind != "related"}
    assert known == STEADY


def test_a_counted_field_is_not_written_by_robots(pipeline):
    make_field(pipeline.item_type, "double", "money", formula="amount * 2")
    spec = robot_spec(pipeline, "created", ("change_field", {"field": "double", "value": 1}))
    with override("en"):
        found = check(spec, item_type=pipeline.item_type, pipeline=pipeline, stage=None)
        assert "counted by its formula" in str(found.problems["actions.0.field"])
