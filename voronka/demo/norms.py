"""Stages that took too long: how heads of sales were called, what they answered, whose clock moved.

Source: METHOD F10, FEATURES RB-2 and FS-9.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from voronka.automation.actions.escalate import ANSWERS
from voronka.automation.commands.loading import load_auto_tasks
from voronka.automation.models import AutoTask, Robot
from voronka.items.commands.loading_past import load_clock_changes
from voronka.items.models import ClockChange, Item, StageVisit
from voronka.people.models import User
from voronka.people.queries import head_of
from voronka.pipelines.models import Stage
from voronka.timeline.models import Activity

PAST = timedelta(days=60)
ESCALATED, PROLONGED, PAUSED = 130, 34, 14  # stays that are over, at most
UNANSWERED = 7  # calls for help that a head has not answered yet, at most
_SURELY_WRONG = 3  # this answer is "the norm is wrong"
_KINDS = ("lead", "deal")
_ROBOTS = {"lead": "lead_overdue", "deal": "deal_overdue"}
_WEIGHTS = {"helped": 60, "reassigned": 16, "refused": 14, "norm_wrong": 10}
_DOUBTED = {"helped": 44, "reassigned": 8, "refused": 8, "norm_wrong": 40}
_DOUBTED_STAGES = ("project_ready", "measure_booked", "spec_received")
_RESULTS = {
    "helped": (
        "Позвонила клиенту вместе с менеджером, договорились о встрече.",
        "Пересчитали КП в двух вариантах, клиент выбирает.",
        "Разобрали разговор, менеджер перезвонил с аргументами.",
        "Дали рассрочку на четыре месяца, клиент готов подписать.",
    ),
    "reassigned": ("Менеджер перегружен, передала коллеге.", "Клиент просил другого менеджера."),
    "refused": ("Клиент уже купил, закрываем.", "Бюджета нет и не будет, закрываем."),
    "norm_wrong": (
        "За этот срок проект сделать нельзя, нужно три дня.",
        "Замеры назначают на выходные, норма не учитывает.",
        "Поставщик отвечает дольше, чем длится стадия.",
    ),
}
_PROLONGED = (
    "Клиент попросил подождать до зарплаты",
    "Ждём план квартиры от застройщика",
    "Клиент согласует с семьёй",
    "Ждём цены от поставщика камня",
    "Переделываем проект под новую технику",
)
_PAUSED = ("Клиент в отпуске", "Ремонт не закончен, замер невозможен", "Дом ещё не сдан")


@dataclass(frozen=True, slots=True)
class _Stay:
    """A stay on a stage that was longer than its norm; `left` is None while the card is there."""

    item: Item
    stage: Stage
    entered: datetime
    stalled: datetime
    left: datetime | None


def make_norms(dice: Random, *, now: datetime, scale: float = 1.0) -> int:
    """Call the heads of sales for what stood too long; return how many calls there were.

    What has stalled within the last day is left to the robots themselves.
    """
    over = _over(now)
    some = dice.sample(over, min(len(over), max(6, round(ESCALATED * scale))))
    robots = {robot.code: robot for robot in Robot.objects.filter(code__in=_ROBOTS.values())}
    calls = [*some, *_standing(now)]
    tasks = list(_Calls(dice, now, robots).made(calls))
    load_auto_tasks(tasks)
    load_clock_changes(_clock_changes(over, dice, scale))
    return len(tasks)


def _over(now: datetime) -> list[_Stay]:
    visits = StageVisit.objects.filter(
        overdue__gt=timedelta(hours=20),
        left_at__gt=now - PAST,
        jump=False,
        stage__kind=Stage.Kind.OPEN,
        pipeline__item_type__kind__in=_KINDS,
    ).select_related("item__pipeline__item_type", "stage")
    return [
        _Stay(v.item, v.stage, v.entered_at, v.left_at - v.overdue, v.left_at)
        for v in visits.order_by("pk")
        if v.left_at is not None and v.overdue is not None
    ]


def _standing(now: datetime) -> list[_Stay]:
    cards = Item.objects.open().filter(
        stalls_at__lt=now - timedelta(days=1), pipeline__item_type__kind__in=_KINDS
    )
    rows = cards.select_related("stage", "pipeline__item_type").order_by("-stalls_at", "pk")
    return [_Stay(c, c.stage, c.stage_entered_at, c.stalls_at, None) for c in rows if c.stalls_at]


class _Calls:
    def __init__(self, dice: Random, now: datetime, robots: dict[str, Robot]) -> None:
        self.dice, self.now, self.robots = dice, now, robots
        self.heads: dict[int, User | None] = {}
        self.waiting: dict[int, int] = {}  # head -> calls that are not answered
        self.answered = 0

    def made(self, stays: Sequence[_Stay]) -> Iterator[AutoTask]:
        for stay in stays:
            owner = stay.item.owner_id
            head = self.heads.setdefault(owner, head_of(owner))
            if head is not None:
                yield self._call(stay, head)

    def _call(self, stay: _Stay, head: User) -> AutoTask:
        activity = Activity(
            kind=Activity.Kind.TASK,
            item=stay.item,
            title=f"«{stay.stage}»: выяснить, почему карточка зависла, и помочь",
            owner=head,
            due_at=stay.stalled + timedelta(hours=4),
            answers=[{"code": code, "name": name.as_dict()} for code, name in ANSWERS],
            created_at=stay.stalled,
        )
        closed = self._answer(stay, activity, head)
        return AutoTask(
            activity=activity,
            item=stay.item,
            stage_id=stay.stage.pk,
            stay=stay.entered,
            robot=self.robots.get(_ROBOTS[stay.item.pipeline.item_type.kind]),
            purpose=AutoTask.Purpose.ESCALATION,
            by_criteria=False,
            closed_at=activity.done_at,
            closed_how=closed,
        )

    def _answer(self, stay: _Stay, activity: Activity, head: User) -> str:
        """Let the head answer, or the card go on before; return how the task closed."""
        answered = stay.stalled + timedelta(minutes=self.dice.uniform(25, 9 * 60))
        if stay.left is None:
            waiting = self.waiting.get(head.pk, 0)
            if waiting < UNANSWERED or answered > self.now:
                self.waiting[head.pk] = waiting + 1
                return ""
        elif answered >= stay.left:
            activity.done_at, activity.outcome = stay.left, Activity.Outcome.DONE
            activity.result = "Карточка ушла со стадии."
            return "left"
        weights = _DOUBTED if stay.stage.code in _DOUBTED_STAGES else _WEIGHTS
        likely = {a: n for a, n in weights.items() if stay.left or a in ("helped", "norm_wrong")}
        activity.answer = self.dice.choices(list(likely), list(likely.values()))[0]
        self.answered += 1
        if self.answered == _SURELY_WRONG:  # however few calls there are
            activity.answer = "norm_wrong"
        activity.done_at, activity.outcome = answered, Activity.Outcome.DONE
        activity.result = self.dice.choice(_RESULTS[activity.answer])
        return "person"


def _clock_changes(over: Sequence[_Stay], dice: Random, scale: float) -> Iterator[ClockChange]:
    long = [stay for stay in over if stay.left and stay.stalled - stay.entered > timedelta(hours=6)]
    wanted = {ClockChange.Kind.PROLONGED: PROLONGED, ClockChange.Kind.PAUSED: PAUSED}
    for kind, count in wanted.items():
        for stay in dice.sample(long, min(len(long), max(2, round(count * scale)))):
            at = stay.entered + (stay.stalled - stay.entered) * dice.uniform(0.6, 0.95)
            paused = kind == ClockChange.Kind.PAUSED
            ended = at + ((stay.left or at) - at) * 0.4 if paused else None
            yield ClockChange(
                item=stay.item,
                stage=stay.stage,
                stay=stay.entered,
                kind=kind,
                reason=dice.choice(_PAUSED if paused else _PROLONGED),
                amount=ended - at if ended else timedelta(days=dice.choice((1, 2, 3))),
                by_user_id=stay.item.owner_id,
                at=at,
                until=ended,
                ended_at=ended,
            )
