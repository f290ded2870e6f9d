"""Loss reasons: a tree per pipeline, split into target and non-target (QL-5, FS-14)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.db import transaction
from django.utils.translation import gettext as _

from voronka.journal.actors import Actor
from voronka.pipelines import rules
from voronka.pipelines.commands.writing import arrange, begin, find, next_position, note, number
from voronka.pipelines.commands.writing import write as write_row
from voronka.pipelines.errors import InUse, InvalidSetup, refuse_if
from voronka.pipelines.models import LossReason, Pipeline
from voronka.pipelines.specs import LossReasonSpec
from voronka.pipelines.usage import cards_of

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
def place_loss_reason(
    pipeline: str,
    code: str,
    *,
    parent: str | None,
    target: bool,
    order: Sequence[str],
    by: Actor,
) -> LossReason:
    """Move a reason into another one or to the top, and among its new siblings.

    Args:
        target: counts at the top only; inside another reason it follows that one.
        order: codes of the siblings as they shall stand; those not named stay behind.
    Raises:
        InvalidSetup: the tree would be a ring or too deep, or a code is unknown.
        NoSuchPart: the pipeline, the reason or the parent does not exist.
    """
    begin(by)
    spec = LossReasonSpec.of(reason_by_code(pipeline, code))
    row = save_loss_reason(replace(spec, parent=parent, target=target), by=by)
    reorder_loss_reasons(pipeline, order, parent=parent, by=by)
    return row


@transaction.atomic
def copy_loss_reasons(pipeline: str, *, source: str, by: Actor) -> int:
    """Take over the reasons of another funnel that this one does not have; return how many.

    Raises:
        NoSuchPart: one of the pipelines does not exist.
    """
    begin(by)
    have = set(_pipeline(pipeline).loss_reasons.values_list("code", flat=True))
    rows = _pipeline(source).loss_reasons.filter(archived=False).select_related("pipeline")
    left = list(rows.select_related("pipeline", "parent"))
    made = 0
    while left:  # level by level, so that a parent is there before those inside it
        known = [r for r in left if r.parent is None or r.parent.code in have]
        if not known:
            break
        for row in known:
            if row.code not in have:
                save_loss_reason(replace(LossReasonSpec.of(row), pipeline=pipeline), by=by)
                have.add(row.code)
                made += 1
        left = [r for r in left if r not in known]
    return made


@transaction.atomic
def remove_loss_reason(pipeline: str, code: str, *, by: Actor) -> None:
    """Take away a reason that no card was ever lost for.

    Raises:
        InUse: cards were lost for it, or reasons stand inside it.
        NoSuchPart: there is none.
    """
    begin(by)
    row = reason_by_code(pipeline, code)
    if row.children.exists():
        raise InUse(_("Other reasons stand inside this one. Move them first."))
    if cards_of(row):
        raise InUse(_("Cards were lost for this reason, so it can only go into the archive."))
    note(row, "removed", by=by, pipeline_id=row.pipeline_id, code=row.code, name=row.name.as_dict())
    row.delete()


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
