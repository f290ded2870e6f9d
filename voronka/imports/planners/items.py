"""Rows that become cards, with their stage, owner, dates and money as they were."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from voronka.clients.models import Client
from voronka.imports.mapping import Cells, Rule
from voronka.imports.mapping import Mapping as ImportMapping
from voronka.imports.planners.base import Planned, SourceRow, Verdict
from voronka.imports.planners.ways import DATES, ENTERED, Ways, by_words
from voronka.imports.references import References, Unknown
from voronka.imports.repairing import Repairs
from voronka.items import gate
from voronka.items.commands.editing import edit_item, stored
from voronka.items.commands.lines import Line
from voronka.items.commands.loading import Loader, LoadRow
from voronka.items.commands.moving import move_item
from voronka.items.models import Item, ToldBy
from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError, InvalidInput
from voronka.pipelines.models import LossReason, Pipeline
from voronka.pipelines.values import BadValue, clean_value, parse_decimal, parse_money

_MOST_SUMS = 10_000  # kept in memory
_OWN = ("title", "external_id", "stage", "owner", "amount", "contact", "company", "source")
_FURTHER = ("loss_reason", "loss_comment", "loss_told_by", "product", "quantity", *DATES)

_KNOWN = """
SELECT key, card.id FROM unnest(%s::text[]) AS key CROSS JOIN LATERAL (
    SELECT id FROM items_item
    WHERE pipeline_id = %s AND external_id = key AND NOT external_id = '' OFFSET 0
) AS card
"""


class ItemPlanner:
    """Plans cards of one pipeline."""

    journal_type = Item.journal_type

    def __init__(self, mapping: ImportMapping, headers: list[str], *, by: Actor) -> None:
        pipeline = (
            Pipeline.objects.select_related("item_type").filter(code=mapping.pipeline).first()
        )
        if pipeline is None:
            raise InvalidInput(
                _("There is no funnel “%(code)s”. Choose where the cards go.")
                % {"code": mapping.pipeline}
            )
        self.mapping, self.by, self.pipeline = mapping, by, pipeline
        self.loader = Loader(pipeline, by=by)
        self.refs = References(by)
        self.cells = Cells(mapping, headers)
        self.repairs = Repairs(mapping)
        self.ways = Ways(self.loader.stages, mapping)
        reasons = list(LossReason.objects.filter(pipeline=pipeline, archived=False))
        self._reasons: dict[str, int] = {word: r.pk for word, r in by_words(reasons).items()}
        self._fields = {f.code: f for f in self.loader.fields}
        self._own = [code for code in mapping.fields if code in self._fields]
        self._money = lru_cache(_MOST_SUMS)(parse_money)  # files repeat their sums
        self._seen: dict[str, int] = {}
        self.done: dict[int, int] = {}
        codes = {c for c in mapping.fields if not c.startswith(ENTERED)}
        unknown = codes - {*_OWN, *_FURTHER} - self._fields.keys()
        stages = {s.code for s in self.loader.stages}
        dated = {c.removeprefix(ENTERED) for c in mapping.fields if c.startswith(ENTERED)}
        if wrong := unknown | (dated - stages):
            raise InvalidInput(
                _("Cards of this funnel have no such field: %(names)s.")
                % {"names": ", ".join(sorted(wrong))}
            )

    def plan(self, rows: list[SourceRow]) -> list[Planned]:
        """Give each row a verdict."""
        read = [self.cells.read(row.cells) for row in rows]
        told = [self.repairs.apply(values) for values in read]
        for code, kind in (("company", Client.Kind.COMPANY), ("contact", Client.Kind.PERSON)):
            if rule := self.mapping.fields.get(code):
                texts = [values[code] for values in read if code in values]
                self.refs.prepare(kind, rule.match or "name", texts)
        known = self._known([v["external_id"] for v in read if "external_id" in v])
        planned = [self._plan(r, v, known) for r, v in zip(rows, read, strict=True)]
        for plan, sentences in zip(planned, told, strict=True):
            plan.tell(sentences)
        return planned

    def _known(self, keys: list[str]) -> dict[str, int]:
        """Look keys up one by one in their index: a young table's statistics mislead the planner.

        In a house where nothing is analysed yet it would read all cards for each chunk.
        """
        with connection.cursor() as cursor:
            cursor.execute(_KNOWN, [keys, self.pipeline.pk])
            return dict(cursor.fetchall())

    def _plan(self, row: SourceRow, values: dict[str, str], known: Mapping[str, int]) -> Planned:
        planned = Planned(row, Verdict.NEW)
        if not any(cell.strip() for cell in row.cells):
            planned.verdict = Verdict.EMPTY
            return planned
        key = values.get("external_id", "")
        if first := self._seen.get(key) or self.done.get(known.get(key, 0)):
            planned.double("external_id", first)
            return planned
        if key:
            self._seen[key] = row.number
        if key in known:
            return self._plan_known(planned, values, known[key])
        load = self._load_row(planned, values)
        if planned.verdict == Verdict.NEW and load is not None:
            self._check_gate(planned, load)
        planned.payload = (load, values)
        return planned

    def _plan_known(self, planned: Planned, values: dict[str, str], pk: int) -> Planned:
        planned.object_id = pk
        if not self.mapping.changes_known:
            planned.verdict = Verdict.SAME
            return planned
        load = self._load_row(planned, values)
        if load is None or planned.verdict == Verdict.FIX:
            return planned
        item = Item.objects.select_related("stage").get(pk=pk)
        changes = self._changes(item, values, load)
        moves = "stage" in values and self.mapping.takes("stage", filled=False)
        to = load.visits[-1][0] if moves else item.stage
        planned.verdict = Verdict.UPDATE if changes or to.pk != item.stage_id else Verdict.SAME
        planned.payload = (changes, to, load)
        return planned

    def _changes(self, item: Item, values: dict[str, str], load: LoadRow) -> dict[str, Any]:
        """Return what differs and is to be taken; under "fill" only what is empty on the card."""
        new: dict[str, Any] = {
            "title": load.title,
            "amount": str(load.amount),
            "contact": load.contact_id,
            "company": load.company_id,
            "source": load.source_id,
            **load.values,
        }
        given = {code: new[code] for code in new if code in values or code in load.values}
        changes = {}
        for code, value in given.items():
            old = stored(item, code)
            empty = old in (None, "", [], "0", "0.00")
            if old != value and self.mapping.takes(code, filled=not empty):
                changes[code] = value
        return changes

    def _load_row(self, planned: Planned, values: dict[str, str]) -> LoadRow | None:
        """Read one row; every unreadable cell becomes a reason on the fix list."""
        get = values.get
        title = get("title", "")
        if not title:
            planned.fix("title", _("The card has no title."))
        amount = self._read(planned, "amount", get("amount"), self._money) or Decimal(0)
        owner = self._refer(planned, "owner", get("owner"), self.refs.user) or self.by.user_id
        if owner is None and planned.verdict != Verdict.FIX:
            planned.fix("owner", _("Name a responsible person."))
        visits, jumped = self.ways.read(planned, values)
        if not visits or planned.verdict == Verdict.FIX:
            return None
        load = LoadRow(
            title=title,
            owner_id=owner or 0,
            visits=visits,
            jumped=jumped,
            amount=amount,
            contact_id=self._client(planned, "contact", Client.Kind.PERSON, get("contact")),
            company_id=self._client(planned, "company", Client.Kind.COMPANY, get("company")),
            source_id=self._refer(planned, "source", get("source"), self.refs.source),
            values=self._custom(planned, values),
            loss_comment=get("loss_comment", "")[:500],
            loss_told_by=_word(get("loss_told_by", "")),
            external_id=get("external_id", "")[:120],
        )
        load.loss_reason_id = self._refer(planned, "loss_reason", get("loss_reason"), self._reason)
        if product := self._refer(planned, "product", get("product"), self.refs.product):
            quantity = self._read(planned, "quantity", get("quantity"), parse_decimal) or Decimal(1)
            if quantity > 0:
                price = (amount / quantity).quantize(Decimal("0.01"))
                load.lines = [Line(get("product", "")[:255], price, quantity, product_id=product)]
        return load

    def _reason(self, text: str) -> int:
        pk = self._reasons.get(text.lower())
        if pk is None:
            raise Unknown(
                _("The funnel has no loss reason “%(name)s”. Add it or replace it.")
                % {"name": text[:80]}
            )
        return pk

    def _client(self, planned: Planned, code: str, kind: str, text: str | None) -> int | None:
        if not text:
            return None
        rule = self.mapping.fields[code]
        try:
            found = self.refs.client(kind, rule.match or "name", text)
        except Unknown as unknown:
            planned.fix(code, str(unknown))
            return None
        if found is None and rule.missing == "fix":
            planned.fix(
                code,
                _("There is no client “%(name)s”. Import clients first, or let them be created.")
                % {"name": text[:80]},
            )
        elif found is None and rule.missing == "empty":
            planned.note(code, _("“%(name)s” was not found and is left out.") % {"name": text[:80]})
        return found

    def _custom(self, planned: Planned, values: dict[str, str]) -> dict[str, Any]:
        clean: dict[str, Any] = {}
        for code in self._own:
            if text := values.get(code):
                try:
                    clean[code] = clean_value(self._fields[code], text)
                except BadValue as bad:
                    self._leave_or_fix(planned, code, bad.sentence)
        return clean

    def _read(
        self, planned: Planned, code: str, text: str | None, parse: Callable[[Any], Decimal]
    ) -> Decimal | None:
        if not text:
            return None
        try:
            return parse(text)
        except BadValue as bad:
            self._leave_or_fix(planned, code, bad.sentence)
            return None

    def _refer(
        self, planned: Planned, code: str, text: str | None, find: Callable[[str], int]
    ) -> int | None:
        if not text:
            return None
        try:
            return find(text)
        except Unknown as unknown:
            self._leave_or_fix(planned, code, str(unknown))
            return None

    def _leave_or_fix(self, planned: Planned, code: str, sentence: Any) -> None:
        rule = self.mapping.fields.get(code) or Rule()
        if rule.missing == "empty":
            planned.note(code, sentence)
        else:
            planned.fix(code, sentence)

    def _check_gate(self, planned: Planned, load: LoadRow) -> None:
        """The gate holds on import as everywhere: what it refuses goes to the fix list (IM-7)."""
        missing = self.loader.missing(load)
        for code in ("company", "contact"):
            rule = self.mapping.fields.get(code)
            will_be_made = rule is not None and rule.missing == "create"
            if will_be_made and self.cells.read(planned.row.cells).get(code):
                missing = [c for c in missing if c not in (code, "client")]
        for code, name in gate.names(self.pipeline.item_type_id, missing).items():
            planned.fix(code, _("The stage requires the field “%(name)s”.") % {"name": name})
        if self.loader.needs_reason(load, known=bool(self._reasons)):
            planned.fix("loss_reason", _("A lost card needs a loss reason."))

    def write(self, planned: list[Planned]) -> None:
        """Load the new cards in bulk and change the known ones one by one."""
        new = [p for p in planned if p.verdict == Verdict.NEW]
        self._make_clients(new)
        ids = self.loader.load(p.payload[0] for p in new)
        for plan, pk in zip(new, ids, strict=True):
            plan.object_id, plan.made = pk, True
        for plan in planned:
            if plan.verdict == Verdict.UPDATE:
                self._update(plan)

    def _make_clients(self, new: list[Planned]) -> None:
        for code, kind in (("company", Client.Kind.COMPANY), ("contact", Client.Kind.PERSON)):
            rule = self.mapping.fields.get(code)
            if rule is None or rule.missing != "create" or self.by.user_id is None:
                continue
            texts = [p.payload[1][code] for p in new if code in p.payload[1]]
            self.refs.make_missing(kind, rule, texts, owner_id=self.by.user_id)
            for plan in new:
                load, values = plan.payload
                if code in values:
                    pk = self.refs.client(kind, rule.match or "name", values[code])
                    setattr(load, f"{code}_id", pk)

    def _update(self, plan: Planned) -> None:
        changes, to, load = plan.payload
        pk = plan.object_id or 0
        item = Item.objects.select_related("stage").get(pk=pk)
        plan.before = {code: stored(item, code) for code in changes}
        try:
            with transaction.atomic():
                if to.pk != item.stage_id:
                    reason = LossReason.objects.filter(pk=load.loss_reason_id or 0).first()
                    move_item(pk, to=to, by=self.by, changes=changes, reason=reason)
                else:
                    edit_item(pk, changes, by=self.by)
        except DomainError as refusal:
            plan.before = None
            plan.refuse(refusal)


def _word(text: str) -> str:
    """Read whose word a loss reason is: its code, or its name in either language."""
    said = text.strip().casefold()
    names = {"client": ToldBy.CLIENT, "клиент": ToldBy.CLIENT, "seller": ToldBy.SELLER}
    return names.get(said, ToldBy.SELLER if said in ("менеджер", "продавец") else "")
