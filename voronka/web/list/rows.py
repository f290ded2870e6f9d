"""Cards as rows of cells, ready to be written: names read together, HTML made without templates.

A page of fifty rows has four hundred cells; templates would cost more than the query.
What repeats (the frame of a column's cells, a stage, an owner) is made once for a page. Every
text goes through `escape`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from typing import Any

from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from voronka.items.listing import ListCard
from voronka.items.models import Item
from voronka.people.models import User
from voronka.people.queries import people_by_ids
from voronka.pipelines.models import LossReason, Pipeline, Stage
from voronka.pipelines.queries import stages_by_ids
from voronka.timeline.models import Activity
from voronka.web import words
from voronka.web.addresses import path_of
from voronka.web.fields import values_of
from voronka.web.fields.showing import Names, names_of, text_of
from voronka.web.fields.specs import Spec
from voronka.web.list.columns import Column
from voronka.web.templatetags.voronka import avatar, icon

_REFERENCES = {"contact": "contact", "company": "company", "source": "source", "client": "either"}
MOMENTS = ("created_at", "stage_entered_at", "last_touch_at", "changed_at", "closed_at")
Card = Item | ListCard
_ICONS: dict[str, str] = {Activity.Kind.CALL: "phone", Activity.Kind.MEETING: "users"}


@dataclass(slots=True)
class Drawing:
    """Draws cells of some columns for some cards. Names are read once, a query for each kind."""

    columns: Sequence[Column]
    user: User
    pipelines: dict[int, Pipeline]  # with item_type
    names: Names
    stages: dict[int, Stage]
    owners: dict[int, User]
    reasons: dict[int, str]
    now: datetime = field(default_factory=timezone.now)
    _frames: dict[tuple[str, bool, bool], tuple[str, str]] = field(default_factory=dict)
    _made: dict[tuple[Any, ...], str] = field(default_factory=dict)
    _rights: dict[tuple[str, int, int], bool] = field(default_factory=dict)
    _days: words.Days = field(init=False)
    _before: str = field(init=False)  # of a card's id in its address
    _behind: str = field(init=False)

    def __post_init__(self) -> None:
        self._days = words.Days(self.now)
        self._before, self._behind = path_of("card:show", 0).split("0")

    @classmethod
    def of(
        cls,
        items: Sequence[Card],
        columns: Sequence[Column],
        user: User,
        pipelines: Iterable[Pipeline] = (),
    ) -> Drawing:
        """Read everything that the cells of these cards name.

        Args:
            pipelines: those that are known already, with item_type; missing ones are read.
        """
        codes = {column.code for column in columns}
        known = {pipeline.pk: pipeline for pipeline in pipelines}
        if missing := {item.pipeline_id for item in items} - known.keys():
            rows = Pipeline.objects.select_related("item_type").filter(pk__in=missing)
            known |= {pipeline.pk: pipeline for pipeline in rows}
        specs = [column.spec for column in columns if column.spec and column.spec.custom]
        specs += [Spec(c, kind, "") for c, kind in _REFERENCES.items() if c in codes]
        names = names_of(specs, [_with_client(item) for item in items], user=user)
        stages: dict[int, Stage] = {}
        owners: dict[int, User] = {}
        reasons: dict[int, str] = {}
        if "stage" in codes:
            stages = stages_by_ids({item.stage_id for item in items})
        if "owner" in codes:
            owners = people_by_ids({item.owner_id for item in items})
        if "loss_reason" in codes:
            wanted = {item.loss_reason_id for item in items if item.loss_reason_id}
            found = LossReason.objects.filter(pk__in=wanted) if wanted else ()
            reasons = {reason.pk: str(reason) for reason in found}
        return cls(columns, user, known, names, stages, owners, reasons)

    def rows(self, items: Iterable[Card]) -> SafeString:
        """Return the table's rows of cards."""
        return SafeString("".join([self.row(item) for item in items]))

    def row(self, item: Card) -> str:
        """Return one row, its cells escaped."""
        late = ' class="late"' if self._is_late(item) else ""
        cells = "".join([self._cell(item, column) for column in self.columns])
        return (
            f'<tr id="row-{item.pk}" data-id="{item.pk}"{late}><td class="fit pick">'
            f'<input class="check" type="checkbox" value="{item.pk}" tabindex="-1"'
            f' aria-label="{escape(item.title)}"></td>{cells}</tr>'
        )

    def cell(self, item: Card, column: Column) -> SafeString:
        """Return a whole table cell."""
        return SafeString(self._cell(item, column))

    def _cell(self, item: Card, column: Column) -> str:
        html = self._html(item, column)
        if column.code == "title":
            url = f"{self._before}{item.pk}{self._behind}"
            return f'<td class="main" data-code="title"><a href="{url}" data-slider>{html}</a></td>'
        editable = column.editable and self._may_edit(item, column)
        before, after = self._frame(column, editable, not html)
        return f"{before}{html or '—'}{after}"

    def _frame(self, column: Column, editable: bool, blank: bool) -> tuple[str, str]:
        """Return what stands before and behind the values of a column."""
        made = self._frames.get((column.code, editable, blank))
        if made is None:
            names = {"cell-edit": editable, "num": column.num, "blank": blank and not editable}
            css = " ".join(name for name, on in names.items() if on)
            code, label = escape(column.code), escape(str(column.title))
            before = f'<td class="{css}" data-code="{code}" data-label="{label}">'
            made = before, "</td>"
            if editable:
                made = f'{before}<button type="button" tabindex="-1">', "</button></td>"
            self._frames[column.code, editable, blank] = made
        return made

    def _html(self, item: Card, column: Column) -> str:
        """Return the value in a cell, escaped; empty when there is none."""
        if column.spec and column.spec.custom:
            return escape(self.custom_text(item, column))
        match column.code:
            case "stage":
                return self._stage(item)
            case "owner":
                return self._owner(item)
            case "next_step":
                return self._next_step(item)
            case "grade" if item.grade:
                grade = escape(item.grade)
                return f'<span class="grade grade-{grade.lower()}">{grade}</span>'
            case "stalls_at" if item.stalls_at and item.closed_at is None:
                late = ' class="text-red"' if item.stalls_at < self.now else ""
                return f"<span{late}>{self._moment(item.stalls_at)}</span>"
            case code if code in MOMENTS:
                moment: datetime | None = getattr(item, code)
                return self._moment(moment) if moment else ""
        return escape(self.text(item, column.code))

    def custom_text(self, item: Card, column: Column) -> str:
        """Return the value of a custom field in words."""
        spec = column.spec
        return text_of(spec, item.values.get(spec.code), self.names) if spec else ""

    def text(self, item: Card, code: str) -> str:
        """Return what a column of plain text says."""
        match code:
            case "title" | "external_id" | "grade":
                return str(getattr(item, code))
            case "number":
                prefix = self.pipelines[item.pipeline_id].item_type.prefix
                return f"{prefix}-{item.pk}" if prefix else str(item.pk)
            case "client":
                return self._name("client", item.company_id or item.contact_id)
            case "contact":
                return self._name("client", item.contact_id)
            case "company":
                return self._name("client", item.company_id)
            case "source":
                return self._name("source", item.source_id)
            case "pipeline":
                return str(self.pipelines[item.pipeline_id])
            case "loss_reason":
                return self.reasons.get(item.loss_reason_id or 0, "")
            case "repeat":
                return _("repeat") if item.repeat else ""
            case "amount":
                return words.money(item.amount, bare=True) if item.amount else ""
        return ""

    def _name(self, family: str, pk: int | None) -> str:
        if not pk:
            return ""
        name = self.names.get((family, pk))
        return _("(hidden from you)") if name is None else name

    def _may_edit(self, item: Card, column: Column) -> bool:
        if column.code == "stage" and item.closed_at is not None:
            return False
        action = "move" if column.code == "stage" else "change"
        key = (action, item.pipeline_id, item.owner_id)
        known = self._rights.get(key)
        if known is None:
            pipeline = self.pipelines[item.pipeline_id]
            kind, code = pipeline.item_type.code, pipeline.code
            known = self.user.access.may(action, kind, code, owner_id=item.owner_id)
            self._rights[key] = known
        return known

    def _is_late(self, item: Card) -> bool:
        return item.closed_at is None and item.stalls_at is not None and item.stalls_at < self.now

    def _stage(self, item: Card) -> str:
        late = self._is_late(item)
        key = ("stage", item.stage_id, late)
        if key not in self._made:
            stage = self.stages[item.stage_id]
            html = f'<span class="dot c-{escape(stage.color)}"></span>{escape(str(stage))}'
            if late:
                hint = _("Stands longer than the stage allows")
                html += f" {icon('alarm', 'icon-14 text-red', hint)}"
            self._made[key] = f'<span class="stage-name">{html}</span>'
        return self._made[key]

    def _owner(self, item: Card) -> str:
        key = ("owner", item.owner_id)
        if key not in self._made:
            owner = self.owners[item.owner_id]
            face = avatar(owner, "avatar-sm")
            self._made[key] = f'<span class="row-line">{face}{escape(str(owner))}</span>'
        return self._made[key]

    def _next_step(self, item: Card) -> str:
        if item.closed_at is not None:
            return ""
        due = item.next_activity_at
        if due is None:
            if ("no step",) not in self._made:
                html = f'<span class="next-step none">{escape(_("no step"))}</span>'
                self._made["no step",] = html
            return self._made["no step",]
        local = self._days.local(due)
        state = "overdue" if due < self.now else ""
        if not state and local.date() == self._days.today:
            state = "today"
        picture = icon(_ICONS.get(item.next_activity_kind, "checkbox"))
        hint = escape(item.next_activity_title)
        text = escape(self._days.when(local))
        return f'<span class="next-step {state}" title="{hint}">{picture}{text}</span>'

    def _moment(self, moment: datetime) -> str:
        """Write a moment in words near today; all of it in digits on hover."""
        local = self._days.local(moment)
        return f'<time title="{local:%d.%m.%Y %H:%M}">{escape(self._days.when(local))}</time>'


def _with_client(item: Card) -> dict[str, Any]:
    return {**values_of(item), "client": item.company_id or item.contact_id}
