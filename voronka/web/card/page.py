"""What the card's page shows, piece by piece; each piece is read again when it changes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from django.utils import timezone

from voronka.automation.large_orders import LargeOrder, large_order
from voronka.automation.models import LossVerdict
from voronka.automation.verdict_queries import open_verdict
from voronka.clients.models import Client
from voronka.items import gate, rules
from voronka.items.commands.converting import UNDO_FOR
from voronka.items.elements import RollUp, roll_ups
from voronka.items.facts import proofs
from voronka.items.models import Attachment, Item, ItemLink, LineItem, Watch
from voronka.items.queries import files_of, lines_of
from voronka.journal.actors import Actor
from voronka.kernel.prepared import Prepared
from voronka.kernel.texts import LocalText
from voronka.people.models import User
from voronka.pipelines.grades import Grade, grade
from voronka.pipelines.models import Field, ItemType, Section, Stage
from voronka.pipelines.queries import fields_in_use, ordered_stages
from voronka.pipelines.system_fields import system_fields
from voronka.timeline.conversations import guest_of
from voronka.web.addresses import address
from voronka.web.answer_clock import AnswerClock
from voronka.web.card.buttons import Button, buttons_of
from voronka.web.card.linked import Linked, MiniBoard, linked_cards, mini_boards
from voronka.web.card.parts import Block, Criterion, Person, Prop, Segment, stage_bar
from voronka.web.fields import Spec, values_of
from voronka.web.fields.showing import names_of, text_of
from voronka.web.fields.specs import SYSTEM_KINDS, spec_of
from voronka.web.stage_clock import StageClock

HEAD = ("title", "amount")  # edited in the head, so not repeated among the fields


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
        return ordered_stages(self.item.pipeline)

    @cached_property
    def segments(self) -> list[Segment]:
        """The stage bar."""
        return stage_bar(self.item, self.stages)

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
        return gate.ask(self.item, self.next_stage, self.stages, by=Actor.user(self.user))

    @property
    def missing(self) -> list[str]:
        """Names of the fields, and words of the criteria, that the next stage still wants."""
        names = [str(name) for name in self.verdict.missing.values()]
        return list(dict.fromkeys(names + [str(c.text) for c in self.verdict.criteria]))

    @cached_property
    def answer_clock(self) -> AnswerClock | None:
        """The five-minute clock, while the client waits for the first answer."""
        return AnswerClock.of(self.item.clock_started_at, self.item.clock_due_at)

    @cached_property
    def stage_clock(self) -> StageClock | None:
        """How the stage's deadline stands; None without one, and when the card is closed."""
        stalls = self.item.stalls_at if self.item.stage.is_open else None
        return StageClock.of(self.item.stage_entered_at, stalls)

    @property
    def comes_from_outside(self) -> bool:
        """Whether clients turn to us about such cards: their touches are worth a look."""
        return self.kind.kind in (ItemType.Kind.LEAD, ItemType.Kind.DEAL)

    @cached_property
    def grade(self) -> Grade | None:
        """The grade with its explanation, None for types without a rule."""
        if not self.kind.grade_rule.get("fields"):
            return None
        return grade(self.kind.grade_rule, self._fields, self.item.values)

    @cached_property
    def watching(self) -> bool:
        return _WATCH.first(self.item.pk, self.user.pk) is not None

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

    # -- check of a loss --------------------------------------------------------------------

    @cached_property
    def loss_check(self) -> LossVerdict | None:
        """The check that a lost card waits for (QL-6)."""
        return open_verdict(self.item)

    @cached_property
    def loss_judge(self) -> User | None:
        """Whose verdict is awaited."""
        check = self.loss_check
        return User.objects.filter(pk=check.judge_id or 0).first() if check else None

    @property
    def may_judge(self) -> bool:
        """Whether the person may give the verdict."""
        return self.user.access.has("control")

    # -- fields -----------------------------------------------------------------------------

    @cached_property
    def _fields(self) -> list[Field]:
        return fields_in_use(self.kind.pk)

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
        editable = self.may_change and not spec.formula
        return Prop(spec, text, value, code in self._required, editable, grading)

    @property
    def counted(self) -> list[str]:
        """Codes of the fields that formulas count: another field's change may change them."""
        return [code for code, spec in self.specs.items() if spec.formula]

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
        open_ones = {c.key: c for c in self.verdict.criteria}
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
                self._by_hand(c, open_ones.get(c.key)),
            )
            for c in found
        ]

    def _by_hand(self, criterion: rules.Criterion, unmet: rules.Criterion | None) -> bool:
        """Whether a tick decides; of elements only where the card has none."""
        if criterion.is_about_elements:
            return criterion.key in self.item.checks or (unmet is not None and not unmet.held)
        return not criterion.check.startswith("field:")

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
        """Contact and company with phones, as far as the person may see clients. Two queries.

        Without either, who wrote in as they called themselves. One query.
        """
        ids = [pk for pk in (self.item.contact_id, self.item.company_id) if pk]
        if not ids:
            guest = guest_of(self.item.pk)
            return [Person(None, guest, is_guest=True)] if guest else []
        seen = Client.objects.visible_to(self.user).filter(pk__in=ids)
        by_id = {c.pk: c for c in seen.prefetch_related("contact_points")}
        found = []
        for client in (self.item.contact, self.item.company):
            if client is None:
                continue
            known = by_id.get(client.pk)
            points = list(known.contact_points.all()) if known else []
            found.append(Person(known, str(client), points))
        return found

    @property
    def client_url(self) -> str:
        """The URL name of a client's page."""
        return "clients:show" if address("clients:show", 1) else ""

    @cached_property
    def linked(self) -> list[Linked]:
        """Linked cards that the person may see, with the place of each in its funnel."""
        return linked_cards(self.item, self.user)

    @cached_property
    def boards(self) -> list[MiniBoard]:
        """The elements that belong to this card, a mini-board a funnel (SP-3)."""
        return mini_boards(self.linked)

    @cached_property
    def roll_ups(self) -> list[RollUp]:
        """What the elements say together, by type (SP-5)."""
        return roll_ups(self.item, self.user) if self.boards else []

    @cached_property
    def others(self) -> list[Linked]:
        """Linked cards that stand on no mini-board."""
        shown = {row.link.pk for board in self.boards for row in board.rows}
        return [row for row in self.linked if row.link.pk not in shown]

    @cached_property
    def buttons(self) -> list[Button]:
        """The buttons of robots."""
        return buttons_of(self.item) if self.may_change else []

    @cached_property
    def large(self) -> LargeOrder | None:
        """The head's control over a large order (FS-15)."""
        return large_order(self.item) if self.kind.has_amount else None

    @cached_property
    def lines(self) -> list[LineItem]:
        if not self.kind.has_lines:
            return []
        return lines_of(self.item.pk)

    @cached_property
    def files(self) -> list[Attachment]:
        return files_of(self.item.pk)


# every opening of a card asks these (ADR 8)
_WATCH = Prepared(
    lambda pk, person: Watch.objects.filter(item_id=pk, user_id=person).only("pk"),
    int,
    int,
    model=Watch,
)
