"""What keeps robots from doing harm: circles, rates, caps, and telling those who can mend it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cached_property

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import override

from voronka.automation import chains, registry
from voronka.automation.models import Engine, Robot, RobotRun
from voronka.automation.rules import CARD_RATE, CARD_RATE_PER, DAY, MAX_DEPTH
from voronka.items.models import Item
from voronka.people.models import User
from voronka.timeline.commands.notifications import notify

_ACTED = (RobotRun.State.DONE, RobotRun.State.FAILED)
_OPEN = (RobotRun.State.PENDING, RobotRun.State.WAITING)


class Guards:
    """The caps of one batch: what has run before is counted once, what runs now is added.

    Args:
        save: writes how the batch's own runs have ended, so that they count.
    """

    def __init__(self, runs: Sequence[RobotRun], now: datetime, save: Callable[[], None]) -> None:
        self.now = now
        self.save = save
        self.items = {run.item_id for run in runs}
        self.now_on_card: Counter[int] = Counter()

    def refusal(self, run: RobotRun, robot: Robot, item: Item) -> str:
        """Return why a run may not act, as a code of `words.REASONS`; "" when it may."""
        if run.depth > MAX_DEPTH:
            return "depth"
        if self._rates[item.pk] + self.now_on_card[item.pk] >= CARD_RATE:
            return "rate"
        client_id = item.company_id or item.contact_id
        if not run.step and (cap := self._cap_reached(robot, item, client_id)):
            return cap
        if client_id and reaches_client(robot) and self._spent(client_id) >= self._budget:
            return "budget"
        return ""

    def _cap_reached(self, robot: Robot, item: Item, client_id: int | None) -> str:
        """Return the robot's own cap that is used up. A chain that has begun holds its place."""
        here = Q(robot=robot, item=item)
        if robot.per_card is not None and self._count(here) >= robot.per_card:
            return "per_card"
        if robot.per_day is not None and self._count(Q(robot=robot)) >= robot.per_day:
            return "per_day"
        if robot.per_client is not None and client_id is not None:
            theirs = Q(item__company_id=client_id) | Q(item__contact_id=client_id)
            if self._count(Q(theirs, robot=robot)) >= robot.per_client:
                return "per_client"
        return ""

    def is_busy(self, robot: Robot, item: Item) -> bool:
        """Whether another worker counts towards the same cap now: two must not count at once.

        Else the client, and a robot with a cap of its own, are this transaction's until it ends.
        """
        wanted: list[tuple[str, int]] = []
        client_id = item.company_id or item.contact_id
        if client_id is not None and (reaches_client(robot) or robot.per_client is not None):
            wanted.append(("voronka reach", client_id))
        if robot.per_day is not None:
            wanted.append(("voronka robot", robot.pk))
        for kind, pk in wanted:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, %s))", [kind, pk]
                )
                if not cursor.fetchone()[0]:
                    return True
        return False

    def note(self, item: Item) -> None:
        """Count a run that has just acted on a card."""
        self.now_on_card[item.pk] += 1

    def _count(self, condition: Q) -> int:
        """Count what has acted within a day, the batch's own runs and begun chains too."""
        self.save()
        over = Q(state__in=_ACTED, ended_at__gt=self.now - DAY)
        begun = Q(state__in=_OPEN, step__gt=0)
        return RobotRun.objects.filter(condition, over | begun).count()

    def _spent(self, client_id: int) -> int:
        """Count how often robots have reached a client within a day, in chains that go on too."""
        self.save()
        since = self.now - DAY
        runs = RobotRun.objects.filter(client_id=client_id)
        rows = runs.filter(Q(ended_at__gt=since) | Q(ended_at=None))
        told = rows.values_list("explanation__actions", flat=True)
        reached = [line["reached"] for lines in told for line in lines or () if "reached" in line]
        # of runs from before moments were kept only "true" is there: their end is recent enough
        return sum(at is True or datetime.fromisoformat(at) > since for at in reached)

    @cached_property
    def _rates(self) -> Counter[int]:
        recent = RobotRun.objects.filter(
            item_id__in=self.items, ended_at__gt=self.now - CARD_RATE_PER, state__in=_ACTED
        )
        return Counter(recent.values_list("item_id", flat=True))

    @cached_property
    def _budget(self) -> int:
        engine = Engine.objects.first()
        return engine.client_budget if engine else Engine._meta.get_field("client_budget").default


def reaches_client(robot: Robot) -> bool:
    """Whether one of a robot's actions writes to the client, or calls."""
    codes = [code for code, _settings in chains.everything(chains.kept(robot.actions))]
    return any((a := registry.action(code)) and a.reaches_client for code in codes)


def tell_of_trouble(robot: Robot, item: Item, trouble: str, *, now: datetime) -> None:
    """Tell who made a robot, and the owners of the CRM, that it goes in a circle; once a day.

    Args:
        trouble: "depth" or "rate".
    """
    told = RobotRun.objects.filter(
        robot=robot, ended_at__gt=now - DAY, explanation__why__in=["depth", "rate"]
    )
    if told.count() > 1:  # this run is saved already
        return
    wanted = Q(role__everything=True) | Q(pk=robot.created_by_id or 0)
    for user in User.objects.filter(wanted, is_active=True):
        with override(user.language):
            text = _("The robot “%(robot)s” goes in a circle on “%(card)s” and was stopped.") % {
                "robot": robot,
                "card": item.title,
            }
        notify(user.pk, "robot_stopped", text, item_id=item.pk)
