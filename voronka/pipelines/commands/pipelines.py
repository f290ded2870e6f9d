"""Pipelines: made from scratch or as a copy, changed, put in order, archived."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override, pgettext

from voronka.journal.actors import Actor
from voronka.kernel.texts import LANGUAGES, LocalText
from voronka.people.models import WorkingCalendar
from voronka.pipelines import rules
from voronka.pipelines.commands.reasons import save_loss_reason
from voronka.pipelines.commands.stages import save_stage
from voronka.pipelines.commands.types import type_by_code
from voronka.pipelines.commands.writing import arrange, begin, find, next_position, number
from voronka.pipelines.commands.writing import note as note_change
from voronka.pipelines.commands.writing import write as write_row
from voronka.pipelines.errors import InUse, Unfinished, refuse_if
from voronka.pipelines.models import ItemType, Pipeline, Stage
from voronka.pipelines.specs import LossReasonSpec, PipelineSpec, StageSpec
from voronka.pipelines.usage import cards_of


def pipeline_by_code(code: str) -> Pipeline:
    """Return a pipeline by its code.

    Raises:
        NoSuchPart: there is none.
    """
    rows = Pipeline.objects.select_related("item_type")
    return find(rows, code, _("There is no funnel “%(code)s”."))


@transaction.atomic
def save_pipeline(spec: PipelineSpec, *, by: Actor) -> Pipeline:
    """Create a pipeline, or change the one with this code; an archived one is restored.

    A new one has no stages yet: see `start_pipeline`, or save them and `require_finished`.

    Raises:
        InvalidSetup: a part of the spec breaks a rule.
        InUse: the item type would change while cards exist.
        NoSuchPart: the item type or the calendar does not exist.
    """
    begin(by)
    refuse_if(rules.pipeline_problems(spec))
    item_type = type_by_code(spec.item_type)
    row = Pipeline.objects.filter(code=spec.code).first()
    if row is None:
        row = Pipeline(code=spec.code, position=next_position(Pipeline.objects.all()))
    elif row.item_type_id != item_type.pk and (cards_of(row) or row.stages.exists()):
        raise InUse(_("This funnel has stages or cards: its item type stays. Make a new funnel."))
    calendar = None
    if spec.calendar:
        sentence = _("There is no working calendar “%(code)s”.")
        calendar = find(WorkingCalendar.objects.all(), spec.calendar, sentence)
    values = {
        "item_type_id": item_type.pk,
        "name": spec.name,
        "purpose": spec.purpose,
        "naming": spec.naming,
        "split_reason": spec.split_reason,
        "forward_only": spec.forward_only,
        "calendar_id": calendar.pk if calendar else None,
        "archived": False,
    }
    return write_row(row, values, by=by, pipeline_id=row.pk)


@transaction.atomic
def start_pipeline(spec: PipelineSpec, *, copy_of: str | None = None, by: Actor) -> Pipeline:
    """Create a pipeline that can take cards at once.

    Args:
        copy_of: code of a pipeline whose stages and loss reasons are copied; without it the
            new one gets one stage in work, won and lost. Passports name fields, so of another
            item type's pipeline only what does not name fields is copied.
    Raises:
        InvalidSetup: the code is taken, or a part of the spec breaks a rule.
    """
    begin(by)
    if Pipeline.objects.filter(code=spec.code).exists():
        refuse_if({"code": _("This code is taken by another funnel.")})
    pipeline = save_pipeline(spec, by=by)
    if copy_of is None:
        for stage in _starting_stages(spec):
            save_stage(stage, by=by)
        return pipeline
    model = pipeline_by_code(copy_of)
    same_type = model.item_type_id == pipeline.item_type_id
    for row in model.stages.select_related("pipeline", *Stage.RESPONSIBLE):
        copy = replace(StageSpec.of(row), pipeline=spec.code)
        if not same_type:
            manual = tuple(c for c in copy.exit_criteria if not c.check.startswith("field:"))
            copy = replace(copy, required=(), exit_criteria=manual)
        save_stage(copy, by=by)
    reasons = model.loss_reasons.filter(archived=False).select_related("pipeline", "parent")
    for reason in sorted(reasons, key=lambda r: (r.parent_id is not None, r.position)):
        if reason.parent is None or not reason.parent.archived:
            save_loss_reason(replace(LossReasonSpec.of(reason), pipeline=spec.code), by=by)
    return pipeline


def _starting_stages(spec: PipelineSpec) -> list[StageSpec]:
    texts: dict[str, dict[str, str]] = {}
    for language in LANGUAGES:
        with override(language):
            texts[language] = {
                "new": pgettext("stage", "New"),
                "won": pgettext("stage", "Won"),
                "lost": pgettext("stage", "Lost"),
            }

    def name(code: str) -> LocalText:
        return LocalText(**{language: words[code] for language, words in texts.items()})

    return [
        StageSpec(spec.code, "new", name("new"), color="blue"),
        StageSpec(spec.code, "won", name("won"), kind=Stage.Kind.WON, color="green"),
        StageSpec(spec.code, "lost", name("lost"), kind=Stage.Kind.LOST, color="red"),
    ]


def require_finished(pipeline: Pipeline) -> None:
    """Let a pipeline pass that has stages in work, one won stage and a lost stage.

    Raises:
        Unfinished: with what it lacks.
    """
    missing = rules.unfinished(pipeline.stages.values_list("kind", flat=True))
    if missing:
        raise Unfinished(" ".join([f"{pipeline.name}:", *map(str, missing)]))


@transaction.atomic
def reorder_pipelines(order: Sequence[str], *, by: Actor) -> None:
    """Put the pipelines in the order of these codes."""
    begin(by)
    rows = arrange(list(Pipeline.objects.all()), order)
    if number(rows):
        note_change(rows[0], "reordered", by=by, order=[row.code for row in rows])


@transaction.atomic
def archive_pipeline(code: str, *, by: Actor) -> Pipeline:
    """Put a pipeline away: no page offers it any more, its history stays in reports.

    Raises:
        InUse: cards in it are still open, or it is the last pipeline for leads or deals.
    """
    begin(by)
    row = pipeline_by_code(code)
    if row.archived:
        return row
    if count := cards_of(row, only_open=True):
        raise InUse(
            ngettext(
                "%(count)d card in this funnel is still open."
                " Move it to another funnel or close it, then archive.",
                "%(count)d cards in this funnel are still open."
                " Move them to another funnel or close them, then archive.",
                count,
            )
            % {"count": count}
        )
    others = row.item_type.pipelines.filter(archived=False).exclude(pk=row.pk)
    if row.item_type.kind != ItemType.Kind.CUSTOM and not others.exists():
        raise InUse(_("This is the last funnel of its kind. Add another one first."))
    row.archived = True
    row.save(update_fields=["archived"])
    note_change(row, "archived", by=by, pipeline_id=row.pk)
    return row


@transaction.atomic
def restore_pipeline(code: str, *, by: Actor) -> Pipeline:
    """Bring an archived pipeline back."""
    begin(by)
    row = pipeline_by_code(code)
    if row.archived:
        row.archived = False
        row.save(update_fields=["archived"])
        note_change(row, "restored", by=by, pipeline_id=row.pk)
    return row
