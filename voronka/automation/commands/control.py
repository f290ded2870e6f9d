"""Large orders under the head's eyes: the threshold of a funnel, and passes for stages (FS-15)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.automation.models import AutoTask, HighValue, StagePass
from voronka.items.commands.card import lock_card, note_event
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError, InvalidInput
from voronka.kernel.prepared import Prepared
from voronka.people.access import of_actor, require_right
from voronka.pipelines.commands.writing import begin, note
from voronka.pipelines.errors import refuse_if
from voronka.pipelines.models import Pipeline, Stage
from voronka.timeline.commands.activities import finish_activity
from voronka.timeline.models import Activity

YEAR = timedelta(days=365)


class PassNeeded(DomainError):
    """A large order wants the head's pass before it enters this stage."""

    code = "pass_needed"

    def __init__(self, stage: Stage) -> None:
        super().__init__(
            _(
                "This order is large: to enter “%(stage)s” it needs a pass of the head of sales."
                " Ask for it in a note and mention them."
            )
            % {"stage": stage}
        )


@dataclass(frozen=True, slots=True)
class HighValueSpec:
    """From what amount on a funnel's orders are large: a sum, or a share of a year's won orders.

    `passes`: codes of stages that such an order enters only with a pass.
    """

    amount: Decimal | None = None
    top_percent: int | None = None
    passes: tuple[str, ...] = ()


@transaction.atomic
def save_high_value(pipeline: Pipeline, spec: HighValueSpec | None, *, by: Actor) -> None:
    """Put the large orders of a funnel under control, or let them go; records `pipeline.changed`.

    Args:
        spec: None takes the control away.
    Raises:
        InvalidSetup: both measures or none, an odd number, or a stage that is not there.
        Forbidden: the role may not set up.
    """
    begin(by)
    row = HighValue.objects.filter(pipeline=pipeline).first()
    if spec is None:
        if row is not None:
            row.delete()
            note(pipeline, "changed", by=by, pipeline_id=pipeline.pk, changes=_told(row, None))
        return
    refuse_if(_problems(pipeline, spec))
    before = row
    row = HighValue(
        pipeline=pipeline,
        amount=spec.amount,
        top_percent=spec.top_percent,
        passes=list(spec.passes),
        threshold=spec.amount,
    )
    same = before is not None and (before.amount, before.top_percent, before.passes) == (
        row.amount,
        row.top_percent,
        row.passes,
    )
    if same:
        return
    row.threshold = spec.amount if spec.amount is not None else threshold_of(row)
    row.save(force_insert=before is None)
    note(pipeline, "changed", by=by, pipeline_id=pipeline.pk, changes=_told(before, row))


def _problems(pipeline: Pipeline, spec: HighValueSpec) -> dict[str, str]:
    wrong: dict[str, str] = {}
    if (spec.amount is None) == (spec.top_percent is None):
        wrong["amount"] = _("Give either a sum or a share of the orders.")
    elif spec.amount is not None and not 0 < spec.amount < Decimal("1e12"):
        wrong["amount"] = _("Give a sum above zero.")
    elif spec.top_percent is not None and not 1 <= spec.top_percent <= 99:
        wrong["top_percent"] = _("Give a share from 1 to 99 percent.")
    known = set(pipeline.stages.exclude(kind=Stage.Kind.LOST).values_list("code", flat=True))
    strange = [code for code in spec.passes if code not in known]
    if strange:
        wrong["passes"] = _("There is no stage “%(code)s” in this funnel.") % {"code": strange[0]}
    return wrong


def _told(before: HighValue | None, after: HighValue | None) -> dict[str, list[object]]:
    def words(row: HighValue | None) -> object:
        if row is None:
            return None
        measure = str(row.amount) if row.amount is not None else f"{row.top_percent} %"
        return [measure, *row.passes]

    return {"high_value": [words(before), words(after)]}


def threshold_of(row: HighValue) -> Decimal | None:
    """Return the sum from which on an order belongs to the largest of the past year."""
    if row.amount is not None or row.top_percent is None:
        return row.amount
    won = Item.objects.alive().filter(
        stage__kind=Stage.Kind.WON,
        pipeline_id=row.pipeline_id,
        closed_at__gt=timezone.now() - YEAR,
    )
    count = won.count()
    if not count:
        return None
    rank = max(1, count * row.top_percent // 100)
    return won.order_by("-amount").values_list("amount", flat=True)[rank - 1]


def restate_thresholds() -> int:
    """Count the thresholds that are shares anew; return how many there are. Runs each night."""
    rows = list(HighValue.objects.filter(top_percent__isnull=False))
    for row in rows:
        HighValue.objects.filter(pk=row.pk).update(threshold=threshold_of(row))
    return len(rows)


@transaction.atomic
def give_pass(item_id: int, stage: Stage, *, by: Actor, comment: str = "") -> StagePass:
    """Let a large order enter a stage; records `item.pass_given`.

    The pass is good up to the card's present amount: a larger order asks again.

    Raises:
        Forbidden: the role lacks "control".
        InvalidInput: the stage belongs to another funnel.
    """
    require_right(by, "control")
    item = lock_card(item_id, by=by, action="see")
    if stage.pipeline_id != item.pipeline_id:
        raise InvalidInput(_("This stage belongs to another funnel."))
    given, _made = StagePass.objects.update_or_create(
        item=item,
        stage=stage,
        defaults={
            "amount": item.amount,
            "by_user_id": by.user_id,
            "at": timezone.now(),
            "comment": comment.strip()[:300],
        },
    )
    note_event("item.pass_given", item, by=by, stage=stage.pk, comment=given.comment)
    _close_tasks(item)
    return given


def _close_tasks(item: Item) -> None:
    tasks = AutoTask.objects.filter(item=item, purpose=AutoTask.Purpose.PASS, closed_at=None)
    for task in tasks.filter(activity__done_at=None):
        task.closed_at, task.closed_how = timezone.now(), "criteria"
        task.save(update_fields=["closed_at", "closed_how"])
        finish_activity(
            task.activity_id,
            outcome=Activity.Outcome.DONE,
            by=Actor("robot", None, ""),
            result=_("The pass was given."),
        )


def require_pass(item: Item, to: Stage, by: Actor) -> None:
    """Refuse a large order at a stage that wants a pass (a guard of the gate).

    Who may control the team's work needs none.

    Raises:
        PassNeeded: there is no pass, or it was given for a smaller amount.
    """
    row = _HIGH_VALUE.first(item.pipeline_id)
    if row is None or to.code not in row.passes or not is_large(item, row):
        return
    if by.user_id is not None and _may_control(by):
        return
    if not StagePass.objects.filter(item=item, stage=to, amount__gte=item.amount).exists():
        raise PassNeeded(to)


_HIGH_VALUE = Prepared(
    lambda pipeline_id: HighValue.objects.filter(pipeline_id=pipeline_id),
    int,
    model=HighValue,
    steady=True,
)


def _may_control(by: Actor) -> bool:
    rights = of_actor(by)
    return rights is not None and rights.has("control")


def is_large(item: Item, row: HighValue | None) -> bool:
    """Whether a card is a large order of its funnel."""
    return row is not None and row.threshold is not None and item.amount >= row.threshold
