"""Groups of a list: by what, under which heads, and which are folded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from voronka.items.grouping import (
    NOTHING,
    Group,
    Places,
    group_key,
    groups_of,
    in_order,
)
from voronka.items.listing import Slice
from voronka.items.models import ItemQuerySet
from voronka.kernel.errors import Sentence
from voronka.kernel.texts import LocalText
from voronka.people.queries import people_by_ids
from voronka.pipelines.models import Field, LossReason, Pipeline, Source
from voronka.pipelines.queries import stages_by_ids
from voronka.web import words
from voronka.web.list.columns import Column
from voronka.web.templatetags.voronka import avatar, icon

_MOST_FOLDED = 200


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that cards can be grouped by: in the menu."""

    title: Sentence
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class _Named:
    """A group's name, written, and where it stands among the others."""

    html: str
    place: tuple[object, ...]


@dataclass(slots=True)
class Groups:
    """The groups of one list. Their heads are drawn between the rows of a page."""

    column: Column
    places: Places
    names: dict[str, str]  # value -> HTML
    money: bool

    @classmethod
    def of(
        cls,
        cards: ItemQuerySet,
        column: Column,
        row: Field | None,
        pipelines: Iterable[Pipeline],
        *,
        whole_type: bool,
        money: bool,
        folded: Sequence[str],
    ) -> Groups | None:
        """Count the groups and read their names. Two or three SQL queries.

        None when the list cannot be grouped so, or when there is too much to group.
        """
        key = group_key(column.code, row)
        found = groups_of(cards, key) if key is not None else None
        if key is None or found is None:
            return None
        named = _names(column.code, row, found, list(pipelines), whole_type=whole_type)
        values = sorted(named, key=lambda value: (value == NOTHING, *named[value].place))
        groups = in_order(found, values)
        ranks = {group.value: rank for rank, group in enumerate(groups)}
        shut = frozenset(ranks[value] for value in folded[:_MOST_FOLDED] if value in ranks)
        names = {value: name.html for value, name in named.items()}
        return cls(column, Places(key, groups, shut), names, money)

    @property
    def folded(self) -> list[str]:
        """The values of the groups that show no cards."""
        return [self.places.groups[rank].value for rank in sorted(self.places.folded)]

    def rows(
        self,
        page: Slice,
        drawn: Sequence[str],
        *,
        width: int,
        url: Callable[[list[str]], str],
    ) -> SafeString:
        """Return the page's rows under the heads of their groups, folded ones among them."""
        html: list[str] = []
        last = page.before
        for rank, row in zip(page.ranks, drawn, strict=True):
            while last < rank and last + 1 < len(self.places.groups):
                last += 1
                html.append(self._head(last, width, url))
            html.append(row)
        if not page.after:
            html += [
                self._head(rank, width, url) for rank in range(last + 1, len(self.places.groups))
            ]
        return SafeString("".join(html))

    def _head(self, rank: int, width: int, url: Callable[[list[str]], str]) -> str:
        group = self.places.groups[rank]
        folded = self.folded
        shut = rank in self.places.folded
        other = [v for v in folded if v != group.value] if shut else [*folded, group.value]
        count = ngettext("%(count)s card", "%(count)s cards", group.cards)
        told = [escape(count % {"count": words.number(group.cards)})]
        if self.money and group.amount:
            told.append(words.short_money(group.amount))
        name = self.names.get(group.value) or escape(_("not filled in"))
        return (
            f'<tr class="group-head"><th scope="rowgroup" colspan="{width}">'
            f'<a href="{escape(url(other))}" hx-boost="true" hx-target="#cards"'
            ' hx-select="#cards" hx-swap="outerHTML show:none"'
            f' aria-expanded="{"false" if shut else "true"}" data-group="{escape(group.value)}">'
            f"{icon('chevron-right' if shut else 'chevron-down', 'icon-14')}"
            f'<span class="group-name">{name}</span>'
            f'<span class="num text-secondary">{" · ".join(told)}</span></a></th></tr>'
        )


def _names(
    code: str,
    row: Field | None,
    groups: Iterable[Group],
    pipelines: list[Pipeline],
    *,
    whole_type: bool,
) -> dict[str, _Named]:
    """Return value -> name of the groups; what no longer exists has none."""
    values = [group.value for group in groups if group.value != NOTHING]
    if row is not None:
        return _answers(row)
    if code in ("created_at", "closed_at"):
        return {value: _month(value) for value in values}
    if code == "grade":
        return {
            v: _Named(f'<span class="grade grade-{v.lower()}">{escape(v)}</span>', (v,))
            for v in values
        }
    if code == "repeat":
        return {
            "true": _Named(escape(_("Repeat customers")), (1,)),
            "false": _Named(escape(_("New customers")), (0,)),
        }
    ids = [int(value) for value in values]
    if code == "stage":
        return _stages(ids, {p.pk: p for p in pipelines}, whole_type=whole_type)
    if code == "owner":
        return {
            str(pk): _Named(
                f'<span class="row-line">{avatar(user, "avatar-sm")}{escape(str(user))}</span>',
                (str(user).casefold(), pk),
            )
            for pk, user in people_by_ids(ids).items()
        }
    if code == "pipeline":
        return {str(p.pk): _Named(escape(str(p)), (n,)) for n, p in enumerate(pipelines)}
    model = Source if code == "source" else LossReason
    return {
        str(found.pk): _Named(escape(str(found)), (found.position, found.pk))
        for found in model.objects.filter(pk__in=ids)
    }


def _stages(
    ids: list[int], pipelines: dict[int, Pipeline], *, whole_type: bool
) -> dict[str, _Named]:
    order = {pk: place for place, pk in enumerate(pipelines)}
    named = {}
    for pk, stage in stages_by_ids(ids).items():
        html = f'<span class="dot c-{escape(stage.color)}"></span>{escape(str(stage))}'
        if whole_type and stage.pipeline_id in pipelines:
            funnel = escape(str(pipelines[stage.pipeline_id]))
            html += f' <span class="text-secondary">· {funnel}</span>'
        place = (order.get(stage.pipeline_id, len(order)), stage.position, pk)
        named[str(pk)] = _Named(f'<span class="stage-name">{html}</span>', place)
    return named


def _answers(row: Field) -> dict[str, _Named]:
    if row.kind == Field.Kind.BOOLEAN:
        return {"true": _Named(escape(_("yes")), (0,)), "false": _Named(escape(_("no")), (1,))}
    return {
        str(option["code"]): _Named(escape(str(LocalText.of(option.get("name")))), (n,))
        for n, option in enumerate(row.options)
    }


def _month(value: str) -> _Named:
    day = date.fromisoformat(value)
    return _Named(escape(capfirst(date_format(day, "YEAR_MONTH_FORMAT"))), (-day.toordinal(),))
