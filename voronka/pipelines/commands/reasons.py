"""Loss reasons: a tree per pipeline, split into target and non-target (QL-5, FS-14)."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from voronka.journal.actors import Actor
from voronka.pipelines import rules
from voronka.pipelines.commands.writing import arrange, begin, find, next_position, note, number
from voronka.pipelines.commands.writing import write as write_row
from voronka.pipelines.errors import InvalidSetup, refuse_if
from voronka.pipelines.models import LossReason, Pipeline
from voronka.pipelines.specs import LossReasonSpec

MAX_DEPTH = 3  # levels of the tree


def _pipeline(code: str) -> Pipeline:
    return find(Pipeline.objects.all(), code, _("There is no funnel “%(code)s”."))


def reason_by_code(pipeline: str, code: str) -> LossReason:
    """Return a loss reason of a pipeline.

    Raises:
        NoSuchPart: there is none.
    """
    rows = _pipeline(pipeline).loss_reasons.select_related("pipeline", "parent")
    return find(rows, code, _("There is no loss reason “%(code)s” in this funnel."))


@transaction.atomic
def save_loss_reason(spec: LossReasonSpec, *, by: Actor) -> LossReason:
    """Create a loss reason, or change the one with this code; an archived one is restored.

    A reason inside another is target or not as its parent is.

    Raises:
        InvalidSetup: a part of the spec breaks a rule, or the tree would be a ring or too deep.
        NoSuchPart: the pipeline or the parent does not exist.
    """
    begin(by)
    refuse_if(rules.reason_problems(spec))
    pipeline = _pipeline(spec.pipeline)
    row = pipeline.loss_reasons.filter(code=spec.code).first()
    parent = reason_by_code(spec.pipeline, spec.parent) if spec.parent else None
    if parent is not None:
        _require_tree(row, parent)
    if row is None:
        row = LossReason(pipeline=pipeline, code=spec.code)
        siblings = pipeline.loss_reasons.filter(parent=parent)
        row.position = next_position(siblings)
    values = {
        "name": spec.name,
        "parent_id": parent.pk if parent else None,
        "target": parent.target if parent else spec.target,
        "needs_comment": spec.needs_comment,
        "archived": False,
    }
    write_row(row, values, by=by, pipeline_id=pipeline.pk)
    _pass_target_on(row, by=by)
    return row


def _require_tree(row: LossReason | None, parent: LossReason) -> None:
    depth = 1 + (_height(row) if row is not None else 1)
    above: LossReason | None = parent
    while above is not None:
        if row is not None and above.pk == row.pk:
            raise InvalidSetup({"parent": _("A reason can't stand inside itself.")})
        above = above.parent
        depth += above is not None
    if depth > MAX_DEPTH:
        raise InvalidSetup({"parent": _("At most three levels of reasons.")})


def _height(row: LossReason) -> int:
    return 1 + max((_height(child) for child in row.children.all()), default=0)


def _pass_target_on(row: LossReason, *, by: Actor) -> None:
    for child in row.children.all():
        write_row(child, {"target": row.target}, by=by, pipeline_id=row.pipeline_id)
        _pass_target_on(child, by=by)


@transaction.atomic
def reorder_loss_reasons(
    pipeline: str, order: Sequence[str], *, parent: str | None = None, by: Actor
) -> None:
    """Put the reasons of one level in the order of these codes."""
    begin(by)
    row = _pipeline(pipeline)
    above = reason_by_code(pipeline, parent) if parent else None
    arranged = arrange(list(row.loss_reasons.filter(parent=above)), order)
    if number(arranged):
        codes = [reason.code for reason in arranged]
        note(arranged[0], "reordered", by=by, pipeline_id=row.pk, order=codes)


@transaction.atomic
def archive_loss_reason(pipeline: str, code: str, *, by: Actor) -> LossReason:
    """Offer a reason, and those inside it, no more; lost cards keep it."""
    begin(by)
    return _set_archived(reason_by_code(pipeline, code), archived=True, by=by)


@transaction.atomic
def restore_loss_reason(pipeline: str, code: str, *, by: Actor) -> LossReason:
    """Offer a reason, and those inside it, again."""
    begin(by)
    return _set_archived(reason_by_code(pipeline, code), archived=False, by=by)


def _set_archived(row: LossReason, *, archived: bool, by: Actor) -> LossReason:
    if row.archived != archived:
        row.archived = archived
        row.save(update_fields=["archived"])
        what = "archived" if archived else "restored"
        note(row, what, by=by, pipeline_id=row.pipeline_id)
    for child in row.children.all():
        _set_archived(child, archived=archived, by=by)
    return row
