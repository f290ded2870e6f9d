"""What can be done to the document of a draft. Pure; refusals are in words.

Won and lost stages stand behind those in work, whatever is moved.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from voronka.blueprints.schema import PipelineSpec, StageSpec
from voronka.drafts.merging import with_others
from voronka.pipelines.errors import InUse, InvalidSetup, NoSuchPart
from voronka.pipelines.rules import kind_rank


def stage_of(document: PipelineSpec, code: str) -> StageSpec:
    """Return a stage of a document.

    Raises:
        NoSuchPart: it has gone meanwhile.
    """
    if code not in document.stages:
        raise NoSuchPart(_("This stage is no longer in the draft. Open the funnel again."))
    return document.stages[code]


def with_stage(
    document: PipelineSpec, code: str, part: StageSpec, *, after: str | None = None
) -> PipelineSpec:
    """Add a stage behind another one, or before all others of its kind."""
    stages = {**document.stages, code: part}
    return _moved(document, stages, code, after)


def with_stage_moved(document: PipelineSpec, code: str, *, after: str | None) -> PipelineSpec:
    """Move a stage behind another one, or to the front of its kind."""
    stage_of(document, code)
    return _moved(document, dict(document.stages), code, after)


def _moved(
    document: PipelineSpec, stages: dict[str, StageSpec], code: str, after: str | None
) -> PipelineSpec:
    order = [other for other in stages if other != code]
    order.insert(order.index(after) + 1 if after in order else 0, code)
    order.sort(key=lambda c: kind_rank(stages[c].kind))
    return document.model_copy(update={"stages": {c: stages[c] for c in order}})


def with_stage_changed(
    document: PipelineSpec, code: str, changes: Mapping[str, Any]
) -> PipelineSpec:
    """Change parts of a stage's passport; the kind and the place stay."""
    part = stage_of(document, code).model_copy(update=dict(changes))
    return document.model_copy(update={"stages": {**document.stages, code: part}})


def without_stage(document: PipelineSpec, code: str, *, heir: str | None) -> PipelineSpec:
    """Take a stage out. Those that had it as heir get its heir.

    Args:
        heir: the stage of the same kind that takes cards and history; None for a stage that was
            never published.
    Raises:
        InUse: it is the won stage, or the last of its kind.
        InvalidSetup: the heir is of another kind, or missing.
    """
    part = stage_of(document, code)
    if part.kind == "won":
        raise InUse(_("A funnel needs its won stage. Rename it instead."))
    rest = {c: p for c, p in document.stages.items() if c != code}
    same = [c for c, p in rest.items() if p.kind == part.kind]
    if not same:
        if part.kind == "lost":
            raise InUse(_("A funnel needs a place for refusals: this is the last lost stage."))
        raise InUse(_("A funnel needs a stage in work: this is the last one."))
    if heir is not None and heir not in same:
        sentence = _("Open cards go to a stage in work, lost ones to a lost stage.")
        raise InvalidSetup({"heir": sentence})
    orphans = [gone for gone, taker in document.heirs.items() if taker == code]
    if heir is None and orphans:
        heir = same[0]
    heirs = {gone: taker for gone, taker in document.heirs.items() if taker != code}
    heirs |= {gone: heir for gone in orphans if heir}
    if heir is not None:
        heirs[code] = heir
    return document.model_copy(update={"stages": rest, "heirs": heirs})


def with_stage_back(document: PipelineSpec, published: PipelineSpec, code: str) -> PipelineSpec:
    """Put a stage that was taken out back where it was."""
    part = stage_of(published, code)
    stages = {**document.stages, code: part}
    order = with_others(list(document.stages), list(published.stages))
    kept = [c for c in order if c in stages]
    kept.sort(key=lambda c: kind_rank(stages[c].kind))
    heirs = {gone: heir for gone, heir in document.heirs.items() if gone != code}
    return document.model_copy(update={"stages": {c: stages[c] for c in kept}, "heirs": heirs})
