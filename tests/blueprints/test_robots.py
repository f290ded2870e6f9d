"""Robots in the file: mistakes at their lines, one form for one meaning, the plan, the apply."""

import pytest

from tests.blueprints.setups import furnish
from tests.people.factories import make_user
from voronka.automation.models import HighValue, Robot
from voronka.blueprints import ready_companies
from voronka.blueprints.commands import apply
from voronka.blueprints.errors import BrokenBlueprint
from voronka.blueprints.plans import plan
from voronka.blueprints.published import json_schema
from voronka.blueprints.queries import current, export
from voronka.blueprints.reading import examine, read
from voronka.journal.actors import Actor

BY = Actor.system("test")
COMPANY = ready_companies.text("minimal")
FURNITURE = ready_companies.text("furniture")
ROBOTS = COMPANY[COMPANY.index("\nrobots:") :]
REST = COMPANY[: COMPANY.index("\nrobots:")]
BRANCH = """    pipeline: sales
    trigger: created
    actions:
      - branch:
          conditions: {{fact: {fact}, op: filled}}
          otherwise:
            - {action}
"""
IN_BRANCH = "robots.one.actions.0.branch"


def with_robot(text):
    return f"{REST}\nrobots:\n  one:\n    name: Один\n    type: deal\n{text}"


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("    trigger: moonrise\n    actions: [{auto_task: {}}]\n", "robots.one.trigger"),
        ("    trigger: created\n    actions: [{sing: {}}]\n", "robots.one.actions.0"),
        (
            "    trigger: created\n    actions:\n      - notify: {who: [owner]}\n",
            "robots.one.actions.0.notify.text",
        ),
        (
            "    trigger: created\n    actions:\n      - tunnel: {to: refusals/nowhere}\n",
            "robots.one.actions.0.tunnel.to",
        ),
        (
            "    trigger: created\n    actions:\n      - change_field: {field: colour}\n",
            "robots.one.actions.0.change_field.field",
        ),
        (
            "    trigger: deadline\n    settings: {percent: 0}\n    actions: [{auto_task: {}}]\n",
            "robots.one.settings.percent",
        ),
        (
            "    trigger: created\n    conditions: {fact: field.nope, op: filled}\n"
            "    actions: [{auto_task: {}}]\n",
            "robots.one.conditions",
        ),
        (
            "    trigger: created\n    conditions: {all: [{fact: amount}]}\n"
            "    actions: [{auto_task: {}}]\n",
            "robots.one.conditions.all.0",
        ),
        (
            "    pipeline: sales\n    stage: nowhere\n    trigger: created\n"
            "    actions: [{auto_task: {}}]\n",
            "robots.one.stage",
        ),
        ("    trigger: created\n    actions: []\n", "robots.one.actions"),
        (BRANCH.format(fact="field.nope", action="auto_task: {}"), f"{IN_BRANCH}.conditions"),
        (BRANCH.format(fact="amount", action="sing: {}"), f"{IN_BRANCH}.otherwise.0"),
        (
            BRANCH.format(fact="amount", action="move_stage: {to: nowhere}"),
            f"{IN_BRANCH}.otherwise.0.move_stage.to",
        ),
        (
            "    trigger: created\n    actions:\n"
            "      - change_field: {field: amount, formula: title & 1}\n",
            "robots.one.actions.0.change_field.formula",
        ),
    ],
)
def test_a_mistake_is_told_at_its_place_without_a_database(text, path):
    _blueprint, problems = examine(with_robot(text))
    assert [problem.path for problem in problems] == [path]
    assert problems[0].line > REST.count("\n")


@pytest.mark.django_db
def test_two_spellings_of_one_robot_are_no_difference():
    first = (
        "    trigger: no_next_step\n    settings: {after: 60m}\n    delay: ''\n"
        "    actions:\n      - schedule_activity: {title: {ru: Шаг}, due: 8h, kind: task}\n"
    )
    second = (
        "    trigger: no_next_step\n    settings: {after: 1h}\n"
        "    actions:\n      - schedule_activity: {title: Шаг, due: 1d}\n"
    )
    apply(read(with_robot(first)), by=BY)
    assert plan(read(with_robot(second))).is_empty


@pytest.mark.django_db
def test_the_plan_shows_robots_that_come_change_and_go():
    apply(read(COMPANY), by=BY)
    changed = COMPANY.replace("settings: {after: 3m}", "settings: {after: 4m}")
    i = changed.index("  lead_callback:")
    changed = changed[:i] + changed[changed.index("  lead_grade:") :]
    planned = plan(read(changed))
    text = planned.as_text()
    assert "- робот «Взят в работу: сразу звонок» (lead/lead_callback)" in text
    assert "настройки триггера: after: 3m → after: 4m" in text
    apply(read(changed), by=BY)
    assert not Robot.objects.alive().filter(code="lead_callback").exists()
    apply(read(COMPANY), by=BY)
    assert Robot.objects.alive().filter(code="lead_callback").exists()
    assert export().count("lead_callback:") == 1


@pytest.mark.django_db
def test_robots_stand_in_the_order_of_the_file():
    apply(read(COMPANY), by=BY)
    robots = current().robots
    names = list(robots)
    assert names == [*(n for n in names if robots[n].type == "lead"), *_deals(robots)]
    swapped = COMPANY.replace("  lead_notice:", "  lead_x:").replace(
        "  lead_task:", "  lead_notice:"
    )
    swapped = swapped.replace("  lead_x:", "  lead_task:")
    apply(read(swapped), by=BY)
    assert next(iter(current().robots)) == "lead_task"


def _deals(robots):
    return [n for n in robots if robots[n].type == "deal"]


@pytest.mark.django_db
def test_what_the_file_can_not_know_is_refused_with_its_place_and_nothing_is_applied():
    wrong = (
        "    trigger: created\n    conditions: {fact: moon, op: filled}\n"
        "    actions: [{watch: {}}]\n"
    )
    with pytest.raises(BrokenBlueprint, match=r"robots\.one\.conditions"):
        apply(read(with_robot(wrong)), by=BY)
    assert not Robot.objects.exists()


@pytest.mark.django_db
def test_large_orders_come_and_go_with_their_funnel():
    controlled = COMPANY.replace(
        "    name: {ru: Продажи, en: Sales}\n",
        "    name: {ru: Продажи, en: Sales}\n    high_value: {amount: 500000, passes: [paid]}\n",
    )
    apply(read(controlled), by=BY)
    assert HighValue.objects.get().threshold == 500000
    assert plan(read(controlled)).is_empty
    assert "high_value:" in export()
    apply(read(COMPANY), by=BY)
    assert not HighValue.objects.exists()


def test_editors_complete_the_settings_of_triggers_and_actions():
    defs = json_schema()["$defs"]
    assert "percent" in defs["trigger.deadline"]["properties"]
    actions = defs["RobotAction"]["properties"]
    assert set(actions) >= {"notify", "tunnel", "auto_task"}


@pytest.mark.django_db
def test_the_plan_shows_only_what_differs_inside_a_part():
    furnish()
    wanted = read(export())
    wanted.channels["chat"].settings["ask_email"] = "no"
    wanted.channels["zamer"].form.fields["budget"].required = True
    text = plan(wanted).as_text()
    assert "настройки: ask_email: required → ask_email: no" in text
    assert "Бюджет (required: нет) → Бюджет (required: да)" in text


@pytest.mark.django_db
def test_a_branch_goes_out_and_in_again_and_its_secrets_stay_at_home():
    address = "https://example.com/hook?token=42"
    branch = (
        "    trigger: created\n    actions:\n      - branch:\n"
        "          conditions: {all: [{fact: amount, op: greater, value: 100}]}\n"
        f"          then:\n            - http_request: {{url: '{address}'}}\n"
        "            - branch:\n"
        "                conditions: {fact: amount, op: filled}\n"
        "                then: [{wait: {at_most: 24h}}]\n"
        "          otherwise:\n            - notify: {text: Мало, who: [owner]}\n"
    )
    apply(read(with_robot(branch)), by=BY)
    assert plan(read(with_robot(branch))).is_empty
    text = export()
    assert "token=42" not in text
    assert plan(read(text)).is_empty
    apply(read(text), by=BY)
    [kept] = Robot.objects.get(code="one").actions
    assert kept["with"]["then"][0]["http_request"]["url"] == address
    assert kept["with"]["then"][1]["branch"]["then"] == [{"wait": {"at_most": "3d"}}]


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["department:retail", "user:anna@example.com"])
def test_who_is_responsible_for_a_stage_goes_out_and_in_again(who):
    make_user(email="anna@example.com")
    text = FURNITURE.replace("responsible: manager\n", f"responsible: {who}\n", 1)
    apply(read(text), by=BY)
    assert plan(read(text)).is_empty
    assert f"responsible: {who}" in export()
    assert plan(read(export())).is_empty


@pytest.mark.parametrize("who", ["wizard", "department:nowhere", "robot:one"])
def test_who_is_not_there_can_not_be_responsible(who):
    text = FURNITURE.replace("responsible: manager\n", f"responsible: {who}\n", 1)
    _blueprint, problems = examine(text)
    assert [problem.path.rpartition(".")[2] for problem in problems] == ["responsible"]


def test_the_published_schema_knows_what_may_lie_in_a_branch():
    branch = json_schema()["$defs"]["action.branch"]["properties"]
    for way in ("then", "otherwise"):
        assert branch[way]["items"] == {"$ref": "#/$defs/RobotAction"}
    assert "branch" in json_schema()["$defs"]["RobotAction"]["properties"]
