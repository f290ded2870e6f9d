"""Where boxes and arrows of the map lie: lanes from left to right by what a funnel is for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import hypot

from voronka.pipelines.models import Pipeline

BOX_WIDTH, BOX_HEIGHT = 176, 58
LANE_GAP, ROW_GAP, EDGE = 132, 22, 12
TIP, BESIDE = 7, 60  # length of an arrow's tip, bend of an arrow in one lane
LABEL_WIDTH, LABEL_HEIGHT = 36, 19  # room that a number takes
NEAR_START = [n / 100 for n in range(6, 95)]  # shares of the way, 0..1, where a number may stand
_P = Pipeline.Purpose
LANES: tuple[tuple[str, ...], ...] = (
    (_P.QUALIFICATION, _P.TELEMARKETING),
    (_P.NEW_SALES, _P.REPEAT),
    (_P.NURTURING, _P.LOST_REACTIVATION),
    (_P.FULFILMENT, _P.OTHER),
)


@dataclass(frozen=True, slots=True)
class Box:
    """A funnel, or an entry, as a rectangle with its upper left corner."""

    key: str  # "p12" a funnel, "c3" a channel
    x: int
    y: int

    @property
    def middle(self) -> float:
        """The height of its middle."""
        return self.y + BOX_HEIGHT / 2


@dataclass(frozen=True, slots=True)
class Path:
    """An arrow: the d of an SVG path, and where its number stands."""

    d: str
    label_x: int
    label_y: int
    back: bool  # it leads to the left, or stays in its lane


@dataclass(slots=True)
class Drawing:
    """The whole map. `boxes` and `paths` by the keys that were given."""

    width: int = 0
    height: int = 0
    boxes: dict[str, Box] = field(default_factory=dict)
    paths: dict[tuple[str, str], Path] = field(default_factory=dict)


def draw(lanes: Iterable[list[str]], arrows: Iterable[tuple[str, str]]) -> Drawing:
    """Lay out boxes lane by lane, each lane centred, and arrows between them.

    Args:
        lanes: keys of boxes, from left to right; empty lanes take no room.
        arrows: pairs of keys; those with an unknown end are left out.
    """
    columns = [lane for lane in lanes if lane]
    known_arrows = list(arrows)
    tallest = max((len(lane) for lane in columns), default=0)
    last = set(columns[-1]) if columns else set()
    loops = any(a in last and b in last for a, b in known_arrows)  # bend out beyond the last lane
    width = 2 * EDGE + len(columns) * (BOX_WIDTH + LANE_GAP) - LANE_GAP + loops * BESIDE
    drawing = Drawing(
        width=width if columns else 0,
        height=2 * EDGE + tallest * (BOX_HEIGHT + ROW_GAP) - ROW_GAP if columns else 0,
    )
    for number, lane in enumerate(columns):
        x = EDGE + number * (BOX_WIDTH + LANE_GAP)
        spare = (tallest - len(lane)) * (BOX_HEIGHT + ROW_GAP) // 2
        for row, key in enumerate(lane):
            drawing.boxes[key] = Box(key, x, EDGE + spare + row * (BOX_HEIGHT + ROW_GAP))
    known = [(a, b) for a, b in known_arrows if a in drawing.boxes and b in drawing.boxes]
    leave, enter = _ports(known, drawing.boxes)
    labels = _Labels(list(drawing.boxes.values()))
    for start, end in known:
        one, other = drawing.boxes[start], drawing.boxes[end]
        crowded = sum(a == start for a, _b in known) > sum(b == end for _a, b in known)
        curve = _curve(one, other, leave[start, end], enter[start, end])
        x, y = labels.place(curve, at_end=crowded)
        drawing.paths[start, end] = Path(curve.d, x, y, back=other.x <= one.x)
    return drawing


def lane_of(pipeline: Pipeline) -> int:
    """Return the lane of a funnel, 0 the leftmost."""
    return next((n for n, lane in enumerate(LANES) if pipeline.purpose in lane), len(LANES) - 1)


def _ports(
    arrows: list[tuple[str, str]], boxes: Mapping[str, Box]
) -> tuple[dict[tuple[str, str], float], dict[tuple[str, str], float]]:
    """Spread the ends of arrows over the edges of their boxes, so that they cross less."""
    edges: dict[tuple[str, bool], list[tuple[int, tuple[str, str], int]]] = defaultdict(list)
    for arrow in arrows:
        one, other = boxes[arrow[0]], boxes[arrow[1]]
        edges[one.key, other.x >= one.x].append((other.y, arrow, 0))
        edges[other.key, other.x <= one.x].append((one.y, arrow, 1))
    places: tuple[dict[tuple[str, str], float], dict[tuple[str, str], float]] = ({}, {})
    for (key, _right), ends in edges.items():
        step = BOX_HEIGHT / (len(ends) + 1)
        for n, (_height, arrow, which) in enumerate(sorted(ends), start=1):
            places[which][arrow] = boxes[key].y + n * step
    return places


@dataclass(frozen=True, slots=True)
class _Curve:
    """A cubic curve by its four points."""

    xs: tuple[int, int, int, int]
    ys: tuple[int, int, int, int]

    @property
    def d(self) -> str:
        (a, b, c, e), (k, m, n, o) = self.xs, self.ys
        return f"M{a} {k}C{b} {m} {c} {n} {e} {o}"

    def at(self, t: float) -> tuple[int, int]:
        """Return the point at a share of the way, 0..1."""
        u = 1 - t
        weights = (u**3, 3 * u * u * t, 3 * u * t * t, t**3)
        x, y = (
            sum(w * p for w, p in zip(weights, points, strict=True))
            for points in (self.xs, self.ys)
        )
        return round(x), round(y)


def _curve(one: Box, other: Box, leave: float, enter: float) -> _Curve:
    back = other.x <= one.x
    beside = other.x == one.x  # in one lane: out and in on the right side
    start = one.x if back and not beside else one.x + BOX_WIDTH
    end = other.x + BOX_WIDTH + TIP if back else other.x - TIP
    out = -1 if back and not beside else 1
    bend = BESIDE if beside else max(40, abs(end - start) // 2)
    turn = end + bend if back else end - bend
    y, to = round(leave), round(enter)
    return _Curve((start, start + out * bend, turn, end), (y, y, to, to))


class _Labels:
    """Finds room for the numbers: beside each other, and on no box."""

    def __init__(self, boxes: Iterable[Box]) -> None:
        self._taken = [(b.x, b.y, b.x + BOX_WIDTH, b.y + BOX_HEIGHT) for b in boxes]

    def place(self, curve: _Curve, *, at_end: bool) -> tuple[int, int]:
        """Return the middle of a number on its curve, near the end where fewer arrows meet."""
        shares = [1 - t for t in NEAR_START] if at_end else NEAR_START
        ends = (curve.at(0), curve.at(1))
        spots = [spot for t in shares if _clear(spot := curve.at(t), ends)] or [curve.at(0.5)]
        found = min(spots, key=self._overlap)  # the first of the best
        self._taken.append(_room(*found))
        return found

    def _overlap(self, middle: tuple[int, int]) -> int:
        x1, y1, x2, y2 = _room(*middle)
        return sum(
            max(0, min(x2, right) - max(x1, left)) * max(0, min(y2, bottom) - max(y1, top))
            for left, top, right, bottom in self._taken
        )


def _clear(spot: tuple[int, int], ends: tuple[tuple[int, int], tuple[int, int]]) -> bool:
    """Whether a number leaves the ends of its arrow to be seen."""
    return all(hypot(spot[0] - x, spot[1] - y) >= LABEL_WIDTH / 2 + TIP for x, y in ends)


def _room(x: int, y: int) -> tuple[int, int, int, int]:
    wide, high = LABEL_WIDTH // 2, LABEL_HEIGHT // 2
    return x - wide, y - high, x + wide, y + high
