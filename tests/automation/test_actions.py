"""Each action: what it does, when it has nothing to do, and what it refuses."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from tests.automation.factories import make_robot, run
from tests.factories import (
    SYSTEM,
    make_field,
    make_item,
    make_item_type,
    make_pipeline,
    make_reason,
    stage,
)
from tests.people.factories import make_department, make_user
from voronka.automation.commands.pressing import press_button
from voronka.automation.models import AutoTask, LossVerdict, RobotRun
from voronka.automation.worker import drain
from voronka.items.commands import (
    confirm_criterion,
    edit_item,
    lose_item,
    move_item,
    set_lines,
    undo_move,
    win_item,
)
from voronka.items.commands.lines import Line
from voronka.items.models import Item, ItemLink, Passage, Watch
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.errors import InvalidInput
from voronka.pipelines.errors import InvalidSetup
from voronka.routing.models import Distribution
from voronka.timeline.commands.activities import finish_activity
from voronka.timeline.commands.notes import write_note
from voronka.timeline.commands.questions import reply
from voronka.timeline.models import Activity, Notification, Question

pytestmark = pytest.mark.django_db


def seller():
    """A seller with a head of sales."""
    head = make_user("head_of_sales")
    return make_user(department=make_department(head=head)), head


def passport(pipeline, **extra):
    pipeline.stages.filter(code="s1").update(
        goal={"ru": "Выяснить потребность"},
        steps=[{"ru": "Позвонить"}, {"ru": "Записать"}],
        objections=[{"objection": {"ru": "Дорого"}, "answer": {"ru": "С чем сравниваете?"}}],
        deadline_minutes=60,
        deadline_working=False,
        **extra,
    )
    return pipeline


def test_the_auto_task_carries_the_passport_and_the_deadline_of_the_stage():
    item, lines = run(passport(make_pipeline()), ("auto_task", {}))
    task = Activity.objects.get()
    assert task.title == "Выяснить потребность"
    assert task.text.startswith("1. Позвонить\n2. Записать")
    assert "С чем сравниваете?" in task.text
    assert task.due_at == item.stalls_at
    assert task.owner == item.owner
    assert lines[0]["made"] == {"activity": task.pk}
    assert item.next_activity_title == task.title


def test_the_auto_task_closes_when_the_card_moves_on_and_comes_back_with_it():
    pipeline = make_pipeline()
    owner = make_user()
    item, _lines = run(pipeline, ("auto_task", {}), owner=owner)
    move_item(item.pk, to=stage(pipeline, "s2"), by=Actor.user(owner))
    drain()
    task = Activity.objects.get()
    assert task.outcome == "done"
    assert AutoTask.objects.get().closed_how == "left"
    undo_move(item.pk, by=Actor.user(owner))
    drain()
    task.refresh_from_db()
    assert task.done_at is None


def test_the_auto_task_is_cancelled_with_a_lost_card():
    pipeline = make_pipeline()
    item, _lines = run(pipeline, ("auto_task", {}))
    lose_item(item.pk, by=SYSTEM, reason=None)
    drain()
    assert Activity.objects.get().outcome == "cancelled"


def test_the_auto_task_closes_when_the_exit_criteria_are_met():
    criteria = [{"code": "agreed", "text": {"ru": "Согласовано"}, "check": "manual"}]
    pipeline = passport(make_pipeline(), exit_criteria=criteria)
    item, _lines = run(pipeline, ("auto_task", {}))
    confirm_criterion(item.pk, "agreed", met=True, by=SYSTEM)
    drain()
    assert Activity.objects.get().outcome == "done"
    assert AutoTask.objects.get().closed_how == "criteria"


def test_a_task_that_a_person_finished_stays_as_the_person_said():
    item, _lines = run(make_pipeline(), ("auto_task", {}))
    task = Activity.objects.get()
    finish_activity(task.pk, outcome="done", result="созвонились", by=Actor.user(item.owner))
    drain()
    task.refresh_from_db()
    assert task.result == "созвонились"
    assert AutoTask.objects.get().closed_how == "person"


def test_people_are_told_in_their_language_with_facts_put_in():
    pipeline = make_pipeline()
    owner = make_user()
    owner.language = "en"
    owner.save()
    words = {"ru": "Сумма {amount}", "en": "{title}: {amount}, {nothing}"}
    run(pipeline, ("notify", {"text": words}), owner=owner, title="{amount} x", amount=1200)
    told = Notification.objects.get(kind="robot")
    assert told.text == "{amount} x: 1,200, {nothing}"


def test_the_head_is_told_and_nobody_twice():
    owner, head = seller()
    who = ["owner", "head", f"user:{head.email}", "role:head_of_sales"]
    run(make_pipeline(), ("notify", {"who": who, "text": "x"}), owner=owner)
    assert set(Notification.objects.filter(kind="robot").values_list("user_id", flat=True)) == {
        owner.pk,
        head.pk,
    }


def test_a_field_gets_a_value_through_the_same_door():
    item_type = make_item_type()
    make_field(item_type, "note")
    make_field(item_type, "day", "date")
    pipeline = make_pipeline(item_type)
    item, lines = run(
        pipeline,
        ("change_field", {"field": "note", "value": "{title}!"}),
        ("change_field", {"field": "day", "value": "скоро"}),
        ("change_field", {"field": "note", "value": "x", "only_empty": True}),
        title="Кухня",
    )
    assert item.values == {"note": "Кухня!"}
    assert [line["ok"] for line in lines] == [True, False, True]
    assert lines[2]["nothing"]


def test_the_grade_goes_into_the_title_and_out_again():
    item_type = make_item_type(grade_rule={"fields": ["budget"], "a": 3, "b": 1})
    options = [{"code": "big", "name": {}, "points": 3}, {"code": "small", "name": {}, "points": 1}]
    make_field(item_type, "budget", "list", options=options)
    pipeline = make_pipeline(item_type)
    marks = {"marks": {"A": "AAA", "B": "B"}}
    make_robot(pipeline, "grade_changed", ("grade_into_title", marks))
    item = make_item(pipeline, budget="big", title="Кухня")
    drain()
    item.refresh_from_db()
    assert item.title == "AAA · Кухня"
    edit_item(item.pk, {"budget": "small"}, by=SYSTEM)
    drain()
    item.refresh_from_db()
    assert item.title == "B · Кухня"
    edit_item(item.pk, {"budget": None}, by=SYSTEM)
    drain()
    item.refresh_from_db()
    assert item.title == "Кухня"


def test_a_card_is_handed_to_the_least_loaded_with_acceptance():
    busy, free = make_user("marketer"), make_user("marketer")
    pipeline = make_pipeline()
    for _n in range(3):
        make_item(pipeline, owner=busy)
    owner = make_user()
    item, _lines = run(
        pipeline, ("assign", {"to": "role:marketer", "accept_within": "30m"}), owner=owner
    )
    assert item.owner == free
    assert Watch.objects.filter(item=item, user=owner).exists()
    task = Activity.objects.get()
    assert (task.owner, AutoTask.objects.get().purpose) == (free, "accept")


def test_a_card_is_moved_through_the_gate():
    pipeline = make_pipeline()
    item, _lines = run(pipeline, ("move_stage", {"to": "s3"}))
    assert item.stage.code == "s3"
    assert item.visits.filter(jump=True).count() == 1


def test_a_step_is_planned_for_everybody_who_is_meant():
    owner, head = seller()
    call = {"kind": "call", "title": "Позвонить {title}", "due": "2h calendar"}
    item, _lines = run(
        make_pipeline(), ("schedule_activity", call | {"who": ["owner", "head"]}), owner=owner
    )
    assert {a.owner_id for a in Activity.objects.all()} == {owner.pk, head.pk}
    assert item.next_activity_kind == "call"


def test_people_follow_a_card():
    owner, head = seller()
    item, _lines = run(make_pipeline(), ("watch", {}), owner=owner)
    assert Watch.objects.get().user == head
    make_robot(item.pipeline, "field_changed", ("watch", {}))


def test_other_robots_are_called_off():
    pipeline = make_pipeline()
    make_robot(pipeline, "created", delay="1d calendar", code="later")
    make_robot(pipeline, "button", ("stop_robots", {"robots": ["later"]}), code="stop")
    item = make_item(pipeline)
    drain()
    press_button(item.pk, "stop", by=SYSTEM)
    drain()
    run = RobotRun.objects.get(robot__code="later")
    assert (run.state, run.explanation["why"]) == ("cancelled", "called_off")


def test_the_head_gets_a_task_that_asks_what_was_done():
    owner, head = seller()
    item, _lines = run(make_pipeline(), ("escalate", {}), owner=owner)
    task = Activity.objects.get()
    assert task.owner == head
    with pytest.raises(InvalidInput):
        finish_activity(task.pk, outcome="done", by=Actor.user(head))
    with pytest.raises(InvalidInput):
        finish_activity(task.pk, outcome="cancelled", by=Actor.user(head))
    done = finish_activity(task.pk, outcome="done", answer="norm_wrong", by=Actor.user(head))
    assert done.ending == "Норма неверная"
    other = make_item(item.pipeline, owner=owner)
    drain()
    move_item(other.pk, to=stage(item.pipeline, "s2"), by=SYSTEM)
    drain()
    assert Activity.objects.get(item=other).done_at is not None


def test_a_card_without_anybody_above_calls_nobody():
    _item, lines = run(make_pipeline(), ("escalate", {}))
    assert lines[0]["nothing"]


def test_a_loss_is_given_to_the_head_to_check():
    owner, head = seller()
    pipeline = make_pipeline(reasons=True)
    make_robot(pipeline, "lost", ("ask_verdict", {"within": "1d calendar"}))
    item = make_item(pipeline, owner=owner)
    move_item(item.pk, to=stage(pipeline, "s2"), by=SYSTEM)
    lose_item(item.pk, by=SYSTEM, reason=pipeline.loss_reasons.get())
    drain()
    verdict = LossVerdict.objects.get()
    assert (verdict.judge_id, verdict.lost_by_id) == (head.pk, owner.pk)
    assert verdict.from_stage.code == "s2"
    assert Activity.objects.get(done_at=None).owner == head


def test_a_card_goes_on_in_another_funnel_as_a_successor():
    item_type = make_item_type()
    make_field(item_type, "colour")
    pipeline, repeat = make_pipeline(item_type), make_pipeline(item_type)
    make_robot(
        pipeline, "won", ("tunnel", {"to": f"{repeat.code}/s2", "how": "copy", "lines": True})
    )
    item = make_item(pipeline, title="Кухня", colour="red")
    set_lines(item.pk, [Line("Стол", Decimal(100))], by=SYSTEM)
    win_item(item.pk, by=SYSTEM)
    drain()
    other = Item.objects.get(pipeline=repeat)
    assert (other.title, other.values, other.stage.code) == ("Кухня", {"colour": "red"}, "s2")
    assert other.lines.count() == 1
    assert ItemLink.objects.get().kind == "copy"
    passage = Passage.objects.get()
    assert (passage.child, passage.from_stage.code, passage.to_stage.code) == (other, "won", "s2")


def test_the_card_itself_is_moved_to_another_funnel_with_its_history():
    pipeline = make_pipeline()
    doubting = make_pipeline(pipeline.item_type)
    tunnel = ("tunnel", {"to": f"{doubting.code}/s1", "how": "move"})
    item, _lines = run(pipeline, tunnel)
    assert (item.pipeline_id, item.stage.code) == (doubting.pk, "s1")
    visits = list(item.visits.order_by("entered_at", "pk"))
    assert [v.pipeline_id for v in visits] == [pipeline.pk, doubting.pk]
    assert visits[0].left_at == visits[1].entered_at


def test_a_tunnel_asks_for_what_the_entry_stage_asks_for():
    pipeline, other = make_pipeline(), make_pipeline()
    other.stages.filter(code="s1").update(required=["amount"])
    _item, lines = run(pipeline, ("tunnel", {"to": f"{other.code}/s1", "how": "child"}))
    assert not lines[0]["ok"]
    assert lines[0]["code"] == "gate"
    assert not Passage.objects.exists()


def test_elements_are_made_for_products_and_only_new_ones():
    articles = make_pipeline(make_item_type("custom", has_client=False, has_amount=False))
    deals = make_pipeline()
    make_robot(deals, "button", ("make_items", {"pipeline": articles.code}), code="make")
    deal = make_item(deals)
    names = ("Кухня", "Шкаф", "Шкаф")
    set_lines(deal.pk, [Line(name, Decimal(5)) for name in names], by=SYSTEM)
    for _n in range(2):
        press_button(deal.pk, "make", by=SYSTEM)
        drain()
    made = Item.objects.filter(pipeline=articles).order_by("pk")
    assert [card.title for card in made] == ["Кухня", "Шкаф", "Шкаф"]
    assert set(ItemLink.objects.values_list("kind", flat=True)) == {"part"}
    set_lines(deal.pk, [Line("Кухня", Decimal(5)), Line("Прихожая", Decimal(3))], by=SYSTEM)
    press_button(deal.pk, "make", by=SYSTEM)
    drain()
    assert Item.objects.filter(pipeline=articles).count() == 4


def test_a_reminder_comes_before_the_task_is_due():
    wanted = {"title": "Замер", "due": "5h calendar", "remind": "1h calendar"}
    run(make_pipeline(), ("auto_task", wanted))
    task = Activity.objects.get()
    assert task.due_at - task.remind_at == timedelta(hours=1)
    assert task.due_at > timezone.now()


def test_a_loss_reason_may_be_named_by_a_robot_that_closes_cards():
    pipeline = make_pipeline()
    reason = make_reason(pipeline)
    item, _lines = run(pipeline, ("move_stage", {"to": "lost", "reason": reason.code}))
    assert item.loss_reason == reason


def test_a_card_is_given_out_among_a_group():
    first, second = make_user("marketer"), make_user("marketer")
    group = Distribution.objects.create(code="sellers", name="Продавцы", duty=first)
    for position, user in enumerate((first, second)):
        group.members.create(user=user, position=position)
    pipeline = make_pipeline()
    make_robot(pipeline, "created", ("distribute", {"group": "sellers"}))
    items = [make_item(pipeline) for _n in range(2)]
    drain()
    owners = {Item.objects.get(pk=item.pk).owner for item in items}
    assert owners <= {first, second}
    with pytest.raises(InvalidSetup):
        make_robot(pipeline, "created", ("distribute", {"group": "nobody"}))


def test_a_question_of_a_robot_is_answered_to_the_responsible_person():
    boss, seller = make_user("owner"), make_user("manager")
    pipeline = make_pipeline()
    ask = ("ask_question", {"to": "role:owner", "text": "Какую скидку дать на {title}?"})
    make_robot(stage(pipeline, "s2"), "stage_entered", ask)
    item = make_item(pipeline, title="Кухня", owner=seller)
    for code in ("s2", "s3"):
        move_item(item.pk, to=stage(pipeline, code), by=SYSTEM)
        drain()
    question = Question.objects.get()
    assert (question.asker, question.to_role.code) == (seller, "owner")
    assert question.text == "Какую скидку дать на Кухня?"
    assert question.due_at > timezone.now()
    reply(question.pk, "Пять процентов", by=Actor.user(boss))
    assert Notification.objects.filter(user=seller, kind="question", item=item).exists()
    event = Event.objects.get(verb="item.question_asked")
    assert event.actor_kind == "robot"


def test_a_robot_asks_nothing_twice_and_nobody_about_themselves():
    seller = make_user("manager")
    pipeline = make_pipeline()
    ask = ("ask_question", {"to": "owner", "text": "Почему?"})
    make_robot(pipeline, "created", ask)
    make_item(pipeline, owner=seller)
    drain()
    assert not Question.objects.exists()
    boss = make_user("owner")
    again = ("ask_question", {"to": f"user:{boss.email}", "text": "Когда?"})
    make_robot(pipeline, "note_written", again)
    item = make_item(pipeline, owner=seller)
    for word in ("раз", "два"):
        write_note(word, by=Actor.user(seller), item_id=item.pk)
        drain()
    assert Question.objects.count() == 1
