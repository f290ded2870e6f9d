"""What the owner and the heads of sales have to see to today: large orders, losses, the team."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta

from voronka.automation.commands.loading import load_auto_tasks
from voronka.automation.models import AutoTask, LossVerdict, Robot
from voronka.demo.calendar import Days
from voronka.items.commands.linking import watch_item
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.people.models import User
from voronka.timeline.commands.loading import load_activities
from voronka.timeline.models import Activity

WATCHED = 5  # the largest open deals, which the owner follows
_BEFORE_CONTRACT = ("quote_sent", "objections_handled", "terms_agreed", "estimate_sent")
_LARGE = (  # kind, what to do, days from today
    ("task", "Одобрить скидку 10 % по крупному заказу", -1),
    ("call", "Позвонить клиенту самой: заказ из самых крупных", 0),
    ("task", "Проверить расчёт перед отправкой договора", 0),
)
_OWN = {  # login -> (kind, what to do, days from today)
    "owner": (
        ("meeting", "Планёрка: план и факт недели", 0),
        ("task", "Решить, кому ехать на выставку", 0),
        ("task", "Сверить с бухгалтерией оплаты за неделю", 1),
    ),
    "rop": (
        ("meeting", "Планёрка с офисом дизайна", 0),
        ("task", "Прослушать три разговора Игоря", 0),
        ("task", "Распределить замеры на субботу", 1),
    ),
    "rop.opt": (
        ("meeting", "Планёрка оптового отдела", 0),
        ("call", "Созвониться с дилерами, которые давно не заказывали", 0),
        ("task", "Проверить отгрузки на завтра", 0),
    ),
}


def make_duties(days: Days, users: Mapping[str, int]) -> int:
    """Plan the day of the owner and of the heads; return how many things there are to do.

    Losses that wait for a verdict are tasks of whoever judges them, as the robot would have set.

    Args:
        users: login -> user id.
    """
    owner = User.objects.get(pk=users["owner"])
    deals = Item.objects.open().filter(pipeline__item_type__kind="deal")
    for card in deals.order_by("-amount", "pk")[:WATCHED]:
        watch_item(card.pk, user=owner, by=Actor.user(owner))
    offered = deals.filter(stage__code__in=_BEFORE_CONTRACT).order_by("-amount", "pk")
    work = [*_about(list(offered[: len(_LARGE)]), days, owner.pk), *_own(days, users)]
    load_activities(work)
    checks = list(_checks())
    load_auto_tasks(checks)
    return len(work) + len(checks)


def _about(large: list[Item], days: Days, owner_id: int) -> Iterator[Activity]:
    for card, (kind, title, ahead) in zip(large, _LARGE, strict=False):
        yield _planned(days, kind, title, ahead, owner_id=owner_id, item=card)


def _own(days: Days, users: Mapping[str, int]) -> Iterator[Activity]:
    for login, rows in _OWN.items():
        for kind, title, ahead in rows:
            yield _planned(days, kind, title, ahead, owner_id=users[login])


def _planned(
    days: Days, kind: str, title: str, ahead: int, *, owner_id: int, item: Item | None = None
) -> Activity:
    return Activity(
        kind=kind,
        item=item,
        title=title,
        owner_id=owner_id,
        due_at=_today(days) if ahead == 0 else days.ahead(ahead),
        minutes=60 if kind == "meeting" else None,
        created_by_id=owner_id,
        created_at=days.now - timedelta(days=days.dice.uniform(1.5, 4)),
    )


def _today(days: Days) -> datetime:
    """Draw a moment of today that is still to come, however late it is."""
    moment = max(days.ahead(0), days.now + timedelta(minutes=days.dice.uniform(20, 180)))
    midnight = datetime.combine(days.today, time(23, 45), days.zone)
    quarter = moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)
    return min(quarter + timedelta(minutes=15), midnight)


def _checks() -> Iterator[AutoTask]:
    waiting = LossVerdict.objects.filter(state=LossVerdict.State.WAITING)
    robots = {r.item_type_id: r for r in Robot.objects.filter(code__in=("lead_lost", "deal_lost"))}
    for verdict in waiting.select_related("item__owner", "reason", "pipeline").order_by("due_at"):
        if verdict.judge_id is None:
            continue
        text = f"Причина: {verdict.reason}. Ответственный: {verdict.item.owner}."
        yield AutoTask(
            activity=Activity(
                kind=Activity.Kind.TASK,
                item=verdict.item,
                title=f"Проверить отказ: «{verdict.item.title}»"[:255],
                text="\n".join(filter(None, [text, verdict.comment])),
                owner_id=verdict.judge_id,
                due_at=verdict.due_at,
                created_at=verdict.lost_at,
            ),
            item=verdict.item,
            stage_id=verdict.item.stage_id,
            stay=verdict.lost_at,
            robot=robots.get(verdict.pipeline.item_type_id),
            purpose=AutoTask.Purpose.VERDICT,
            by_criteria=False,
        )
