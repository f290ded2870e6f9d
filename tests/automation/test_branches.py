"""If … then … otherwise: which way a run goes, what it tells, where it goes on after a wait."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from tests.automation.factories import make_robot
from tests.factories import SYSTEM, make_item, make_pipeline
from tests.people.factories import make_user
from voronka.automation import chains
from voronka.automation.explaining import card_robots
from voronka.automation.models import RobotRun
from voronka.automation.naming import RobotNames
from voronka.automation.rehearsing import rehearse
from voronka.automation.words import say
from voronka.automation.worker import drain
from voronka.items.commands import edit_item
from voronka.items.models import Item
from voronka.kernel.errors import DomainError
from voronka.pipelines.errors import InvalidSetup
from voronka.timeline.commands.activities import Plan, finish_activity, plan_activity
from voronka.timeline.models import Notification

DEAR = {"fact": "amount", "op": "greater", "value": 100}
HUGE = {"fact": "amount", "op": "greater", "value": 1000}
db = pytest.mark.django_db


def tell(text):
    return {"notify": {"text": text}}


def told():
    """What robots have told, in order."""
    found = Notification.objects.filter(kind="robot").order_by("pk")
    return list(found.values_list("text", flat=True))


def branch(then=(), otherwise=(), asked=DEAR):
    return ("branch", {"conditions": asked, "then": list(then), "otherwise": list(otherwise)})


@db
def test_each_card_goes_its_way_and_all_go_on_after_it():
    pipeline = make_pipeline()
    end = ("notify", {"text": "конец"})
    make_robot(pipeline, "created", branch([tell("много")], [tell("мало")]), end)
    make_item(pipeline, amount=500)
    drain()
    assert told() == ["много", "конец"]
    make_item(pipeline, amount=5)
    drain()
    assert told()[2:] == ["мало", "конец"]


@db
def test_a_way_without_actions_does_nothing():
    pipeline = make_pipeline()
    make_robot(pipeline, "created", branch([tell("много")]), ("notify", {"text": "конец"}))
    make_item(pipeline, amount=5)
    drain()
    assert told() == ["конец"]


@db
def test_a_branch_sees_what_the_actions_before_it_have_done():
    pipeline = make_pipeline()
    make_robot(
        pipeline,
        "created",
        ("change_field", {"field": "amount", "value": 5000}),
        branch([{"branch": branch([tell("огромно")], [tell("много")], HUGE)[1]}], [tell("мало")]),
    )
    make_item(pipeline, amount=5)
    drain()
    assert told() == ["огромно"]


@db
def test_the_story_tells_which_way_it_went_and_what_each_condition_saw():
    pipeline = make_pipeline()
    make_robot(pipeline, "created", branch([tell("много")], [tell("мало")]))
    item = make_item(pipeline, amount=5)
    drain()
    with override("ru"):
        [line] = card_robots(Item.objects.get(pk=item.pk)).past
    turn, after = line.story.actions
    assert turn.text == "условия не выполнены: иначе"
    assert [(seen.holds, seen.saw) for seen in turn.conditions] == [(False, "5")]
    assert after.text.startswith("сказано:") or after.ok


@db
@pytest.mark.parametrize(("amount", "way"), [(500, "много"), (5, "мало")])
def test_a_wait_inside_goes_on_in_its_way(amount, way):
    wait = {"wait": {"at_most": "1d calendar"}}
    pipeline = make_pipeline()
    robot = branch([wait, tell("много")], [wait, tell("мало")])
    make_robot(pipeline, "created", robot, ("notify", {"text": "конец"}))
    item = make_item(pipeline, amount=amount)
    drain()
    assert told() == []
    edit_item(item.pk, {"amount": 505 - amount}, by=SYSTEM)  # the way was chosen: it stays
    drain()
    drain(now=timezone.now() + timedelta(days=2))
    assert told() == [way, "конец"]
    run = RobotRun.objects.get()
    assert [line["action"] for line in run.explanation["actions"]] == [
        "branch", "wait", "notify", "notify",
    ]  # fmt: skip


@db
def test_the_event_that_ends_a_wait_is_that_of_the_wait_itself():
    """Both ways end with a wait; behind each of them the same step follows."""
    client = {"wait": {"event": "message_received", "at_most": "9d calendar"}}
    work = {"wait": {"event": "activity_done", "at_most": "9d calendar"}}
    pipeline = make_pipeline()
    make_robot(pipeline, "created", branch([work], [client]), ("notify", {"text": "конец"}))
    item = make_item(pipeline, amount=500)
    task = plan_activity(Plan("task", "Сделать", timezone.now()), by=SYSTEM, item_id=item.pk)
    drain()
    assert RobotRun.objects.get().state == "waiting"
    finish_activity(task.pk, outcome="done", by=SYSTEM)
    drain()
    assert told() == ["конец"]


@db
@pytest.mark.parametrize(
    ("action", "place"),
    [
        (branch(), "actions.0"),
        (branch([tell("да")], asked={}), "actions.0.conditions"),
        (branch([tell("да")], asked={"fact": "nope", "op": "filled"}), "actions.0.conditions"),
        (branch([{"sing": {}}]), "actions.0.then.0"),
        (branch([tell("да")], [{"notify": {}}]), "actions.0.otherwise.0.text"),
        (branch([{"move_stage": {"to": "nowhere"}}]), "actions.0.then.0.to"),
    ],
)
def test_what_is_wrong_inside_is_told_at_its_place(action, place):
    with pytest.raises(InvalidSetup) as refused:
        make_robot(make_pipeline(), "created", action)
    assert any(name == place or name.startswith(place) for name in refused.value.fields)


@db
def test_branches_lie_two_deep_and_no_deeper():
    inside = branch([tell("дно")])
    for _level in range(1):
        inside = branch([{"branch": inside[1]}])
    make_robot(make_pipeline(), "created", inside)
    with pytest.raises(InvalidSetup) as refused:
        make_robot(make_pipeline(), "created", branch([{"branch": inside[1]}]))
    assert "actions.0.then.0.then.0" in refused.value.fields


@db
def test_it_is_said_in_both_languages():
    pipeline = make_pipeline()
    robot = make_robot(pipeline, "created", branch([tell("А"), tell("Б")], [tell("В")]))
    names = RobotNames(pipeline.item_type, pipeline)
    with override("en"):
        said = say(robot, names).actions[0]
    assert said.startswith("if “Amount” is")
    assert ", then (tell the responsible person: “А”; tell" in said
    assert said.endswith(", otherwise tell the responsible person: “В”")
    with override("ru"):
        assert say(robot, RobotNames(pipeline.item_type, pipeline)).actions[0].startswith("если ")


@db
def test_a_rehearsal_says_which_way_each_card_would_have_gone():
    pipeline = make_pipeline()
    robot = make_robot(pipeline, "created", branch([tell("много")], [tell("мало")]))
    item = make_item(pipeline, amount=5)
    edit_item(item.pk, {"amount": 500}, by=SYSTEM)  # then it said five
    with override("en"):
        [row] = rehearse(robot, make_user("owner")).rows
    assert len(row.would) == 1
    assert "— no: tell" in row.would[0]
    assert "мало" in row.would[0]


# -- the walk itself, without a database ------------------------------------------------------


def _lists(depth):
    plain = st.sampled_from(["a", "b", "c"]).map(lambda code: {code: {}})
    if not depth:
        return st.lists(plain, max_size=3)
    inside = _lists(depth - 1)
    ways = st.fixed_dictionaries({"then": inside, "otherwise": inside, "mark": st.booleans()})
    return st.lists(st.one_of(plain, ways.map(lambda ways: {"branch": ways})), max_size=4)


def _told(listed):
    """What is done when every branch goes by its mark, by plain recursion."""
    for one in listed:
        for code, settings in one.items():
            yield code
            if code == "branch":
                yield from _told(settings["then" if settings["mark"] else "otherwise"])


@given(_lists(2))
def test_step_by_step_the_same_is_done_as_by_nesting(listed):
    actions = [{"action": code, "with": w} for one in listed for code, w in one.items()]
    steps, at, done = chains.steps(actions), 0, []
    while at < len(steps):
        done.append(steps[at].action)
        at = steps[at].after if steps[at].settings.get("mark", True) else steps[at].otherwise
    assert done == list(_told(listed))
    assert at == len(steps)
    whole = [code for code, _settings in chains.everything(chains.kept(actions))]
    assert [step.action for step in steps] == whole


@db
def test_what_was_typed_wrongly_is_no_error_of_the_program():
    for wrong in ("text", [["notify"]], [{"notify": {}, "wait": {}}]):
        with pytest.raises(DomainError):
            make_robot(make_pipeline(), "created", ("branch", {"conditions": DEAR, "then": wrong}))
