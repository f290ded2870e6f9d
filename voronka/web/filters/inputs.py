"""The dialog with all filters: what it asks, and what was chosen or typed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from voronka.clients.models import Client
from voronka.items.filters import PRESETS
from voronka.items.filters.card_filter import FIELD_PREFIX, NONE, STATES
from voronka.items.filters.custom import EMPTY, FILLED, RANGES
from voronka.items.filters.marks import STEP_TITLES
from voronka.items.models import Item
from voronka.kernel.texts import LocalText
from voronka.people.access import Scope
from voronka.people.models import Department, User
from voronka.pipelines.grades import ORDER
from voronka.pipelines.models import Field, ItemType, LossReason, Pipeline, Source, Stage

Pair = tuple[str, str]
_KINDS = {
    Field.Kind.DATE: "period",
    Field.Kind.DATETIME: "period",
    Field.Kind.BOOLEAN: "checks",
    Field.Kind.LIST: "several",
    Field.Kind.MULTI_LIST: "several",
    Field.Kind.USER: "several",
    Field.Kind.CLIENT: "search",
    Field.Kind.ITEM: "search",
    Field.Kind.FILE: "presence",
}


@dataclass(frozen=True, slots=True)
class Option:
    """Something to choose."""

    value: str
    text: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Ask:
    """One question of the dialog. `control` is a piece of templates/filters/_ask.html."""

    name: str
    label: str
    control: str  # several, checks, choice, range, period, search, text, presence
    options: tuple[Option, ...] = ()
    value: str = ""
    low: str = ""
    high: str = ""
    url: str = ""
    filled: tuple[Option, ...] = ()  # of custom fields: any, filled, empty


@dataclass(frozen=True, slots=True)
class Group:
    """Questions under a heading; unfolded when one of them is answered."""

    title: str
    asks: list[Ask] = field(default_factory=list)
    open: bool = False


def groups(
    data: QueryDict,
    user: User,
    item_type: ItemType,
    pipeline: Pipeline | None,
    *,
    stages: bool,
) -> list[Group]:
    """Return the questions with what `data` answers; answers that can't be read stay as typed."""
    asks = _Asks(data)
    found = [Group(_("Who and where"), _people(asks, user, item_type, pipeline, stages=stages))]
    found.append(Group(_("Work and money"), _work(asks, item_type)))
    found.append(Group(_("Origin and end"), _origin(asks, user, item_type, pipeline)))
    sections: dict[str, list[Ask]] = {}
    fields = Field.objects.filter(item_type=item_type, archived=False).select_related("section")
    people = _people_pairs() if any(f.kind == Field.Kind.USER for f in fields) else []
    for row in fields.order_by("section__position", "section_id", "position", "pk"):
        shown_in = row.section.pipelines
        if pipeline and shown_in and pipeline.code not in shown_in:
            continue
        sections.setdefault(str(row.section.name), []).append(_custom(asks, row, user, people))
    found += [Group(title, rows) for title, rows in sections.items()]
    return [
        Group(group.title, group.asks, n == 0 or any(asks.answered(a.name) for a in group.asks))
        for n, group in enumerate(found)
    ]


class _Asks:
    """Makes questions, with the answers of a form or an address."""

    def __init__(self, data: QueryDict) -> None:
        self.data = data

    def answered(self, name: str) -> bool:
        parts = (name, f"{name}.from", f"{name}.to", f"{name}.is")
        return any(any(self.data.getlist(part)) for part in parts)

    def options(self, name: str, pairs: Iterable[Pair]) -> tuple[Option, ...]:
        chosen = set(self.data.getlist(name))
        return tuple(Option(value, text, value in chosen) for value, text in pairs)

    def several(self, name: str, label: str, pairs: Iterable[Pair]) -> Ask:
        return Ask(name, label, "several", self.options(name, pairs))

    def checks(self, name: str, label: str, pairs: Iterable[Pair]) -> Ask:
        return Ask(name, label, "checks", self.options(name, pairs))

    def choice(self, name: str, label: str, pairs: Iterable[Pair]) -> Ask:
        return Ask(name, label, "choice", self.options(name, pairs))

    def range(self, name: str, label: str) -> Ask:
        return Ask(name, label, "range", low=self._end(name, "from"), high=self._end(name, "to"))

    def period(self, name: str, label: str) -> Ask:
        pairs = [(code, str(title)) for code, title in PRESETS.items()]
        low, high = self._end(name, "from"), self._end(name, "to")
        return Ask(name, label, "period", self.options(name, pairs), low=low, high=high)

    def search(self, name: str, label: str, url: str, names: dict[int, str]) -> Ask:
        pairs = [(str(pk), title) for pk, title in names.items()]
        return Ask(name, label, "search", self.options(name, pairs), url=url)

    def text(self, name: str, label: str) -> Ask:
        return Ask(name, label, "text", value=self.data.get(name, ""))

    def ids(self, name: str) -> list[int]:
        return [int(v) for v in self.data.getlist(name) if v.isdecimal() and len(v) < 19]

    def _end(self, name: str, end: str) -> str:
        return self.data.get(f"{name}.{end}", "")


def _people(
    asks: _Asks, user: User, item_type: ItemType, pipeline: Pipeline | None, *, stages: bool
) -> list[Ask]:
    scope = user.access.scope("see", item_type.code, pipeline.code if pipeline else "")
    found = []
    if scope > Scope.OWN:
        found.append(asks.several("owner", _("Owner"), _people_pairs()))
        rows = [(str(d.pk), str(d)) for d in Department.objects.all()]
        if scope > Scope.DEPARTMENT and rows:
            found.append(asks.several("department", _("Department"), rows))
    if stages:
        found.append(asks.several("stage", _("Stage"), _stages(item_type, pipeline)))
        states = [(code, str(title)) for code, title in STATES.items()]
        found.append(asks.choice("state", _("State"), states))
    if item_type.has_client:
        names = _clients(asks.ids("client"), user)
        found.append(asks.search("client", _("Client"), reverse("fields:clients"), names))
    return found


def _work(asks: _Asks, item_type: ItemType) -> list[Ask]:
    found = [
        asks.checks("step", _("Next step"), [(c, str(t)) for c, t in STEP_TITLES.items()]),
        asks.checks("overdue", _("Time in the stage"), [("1", _("over the norm"))]),
    ]
    if item_type.grade_rule.get("fields"):
        grades = [*((g, g) for g in ORDER), (NONE, pgettext("grade", "none"))]
        found.append(asks.checks("grade", _("Grade"), grades))
    if item_type.has_amount:
        found.append(asks.range("amount", _("Amount")))
    repeat = [("1", _("Repeat sale")), ("0", _("First sale"))]
    if item_type.has_client:
        found.append(asks.choice("repeat", _("Sale"), repeat))
    return found


def _origin(asks: _Asks, user: User, item_type: ItemType, pipeline: Pipeline | None) -> list[Ask]:
    sources = [(str(s.pk), str(s)) for s in Source.objects.filter(archived=False)]
    reasons = LossReason.objects.filter(archived=False, pipeline__item_type=item_type)
    if pipeline:
        reasons = reasons.filter(pipeline=pipeline)
    found = [
        asks.several("source", _("Source"), [*sources, (NONE, pgettext("source", "none"))]),
        asks.period("created", _("Created")),
        asks.period("closed", _("Closed")),
    ]
    pairs = [(str(r.pk), str(r)) for r in reasons]
    if pairs:
        found.append(asks.several("reason", _("Loss reason"), pairs))
    return found


def _custom(asks: _Asks, row: Field, user: User, people: Sequence[Pair]) -> Ask:
    name, label = f"{FIELD_PREFIX}{row.code}", str(row.name)
    control = "range" if row.kind in RANGES else _KINDS.get(Field.Kind(row.kind), "text")
    pairs: Sequence[Pair] = ()
    url, names = "", {}
    if row.kind == Field.Kind.BOOLEAN:
        pairs = [("1", _("yes")), ("0", _("no"))]
    elif row.kind == Field.Kind.USER:
        pairs = people
    elif row.kind == Field.Kind.CLIENT:
        url, names = reverse("fields:clients"), _clients(asks.ids(name), user)
    elif row.kind == Field.Kind.ITEM:
        url = reverse("fields:items")
        names = _named(Item.objects.visible_to(user), asks.ids(name), "title")
    else:
        pairs = [(str(o["code"]), str(LocalText.of(o.get("name")))) for o in row.options]
    if control == "period":
        ask = asks.period(name, label)
    elif control == "range":
        ask = asks.range(name, label)
    elif control == "search":
        ask = asks.search(name, label, url, names)
    elif control == "text":
        ask = asks.text(name, label)
    else:
        ask = Ask(name, label, control, asks.options(name, pairs))
    states = [(FILLED, _("filled")), (EMPTY, _("not filled"))]
    filled = asks.options(f"{name}.is", states)
    return Ask(
        ask.name, label, ask.control, ask.options, ask.value, ask.low, ask.high, ask.url, filled
    )


def _people_pairs() -> list[Pair]:
    return [(str(u.pk), str(u)) for u in User.objects.filter(is_active=True)]


def _stages(item_type: ItemType, pipeline: Pipeline | None) -> list[Pair]:
    if pipeline:
        return [(str(s.pk), str(s)) for s in pipeline.stages.all()]
    rows = Stage.objects.filter(pipeline__item_type=item_type, pipeline__archived=False)
    rows = rows.select_related("pipeline").order_by("pipeline__position", "pipeline_id", "position")
    return [(str(s.pk), f"{s.pipeline} · {s}") for s in rows]


def _clients(ids: Sequence[int], user: User) -> dict[int, str]:
    return _named(Client.objects.visible_to(user), ids, "name")


def _named(visible: QuerySet[Any], ids: Sequence[int], column: str) -> dict[int, str]:
    """Id -> name; what the person may not see stays chosen, without its name."""
    known = dict(visible.filter(pk__in=ids).values_list("pk", column)) if ids else {}
    return {pk: known.get(pk) or _("(hidden from you)") for pk in ids}
