"""What keeps robots from doing harm: circles, rates, caps, and telling those who can mend it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from functools import cached_property

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import override

from voronka.automation import registry
from voronka.automation.models import Engine, Robot, RobotRun
from voronka.automation.rules import CARD_RATE, CARD_RATE_PER, DAY, MAX_DEPTH
from voronka.items.models import Item
from voronka.people.models import User
from voronka.timeline.commands.notifications import notify
from voronka.timeline.models import Notification

_ACTED = (RobotRun.State.DONE, RobotRun.State.FAILED)


class Guards:
    """The caps of one batch: what has run before is counted once, what runs now is added."""

    def __init__(self, runs: Sequence[RobotRun], now: datetime) -> None:
        self.now = now
        self.items = {run.item_id for run in runs}
        self.now_on_card: Counter[int] = Counter()

    def refusal(self, run: RobotRun, robot: Robot, item: Item) -> str:
        """Return why a run may not act, as a code of `words.REASONS`; "" when it may."""
        if run.depth > MAX_DEPTH:
            return "depth"
        if self._rates[item.pk] + self.now_on_card[item.pk] >= CARD_RATE:
            return "rate"
        here = Q(robot=robot, item=item)
        if robot.per_card is not None and self._count(here) >= robot.per_card:
            return "per_card"
        if robot.per_day is not None and self._count(Q(robot=robot)) >= robot.per_day:
            return "per_day"
        return self._client_refusal(robot, item)

    def _client_refusal(self, robot: Robot, item: Item) -> str:
        client_id = item.company_id or item.contact_id
        if client_id is None:
            return ""
        if robot.per_client is not None:
            theirs = Q(item__company_id=client_id) | Q(item__contact_id=client_id)
            if self._count(Q(theirs, robot=robot)) >= robot.per_client:
                return "per_client"
        codes = [wanted["action"] for wanted in robot.actions]
        reaching = any((a := registry.action(code)) and a.reaches_client for code in codes)
        if reaching and self._count(Q(client_id=client_id)) >= self._budget:
            return "budget"
        return ""

    def note(self, item: Item) -> None:
        """Count a run that has just acted on a card."""
        self.now_on_card[item.pk] += 1

    def _count(self, condition: Q) -> int:
        """Count what has acted within a day; the batch's own runs are saved, so they count."""
        acted = RobotRun.objects.filter(condition, state__in=_ACTED)
        return acted.filter(ended_at__gt=self.now - DAY).count()

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
        notify(user.pk, Notification.Kind.JOB, text, item_id=item.pk)
