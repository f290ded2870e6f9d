"""The robots editor: the overview, the columns, the form."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.automation.factories import make_robot
from tests.clients.factories import make_client
from tests.factories import SYSTEM, make_field, make_item, make_pipeline, stage
from tests.people.factories import make_role, make_user
from tests.web.robots.scene import SILENCE, refusals, save, url
from voronka.automation import registry
from voronka.automation.commands import save_robot
from voronka.automation.models import Robot, RobotRun
from voronka.automation.naming import name_of
from voronka.clients.commands import delete_client
from voronka.items.commands import move_item
from voronka.pipelines.models import LossReason
from voronka.web.robots import asks
from voronka.web.robots.choices import Choices
from voronka.web.robots.columns import blocks, new_order
from voronka.web.robots.form import RobotForm
from voronka.web.robots.starters import start

pytestmark = pytest.mark.django_db


# -- the overview and the columns -------------------------------------------------------------


def test_the_overview_counts_robots_of_a_funnel_and_what_failed_lately(pipeline):
    make_robot(pipeline, code="on")
    make_robot(pipeline, code="off", enabled=False)
    shared = make_robot(pipeline.item_type, code="shared")
    robot, item = Robot.objects.get(code="on"), make_item(pipeline)
    now = timezone.now()
    for key, ended in (("lately", now), ("long-ago", now - timedelta(days=40))):
        RobotRun.objects.create(
            robot=robot, item=item, key=key, state="failed", due_at=ended, created_at=ended,
            ended_at=ended, stay=ended,
        )  # fmt: skip
    (block,) = blocks()
    (card,) = block.funnels
    assert (card.counts.on, card.counts.off, card.counts.failed) == (1, 1, 1)
    assert card.shared.on == 1
    assert shared.pipeline_id is None


def test_robots_stand_under_their_stage_funnel_and_type(boss, pipeline):
    make_robot(pipeline.item_type, code="typed")
    make_robot(pipeline, code="funnel")
    make_robot(stage(pipeline, "s2"), code="staged")
    page = boss.get(url("pipeline", pipeline.pk)).content.decode()
    places = [page.index(f'data-robots="{code}"') for code in ("*", "", "s1", "s2", "s3")]
    robots = [page.index(f'data-robot="{code}"') for code in ("typed", "funnel", "staged")]
    assert places[0] < robots[0] < places[1] < robots[1] < places[2]
    assert places[3] < robots[2] < places[4]


def test_a_page_of_many_robots_asks_no_more_queries(boss, pipeline, django_assert_max_num_queries):
    for _n in range(8):
        make_robot(
            stage(pipeline, "s1"), conditions={"fact": "amount", "op": "greater", "value": 1}
        )
    boss.get(url("pipeline", pipeline.pk))
    with django_assert_max_num_queries(32):
        boss.get(url("pipeline", pipeline.pk), HTTP_HX_REQUEST="true", HTTP_HX_TARGET="robots")


def test_who_may_not_set_up_is_refused(client, pipeline):
    client.force_login(make_user("manager"))
    assert client.get(url("index")).status_code == 403
    assert save(client, pipeline).status_code == 403
    assert not Robot.objects.exists()


def test_a_robot_moves_to_another_stage_and_is_copied_with_a_key_held(boss, pipeline):
    first = make_robot(stage(pipeline, "s1"), code="first", ready=True)
    make_robot(stage(pipeline, "s2"), code="second")
    order = {"moved": "first", "column": "s2", "order": ["second", "first"]}
    boss.post(url("arrange", pipeline.pk), order)
    first.refresh_from_db()
    assert first.stage == stage(pipeline, "s2")
    boss.post(url("arrange", pipeline.pk), {"moved": "first", "column": "s3", "order": ["first"],
                                            "copy": "1"})  # fmt: skip
    first.refresh_from_db()
    copied = Robot.objects.get(stage=stage(pipeline, "s3"))
    assert first.stage == stage(pipeline, "s2")
    assert (copied.actions, copied.ready) == (first.actions, False)


def test_the_order_of_one_column_leaves_the_others_in_their_places():
    everything = ["a", "b", "c", "d"]
    assert new_order(["d", "b"], everything) == ["a", "d", "c", "b"]
    assert new_order(["gone", "c", "a"], everything) == ["c", "b", "a", "d"]


def test_a_robot_is_switched_taken_away_and_brought_back(boss, pipeline):
    robot = make_robot(pipeline, code="first")
    boss.post(url("switch", robot.pk), {})
    robot.refresh_from_db()
    assert not robot.enabled
    boss.post(url("remove", robot.pk))
    assert not Robot.objects.alive().exists()
    boss.post(url("restore", robot.pk))
    assert Robot.objects.alive().get() == robot


# -- the form -----------------------------------------------------------------------------------


def test_a_robot_made_in_the_form_says_and_does_what_was_typed(boss, pipeline):
    answer = save(boss, pipeline)
    assert refusals(answer) == []
    robot = Robot.objects.get()
    assert (robot.stage.code, robot.settings) == ("s2", {"after": "3d"})
    assert robot.actions == [
        {"action": "schedule_activity", "with": {"title": "Дожать КП", "due": "4h"}},
        {"action": "notify", "with": {"who": ["head", "owner"], "text": "Тишина: {title}"}},
    ]
    page = boss.get(url("edit", robot.pk)).content.decode()
    assert "Когда с карточкой не работали уже 3 рабочих дня" in page


def test_a_new_robot_asks_about_the_cards_that_are_there_already(boss, pipeline):
    move_item(make_item(pipeline).pk, to=stage(pipeline, "s2"), by=SYSTEM)
    answer = save(boss, pipeline)
    assert answer["HX-Retarget"] == "#dialog"
    page = answer.content.decode()
    assert "стоит 1 открытая карточка" in page
    assert '<option value="3">Растянуть на 3 рабочих дня' in page
    assert Robot.objects.count() == 1


def test_what_is_missing_is_said_at_its_field_and_what_was_typed_stays(boss, pipeline):
    answer = save(boss, pipeline, **{"a0.title.ru": "", "a1.text.ru": "Останется", "name.ru": ""})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert refusals(answer) == ["Дайте название.", "Без этого нельзя."]
    assert page.index('name="a0.title.ru"') < page.rindex("Без этого нельзя.")
    assert "Останется" in page
    assert not Robot.objects.exists()


def test_nested_conditions_are_kept_as_they_were_built(boss, pipeline):
    make_field(pipeline.item_type, "budget", kind="money")
    typed = {
        "c.root.kind": "all",
        "c": ["0", "1", "1.0", "1.1"],
        "c.0.kind": "fact",
        "c.0.fact": "amount",
        "c.0.op": "greater",
        "c.0.value": "100 000,50",
        "c.1.kind": "any",
        "c.1.0.kind": "fact",
        "c.1.0.fact": "owner.role",
        "c.1.0.op": "any_of",
        "c.1.0.value": ["manager", "owner"],
        "c.1.1.kind": "fact",
        "c.1.1.fact": "field.budget",
        "c.1.1.op": "filled",
    }
    make_user("manager")
    assert refusals(save(boss, pipeline, **typed)) == []
    assert Robot.objects.get().conditions == {
        "all": [
            {"fact": "amount", "op": "greater", "value": 100000.5},
            {
                "any": [
                    {"fact": "owner.role", "op": "any_of", "values": ["manager", "owner"]},
                    {"fact": "field.budget", "op": "filled"},
                ]
            },
        ]
    }


def test_conditions_about_linked_cards_come_back_as_they_were_kept(boss, pipeline):
    kept = {
        "any": [
            {"related": "elements", "quantity": "every",
             "where": {"fact": "linked.stage_kind", "op": "is", "value": "won"}},
            {"fact": "created_at", "op": "last_days", "days": 3},
        ]
    }  # fmt: skip
    robot = make_robot(pipeline, conditions=kept)
    form = RobotForm.of(robot, pipeline)
    assert form.spec(robot.code).conditions == kept
    assert form.errors == {}


def test_an_unfinished_condition_is_marked_and_left_out_of_the_sentence(boss, pipeline):
    typed = {"c": ["0"], "c.0.kind": "fact", "c.0.fact": "amount", "c.0.op": "greater",
             "c.0.value": ""}  # fmt: skip
    answer = save(boss, pipeline, **typed)
    assert answer.status_code == 422
    assert "Скажите, с чем сравнивать." in answer.content.decode()
    said = boss.post(url("sentence"), {**SILENCE, **typed, "home": pipeline.pk}).content.decode()
    assert "не работали уже 3 рабочих дня: запланировать" in said


def test_a_circle_of_robots_is_refused_in_a_sentence(boss, pipeline):
    make_field(pipeline.item_type, "budget")
    typed = {
        "trigger": "field_changed",
        "trigger_drawn": "field_changed",
        "t.fields": ["budget"],
        "place": "",
        "action": ["a0"],
        "a0.code": "change_field",
        "a0.field": "budget",
        "a0.value": "1",
    }
    answer = save(boss, pipeline, **typed)
    assert answer.status_code == 422
    assert "без конца" in answer.content.decode()
    assert not Robot.objects.exists()


def test_buttons_of_the_form_add_and_drop_actions_and_conditions(boss, pipeline):
    data = {**SILENCE, "home": pipeline.pk}
    page = boss.post(url("draw"), {**data, "do": "a.add:wait"}).content.decode()
    assert 'name="a2.code" value="wait"' in page
    page = boss.post(url("draw"), {**data, "do": "a.drop:a0"}).content.decode()
    assert 'name="a0.code"' not in page
    assert 'name="a1.code"' in page
    page = boss.post(url("draw"), {**data, "do": "c.add:"}).content.decode()
    assert 'name="c.0.fact"' in page


def test_another_trigger_does_not_take_settings_of_the_one_before(boss, pipeline):
    data = {**SILENCE, "home": pipeline.pk, "trigger": "unanswered"}
    page = boss.post(url("draw"), data).content.decode()
    assert 'name="t.after.count" value="5"' in page


@pytest.mark.parametrize("kind", ["trigger", "action"])
def test_every_parameter_that_there_is_can_be_drawn_and_has_a_title(kind, pipeline, owner):
    things = registry.triggers() if kind == "trigger" else registry.actions()
    choices = Choices(pipeline.item_type, pipeline)
    for thing in things.values():
        for ask in asks.draw(thing.params, {}, "x", choices, {}):
            code = ask.name.removeprefix("x.")
            assert ask.label != code.replace("_", " ").title(), (thing.code, code)


@pytest.mark.parametrize("code", ["silence", "entered", "deadline", "no_step"])
def test_a_ready_beginning_can_be_saved_as_it_is(boss, pipeline, owner, code):
    idea = start(code, pipeline, stage(pipeline, "s1"), owner)
    form = RobotForm.of(idea, pipeline)
    assert save_robot(form.spec(form.new_code()), by=SYSTEM).enabled


def test_ready_chains_survive_being_opened_and_saved_unchanged(pipeline):
    LossReason.objects.create(pipeline=pipeline, code="dear", name="Дорого")
    other = make_pipeline(pipeline.item_type)
    robot = make_robot(
        stage(pipeline, "s1"),
        "stage_entered",
        ("auto_task", {"due": "2d calendar", "closes": "leaving"}),
        ("tunnel", {"to": f"{other.code}/s3", "fields": {"budget": "amount"}}),
        ("grade_into_title", {"marks": {"A": "AAA"}}),
        delay="30m",
    )
    spec = RobotForm.of(robot, pipeline).spec(robot.code)
    assert [dict(a.settings) for a in spec.actions] == [a.get("with", {}) for a in robot.actions]
    assert spec.delay == robot.delay


def test_a_condition_names_the_client_that_was_chosen(boss, pipeline, owner):
    make_field(pipeline.item_type, "dealer", "client")
    dealer = make_client("ООО «Ромашка»")
    wanted = {"all": [{"fact": "field.dealer", "op": "is", "value": dealer.pk}]}
    robot = make_robot(pipeline, conditions=wanted)
    table = boss.get(url("pipeline", pipeline.pk)).content.decode()
    assert "ООО «Ромашка»" in table
    form = boss.get(url("edit", robot.pk)).content.decode()
    assert f'<option value="{dealer.pk}" selected>ООО «Ромашка»</option>' in form

    stranger = make_user(make_role())
    assert "Ромашка" not in name_of("client", str(dealer.pk), reader=stranger)
    assert "скрыто" in name_of("client", str(dealer.pk), reader=stranger)
    delete_client(dealer.pk, by=SYSTEM)
    assert "удал" in name_of("client", str(dealer.pk), reader=owner)
