"""One list as a person sees it: which cards, in which order, with which columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from urllib.parse import urlencode

from django.http import Http404
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from voronka.items.commands.bulk import MOST_CARDS
from voronka.items.filters import CardFilter
from voronka.items.grouping import CODES, MONTHS, MOST_GROUPED, groupable
from voronka.items.listing import SORTS, Slice, Sort, Tally, listing, tally
from voronka.items.models import Item, ItemQuerySet
from voronka.kernel.errors import Sentence
from voronka.people.models import User
from voronka.people.requests import SignedInRequest
from voronka.pipelines.models import Field, ItemType, Pipeline
from voronka.pipelines.queries import fields_in_use
from voronka.web.addresses import address, path_of
from voronka.web.filters import FilterBar
from voronka.web.frame.navigation import funnels
from voronka.web.list.actions import Action, bulk_actions
from voronka.web.list.columns import Column, all_columns, chosen, wanted
from voronka.web.list.grouping import Choice, Groups
from voronka.web.list.rows import Card, Drawing


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column: where a click on it leads, and how it is sorted now."""

    column: Column
    url: str
    sorted: str  # ascending, descending or nothing


@dataclass(frozen=True, slots=True)
class Funnel:
    """A funnel, or all of a type, in the switch of the page's head."""

    title: Sentence
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class FunnelGroup:
    """The funnels of one type."""

    title: str
    funnels: list[Funnel]


_MOST_NAMED = 100  # cards in one question for changed ones


def seen_pipelines(request: SignedInRequest) -> list[Pipeline]:
    """Return all funnels in which a person sees cards, by type. One query."""
    access = request.user.access
    return [p for p in funnels(request) if access.scope("see", p.item_type.code, p.code)]


def archived_or_404(user: User, pipeline_id: int) -> Pipeline:
    """Return a funnel of the archive in which a person sees cards: links to them stay good."""
    found = Pipeline.objects.select_related("item_type").filter(pk=pipeline_id).first()
    if found is None or not user.access.scope("see", found.item_type.code, found.code):
        raise Http404
    return found


class ListPage:
    """Everything the list's templates show. Reads what it is asked for, once."""

    def __init__(
        self,
        request: SignedInRequest,
        item_type: ItemType,
        pipeline: Pipeline | None,
        seen: list[Pipeline],
    ) -> None:
        self.seen = seen
        self.request = request
        self.user = request.user
        self.item_type = item_type
        self.pipeline = pipeline
        self.bar = FilterBar.of(request, item_type, pipeline, region="#cards")

    @classmethod
    def of_pipeline(cls, request: SignedInRequest, pipeline_id: int) -> ListPage:
        """Return the list of a funnel; 404 when the person sees no cards there."""
        seen = seen_pipelines(request)
        pipeline = next((p for p in seen if p.pk == pipeline_id), None)
        if pipeline is None:
            pipeline = archived_or_404(request.user, pipeline_id)
            seen = sorted([*seen, pipeline], key=lambda p: (p.item_type.position, p.item_type_id))
        return cls(request, pipeline.item_type, pipeline, seen)

    @classmethod
    def of_type(cls, request: SignedInRequest, code: str) -> ListPage:
        """Return the list of all funnels of a type; 404 when the person sees none of them."""
        seen = seen_pipelines(request)
        item_type = next((p.item_type for p in seen if p.item_type.code == code), None)
        if item_type is None:
            raise Http404
        return cls(request, item_type, None, seen)

    @property
    def asked(self) -> CardFilter:
        """The filter."""
        return self.bar.asked

    @cached_property
    def cards(self) -> ItemQuerySet:
        """The cards that pass the filter, of those the person may see."""
        return self.cards_for("see")

    def cards_for(self, action: str) -> ItemQuerySet:
        """The cards that pass the filter, of those the person may do `action` to."""
        pipelines = [self.pipeline] if self.pipeline else self.pipelines
        found = Item.objects.visible_to(self.user, action, pipelines=pipelines)
        return self.asked.apply(found, self.user, item_type=self.item_type)

    @cached_property
    def _fields(self) -> list[Field]:
        return fields_in_use(self.item_type.pk)

    @cached_property
    def columns(self) -> dict[str, Column]:
        """All columns that can be shown here."""
        return all_columns(self.item_type, self.pipeline, self._fields)

    @cached_property
    def shown(self) -> list[Column]:
        """The columns that are shown. The custom fields are read only when some are."""
        kept = self.bar.view.params.get("columns", []) if self.bar.view else []
        codes = wanted(self.request, self.place, kept)
        system = all_columns(self.item_type, self.pipeline, ())
        return chosen(codes, system if set(codes) <= system.keys() else self.columns)

    @property
    def codes(self) -> str:
        """The codes of the columns, as they stand in an address."""
        return ",".join(column.code for column in self.shown)

    @property
    def place(self) -> str:
        """Which list this is, for what is remembered of it."""
        return f"p{self.pipeline.pk}" if self.pipeline else f"t{self.item_type.pk}"

    @cached_property
    def sort(self) -> Sort:
        """The order: of the address, else of the view, else the newest first."""
        kept = self.bar.view.params.get("sort", "") if self.bar.view else ""
        text = self.request.GET.get("sort") or kept
        custom = text.removeprefix("-") not in SORTS
        fields = {field.code: field for field in self._fields} if text and custom else {}
        return Sort.read(text, fields, only_closed=self.asked.only_closed)

    @cached_property
    def group(self) -> Column | None:
        """The column that the list is grouped by: of the address, else of the view."""
        kept = self.bar.view.params.get("group", "") if self.bar.view else ""
        code = self.request.GET.get("group", kept)
        if code in CODES:
            return all_columns(self.item_type, self.pipeline, ()).get(code)
        return self.columns.get(code) if code and self._group_field(code) else None

    def _group_field(self, code: str) -> Field | None:
        found = (field for field in self._fields if field.code == code and groupable(field))
        return next(found, None)

    @cached_property
    def grouped(self) -> Groups | None:
        """The groups; None without, and when there are too many cards to group."""
        if self.group is None:
            return None
        code = self.group.code
        return Groups.of(
            self.cards,
            self.group,
            None if code in CODES else self._group_field(code),
            [self.pipeline] if self.pipeline else self.pipelines,
            whole_type=self.pipeline is None,
            money=self.item_type.has_amount,
            folded=self.request.GET.getlist("fold"),
        )

    @cached_property
    def groupings(self) -> list[Choice]:
        """What the list can be grouped by."""
        now = self.group.code if self.group else ""
        found = [Choice(_("Without groups"), self.list_url(group="-", fold=""), not now)]
        for code, column in self.columns.items():
            if code in CODES or self._group_field(code):
                url = self.list_url(group=code, fold="")
                title = column.title
                if code in MONTHS:
                    title = _("%(column)s, by month") % {"column": title}
                found.append(Choice(title, url, code == now))
        return found

    @cached_property
    def slice(self) -> Slice:
        """The cards of this page."""
        places = self.grouped.places if self.grouped else None
        after = self.request.GET.get("after", "")
        return listing(self.cards, self.sort, after=after, places=places)

    @cached_property
    def rows(self) -> SafeString:
        """The rows of this page, drawn, under the heads of their groups."""
        drawing = Drawing.of(self.slice.items, self.shown, self.user, self.seen)
        if self.grouped is None:
            return drawing.rows(self.slice.items)
        rows = [drawing.row(item) for item in self.slice.items]
        return self.grouped.rows(
            self.slice, rows, width=self.width, url=lambda fold: self.list_url(fold=fold)
        )

    @cached_property
    def named(self) -> SafeString:
        """The cards that ?row= names; those that do not pass the filter any more are left out."""
        asked = self.request.GET.getlist("row")[:_MOST_NAMED]
        ids = [int(pk) for pk in asked if pk.isdecimal() and len(pk) < 19]
        return self._draw(list(self.cards.filter(pk__in=ids))) if ids else SafeString()

    def _draw(self, items: Sequence[Card]) -> SafeString:
        return Drawing.of(items, self.shown, self.user, self.seen).rows(items)

    @cached_property
    def tally(self) -> Tally:
        """How many cards pass, and their sum."""
        return tally(self.cards)

    @property
    def most_cards(self) -> int:
        """To how many cards one action may be done."""
        return MOST_CARDS

    @property
    def too_many(self) -> bool:
        """Whether more cards pass than can be chosen together."""
        return self.tally.more or self.tally.cards > MOST_CARDS

    @property
    def first_page(self) -> bool:
        """Whether this is the beginning."""
        return not self.request.GET.get("after")

    @property
    def further_url(self) -> str:
        """Where the next page is."""
        return self.list_url(after=self.slice.after)

    @property
    def path(self) -> str:
        """The address of the list itself, whichever of its pages was asked."""
        if self.pipeline:
            return path_of("list:pipeline", self.pipeline.pk)
        return path_of("list:type", self.item_type.code)

    @property
    def here(self) -> str:
        """The address of what is shown, for reading it again."""
        return self.list_url()

    @property
    def columns_url(self) -> str:
        """Where the choice of columns is."""
        return self.action_url("columns")

    @property
    def groups_url(self) -> str:
        """Where the choice of groups is."""
        return self.action_url("groups")

    @property
    def most_grouped(self) -> int:
        """How many cards can be grouped."""
        return MOST_GROUPED

    @property
    def export_url(self) -> str:
        """Where the file comes from, up to `format=`."""
        url = self.action_url("export")
        return f"{url}{'&' if '?' in url else '?'}"

    @property
    def new_url(self) -> str:
        """Where a new card is made."""
        url = path_of("card:new")
        return f"{url}?pipeline={self.pipeline.pk}" if self.pipeline else url

    @property
    def more(self) -> bool:
        """Whether there are further cards; one card read anew leads nowhere."""
        return "row" not in self.request.GET and bool(self.slice.after)

    @property
    def width(self) -> int:
        """How many columns the table has, the one with the ticks included."""
        return len(self.shown) + 1

    @cached_property
    def bulk(self) -> list[Action]:
        """What may be done to many cards here."""
        return bulk_actions(self.may, lambda kind: self.action_url("bulk", kind))

    @property
    def may_export(self) -> bool:
        """Whether the role may take cards away from here."""
        return self.may("export")

    def action_url(self, action: str, *args: object) -> str:
        """Return the address of a page of this list, with its filter: "columns", "export"."""
        of = "pipeline" if self.pipeline else "type"
        key = self.pipeline.pk if self.pipeline else self.item_type.code
        return _joined(path_of(f"list:{of}_{action}", key, *args), self._query)

    def list_url(self, **changes: str | list[str]) -> str:
        """Return the address of the list with other parameters; an empty one is dropped."""
        query = dict(self._query)
        for name, value in changes.items():
            query[name] = value if isinstance(value, list) else [value] if value else []
        return _joined(self.path, {name: values for name, values in query.items() if values})

    @cached_property
    def _query(self) -> dict[str, list[str]]:
        """The parameters of the address that stay when one goes on."""
        lists = self.request.GET.lists()
        return {name: values for name, values in lists if name not in ("after", "row")}

    @cached_property
    def heads(self) -> list[Head]:
        """The heads of the columns."""
        heads = []
        for column in self.shown:
            url, state = "", ""
            if column.sortable:
                now = self.sort.code == column.code
                down = not self.sort.down if now else column.num or column.code.endswith("_at")
                url = self.list_url(sort=f"-{column.code}" if down else column.code)
                state = ("descending" if self.sort.down else "ascending") if now else ""
            heads.append(Head(column, url, state))
        return heads

    @cached_property
    def pipelines(self) -> list[Pipeline]:
        """The funnels of this list's type in which the person sees cards."""
        return [p for p in self.seen if p.item_type_id == self.item_type.pk]

    @cached_property
    def groups(self) -> list[FunnelGroup]:
        """The lists one may switch to: each funnel, and all of a type together."""
        found: list[FunnelGroup] = []
        for kind, rows in groupby(self.seen, key=lambda p: p.item_type):
            funnels = [
                Funnel(str(p), path_of("list:pipeline", p.pk), p == self.pipeline) for p in rows
            ]
            if len(funnels) > 1:
                url = path_of("list:type", kind.code)
                whole = self.pipeline is None and kind == self.item_type
                funnels.append(Funnel(_("All together"), url, whole))
            found.append(FunnelGroup(str(kind.plural), funnels))
        return found

    @property
    def board_url(self) -> str:
        """The board of the same cards, if there is one."""
        if not self.pipeline:
            return ""
        board = address("board:pipeline", self.pipeline.pk)
        return f"{board}?{self.request.GET.urlencode()}" if board and self.request.GET else board

    @cached_property
    def may_add(self) -> bool:
        """Whether the person may add cards of their own here."""
        mine, kind = self.user.pk, self.item_type.code
        pipelines = [self.pipeline] if self.pipeline else self.pipelines
        return any(self.user.access.may("add", kind, p.code, owner_id=mine) for p in pipelines)

    def may(self, action: str) -> bool:
        """Whether the role reaches any card here with `action`."""
        pipelines = [self.pipeline] if self.pipeline else self.pipelines
        kind = self.item_type.code
        return any(self.user.access.scope(action, kind, p.code) for p in pipelines)


def _joined(path: str, query: Mapping[str, list[str]]) -> str:
    return f"{path}?{urlencode(query, doseq=True)}" if query else path
