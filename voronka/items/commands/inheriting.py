"""What a changed set-up does to the cards: stages with heirs, and new deadlines.

Source: docs/domain/stages.md, "a stage goes, its history stays" (FS-16).
"""

from __future__ import annotations

from django.db import connection, transaction
from django.utils.translation import gettext as _

from voronka.items.commands.restating import restate_deadlines
from voronka.items.models import Item, StageVisit
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.pipelines.commands.writing import begin, note
from voronka.pipelines.errors import InUse, NoSuchPart
from voronka.pipelines.models import Stage

# Stays in the heir that follow each other without a gap become one stay: the first row of a
# run takes the end of the last. It was a jump only if all were, a return if the first was.
_MERGE = """
WITH history AS (
    SELECT id, item_id, stage_id, entered_at, left_at, jump, correction, overdue,
           lag(stage_id) OVER w IS DISTINCT FROM stage_id AS begins
    FROM items_stagevisit
    WHERE item_id IN (SELECT item_id FROM touched)
    WINDOW w AS (PARTITION BY item_id ORDER BY entered_at, id)
), runs AS (
    SELECT *, count(*) FILTER (WHERE begins)
              OVER (PARTITION BY item_id ORDER BY entered_at, id) AS run
    FROM history
)
SELECT (array_agg(id ORDER BY entered_at, id))[1] AS kept,
       array_agg(id ORDER BY entered_at, id) AS ids,
       CASE WHEN bool_or(left_at IS NULL) THEN NULL ELSE max(left_at) END AS left_at,
       bool_and(jump) AS jump,
       (array_agg(correction ORDER BY entered_at, id))[1] AS correction,
       sum(overdue) AS overdue
FROM runs
WHERE stage_id = %s
GROUP BY item_id, run
HAVING count(*) > 1
"""


@transaction.atomic
def remove_stage(stage_id: int, *, heir_id: int, by: Actor) -> Stage:
    """Take a stage away; its cards and their history go to the heir. Returns the heir.

    A change of the set-up, not a move: no card gets a new visit, no robot wakes, rights on the
    cards are not asked. Visits are re-pointed; stays that now follow each other in the heir
    become one, so time, order and the one open visit are kept. The heir's deadline counts from
    the moment at which the merged stay began. Cards in the recycle bin come along.

    Raises:
        NoSuchPart: there is no such stage, or no such heir in the same funnel.
        InUse: it is the won stage, the last of its kind, or the heir is of another kind.
    """
    begin(by)
    stages = {s.pk: s for s in Stage.objects.select_for_update().filter(pk__in=[stage_id, heir_id])}
    stage = stages.get(stage_id)
    if stage is None:
        raise NoSuchPart(_("There is no such stage. It may have been removed already."))
    heir = _fit(stage, stages.get(heir_id))
    cards = Item.objects.filter(stage=stage).count()
    visits = _inherit(stage, heir)
    note(
        stage,
        "removed",
        by=by,
        pipeline_id=stage.pipeline_id,
        code=stage.code,
        name=stage.name.as_dict(),
        heir=heir.code,
        cards=cards,
        visits=visits,
    )
    stage.delete()
    restate_deadlines(heir)
    return heir


def _fit(stage: Stage, heir: Stage | None) -> Stage:
    """Return the heir of a stage, if it may be one."""
    if heir is None or heir.pk == stage.pk or heir.pipeline_id != stage.pipeline_id:
        raise NoSuchPart(_("Choose another stage of the same funnel to take the cards."))
    if stage.kind == Stage.Kind.WON:
        raise InUse(_("A funnel needs its won stage. Rename it instead."))
    if stage.kind != heir.kind:
        raise InUse(
            _("Open cards go to a stage in work, lost ones to a lost stage. Choose another heir.")
        )
    return heir


def _inherit(stage: Stage, heir: Stage) -> int:
    """Hand visits and cards to the heir; return how many visits the stage had."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE touched ON COMMIT DROP AS"
            " SELECT DISTINCT item_id FROM items_stagevisit WHERE stage_id = %s",
            [stage.pk],
        )
        visits = StageVisit.objects.filter(stage=stage).update(stage=heir)
        cursor.execute("CREATE TEMP TABLE merged ON COMMIT DROP AS " + _MERGE, [heir.pk])
        cursor.execute("DELETE FROM items_stagevisit v USING merged m WHERE v.id = ANY (m.ids[2:])")
        cursor.execute(
            "UPDATE items_stagevisit v SET left_at = m.left_at, jump = m.jump,"
            " correction = m.correction, overdue = m.overdue FROM merged m WHERE v.id = m.kept"
        )
        Item.objects.filter(stage=stage).update(stage=heir)
        cursor.execute(
            "UPDATE items_item i SET stage_entered_at = v.entered_at FROM items_stagevisit v"
            " WHERE v.item_id = i.id AND v.left_at IS NULL AND i.stage_id = %s"
            " AND i.stage_entered_at <> v.entered_at",
            [heir.pk],
        )
        cursor.execute("DROP TABLE merged; DROP TABLE touched")
    return visits


def on_stage_changed(event: Event) -> None:
    """A stage got another deadline: the cards that stand there are measured by it."""
    changes = event.diff.get("changes", {})
    if "deadline_minutes" in changes or "deadline_working" in changes:
        restate_deadlines(Stage.objects.get(pk=event.subject_id))


def on_pipeline_changed(event: Event) -> None:
    """A funnel got other working hours: its cards are measured by them."""
    if "calendar_id" not in event.diff.get("changes", {}):
        return
    measured = Stage.objects.filter(
        pipeline_id=event.subject_id, deadline_working=True, deadline_minutes__isnull=False
    )
    for stage in measured.select_related("pipeline"):
        restate_deadlines(stage)
