"""Rows that become persons or companies; whoever is known already is recognised (I5, IM-1)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from voronka.clients import rules
from voronka.clients.commands.contacting import add_contact_point
from voronka.clients.commands.editing import edit_client, stored
from voronka.clients.commands.loading import ClientRow, load_clients, load_links
from voronka.clients.models import Client
from voronka.imports.mapping import REPEATED, Mapping, Rule, base_code
from voronka.imports.planners.base import Planned, SourceRow, Verdict, moment
from voronka.imports.planners.client_cells import ClientCells
from voronka.imports.references import References, Unknown, owners_of
from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError, InvalidInput
from voronka.pipelines.models import Field
from voronka.pipelines.values import BadValue, clean_value

_PLAIN = {
    "name": 255,
    "first_name": 80,
    "last_name": 80,
    "patronymic": 80,
    "job_title": 120,
    "address": 400,
    "website": 200,
    "comment": 20_000,
}  # characters
_OTHER = ("external_id", "inn", "source", "owner", "created_at", "company")
DEFAULT_KEYS = {
    Client.Kind.PERSON: ["external_id", "phone", "email"],
    Client.Kind.COMPANY: ["external_id", "inn", "website", "name"],
}


@dataclass(slots=True)
class _Read:
    """One row as read: the client it would be, its keys, and the company it belongs to."""

    row: ClientRow
    keys: list[tuple[str, str]]
    company: str = ""
    given: dict[str, Any] = field(default_factory=dict)  # field code -> value for an update


class ClientPlanner:
    """Plans persons or companies."""

    journal_type = Client.journal_type

    def __init__(self, mapping: Mapping, headers: list[str], *, by: Actor) -> None:
        self.mapping, self.by = mapping, by
        self.kind = Client.Kind(mapping.entity)
        self.cells = ClientCells(mapping, headers)
        self.refs = References(by)
        self.keys = mapping.key or DEFAULT_KEYS[self.kind]
        custom = Field.objects.filter(item_type=None, archived=False)
        self._fields = {f.code: f for f in custom}
        # A file has a million rows: of those that are written only a number is kept for each key.
        self._seen: dict[int, int] = {}  # hash of a key -> row
        self._unwritten: dict[tuple[str, str], Planned] = {}  # this chunk's
        self.done: dict[int, int] = {}
        wrong = [c for c in mapping.fields if base_code(c) not in {*_PLAIN, *_OTHER, *self._fields}]
        wrong = [c for c in wrong if base_code(c) not in REPEATED]
        if wrong:
            raise InvalidInput(
                _("Clients have no such field: %(names)s.") % {"names": ", ".join(sorted(wrong))}
            )

    def plan(self, rows: list[SourceRow]) -> list[Planned]:
        """Give each row a verdict."""
        read, told = zip(*(self.cells.read(row.cells) for row in rows), strict=True)
        if rule := self.mapping.fields.get("company"):
            texts = [values["company"] for values in read if "company" in values]
            self.refs.prepare(Client.Kind.COMPANY, rule.match or "name", texts)
        planned = [self._read(row, v) for row, v in zip(rows, read, strict=True)]
        for plan, sentences in zip(planned, told, strict=True):
            plan.tell(sentences)
        found = self._find([p.payload for p in planned if p.payload])
        self._unwritten = {}
        for plan in planned:
            if plan.payload and plan.verdict != Verdict.FIX:
                self._recognise(plan, found)
        return planned

    def _read(self, row: SourceRow, values: dict[str, str]) -> Planned:
        planned = Planned(row, Verdict.NEW)
        if not any(cell.strip() for cell in row.cells):
            planned.verdict = Verdict.EMPTY
            return planned
        phones = [t for c, t in values.items() if base_code(c) == "phone"]
        emails = [t for c, t in values.items() if base_code(c) == "email"]
        accounts = [
            a for c, t in values.items() if base_code(c) == "account" for a in t.splitlines()
        ]
        points = rules.points(
            phones=phones, emails=emails, accounts=accounts, country=settings.COUNTRY
        )
        comment = [t for c, t in values.items() if base_code(c) == "comment"]
        for code, sentence in points.refused.items():
            planned.note(code, sentence)
        lost = _unread(phones + emails, points.read) if points.refused else []
        comment += [_("From the file: %(text)s") % {"text": text} for text in lost]
        name = self._name(values)
        if not name and points.read:
            name = points.read[0].raw
        if not name:
            planned.fix("name", _("The row has neither a name nor a phone or e-mail."))
            return planned
        made = ClientRow(
            kind=self.kind,
            name=name[:255],
            owner_id=self.by.user_id or 0,
            points=points.read,
            external_id=values.get("external_id", "")[:120],
        )
        for code, most in _PLAIN.items():
            if code not in ("name", "comment") and code in values:
                setattr(made, code, values[code][:most])
        made.comment = "\n".join(comment)[: _PLAIN["comment"]]
        self._refer(planned, made, values)
        made.values = self._custom(planned, values)
        given = {c: getattr(made, c) for c in _PLAIN if c in values and getattr(made, c)}
        keys = self._keys_of(made)
        planned.payload = _Read(made, keys, values.get("company", ""), {**given, **made.values})
        self._check_company(planned, values)
        return planned

    def _name(self, values: dict[str, str]) -> str:
        if name := values.get("name"):
            return " ".join(name.split())
        parts = (values.get(c, "") for c in ("first_name", "patronymic", "last_name"))
        return " ".join(" ".join(parts).split())

    def _refer(self, planned: Planned, made: ClientRow, values: dict[str, str]) -> None:
        """Read what names something else: owner, source, taxpayer number, date."""
        for code, find in (("owner", self.refs.user), ("source", self.refs.source)):
            if code in values:
                try:
                    setattr(made, f"{code}_id", find(values[code]))
                except Unknown as unknown:
                    self._leave_or_fix(planned, code, str(unknown))
        if "inn" in values:
            try:
                made.inn = rules.inn(values["inn"])
            except rules.Unreadable as bad:
                self._leave_or_fix(planned, "inn", bad.sentence)
        if "created_at" in values:
            made.created_at = moment(values["created_at"], self.mapping.day_first)
            if made.created_at is None:
                self._leave_or_fix(
                    planned,
                    "created_at",
                    _("“%(value)s” is not a date.") % {"value": values["created_at"][:40]},
                )

    def _custom(self, planned: Planned, values: dict[str, str]) -> dict[str, Any]:
        clean: dict[str, Any] = {}
        for code, text in values.items():
            if own := self._fields.get(code):
                try:
                    clean[code] = clean_value(own, text)
                except BadValue as bad:
                    self._leave_or_fix(planned, code, bad.sentence)
        return clean

    def _leave_or_fix(self, planned: Planned, code: str, sentence: Any) -> None:
        rule = self.mapping.fields.get(code) or Rule()
        if rule.missing == "fix":
            planned.fix(code, sentence)
        else:
            planned.note(code, sentence)

    def _check_company(self, planned: Planned, values: dict[str, str]) -> None:
        rule, text = self.mapping.fields.get("company"), values.get("company")
        if rule is None or not text:
            return
        try:
            known = self.refs.client(Client.Kind.COMPANY, rule.match or "name", text)
        except Unknown as unknown:
            planned.fix("company", str(unknown))
            return
        if known is None and rule.missing == "fix":
            planned.fix(
                "company",
                _("There is no client “%(name)s”. Import clients first, or let them be created.")
                % {"name": text[:80]},
            )

    def _keys_of(self, made: ClientRow) -> list[tuple[str, str]]:
        keys: list[tuple[str, str]] = []
        for key in self.keys:
            if key in ("phone", "email"):
                keys += [(key, p.value) for p in made.points if p.kind == key]
            elif key == "name":
                keys.append((key, made.name.lower()))
            elif text := str(getattr(made, key, "")):
                keys.append((key, text.lower() if key == "website" else text))
        return keys

    def _find(self, read: list[_Read]) -> dict[tuple[str, str], set[int]]:
        """Look up all keys of a chunk; at most two queries a kind of key."""
        wanted: dict[str, set[str]] = defaultdict(set)
        for one in read:
            for key, text in one.keys:
                wanted[key].add(text)
        found: dict[tuple[str, str], set[int]] = defaultdict(set)
        clients = Client.objects.alive().filter(kind=self.kind)
        for key, texts in wanted.items():
            rows: Iterable[tuple[str, int]]
            if key in ("phone", "email"):
                rows = owners_of(key, texts, kind=self.kind)
            elif key in ("name", "website"):
                low = clients.annotate(low=Lower(key)).filter(low__in=texts)
                rows = low.values_list("low", "pk")
            else:
                rows = clients.filter(**{f"{key}__in": texts}).values_list(key, "pk")
            for text, pk in rows:
                found[key, text].add(pk)
        return found

    def _recognise(self, plan: Planned, found: dict[tuple[str, str], set[int]]) -> None:
        """Decide between new, double within the file, and known; the first key that hits wins."""
        read: _Read = plan.payload
        for key, text in read.keys:
            if first := self._seen.get(hash((key, text))):
                plan.verdict = Verdict.DOUBLE
                plan.note(key, _("The same client as in row %(row)d.") % {"row": first})
                self._join(self._unwritten.get((key, text)), read)
                return
        for key, text in read.keys:
            hits = found.get((key, text)) or set()
            if len(hits) > 1:
                plan.fix(
                    key,
                    _("Several clients fit “%(name)s”. Merge them or name one by its key.")
                    % {"name": text[:80]},
                )
                return
            if hits:
                (pk,) = hits
                if first := self.done.get(pk):
                    plan.verdict = Verdict.DOUBLE
                    plan.note(key, _("The same client as in row %(row)d.") % {"row": first})
                    return
                plan.object_id = pk
                plan.verdict = Verdict.UPDATE if self.mapping.changes_known else Verdict.SAME
                break
        self._remember(plan, read)

    def _remember(self, plan: Planned, read: _Read) -> None:
        for place in read.keys:
            self._seen.setdefault(hash(place), plan.row.number)
            self._unwritten.setdefault(place, plan)

    def _join(self, first: Planned | None, read: _Read) -> None:
        """Let a row of the same client, which is not written yet, take what this one adds."""
        if first is None or first.verdict != Verdict.NEW or first.object_id is not None:
            return
        own: ClientRow = first.payload.row
        known = {(p.kind, p.value) for p in own.points}
        own.points = [*own.points, *(p for p in read.row.points if (p.kind, p.value) not in known)]
        for code in _PLAIN:
            if not getattr(own, code):
                setattr(own, code, getattr(read.row, code))
        own.values = {**read.row.values, **own.values}
        self._remember(first, read)

    def write(self, planned: list[Planned]) -> None:
        """Load new clients in bulk, change known ones one by one, link persons to companies."""
        new = [p for p in planned if p.verdict == Verdict.NEW]
        ids = load_clients((p.payload.row for p in new), by=self.by)
        for plan, pk in zip(new, ids, strict=True):
            plan.object_id, plan.made = pk, True
        for plan in planned:
            if plan.verdict == Verdict.UPDATE:
                self._update(plan)
        self._link([p for p in planned if p.verdict in (Verdict.NEW, Verdict.UPDATE)])

    def _link(self, planned: list[Planned]) -> None:
        rule = self.mapping.fields.get("company")
        if rule is None:
            return
        match = rule.match or "name"
        named = [p for p in planned if p.payload.company]
        if rule.missing == "create" and self.by.user_id is not None:
            texts = [p.payload.company for p in named]
            self.refs.make_missing(Client.Kind.COMPANY, rule, texts, owner_id=self.by.user_id)
        links = []
        for plan in named:
            company = self.refs.client(Client.Kind.COMPANY, match, plan.payload.company)
            if company is not None and plan.object_id is not None:
                links.append((plan.object_id, company, plan.payload.row.job_title))
        load_links(links, by=self.by)

    def _update(self, plan: Planned) -> None:
        read: _Read = plan.payload
        client = Client.objects.get(pk=plan.object_id or 0)
        changes = {}
        for code, value in read.given.items():
            old = stored(client, code)
            if old != value and self.mapping.takes(code, filled=bool(old)):
                changes[code] = value
        owned = set(client.contact_points.values_list("kind", "value"))
        added = [
            p
            for p in read.row.points
            if (p.kind, p.value) not in owned and self.mapping.takes(p.kind, filled=False)
        ]
        if not changes and not added:
            plan.verdict = Verdict.SAME
            return
        try:
            with transaction.atomic():
                if changes:
                    edit_client(client.pk, changes, by=self.by)
                points = [
                    add_contact_point(client.pk, p.kind, p.raw or p.value, by=self.by).pk
                    for p in added
                ]
        except DomainError as refusal:
            plan.refuse(refusal)
            return
        plan.before = {code: stored(client, code) for code in changes}
        if points:
            plan.before["contact_points"] = points


def _unread(cells: list[str], read: list[rules.Point]) -> list[str]:
    """Return the cells of which nothing could be read, so that they are kept in the comment."""
    raws = [p.raw for p in read]
    return [c for c in cells if not any(raw and raw in " ".join(c.split()) for raw in raws)]
