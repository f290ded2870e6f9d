"""The map of funnels with the numbers of a period, and the revival of refusals."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from voronka.automation.mapping import FunnelMap, Revival, funnel_counts, funnel_map, revival
from voronka.automation.models import Robot
from voronka.channels.models import Channel
from voronka.channels.queries import enquiries_by_channel
from voronka.people.requests import SignedInRequest
from voronka.pipelines.models import Pipeline
from voronka.web.addresses import address
from voronka.web.funnel_map.drawing import LANES, Box, Path, draw, lane_of
from voronka.web.periods import period
from voronka.web.rights import needs_right

GROUPS = {
    "reason": gettext_lazy("By reason"),
    "owner": gettext_lazy("By person"),
    "month": gettext_lazy("By month"),
}
LINE = 0.3  # what the method revives a month at best


@dataclass(slots=True)
class Way:
    """All arrows from one funnel (or channel) into another, drawn as one."""

    start: str  # its name
    end: str
    cards: int = 0
    robots: list[tuple[str, str]] = field(default_factory=list)  # name, address or ""
    how: set[str] = field(default_factory=set)
    path: Path | None = None
    url: str = ""


@dataclass(slots=True)
class Funnel:
    """A funnel on the map."""

    pipeline: Pipeline
    open: int
    new: int
    dead: list[str]
    url: str
    box: Box | None = None


@dataclass(slots=True)
class Entry:
    """A channel on the map."""

    channel: Channel
    count: int
    url: str
    box: Box | None = None


@dataclass(slots=True)
class RevivalRow:
    """Refusals of one name together: each funnel has reasons of its own."""

    title: str
    refused: int = 0
    taken: int = 0
    revived: int = 0
    money: Decimal = Decimal(0)

    @property
    def share(self) -> float:
        """Revived among all refused, 0..1."""
        return self.revived / self.refused if self.refused else 0.0


@require_GET
@needs_right("setup")
def index(request: SignedInRequest) -> HttpResponse:
    """Draw funnels, tunnels, dead ends and entries; beside them what became of refusals."""
    span = period(request.GET.get("period", ""))
    found = funnel_map(since=span.since, until=span.until)
    counts = funnel_counts(since=span.since, until=span.until)
    funnels = _funnels(found, counts)
    entries = {
        f"c{channel.pk}": Entry(channel, n, address("channels:show", channel.pk))
        for channel, n in enquiries_by_channel(since=span.since, until=span.until)
    }
    ways = _ways(found, funnels, entries)
    lanes: list[list[str]] = [list(entries), *([] for _lane in LANES)]
    for key, funnel in funnels.items():
        lanes[lane_of(funnel.pipeline) + 1].append(key)
    drawing = draw(lanes, ways)
    for key, box in drawing.boxes.items():
        (funnels.get(key) or entries[key]).box = box
    for pair, way in ways.items():
        way.path = drawing.paths.get(pair)
    by = request.GET.get("by", "reason")
    by = by if by in GROUPS else "reason"
    rows = _revival(revival(since=span.since, until=span.until, by=by), by)
    context = {
        "period": span,
        "drawing": drawing,
        "funnels": list(funnels.values()),
        "entries": list(entries.values()),
        "ways": list(ways.values()),
        "dead": [(f, name) for f in funnels.values() for name in f.dead],
        "mixing": [f for f in funnels.values() if _mixes(f.pipeline)],
        "rows": rows,
        "total": _total(rows),
        "by": by,
        "groups": GROUPS.items(),
        "line": LINE,
    }
    return render(request, "funnel_map/index.html", context)


def _funnels(found: FunnelMap, counts: dict[int, tuple[int, int]]) -> dict[str, Funnel]:
    dead: dict[int, list[str]] = defaultdict(list)
    for end in found.dead_ends:
        dead[end.stage.pipeline_id].append(str(end.stage))
    return {
        f"p{p.pk}": Funnel(
            p,
            *counts.get(p.pk, (0, 0)),
            dead[p.pk],
            address("robots:pipeline", p.pk) or address("editor:pipeline", p.pk),
        )
        for p in found.pipelines
    }


def _ways(
    found: FunnelMap, funnels: dict[str, Funnel], entries: dict[str, Entry]
) -> dict[tuple[str, str], Way]:
    ways: dict[tuple[str, str], Way] = {}
    for key, entry in entries.items():
        end = f"p{entry.channel.pipeline_id}"
        if end in funnels:
            title = str(funnels[end].pipeline)
            ways[key, end] = Way(entry.channel.name, title, entry.count, url=entry.url)
    for arrow in found.arrows:
        pair = (f"p{arrow.from_pipeline}", f"p{arrow.to_pipeline}")
        if pair[0] not in funnels or pair[1] not in funnels or pair[0] == pair[1]:
            continue
        names = [str(funnels[key].pipeline) for key in pair]
        way = ways.setdefault(pair, Way(names[0], names[1]))
        way.cards += arrow.cards
        way.how.add(arrow.how)
        for robot in arrow.robots:
            named = (str(robot.name), _robot_url(robot, arrow.from_pipeline))
            if named not in way.robots:
                way.robots.append(named)
                way.url = way.url or named[1]
    return ways


def _robot_url(robot: Robot, pipeline_id: int) -> str:
    return address("robots:pipeline", pipeline_id) and (
        f"{address('robots:pipeline', pipeline_id)}#robot-{robot.pk}"
    )


def _mixes(pipeline: Pipeline) -> bool:
    """Whether a funnel that sells nothing counts in revenue (TN-10)."""
    sells_not = pipeline.purpose in (Pipeline.Purpose.FULFILMENT, Pipeline.Purpose.OTHER)
    return sells_not and pipeline.item_type.counts_in_revenue


def _revival(found: list[Revival], by: str) -> list[RevivalRow]:
    if by == "month":
        found = sorted(found, key=lambda one: one.month.isoformat() if one.month else "")
    rows: dict[str, RevivalRow] = {}
    for one in found:
        title = _("No reason")
        if by == "owner":
            title = str(one.owner) if one.owner else _("Nobody")
        elif by == "month":
            month = timezone.localtime(one.month) if one.month else None
            title = formats.date_format(month, "YEAR_MONTH_FORMAT") if month else "—"
        elif one.reason is not None:
            title = str(one.reason)
        row = rows.setdefault(title, RevivalRow(title))
        row.refused += one.refused
        row.taken += one.taken
        row.revived += one.revived
        row.money += one.money
    return list(rows.values()) if by == "month" else sorted(rows.values(), key=_by_size)


def _by_size(row: RevivalRow) -> tuple[int, str]:
    return -row.refused, row.title


def _total(rows: list[RevivalRow]) -> RevivalRow:
    total = RevivalRow("")
    for row in rows:
        total.refused += row.refused
        total.taken += row.taken
        total.revived += row.revived
        total.money += row.money
    return total
