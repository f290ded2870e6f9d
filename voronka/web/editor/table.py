"""The funnel as columns: every stage with its passport, and what stands between draft and truth."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

from django.utils import timezone
from django.utils.translation import get_language

from voronka.automation.models import Robot
from voronka.automation.naming import RobotNames
from voronka.automation.words import say
from voronka.blueprints.schema import StageSpec
from voronka.drafts.merging import with_others
from voronka.drafts.queries import Canvas
from voronka.items.standing import MOST, jumped_over, open_cards_in
from voronka.kernel.errors import Sentence
from voronka.kernel.texts import LocalText
from voronka.pipelines import rules
from voronka.pipelines.models import COLORS, Stage
from voronka.pipelines.naming_advice import NamingHint, naming_hint
from voronka.pipelines.queries import Advice, field_titles
from voronka.web.editor.words import (
    ADVICE,
    ANCHORS,
    COLOR_NAMES,
    GRAVE,
    PARTS,
    capped,
    deadline_words,
)

_LATELY = timedelta(days=90)
_FEW, _OFTEN = 20, 0.3  # cards that say nothing yet; a share that asks whether a stage is needed


@dataclass(frozen=True, slots=True)
class Gap:
    """A part of the passport that is still empty, and where the form asks for it."""

    title: Sentence
    anchor: str


@dataclass(frozen=True, slots=True)
class Proof:
    """An exit criterion: what must be true, and whether a fact proves it or a tick."""

    text: str
    by_hand: bool
    required: bool


@dataclass(frozen=True, slots=True)
class Column:
    """A stage as the editor draws it. `stage.pk` is None while it was never published."""

    stage: Stage
    state: str  # "added", "changed" or ""
    cards: str  # open cards that stand there now
    gaps: list[Gap]
    share: float  # of the passport that is filled, 0..1
    required: list[Sentence]  # fields first asked for here
    hint: NamingHint | None
    language: str
    robots: list[str]  # what robots of this stage do, a sentence each
    jumped: float | None  # share of the cards lately that jumped over it, when it is much

    @property
    def code(self) -> str:
        return self.stage.code

    @property
    def percent(self) -> int:
        return round(self.share * 100)

    @property
    def deadline(self) -> str:
        return deadline_words(self.stage.deadline_minutes, working=self.stage.deadline_working)

    @property
    def proofs(self) -> list[Proof]:
        """The exit criteria in words."""
        return [
            Proof(
                str(LocalText.of(c.get("text"))),
                c.get("check") == "manual",
                c.get("required", True),
            )
            for c in self.stage.exit_criteria
        ]


@dataclass(frozen=True, slots=True)
class Ghost:
    """A published stage that the draft takes out."""

    code: str
    part: StageSpec
    heir: str  # the name of the stage that takes its cards and history


@dataclass(frozen=True, slots=True)
class Note:
    """A piece of advice as a chip, with the stages it means."""

    advice: Advice
    title: Sentence
    grave: bool
    stages: list[Stage]


@dataclass
class FunnelTable:
    """Everything of the editor's page. Nothing is read before a template asks."""

    canvas: Canvas
    language: str = field(default_factory=lambda: (get_language() or "ru")[:2])

    @cached_property
    def columns(self) -> list[Column | Ghost]:
        """Stages in order; those that go stand where they stood.

        Six queries, and one for each kind of name that robots speak of.
        """
        rows = {stage.code: stage for stage in self.canvas.stages}
        titles = field_titles(self.canvas.pipeline.item_type)
        cards = open_cards_in([s.pk for s in rows.values() if s.pk])
        passed = jumped_over(self.canvas.pipeline.pk, since=timezone.now() - _LATELY)
        states = self._states
        columns: list[Column | Ghost] = []
        for code in with_others(list(rows), list(self.canvas.now.stages)):
            stage = rows.get(code)
            if stage is None:
                columns.append(self._ghost(code))
                continue
            count = cards.get(stage.pk or 0, 0)
            columns.append(
                Column(
                    stage,
                    states.get(code, ""),
                    capped(count, MOST) if count else "",
                    self._gaps(stage),
                    rules.passport_completeness(stage),
                    [titles.get(c, c) for c in stage.required],
                    self._hint(stage),
                    self.language,
                    self._robots.get(stage.pk or 0, []),
                    _jumped(stage, *passed.get(stage.pk or 0, (0, 0))),
                )
            )
        return columns

    @cached_property
    def _robots(self) -> dict[int, list[str]]:
        pipeline = self.canvas.pipeline
        names = RobotNames(pipeline.item_type, pipeline)
        said: dict[int, list[str]] = defaultdict(list)
        for robot in Robot.objects.working().filter(pipeline=pipeline, stage__isnull=False):
            said[robot.stage_id or 0].append(str(say(robot, names)))
        return said

    @property
    def drawn(self) -> list[Column]:
        """The columns that stay."""
        return [column for column in self.columns if isinstance(column, Column)]

    def _ghost(self, code: str) -> Ghost:
        heir = self.canvas.wanted.stages.get(self.canvas.gone.get(code, ""))
        return Ghost(code, self.canvas.now.stages[code], str(heir.name) if heir else "")

    def _gaps(self, stage: Stage) -> list[Gap]:
        return [Gap(PARTS[p], ANCHORS.get(p, p)) for p in rules.passport_gaps(stage)]

    def _hint(self, stage: Stage) -> NamingHint | None:
        if not stage.is_open:
            return None
        language = "ru" if (stage.name.ru and self.language == "ru") or not stage.name.en else "en"
        name = stage.name.in_language(language)
        return naming_hint(name, self.canvas.wanted.naming, language=language)

    @cached_property
    def _states(self) -> dict[str, str]:
        return {
            d.node.code: d.kind
            for d in self.canvas.differences
            if d.node.kind == "stage" and d.kind in ("added", "changed")
        }

    @cached_property
    def notes(self) -> list[Note]:
        """What the method would change, the gravest first."""
        rows = {stage.code: stage for stage in self.canvas.stages}
        return [
            Note(
                advice,
                ADVICE[advice.code],
                advice.code in GRAVE,
                [rows[code] for code in advice.stages if code in rows],
            )
            for advice in self.canvas.advice
        ]

    @cached_property
    def share(self) -> float:
        """How much of all passports of stages in work is filled, 0..1."""
        work = [c.share for c in self.drawn if c.stage.is_open]
        return sum(work) / len(work) if work else 0.0

    @property
    def changes(self) -> int:
        """How many lines publishing would have."""
        return len(self.canvas.changes)

    @property
    def last_open(self) -> str:
        """The code of the last stage in work, behind which a new one comes."""
        return [c.code for c in self.drawn if c.stage.is_open][-1]

    @property
    def colors(self) -> list[tuple[str, Sentence]]:
        """The colours a stage may have, with their names."""
        return [(color, COLOR_NAMES[color]) for color in COLORS]


def _jumped(stage: Stage, jumped: int, came: int) -> float | None:
    """Return the share of cards that jumped over a stage, where it is worth a word (FS-8)."""
    share = jumped / came if came >= _FEW else 0.0
    return share if stage.is_open and share >= _OFTEN else None
