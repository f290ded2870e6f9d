"""What the board shows to one person: columns with their figures, and the cards in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from urllib.parse import urlencode

from django.http import Http404
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from voronka.items import board
from voronka.items.board import BoardCard, Figures, Page, Reach
from voronka.items.filters import CardFilter
from voronka.items.models import ItemQuerySet
from voronka.kernel.prepared import Prepared
from voronka.people.models import User
from voronka.pipelines.models import ItemType, Pipeline, Stage
from voronka.web import words
from voronka.web.addresses import address, path_of
from voronka.web.board.drawing import Drawer, quick_add
from voronka.web.filters import FilterBar
from voronka.web.filters.bar import address as filtered
from voronka.web.list.actions import Action, bulk_actions


@dataclass(frozen=True, slots=True)
class Column:
    """A stage on the board, in words: heads are drawn often, so templates only place them.

    Attributes:
        share: of the first stage's cards, 0..1 (F12).
        clears_in: days to clear; None when nothing leaves the stage, or it is not known.
        cards: the first page, drawn.
        adding: the short form of a new card, drawn; empty where the person may add none.
    """

    stage: Stage
    figures: Figures
    name: str
    share: float = 0.0
    clears_in: float | None = None
    piled_up: bool = False
    first: bool = False
    cards: str = ""
    adding: str = ""

    @property
    def css(self) -> str:
        """The classes of the column."""
        marks = ((self.stage.critical, " column-critical"), (self.stage.key, " column-key"))
        css = "".join(css for on, css in marks if on)
        return f"c-{self.stage.color}{css}{' sticky' if self.first else ''}"

    @property
    def count(self) -> str:
        """How many cards."""
        return words.number(self.figures.cards)

    @property
    def late(self) -> str:
        """How many are past the deadline, and their share: "3 · 12 %"."""
        return f"{words.number(self.figures.late)} · {words.share(self.figures.late_share)}"

    @property
    def late_hint(self) -> str:
        """The same in a sentence, with the time lost."""
        return _("Past the deadline: %(share)s of the cards, %(span)s lost in all") % {
            "share": words.share(self.figures.late_share),
            "span": words.duration(self.figures.lost_time),
        }

    @property
    def pile(self) -> str:
        """The mark of a pile-up: its days to clear."""
        if self.clears_in is None:
            return _("stands still")
        return _("%(days)s d") % {"days": words.number(self._days)}

    @property
    def pile_hint(self) -> str:
        """The same in a sentence."""
        if self.clears_in is None:
            return _("Pile-up: no card has left this stage in four weeks")
        return _("Pile-up: at the present pace it takes %(days)s to clear this stage") % {
            "days": words.days(self._days)
        }

    @property
    def ladder(self) -> str:
        """The ladder strip in words."""
        return _("%(share)s of the first stage") % {"share": words.share(self.share)}

    @property
    def strip(self) -> str:
        """The ladder strip as a number for the style sheet."""
        return f"{self.share:.2f}"

    @property
    def _days(self) -> int:
        return max(1, round(self.clears_in or 0))


@dataclass
class BoardPage:
    """One pipeline's board for one person. Nothing is read before a template asks."""

    pipeline: Pipeline
    stages: list[Stage]
    user: User
    asked: CardFilter
    size: int = board.FIRST
    bar: FilterBar | None = None  # on the page itself; pieces of it are told the filter

    # -- what may be seen and done -----------------------------------------------------------

    @cached_property
    def reach(self) -> Reach:
        return board.reach_of(self.user, self.pipeline)

    @cached_property
    def movable(self) -> Reach:
        return board.reach_of(self.user, self.pipeline, "move")

    @property
    def kind(self) -> ItemType:
        return self.pipeline.item_type

    @cached_property
    def may_add(self) -> bool:
        """Whether the person may add a card of their own."""
        return not self.pipeline.archived and self.user.access.may(
            "add", self.kind.code, self.pipeline.code, owner_id=self.user.pk
        )

    @cached_property
    def bulk(self) -> list[Action]:
        """What may be done to many cards here, as in the list."""
        kind, pipeline = self.kind.code, self.pipeline
        return bulk_actions(
            lambda action: bool(self.user.access.scope(action, kind, pipeline.code)),
            lambda action: path_of("list:pipeline_bulk", pipeline.pk, action),
        )

    @property
    def group(self) -> str:
        """The kind of cards, as the rail groups the boards."""
        return str(self.kind.plural)

    @property
    def may_import(self) -> bool:
        """Whether the person may bring cards from a file."""
        return bool(self.user.access.scope("import", self.kind.code, self.pipeline.code))

    @property
    def forward_only(self) -> bool:
        """Whether nobody here, or not this person, may bring a card back (F5, FS-7)."""
        return self.pipeline.forward_only and not self.user.access.has("correct")

    # -- cards -------------------------------------------------------------------------------

    @cached_property
    def seen(self) -> ItemQuerySet:
        """All cards of these stages that the person may see, open and closed."""
        return self.reach.cards(self.stages)

    @cached_property
    def cards(self) -> ItemQuerySet:
        """Those that pass the filter; each column asks for its own stage."""
        if not self.asked:
            return self.seen
        return self.asked.apply(self.seen, self.user, item_type=self.kind, any_state=True)

    @cached_property
    def drawer(self) -> Drawer:
        return Drawer(
            self.kind,
            {stage.pk: stage for stage in self.stages},
            movable=self.movable,
        )

    def drawn(self, stage: Stage, page: Page) -> SafeString:
        """Draw a page of a column, and what loads the next one."""
        more = self._more(stage, page.after) if page.after else ""
        return format_html("{}{}", self.drawer.cards(page.cards), more)

    def page_of(self, stage: Stage, *, after: str, size: int) -> Page:
        """Read a page of one column; a closed one shows this month's."""
        cards = self.cards
        if not stage.is_open:
            cards = cards.filter(closed_at__gte=self.since)
        return board.page_of(cards, stage, after=after, size=size)

    def changed(self, ids: Iterable[int]) -> list[BoardCard]:
        """Return those of the named cards that belong on this board."""
        since = self.since
        return [
            card
            for card in board.cards_by_id(self.cards, ids)
            if card.closed_at is None or card.closed_at >= since
        ]

    # -- columns -----------------------------------------------------------------------------

    @cached_property
    def since(self) -> datetime:
        """The beginning of this month, from which closed cards are counted."""
        midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight.replace(day=1)

    @cached_property
    def figures(self) -> Mapping[int, Figures]:
        if self.asked:
            return board.figures_of(self.cards)
        return board.open_figures(self.reach)

    @cached_property
    def heads(self) -> list[Column]:
        """The columns of work without their cards."""
        work = [stage for stage in self.stages if stage.is_open]
        first = self.figures.get(work[0].pk, Figures()).cards if work else 0
        return [self._head(stage, first, number) for number, stage in enumerate(work)]

    @cached_property
    def columns(self) -> list[Column]:
        """The columns of work with their first cards."""
        if self.asked:
            pages = board.first_pages(self.cards, self.stages, size=self.size)
        else:
            pages = board.whole_pages(self.reach, self.stages, size=self.size)
        return [
            replace(
                head,
                cards=self.drawn(head.stage, pages[head.stage.pk]),
                adding=quick_add(self.kind, head.stage, first=head.first) if self.may_add else "",
            )
            for head in self.heads
        ]

    @cached_property
    def ends(self) -> list[Column]:
        """The closed columns with what was won and lost this month."""
        ends = [stage for stage in self.stages if not stage.is_open]
        if self.asked:
            figures = board.closed_figures(self.cards, ends, since=self.since)
        else:
            figures = board.closed_in_month(self.reach, ends, since=self.since)
        return [Column(s, figures.get(s.pk, Figures()), str(s.name)) for s in ends]

    @property
    def is_empty(self) -> bool:
        """Whether no open card is shown."""
        return not any(head.figures.cards for head in self.heads)

    @cached_property
    def critical(self) -> Figures:
        """What stands in the critical stages, added up (FS-11)."""
        return sum((h.figures for h in self.heads if h.stage.critical), Figures())

    @property
    def critical_share(self) -> float:
        """Their share of all open cards shown, 0..1."""
        shown = sum(head.figures.cards for head in self.heads)
        return self.critical.cards / shown if shown else 0.0

    @property
    def month(self) -> str:
        """The name of this month, for the sums of the closed columns."""
        name = formats.date_format(self.since, "F")
        return name.lower() if words.russian() else name

    def _head(self, stage: Stage, first: int, number: int) -> Column:
        figures = self.figures.get(stage.pk, Figures())
        share = min(1.0, figures.cards / first) if first else float(bool(figures.cards))
        clears_in, piled_up = None, False
        if self._pace is not None:
            clears_in = board.days_to_clear(figures.cards, self._pace.get(stage.pk, 0.0))
            piled_up = board.is_pile_up(stage, figures.cards, clears_in)
        name = str(stage.name)
        return Column(stage, figures, name, share, clears_in, piled_up, first=number == 0)

    @cached_property
    def _pace(self) -> Mapping[int, float] | None:
        """Cards a day that leave each stage; None for filtered cards and for a young funnel."""
        return None if self.asked else board.pace_of(self.pipeline).within(self.reach)

    # -- addresses ---------------------------------------------------------------------------

    @cached_property
    def querystring(self) -> str:
        """The filter as a query string, with its question mark; empty without a filter."""
        query = urlencode(self.asked.query(), doseq=True)
        return f"?{query}" if query else ""

    @property
    def list_url(self) -> str:
        """The same cards as a list; empty while there is no such page."""
        url = address("list:pipeline", self.pipeline.pk)
        return filtered(url, self.asked, self.bar.keep if self.bar else {}) if url else ""

    @property
    def changes_url(self) -> str:
        return path_of("board:changes", self.pipeline.pk) + self.querystring

    def _more(self, stage: Stage, after: str) -> SafeString:
        query = urlencode({**self.asked.query(), "after": after}, doseq=True)
        url = path_of("board:column", self.pipeline.pk, stage.pk)
        return format_html(
            '<button type="button" class="btn btn-ghost btn-sm column-more" hx-get="{}?{}"'
            ' hx-trigger="click, intersect once" hx-swap="outerHTML">{}</button>',
            url,
            query,
            _("Show more"),
        )


_PASSPORT = ("goal", "sells_next", "steps", "exit_criteria", "objections", "required")
_STAGES = Prepared(
    lambda pk: (
        Stage.objects.filter(pipeline_id=pk).select_related("pipeline__item_type").defer(*_PASSPORT)
    ),
    int,
    model=Stage,
)


def board_or_404(
    user: User, pipeline_id: int, asked: CardFilter | None = None, *, size: int = 0
) -> BoardPage:
    """Return the board of a pipeline whose cards the person may see, else 404. One SQL query."""
    stages = _STAGES.all(pipeline_id)
    if not stages:
        raise Http404
    pipeline = stages[0].pipeline
    if not user.access.scope("see", pipeline.item_type.code, pipeline.code):
        raise Http404
    return BoardPage(
        pipeline, stages, user, asked or CardFilter(), min(size, board.MOST) or board.FIRST
    )
