"""The card as a manager would see it in a stage of the draft, without a card."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from voronka.drafts.queries import Canvas, canvas
from voronka.items import rules as gate
from voronka.kernel.texts import LocalText
from voronka.people.requests import SignedInRequest
from voronka.pipelines.models import ItemType, Section, Stage
from voronka.pipelines.queries import sections_of
from voronka.web.editor.pages import funnel_or_404
from voronka.web.editor.words import deadline_words
from voronka.web.fields import Spec, specs_of
from voronka.web.fields.specs import spec_of
from voronka.web.rights import needs_right

HEAD = ("title", "amount")  # the card shows them in its head


@dataclass(frozen=True, slots=True)
class Segment:
    """A stage in the stage bar."""

    stage: Stage
    state: str


@dataclass(frozen=True, slots=True)
class Block:
    """A section of fields as this funnel shows it."""

    section: Section
    fields: list[tuple[Spec, bool]]  # and whether it is asked for by now
    open: bool


@dataclass
class Preview:
    """A sample card in one stage. Nothing is read before the template asks."""

    laid: Canvas
    stage: Stage

    @property
    def kind(self) -> ItemType:
        return self.laid.pipeline.item_type

    @property
    def title(self) -> str:
        """What a card of this type might be called."""
        return _("%(kind)s: an example") % {"kind": self.kind.name}

    @property
    def number(self) -> str:
        prefix = self.kind.prefix
        return f"{prefix}-1042" if prefix else "№1042"

    @cached_property
    def segments(self) -> list[Segment]:
        """The stage bar as it looks here."""
        here = self.stage
        return [
            Segment(
                stage,
                "current"
                if stage.code == here.code
                else "passed"
                if stage.is_open and (stage.position < here.position or here.kind == "won")
                else "",
            )
            for stage in self.laid.stages
        ]

    @cached_property
    def next_stage(self) -> Stage | None:
        """The stage ahead."""
        if not self.stage.is_open:
            return None
        ahead = [s for s in self.laid.stages if s.is_open and s.position > self.stage.position]
        won = [s for s in self.laid.stages if s.kind == Stage.Kind.WON]
        return next(iter(ahead or won), None)

    @cached_property
    def specs(self) -> dict[str, Spec]:
        return specs_of(self.kind)

    @cached_property
    def needed(self) -> list[Spec]:
        """What must be filled here before the card may go on."""
        if self.next_stage is None:
            codes = list(self.stage.required)
        else:
            codes = [*self.next_stage.required]
            codes += [
                c.check.removeprefix("field:")
                for c in gate.criteria(self.stage)
                if c.check.startswith("field:")
            ]
        return [self.specs[code] for code in dict.fromkeys(codes) if code in self.specs]

    @property
    def missing(self) -> list[str]:
        """What the line under the stage bar complains of."""
        names = [spec.label for spec in self.needed]
        return names + [str(c.text) for c in self.criteria if c.required]

    @cached_property
    def asked(self) -> set[str]:
        """What the card must have by now."""
        return set(gate.required_codes(self.laid.stages, self.stage))

    @cached_property
    def criteria(self) -> list[gate.Criterion]:
        return gate.criteria(self.stage)

    @property
    def deadline(self) -> str:
        return deadline_words(self.stage.deadline_minutes, working=self.stage.deadline_working)

    @property
    def steps(self) -> list[str]:
        return [str(LocalText.of(step)) for step in self.stage.steps]

    @property
    def objections(self) -> list[tuple[str, str]]:
        """Objections with the answer to each."""
        return [
            (str(LocalText.of(o.get("objection"))), str(LocalText.of(o.get("answer"))))
            for o in self.stage.objections
        ]

    @cached_property
    def clients(self) -> list[Spec]:
        """System fields that stand before the sections."""
        return [self.specs[c] for c in ("contact", "company", "source") if c in self.specs]

    @cached_property
    def blocks(self) -> list[Block]:
        """The sections of this funnel; open is what this stage needs, else the first."""
        funnel, needed = self.laid.pipeline.code, {spec.code for spec in self.needed}
        blocks = []
        for row in sections_of(self.kind):
            wanted = row.section.pipelines
            if not row.fields or (wanted and funnel not in wanted):
                continue
            fields = [(spec_of(f), f.code in self.asked) for f in row.fields]
            blocks.append(Block(row.section, fields, any(f.code in needed for f in row.fields)))
        if blocks and not any(block.open for block in blocks):
            blocks[0] = Block(blocks[0].section, blocks[0].fields, True)
        return blocks


@require_GET
@needs_right("setup")
def preview(request: SignedInRequest, pipeline_id: int) -> HttpResponse:
    """Draw a sample card in the stage ?stage=code, the first one without it."""
    laid = canvas(funnel_or_404(pipeline_id))
    wanted = request.GET.get("stage", "")
    stages = laid.stages
    stage = next((s for s in stages if s.code == wanted), stages[0])
    context = {"preview": Preview(laid, stage), "funnel": laid.pipeline, "stage": stage}
    return render(request, "editor/preview.html", context)
