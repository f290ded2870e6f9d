"""A draft follows the funnel that changes underneath it. Pure: documents in, document out.

What the draft itself changed stays as the draft has it; everything else is as it is published
now. So a draft may lie for weeks, and publishing it takes back nothing that others did meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from voronka.blueprints.schema import PipelineSpec, StageSpec
from voronka.pipelines.rules import kind_rank

_APART = {"stages", "loss_reasons", "heirs"}


def follow(base: PipelineSpec, mine: PipelineSpec, now: PipelineSpec) -> PipelineSpec:
    """Bring a draft level with the published funnel.

    Args:
        base: what was published when `mine` was last level with it.
        now: what is published; its loss reasons are taken, drafts have none.
    """
    if base == now:
        return mine.model_copy(update={"loss_reasons": now.loss_reasons})
    plain = {
        name: _chosen(name, base, mine, now)
        for name in PipelineSpec.model_fields
        if name not in _APART
    }
    stages: dict[str, StageSpec] = {}
    for code in _order(base, mine, now):
        old, own, new = base.stages.get(code), mine.stages.get(code), now.stages.get(code)
        if own is None:
            if new is not None and old is None:  # came in meanwhile
                stages[code] = new
        elif new is None:
            if old is None or old != own:  # made here, or taken away there but reworked here
                stages[code] = own
        else:
            stages[code] = own if old is None else _stage(old, own, new)
    ordered = dict(sorted(stages.items(), key=lambda pair: kind_rank(pair[1].kind)))
    heirs = {
        gone: heir
        for gone, heir in mine.heirs.items()
        if gone in now.stages and gone not in ordered and heir in ordered
    }
    return PipelineSpec(**plain, stages=ordered, loss_reasons=now.loss_reasons, heirs=heirs)


def _chosen(name: str, base: Any, mine: Any, now: Any) -> Any:
    own = getattr(mine, name)
    return getattr(now, name) if own == getattr(base, name) else own


def _stage(base: StageSpec, mine: StageSpec, now: StageSpec) -> StageSpec:
    parts = {name: _chosen(name, base, mine, now) for name in StageSpec.model_fields}
    added = [code for code in mine.required if code not in base.required]
    dropped = [code for code in base.required if code not in mine.required]
    kept = [code for code in now.required if code not in dropped]
    parts["required"] = [*kept, *(code for code in added if code not in kept)]
    return StageSpec(**parts)


def _order(base: PipelineSpec, mine: PipelineSpec, now: PipelineSpec) -> list[str]:
    """The draft's order when it moved stages, else the published one; the rest comes in between."""
    common = [code for code in mine.stages if code in base.stages and code in now.stages]
    moved = common != [code for code in base.stages if code in common]
    lead, other = (mine, now) if moved else (now, mine)
    return with_others(list(lead.stages), list(other.stages))


def with_others(order: Sequence[str], other: Sequence[str]) -> list[str]:
    """Put what only `other` has into `order`, each behind what it follows there."""
    result = list(order)
    before: str | None = None
    for code in other:
        if code not in result:
            result.insert(0 if before is None else result.index(before) + 1, code)
        before = code
    return result
