"""Drafts of funnels: begun by the first edit, followed by others, published or thrown away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from pydantic import ValidationError

from voronka.blueprints import translating
from voronka.blueprints.commands import carry_out
from voronka.blueprints.schema import PipelineSpec, StageSpec, Text
from voronka.drafts import editing
from voronka.drafts.errors import DraftMoved, StageMoved
from voronka.drafts.merging import follow
from voronka.drafts.models import DraftStep, PipelineDraft, PipelineVersion
from voronka.drafts.queries import (
    print_of,
    published,
    read,
    stamp,
    wanted_of,
    whole,
    written,
)
from voronka.journal.actors import Actor
from voronka.journal.commands import record
from voronka.kernel.texts import LocalText
from voronka.pipelines import rules
from voronka.pipelines.codes import code_from
from voronka.pipelines.commands.writing import begin
from voronka.pipelines.errors import InUse, InvalidSetup, NoSuchPart, refuse_if
from voronka.pipelines.models import Pipeline
from voronka.pipelines.queries import element_checks, field_codes

KEPT_STEPS = 50  # edits that can be taken back
COLORS_OF_KINDS = {"open": "grey", "won": "green", "lost": "red"}
# Parts of the set-up commands' specs that a document calls otherwise.
_NAMES = {"deadline_minutes": "deadline", "responsible_role": "responsible", "split_reason": "why"}
Edit = Callable[[PipelineSpec], PipelineSpec]


@dataclass
class DraftOf:
    """The draft of a funnel, for the journal; has the funnel's number whether it exists or not."""

    pk: int
    journal_type: ClassVar[str] = "draft"


@transaction.atomic
def add_stage(
    pipeline_id: int,
    *,
    name: LocalText,
    kind: str = "open",
    after: str | None = None,
    by: Actor,
) -> str:
    """Add a stage to the draft, behind the stage `after` or to the front; return its code.

    Raises:
        InvalidSetup: the name is empty or too long, or the kind is "won": a funnel has one.
    """
    begin(by)
    pipeline = _pipeline(pipeline_id)
    if kind not in ("open", "lost"):
        raise InvalidSetup({"kind": _("A funnel has one won stage.")})
    now = published(pipeline)
    document = _document(_draft(pipeline), now)
    taken = {*now.stages, *document.stages, *document.heirs}
    code = code_from(name.ru or name.en, taken=taken, fallback="stage")
    part = StageSpec(name=Text.of(name), kind=kind, color=COLORS_OF_KINDS[kind])
    _require_sound(pipeline, code, part)
    _edit(
        pipeline,
        lambda d: editing.with_stage(d, code, part, after=after),
        by=by,
        what="added",
        code=code,
    )
    return code


@transaction.atomic
def move_stage(pipeline_id: int, code: str, *, after: str | None, by: Actor) -> None:
    """Move a stage of the draft behind another one, or to the front of its kind.

    Raises:
        NoSuchPart: the stage has gone.
    """
    begin(by)
    pipeline = _pipeline(pipeline_id)
    _edit(
        pipeline,
        lambda d: editing.with_stage_moved(d, code, after=after),
        by=by,
        what="moved",
        code=code,
    )


@transaction.atomic
def change_stage(
    pipeline_id: int, code: str, changes: Mapping[str, Any], *, seen: str = "", by: Actor
) -> None:
    """Change parts of a stage in the draft.

    Args:
        changes: names of `blueprints.schema.StageSpec` but "kind", in its own types.
        seen: `queries.print_of` the stage that the person was looking at; empty to change it
            whatever it is.
    Raises:
        InvalidSetup: a part breaks a rule.
        StageMoved: somebody else has changed the stage since.
        NoSuchPart: the stage has gone.
    """
    begin(by)
    pipeline = _pipeline(pipeline_id)

    def edit(document: PipelineSpec) -> PipelineSpec:
        before = editing.stage_of(document, code)
        if seen and seen != print_of(before):
            raise StageMoved
        changed = editing.with_stage_changed(document, code, changes)
        _require_sound(pipeline, code, changed.stages[code])
        return changed

    _edit(pipeline, edit, by=by, what="changed", code=code)


@transaction.atomic
def drop_stage(pipeline_id: int, code: str, *, heir: str | None = None, by: Actor) -> None:
    """Take a stage out of the draft; on publishing its cards and history go to `heir`.

    Raises:
        InUse: it is the won stage, or the last of its kind.
        InvalidSetup: a published stage without an heir of its kind.
        NoSuchPart: the stage has gone.
    """
    begin(by)
    pipeline = _pipeline(pipeline_id)
    heir = heir or None
    if heir is None and pipeline.stages.filter(code=code).exists():
        raise InvalidSetup({"heir": _("Say which stage takes its cards and history.")})
    if not pipeline.stages.filter(code=code).exists():
        heir = None
    _edit(
        pipeline,
        lambda d: editing.without_stage(d, code, heir=heir),
        by=by,
        what="dropped",
        code=code,
    )


@transaction.atomic
def return_stage(pipeline_id: int, code: str, *, by: Actor) -> None:
    """Put a published stage back into the draft that it was taken out of."""
    begin(by)
    pipeline = _pipeline(pipeline_id)
    now = published(pipeline)
    _edit(
        pipeline, lambda d: editing.with_stage_back(d, now, code), by=by, what="returned", code=code
    )


@transaction.atomic
def change_funnel(pipeline_id: int, changes: Mapping[str, Any], *, by: Actor) -> None:
    """Change the funnel's own parts in the draft: name, purpose, naming, calendar, forward only.

    Args:
        changes: names of `blueprints.schema.PipelineSpec` but type, stages and loss reasons.
    Raises:
        InvalidSetup: a part breaks a rule.
    """
    begin(by)
    pipeline = _pipeline(pipeline_id)

    def edit(document: PipelineSpec) -> PipelineSpec:
        changed = document.model_copy(update=dict(changes))
        problems = rules.pipeline_problems(translating.pipeline(pipeline.code, changed))
        refuse_if({_NAMES.get(name, name): said for name, said in problems.items()})
        return changed

    _edit(pipeline, edit, by=by, what="changed")


@transaction.atomic
def undo_edit(pipeline_id: int, *, by: Actor) -> None:
    """Take the last edit of the draft back, whoever made it.

    Raises:
        NoSuchPart: there is nothing to take back.
    """
    begin(by)
    pipeline = _pipeline(pipeline_id)
    draft = _draft(pipeline)
    step = draft.steps.order_by("-number").first() if draft else None
    if draft is None or step is None:
        raise NoSuchPart(_("There is nothing to take back."))
    draft.document, draft.base = step.document, step.base
    step.delete()
    _keep(draft, pipeline, by=by, what="undone")


@transaction.atomic
def discard_draft(pipeline_id: int, *, by: Actor) -> None:
    """Throw the draft away; the funnel stays as it is."""
    begin(by)
    pipeline = _pipeline(pipeline_id)
    if PipelineDraft.objects.filter(pipeline=pipeline).delete()[0]:
        name = pipeline.name.as_dict()
        record("draft.discarded", DraftOf(pipeline.pk), by=by, name=name)


@transaction.atomic
def publish_draft(pipeline_id: int, *, seen: str, by: Actor) -> PipelineVersion:
    """Make the funnel what the draft says: stages, cards and history in one transaction.

    Args:
        seen: `Canvas.stamp` of what the person agreed to.
    Raises:
        DraftMoved: the draft, or the funnel under it, has changed since.
        HeirMissing, Refused, BrokenBlueprint: something stands in the way; nothing is changed.
        NoSuchPart: there is no draft.
    Source: docs/domain/stages.md, "a draft is published whole" (FS-16, FS-18).
    """
    begin(by)
    pipeline = _pipeline(pipeline_id)
    draft = _draft(pipeline)
    if draft is None:
        raise NoSuchPart(_("There is nothing to publish: the draft has gone."))
    now = published(pipeline)
    wanted = wanted_of(draft, now, field_codes(pipeline.item_type))
    if stamp(now, wanted) != seen:
        raise DraftMoved
    plan = carry_out(whole(pipeline, wanted), by=by, file=str(pipeline.name))
    draft.delete()
    moment = timezone.now()
    last = PipelineVersion.objects.filter(pipeline=pipeline).order_by("-number").first()
    number = last.number if last else 1
    if last is None:
        PipelineVersion.objects.create(
            pipeline=pipeline, number=1, document=written(now), by=None, at=moment
        )
    pipeline.refresh_from_db()
    version = PipelineVersion.objects.create(
        pipeline=pipeline,
        number=number + 1,
        document=written(published(pipeline)),
        by_id=by.user_id,
        at=moment,
    )
    record(
        "pipeline.published",
        pipeline,
        by=by,
        pipeline_id=pipeline.pk,
        version=version.number,
        added=plan.count("added"),
        changed=plan.count("changed") + plan.count("moved"),
        removed=plan.count("removed"),
    )
    return version


@transaction.atomic
def redraw_version(pipeline_id: int, number: int, *, by: Actor) -> None:
    """Put an earlier version of the funnel into the draft, in place of what is there.

    Stages that came later leave, each to the nearest one of its kind; the rest is as it was.

    Raises:
        NoSuchPart: there is no such version.
    """
    begin(by)
    pipeline = _pipeline(pipeline_id)
    version = PipelineVersion.objects.filter(pipeline=pipeline, number=number).first()
    if version is None:
        raise NoSuchPart(_("There is no such version."))
    now = published(pipeline)
    old = read(version.document)
    known = field_codes(pipeline.item_type)
    order = list(now.stages)
    heirs: dict[str, str] = {}
    for code in order:
        if code not in old.stages:
            before = order[: order.index(code)][::-1] + order[order.index(code) :]
            kind = now.stages[code].kind
            takers = [c for c in before if c in old.stages and old.stages[c].kind == kind]
            heirs |= {code: takers[0]} if takers else {}
    stages = {
        code: part.model_copy(update={"required": [c for c in part.required if c in known]})
        for code, part in old.stages.items()
    }
    document = old.model_copy(update={"heirs": heirs, "stages": stages})
    _edit(pipeline, lambda _d: document, by=by, what="redrawn")


def _pipeline(pipeline_id: int) -> Pipeline:
    rows = Pipeline.objects.select_related("item_type", "calendar")
    pipeline = rows.filter(pk=pipeline_id).first()
    if pipeline is None:
        raise NoSuchPart(_("There is no such funnel."))
    if pipeline.archived:
        raise InUse(_("This funnel is archived. Restore it first, then change it."))
    return pipeline


def _draft(pipeline: Pipeline) -> PipelineDraft | None:
    return PipelineDraft.objects.select_for_update().filter(pipeline=pipeline).first()


def _document(draft: PipelineDraft | None, now: PipelineSpec) -> PipelineSpec:
    return follow(read(draft.base), read(draft.document), now) if draft else now


def _require_sound(pipeline: Pipeline, code: str, part: StageSpec) -> None:
    """Refuse a stage that could not be published. Checks shapes and then rules."""
    try:
        part = StageSpec.model_validate(part.model_dump())
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        raise InvalidSetup({name: _("This can't be kept as it is written.")}) from error
    spec = translating.stage(pipeline.code, code, part)
    problems = rules.stage_problems(
        spec,
        field_codes=field_codes(pipeline.item_type),
        elements=element_checks(pipeline.item_type),
    )
    refuse_if({_NAMES.get(name, name): said for name, said in problems.items()})


def _edit(pipeline: Pipeline, edit: Edit, *, by: Actor, what: str, code: str = "") -> None:
    """Do one edit on the draft as it is today, keeping the way back.

    Args:
        code: of the stage that is edited, for the journal.
    """
    now = published(pipeline)
    draft = _draft(pipeline)
    before = _document(draft, now)
    after = edit(before)
    if written(after) == written(before):
        return
    moment = timezone.now()
    if draft is None:
        draft = PipelineDraft(pipeline=pipeline, begun_by_id=by.user_id, begun_at=moment)
        draft.changed_at = moment
        draft.document = draft.base = written(now)
        draft.save(force_insert=True)
    DraftStep.objects.create(
        draft=draft, number=draft.step + 1, document=draft.document, base=draft.base
    )
    draft.steps.filter(number__lte=draft.step + 1 - KEPT_STEPS).delete()
    draft.document, draft.base = written(after), written(now)
    stage = after.stages.get(code) or before.stages.get(code)
    named = {"stage_name": stage.name.local.as_dict()} if stage else {}
    _keep(draft, pipeline, by=by, what=what, **named)


def _keep(draft: PipelineDraft, pipeline: Pipeline, *, by: Actor, what: str, **diff: Any) -> None:
    draft.step += 1
    if draft.document == draft.base and not draft.steps.exists():
        draft.delete()  # everything is taken back
    else:
        draft.changed_by_id, draft.changed_at = by.user_id, timezone.now()
        draft.save()
    name = pipeline.name.as_dict()
    record(f"draft.{what}", DraftOf(pipeline.pk), by=by, name=name, **diff)
