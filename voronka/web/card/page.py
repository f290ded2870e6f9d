"""What the card's page shows, piece by piece; each piece is read again when it changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any

from django.db.models import Q
from django.utils import timezone

from voronka.clients.models import Client, ContactPoint
from voronka.items import gate, rules
from voronka.items.commands.converting import UNDO_FOR
from voronka.items.facts import proofs
from voronka.items.models import Attachment, Item, ItemLink, LineItem, StageVisit, Watch
from voronka.kernel.texts import LocalText
from voronka.people.models import User
from voronka.pipelines.grades import Grade, grade
from voronka.pipelines.models import Field, ItemType, Section, Stage
from voronka.pipelines.system_fields import system_fields
from voronka.web.addresses import address
from voronka.web.fields import Spec, values_of
from voronka.web.fields.showing import names_of, text_of
from voronka.web.fields.specs import OWN_COMMANDS, SYSTEM_KINDS, spec_of

HEAD = ("title", "amount")  # edited in the head, so not repeated among the fields


@dataclass(frozen=True, slots=True)
class Segment:
    """A stage in the stage bar: "passed", "jumped", "current", "" for those ahead."""

    stage: Stage
    state: str


@dataclass(frozen=True, slots=True)
class Prop:
    """A field with its value in words. `ask` is the question to find it out (QL-1)."""

    spec: Spec
    text: str
    value: Any
    required: bool = False
    editable: bool = True
    grading: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known yet."""
        return self.text == ""

    @property
    def is_own(self) -> bool:
        """Whether it is kept by commands of its own: products, next step."""
        return self.spec.code in OWN_COMMANDS and not self.spec.custom


@dataclass(frozen=True, slots=True)
class Block:
    """A section of fields, folded unless it is in use."""

    section: Section
    props: list[Prop]
    open: bool

    @property
    def filled(self) -> int:
        """How many of its fields are filled."""
        return sum(not prop.is_empty for prop in self.props)


@dataclass(frozen=True, slots=True)
class Criterion:
    """An exit criterion of the present stage and whether it holds."""

    code: str
    text: str
    met: bool
    required: bool
    by_hand: bool  # a person's tick decides; else a fact on the card does


@dataclass(frozen=True, slots=True)
class Person:
    """A client of the card with the ways to reach it; `hidden` from those without the right."""

    client: Client | None
    name: str
    points: list[ContactPoint] = field(default_factory=list)

    @property
    def phones(self) -> list[ContactPoint]:
        """Phones to call."""
        return [p for p in self.points if p.kind == ContactPoint.Kind.PHONE]

    @property
    def others(self) -> list[ContactPoint]:
        """E-mail and messengers."""
        return [p for p in self.points if p.kind != ContactPoint.Kind.PHONE]


@dataclass(frozen=True, slots=True)
class Linked:
    """A card linked with this one: where it stands, and whose it is."""

    link: ItemLink
    item: Item
    position: int  # stages from the start, 1 for the first
    steps: int
    first: bool  # it came before this card

    @property
    def bar(self) -> list[bool]:
        """One mark a stage of work, true for those reached."""
        won = self.item.stage.kind == Stage.Kind.WON
        return [won or n < self.position for n in range(self.steps)]


@dataclass
class CardPage:
    """Everything about one card for one person. Nothing is read before a template asks."""

    item: Item
    user: User

    # -- rights -----------------------------------------------------------------------------

    def may(self, action: str) -> bool:
        """Whether the person may do `action` to this card."""
        kind, pipeline = self.item.pipeline.item_type, self.item.pipeline
        return self.user.access.may(action, kind.code, pipeline.code, owner_id=self.item.owner_id)

    @cached_property
    def may_change(self) -> bool:
        return self.may("change")

    @cached_property
    def may_move(self) -> bool:
        return self.may("move")

    @cached_property
    def may_delete(self) -> bool:
        return self.may("delete")

    @cached_property
    def may_correct(self) -> bool:
        return self.may_move and self.user.access.has("correct")

    # -- head -------------------------------------------------------------------------------

    @property
    def kind(self) -> ItemType:
        return self.item.pipeline.item_type

    @property
    def number(self) -> str:
        """The card's number as people say it: "Д-1042"."""
        prefix = self.kind.prefix
        return f"{prefix}{'-' if prefix else '№'}{self.item.pk}"

    @property
    def feed_id(self) -> str:
        """The id of the history on the page."""
        return f"feed-{self.item.pk}"

    @property
    def board_url(self) -> str:
        """The board of the card's funnel."""
        return address("board:pipeline", self.item.pipeline_id)

    @cached_property
    def stages(self) -> list[Stage]:
        return list(self.item.pipeline.stages.all())

    @cached_property
    def segments(self) -> list[Segment]:
        """The stage bar. A stage counts as passed when the card stood in it or jumped over it."""
        visits = StageVisit.objects.filter(item_id=self.item.pk).values_list("stage_id", "jump")
        stood: set[int] = set()
        jumped: set[int] = set()
        for stage_id, jump in visits:
            (jumped if jump else stood).add(stage_id)
        here = self.item.stage
        bar = []
        for stage in self.stages:
            state = ""
            if stage.pk == here.pk:
                state = "current"
            elif stage.is_open and (not here.is_open or stage.position < here.position):
                lost_before = here.kind == Stage.Kind.LOST and stage.pk not in stood | jumped
                state = "passed" if stage.pk in stood else "" if lost_before else "jumped"
            bar.append(Segment(stage, state))
        return bar

    @cached_property
    def next_stage(self) -> Stage | None:
        """The stage ahead: the next one of work, or the won one."""
        here = self.item.stage
        if not here.is_open:
            return None
        ahead = [s for s in self.stages if s.is_open and s.position > here.position]
        won = [s for s in self.stages if s.kind == Stage.Kind.WON]
        return next(iter(ahead or won), None)

    @cached_property
    def is_lead(self) -> bool:
        """Whether winning means to convert it."""
        return self.kind.kind == ItemType.Kind.LEAD

    @property
    def next_is_conversion(self) -> bool:
        """Whether the next step of a lead is to become a deal."""
        return self.is_lead and self.next_stage is not None and not self.next_stage.is_open

    @cached_property
    def verdict(self) -> gate.Verdict:
        """What stands between the card and the next stage."""
        if self.next_stage is None:
            return gate.Verdict()
        return gate.ask(self.item, self.next_stage, self.stages)

    @property
    def missing(self) -> list[str]:
        """Names of the fields, and words of the criteria, that the next stage still wants."""
        names = [str(name) for name in self.verdict.missing.values()]
        return list(dict.fromkeys(names + [str(c.text) for c in self.verdict.criteria]))

    @cached_property
    def spent(self) -> float | None:
        """The share of the stage's deadline that has passed, 0..1; None without a deadline."""
        stalls = self.item.stalls_at
        if stalls is None or not self.item.stage.is_open:
            return None
        whole = stalls - self.item.stage_entered_at
        gone = timezone.now() - self.item.stage_entered_at
        return min(1.0, gone / whole) if whole > timedelta(0) else 1.0

    @property
    def left(self) -> timedelta | None:
        """How long until the deadline; negative when it has passed."""
        return self.item.stalls_at - timezone.now() if self.item.stalls_at else None

    @property
    def late(self) -> timedelta | None:
        """How long ago the deadline passed."""
        return -self.left if self.left is not None else None

    @cached_property
    def grade(self) -> Grade | None:
        """The grade with its explanation, None for types without a rule."""
        if not self.kind.grade_rule.get("fields"):
            return None
        return grade(self.kind.grade_rule, self._fields, self.item.values)

    @cached_property
    def watching(self) -> bool:
        return Watch.objects.filter(item_id=self.item.pk, user_id=self.user.pk).exists()

    @cached_property
    def conversion(self) -> ItemLink | None:
        """What this lead was converted into, while that can be undone."""
        if not self.is_lead or self.item.stage.kind != Stage.Kind.WON:
            return None
        since = timezone.now() - UNDO_FOR
        links = ItemLink.objects.filter(
            parent_id=self.item.pk, kind=ItemLink.Kind.CONVERTED, created_at__gte=since
        )
        return links.order_by("-pk").first()

    # -- fields -----------------------------------------------------------------------------

    @cached_property
    def _fields(self) -> list[Field]:
        rows = Field.objects.filter(item_type=self.kind, archived=False).select_related("section")
        return list(rows.order_by("section__position", "position", "pk"))

    @cached_property
    def specs(self) -> dict[str, Spec]:
        """Code -> spec of system and custom fields of this card."""
        found = {c: Spec(c, SYSTEM_KINDS[c], str(t)) for c, t in system_fields(self.kind).items()}
        return found | {f.code: spec_of(f) for f in self._fields}

    @cached_property
    def _texts(self) -> dict[str, str]:
        values = values_of(self.item)
        specs = list(self.specs.values())
        names = names_of(specs, [values], user=self.user)
        texts = {spec.code: text_of(spec, values.get(spec.code), names) for spec in specs}
        texts["next_step"] = self.item.next_activity_title
        texts["lines"] = str(len(self.lines)) if self.kind.has_lines and self.lines else ""
        return texts

    def prop(self, code: str) -> Prop:
        """Return one field with its value."""
        spec = self.specs[code]
        value = values_of(self.item).get(code)
        grading = code in (self.kind.grade_rule.get("fields") or ())
        text = self._texts[code]
        if code == "amount" and not self.item.amount:
            text = ""
        return Prop(spec, text, value, code in self._required, self.may_change, grading)

    @cached_property
    def _required(self) -> set[str]:
        """Codes that must be filled to stand in the next stage, or in this one."""
        to = self.next_stage or self.item.stage
        return set(rules.required_codes(self.stages, to))

    @cached_property
    def needed(self) -> list[Prop]:
        """What this stage is about: fields to fill before the next one, the empty ones first."""
        if self.next_stage is None:
            return []
        codes = [*self.next_stage.required, *self.verdict.missing]
        codes += [
            c.check.removeprefix("field:")
            for c in rules.criteria(self.item.stage)
            if c.check.startswith("field:")
        ]
        props = [self.prop(code) for code in dict.fromkeys(codes) if code in self.specs]
        return sorted(props, key=lambda prop: not prop.is_empty)

    @cached_property
    def clients(self) -> list[Prop]:
        """Contact, company and source: system fields that stand before the sections."""
        codes = [c for c in ("contact", "company", "source") if c in self.specs]
        return [self.prop(code) for code in codes]

    @cached_property
    def blocks(self) -> list[Block]:
        """The sections of this funnel; open is the one in use, else the first."""
        pipeline = self.item.pipeline.code
        by_section: dict[int, list[Prop]] = {}
        sections: dict[int, Section] = {}
        for row in self._fields:
            wanted = row.section.pipelines
            if wanted and pipeline not in wanted:
                continue
            sections[row.section_id] = row.section
            by_section.setdefault(row.section_id, []).append(self.prop(row.code))
        needed = {prop.spec.code for prop in self.needed}
        blocks = []
        for pk, props in by_section.items():
            in_use = any(prop.spec.code in needed for prop in props)
            blocks.append(Block(sections[pk], props, in_use))
        if blocks and not any(block.open for block in blocks):
            blocks[0] = Block(blocks[0].section, blocks[0].props, True)
        return blocks

    # -- script -----------------------------------------------------------------------------

    @cached_property
    def criteria(self) -> list[Criterion]:
        """The exit criteria of the present stage with their marks."""
        found = rules.criteria(self.item.stage)
        if not found:
            return []
        open_ones = {c.key for c in self.verdict.criteria}
        optional = [c for c in found if not c.required]
        facts = rules.Facts(
            self.item.values,
            rules.system_facts(self.item, lines=bool(self.lines) if self.kind.has_lines else False),
            self.item.checks,
            proofs(self.item, [c.check for c in optional]) if optional else {},
        )
        return [
            Criterion(
                c.code,
                str(c.text),
                c.key not in open_ones if c.required else rules.is_met(c, facts),
                c.required,
                not c.check.startswith("field:"),
            )
            for c in found
        ]

    @property
    def steps(self) -> list[str]:
        """What to do in this stage."""
        return [str(LocalText.of(step)) for step in self.item.stage.steps]

    @property
    def objections(self) -> list[tuple[str, str]]:
        """Objections with the answer to each."""
        return [
            (str(LocalText.of(o.get("objection"))), str(LocalText.of(o.get("answer"))))
            for o in self.item.stage.objections
        ]

    # -- side -------------------------------------------------------------------------------

    @cached_property
    def people(self) -> list[Person]:
        """Contact and company with phones, as far as the person may see clients. Two queries."""
        ids = [pk for pk in (self.item.contact_id, self.item.company_id) if pk]
        if not ids:
            return []
        seen = Client.objects.visible_to(self.user).filter(pk__in=ids)
        by_id = {c.pk: c for c in seen.prefetch_related("contact_points")}
        found = []
        for client in (self.item.contact, self.item.company):
            if client is None:
                continue
            known = by_id.get(client.pk)
            points = list(known.contact_points.all()) if known else []
            found.append(Person(known, client.name, points))
        return found

    @property
    def client_url(self) -> str:
        """The URL name of a client's page."""
        return "clients:show" if address("clients:show", 1) else ""

    @cached_property
    def linked(self) -> list[Linked]:
        """Linked cards that the person may see, with the place of each in its funnel."""
        here = Q(parent_id=self.item.pk) | Q(child_id=self.item.pk)
        links = list(ItemLink.objects.filter(here).order_by("created_at", "pk"))
        if not links:
            return []
        others = {link.parent_id + link.child_id - self.item.pk for link in links}
        cards = Item.objects.visible_to(self.user).filter(pk__in=others)
        by_id = {c.pk: c for c in cards.select_related("stage", "owner", "pipeline__item_type")}
        steps = _steps({c.pipeline_id for c in by_id.values()})
        found = []
        for link in links:
            first = link.child_id == self.item.pk
            card = by_id.get(link.parent_id if first else link.child_id)
            if card is None:
                continue
            positions = steps.get(card.pipeline_id, [])
            done = sum(position <= card.stage.position for position in positions)
            found.append(Linked(link, card, done, len(positions), first))
        return found

    @cached_property
    def lines(self) -> list[LineItem]:
        if not self.kind.has_lines:
            return []
        return list(LineItem.objects.filter(item_id=self.item.pk).select_related("product"))

    @cached_property
    def files(self) -> list[Attachment]:
        return list(Attachment.objects.filter(item_id=self.item.pk, deleted_at=None))


def _steps(pipeline_ids: Iterable[int]) -> dict[int, list[int]]:
    """Return pipeline -> positions of its stages of work."""
    found: dict[int, list[int]] = {}
    rows = Stage.objects.filter(pipeline_id__in=pipeline_ids, kind=Stage.Kind.OPEN)
    for pipeline_id, position in rows.values_list("pipeline_id", "position"):
        found.setdefault(pipeline_id, []).append(position)
    return found
