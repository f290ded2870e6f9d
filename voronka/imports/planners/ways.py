"""The way of an imported card through the stages, told by the dates that a file knows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.imports.mapping import Mapping
from voronka.imports.planners.base import Planned, moment
from voronka.pipelines.models import Stage

ENTERED = "entered:"  # "entered:quote" is the date on which the card came to the stage "quote"
DATES = ("created_at", "closed_at")


class Ways:
    """Builds the visits of cards; what is the same for all cards of a stage is kept."""

    def __init__(self, stages: list[Stage], mapping: Mapping) -> None:
        self.stages = [s for s in stages if s.is_open]
        self._day_first = mapping.day_first
        self._dated = [c for c in mapping.fields if c in DATES or c.startswith(ENTERED)]
        self._stage_names = by_words(stages)
        self._ways: dict[str, list[Stage]] = {}  # by the code of the stage where they lead
        self._jumps: dict[str, frozenset[int]] = {}  # likewise

    def read(
        self, planned: Planned, values: dict[str, str]
    ) -> tuple[list[tuple[Stage, datetime]], frozenset[int]]:
        """Build the card's way from the dates that are known.

        Stages before the present one without a date of their own count as passed by jump.
        """
        dates: dict[str, datetime] = {}
        for code in self._dated:
            if text := values.get(code):
                found = moment(text, self._day_first)
                if found is None:
                    planned.fix(code, _("“%(value)s” is not a date.") % {"value": text[:40]})
                else:
                    dates[code] = found
        stage = self._stage(planned, values.get("stage", ""))
        if stage is None:
            return [], frozenset()
        entered = {c.removeprefix(ENTERED): d for c, d in dates.items() if c.startswith(ENTERED)}
        created = dates.get("created_at") or min(dates.values(), default=timezone.now())
        last = dates.get("closed_at") if not stage.is_open else None
        last = last or entered.get(stage.code) or max([created, *entered.values()])
        if last < created:
            planned.fix("closed_at", _("The card would be closed before it was made."))
            return [], frozenset()
        before = self._steps(stage)
        if not entered:  # as in most files: nothing is known but the beginning and the end
            passed = before[:1] if stage.kind == Stage.Kind.LOST else before
            way = [(step, last) for step in (*passed, stage)]
            way[0] = (way[0][0], created if passed else last)
            return way, self._passed(stage, passed[1:])
        way = []
        jumped: set[int] = set()
        for number, step in enumerate(before):
            at = created if number == 0 else entered.get(step.code)
            if at is None:
                if stage.kind == Stage.Kind.LOST:
                    continue
                jumped.add(step.pk)
                later = [d for s in before[number + 1 :] if (d := entered.get(s.code))]
                at = min([*later, last])
            way.append((step, min(max(at, way[-1][1] if way else at), last)))
        way.append((stage, last))
        return way, frozenset(jumped)

    def _steps(self, stage: Stage) -> list[Stage]:
        """Return the stages on the way to a stage, in order: of an end, all others."""
        known = self._ways.get(stage.code)
        if known is None:
            others = [s for s in self.stages if s.pk != stage.pk]
            if stage.is_open:
                others = [s for s in others if s.position < stage.position]
            known = self._ways[stage.code] = others
        return known

    def _passed(self, stage: Stage, steps: list[Stage]) -> frozenset[int]:
        """Return the ids of stages passed by jump on the way to a stage; one set for all cards."""
        known = self._jumps.get(stage.code)
        if known is None:
            known = self._jumps[stage.code] = frozenset(step.pk for step in steps)
        return known

    def _stage(self, planned: Planned, text: str) -> Stage | None:
        if not text:
            return self.stages[0] if self.stages else None
        stage = self._stage_names.get(text.lower())
        if stage is None:
            planned.fix(
                "stage",
                _("The funnel has no stage “%(name)s”. Replace it by one of the funnel's stages.")
                % {"name": text[:80]},
            )
        return stage


def by_words(rows: list[Any]) -> dict[str, Any]:
    """Index stages or reasons by code and by both names, lower-case."""
    found: dict[str, Any] = {}
    for row in rows:
        for word in (row.code, row.name.ru, row.name.en):
            if word:
                found.setdefault(word.lower(), row)
    return found
