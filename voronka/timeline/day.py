"""One person's day: what has to be done, in the order in which it pays to do it.

Every kind of row is one function that returns `Due`s in its own order; `register_kind` puts it
among the others, so that upper packages add theirs. Source: docs/domain/my-day.md (UI-5, Q7, C6).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import F, Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from voronka.clients.models import Client, ContactPoint
from voronka.items.models import NO_GRADE, Item, ItemQuerySet
from voronka.people.access import CLIENTS, Scope
from voronka.people.models import User
from voronka.pipelines.grades import ORDER
from voronka.pipelines.models import ItemType
from voronka.timeline.models import Activity, ActivityQuerySet, Conversation, Question

MOST = 200  # rows of one kind; whoever has more is shown "200+"
NEAR = timedelta(hours=2)  # calendar time before a stage's deadline from which the clock presses
WEEK = 7  # days ahead that can be looked at
_SELLING = (ItemType.Kind.LEAD, ItemType.Kind.DEAL)


@dataclass(frozen=True, slots=True)
class Due:
    """Something to do. What stands behind it is read only for the rows that are shown."""

    at: datetime | None
    item_id: int | None = None
    activity_id: int | None = None  # None: the card itself asks for it
    grade_order: int = NO_GRADE  # of the card


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose day, of when, and which cards may be seen of it.

    Attributes:
        seen: cards that the viewer sees.
        cards: open ones of the person among them.
        until: the end of the day in the person's time zone, exclusive.
    """

    person: User
    seen: ItemQuerySet
    cards: ItemQuerySet
    now: datetime
    until: datetime

    @property
    def selling(self) -> ItemQuerySet:
        """Leads and deals: other cards live by the clock of their stage, not by next steps."""
        return self.cards.filter(pipeline__item_type__kind__in=_SELLING)

    @property
    def planned(self) -> ActivityQuerySet:
        """Planned work of the person; not that of cards in the recycle bin."""
        rows = Activity.objects.planned().filter(owner_id=self.person.pk)
        return rows.filter(Q(item=None) | Q(item__deleted_at=None))


@dataclass(frozen=True, slots=True)
class Kind:
    """Why something is on the list. The lower the rank, the higher it stands."""

    code: str
    rank: int
    title: Promise
    find: Callable[[Asked], Iterable[Due]]
    alone: bool = False  # it takes no promise of its card along: something else has to be done


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the list, with what it shows.

    Attributes:
        group: where it stands; "a_grade" for rows that the card's grade lifted.
        kind: why it is here.
        phone: the client's first phone, as far as the viewer sees clients.
    """

    group: Kind
    kind: Kind
    at: datetime | None
    activity: Activity | None
    item: Item | None
    client: Client | None
    phone: ContactPoint | None = None

    @property
    def is_client_named(self) -> bool:
        """Whether the card's title names the client already."""
        return bool(self.item and self.client and self.client.name in self.item.title)

    @property
    def key(self) -> str:
        """Stays the same while the row is about the same thing."""
        if self.kind.code != "clock" and self.activity is not None:
            return f"work-{self.activity.pk}"
        return f"card-{self.item.pk if self.item else 0}"


@dataclass(frozen=True, slots=True)
class Day:
    """The list, as far as it is shown.

    Attributes:
        left: how many rows there are in all; `more` when there are even more than were counted.
        done: how many tasks, calls and meetings the person has ended since midnight.
    """

    rows: list[Row]
    left: int
    more: bool
    done: int

    @property
    def progress(self) -> float:
        """The share of the day that is done, 0..1; 1 when nothing is left."""
        return self.done / (self.done + self.left) if self.left else 1.0


# -- kinds of rows ----------------------------------------------------------------------------


def enquiries(asked: Asked) -> list[Due]:
    """Cards whose client waits for the first answer (Q1), the most urgent first."""
    rows = asked.cards.filter(clock_due_at__isnull=False)
    return _cards(rows.order_by("clock_due_at", "pk"), "clock_due_at")


def answers(asked: Asked) -> list[Due]:
    """Cards in whose talks the person owes the client an answer (TL-5); the longest wait first."""
    rows = Conversation.objects.waiting().filter(owner_id=asked.person.pk)
    rows = rows.filter(item__in=asked.seen.filter(closed_at=None).values("pk"))
    found = rows.order_by("waiting_since", "pk").values_list(
        "waiting_since", "item_id", "item__grade_order"
    )[:MOST]
    return [Due(at, item, None, grade) for at, item, grade in found]


def overdue(asked: Asked) -> list[Due]:
    """Promises whose time has passed; the best grade first, then the oldest."""
    rows = asked.planned.filter(due_at__lt=asked.now)
    return _work(rows, "item__grade_order", "due_at", "pk")


def clocks(asked: Asked) -> list[Due]:
    """Cards that stand over their stage's deadline, or come to it within `NEAR`."""
    rows = asked.cards.filter(stalls_at__lt=asked.now + NEAR)
    return _cards(rows.order_by("grade_order", "stalls_at", "pk"), "stalls_at")


def questions(asked: Asked) -> list[Due]:
    """Questions of colleagues to the person or their role (SP-4); the earliest first."""
    rows = Question.objects.open().asked_of(asked.person).exclude(asker_id=asked.person.pk)
    rows = rows.filter(item__in=asked.seen.values("pk")).order_by("due_at", "pk")
    found = rows.values_list("due_at", "item_id", "item__grade_order")[:MOST]
    return [Due(at, item, None, grade) for at, item, grade in found]


def today(asked: Asked) -> list[Due]:
    """What is planned for the rest of the day, and deadlines of stages in it; by the clock."""
    rows = asked.planned.filter(due_at__gte=asked.now, due_at__lt=asked.until)
    stalls = asked.cards.filter(stalls_at__gte=asked.now + NEAR, stalls_at__lt=asked.until)
    found = _work(rows, "due_at", "pk") + _cards(stalls.order_by("stalls_at", "pk"), "stalls_at")
    return sorted(found, key=lambda due: due.at or asked.until)


def without_next_step(asked: Asked) -> list[Due]:
    """Leads and deals in work with nothing planned (C12); the longest untouched first."""
    rows = asked.selling.filter(next_activity_at=None).exclude(_UNTOUCHED)
    return _cards(rows.order_by("grade_order", "changed_at", "pk"), "changed_at")


def new(asked: Asked) -> list[Due]:
    """Leads and deals that nobody has worked on; the newest first: it can still be in time (Q1)."""
    rows = asked.selling.filter(_UNTOUCHED, next_activity_at=None)
    return _cards(rows.order_by("grade_order", "-created_at", "-pk"), "created_at")


_UNTOUCHED = Q(last_touch_at=None, first_response_at=None, stage_entered_at=F("created_at"))

A_GRADE = Kind("a_grade", 25, pgettext_lazy("my day", "A-grade first"), lambda asked: ())
KINDS: list[Kind] = [
    Kind(
        "enquiry",
        10,
        pgettext_lazy("my day", "First answer within five minutes"),
        enquiries,
        alone=True,
    ),
    Kind("answer", 15, pgettext_lazy("my day", "Clients wait for an answer"), answers, alone=True),
    Kind("clock", 20, pgettext_lazy("my day", "Stage deadline"), clocks),
    Kind("overdue", 30, pgettext_lazy("my day", "Overdue"), overdue),
    Kind("question", 35, pgettext_lazy("my day", "Questions to you"), questions),
    Kind("today", 50, pgettext_lazy("my day", "Today"), today),
    Kind("no_step", 60, pgettext_lazy("my day", "No next step"), without_next_step),
    Kind("new", 70, pgettext_lazy("my day", "New, not touched yet"), new),
]
AHEAD = Kind("ahead", 50, pgettext_lazy("my day", "Planned"), lambda asked: ())


def register_kind(kind: Kind) -> None:
    """Put another kind of row among the others; a kind with this code is replaced."""
    KINDS[:] = sorted([k for k in KINDS if k.code != kind.code] + [kind], key=lambda k: k.rank)


# -- the list -----------------------------------------------------------------------------------


def day(person: User, viewer: User, *, shown: int = 30, at: datetime | None = None) -> Day:
    """Return the person's list for today, as the viewer may see it.

    A card stands in it once, under the first reason that applies; promises stand in it one by
    one. What waits lower down rises to "A-grade first" when its card is graded A. 16 SQL queries
    at most, however long the list is.

    Args:
        shown: how many rows from the top are read in full.
    """
    asked = _asked(person, viewer, at=at)
    found: list[tuple[Kind, Due]] = []
    more = False
    for kind in KINDS:
        dues = list(kind.find(asked))
        more = more or len(dues) >= MOST
        found += [(kind, due) for due in dues]
    chosen = _once([(_group(kind, due), kind, due) for kind, due in found])
    chosen = _seen(chosen, asked, viewer)
    rows = _rows(chosen[:shown], asked, viewer)
    ended = Activity.objects.filter(owner_id=person.pk, done_at__gte=midnight(person, at=at))
    done = ended.exclude(outcome=Activity.Outcome.CANCELLED).count()
    return Day(rows, len(chosen), more, done)


def ahead(person: User, viewer: User, *, since: datetime, until: datetime, shown: int = 30) -> Day:
    """Return what is planned, and which stages run out, between two moments, by the clock.

    A deadline is left out when something is promised on its card the same day. At most `MOST`
    of each; 9 SQL queries at most.
    """
    zone = ZoneInfo(person.time_zone)
    asked = _asked(person, viewer)
    work = _work(asked.planned.filter(due_at__gte=since, due_at__lt=until), "due_at", "pk")
    stalls = asked.cards.filter(stalls_at__gte=since, stalls_at__lt=until)
    cards = _cards(stalls.order_by("stalls_at", "pk"), "stalls_at")
    promised = {(due.item_id, _date(due, zone)) for due in work}
    fresh = [due for due in cards if (due.item_id, _date(due, zone)) not in promised]
    dues = sorted(work + fresh, key=lambda due: due.at or until)
    chosen = _seen([(AHEAD, AHEAD, due) for due in dues], asked, viewer)
    more = len(work) >= MOST or len(cards) >= MOST
    return Day(_rows(chosen[:shown], asked, viewer), len(chosen), more, 0)


def _date(due: Due, zone: ZoneInfo) -> date | None:
    return timezone.localtime(due.at, zone).date() if due.at else None


def midnight(person: User, *, days: int = 0, at: datetime | None = None) -> datetime:
    """Return the beginning of a day in the person's time zone: 0 is today, 1 tomorrow."""
    zone = ZoneInfo(person.time_zone)
    today = timezone.localtime(at, zone).date()
    return datetime.combine(today + timedelta(days=days), time(), zone)


def may_look(viewer: User, person: User) -> bool:
    """Whether somebody may look at a person's day: one's own, or by the right `control`."""
    if viewer.pk == person.pk:
        return True
    owners = _reach(viewer)
    return owners is None or person.pk in owners


def team(viewer: User) -> list[User]:
    """Return the working people at whose day the viewer may look, the viewer first."""
    owners = _reach(viewer)
    rows = User.objects.filter(is_active=True).exclude(pk=viewer.pk)
    if owners is not None:
        rows = rows.filter(pk__in=owners) if owners else rows.none()
    return [viewer, *rows]


def _reach(viewer: User) -> frozenset[int] | None:
    """Return whose cards the viewer may see by the role's widest scope; None is everybody's."""
    access = viewer.access
    if not access.has("control"):
        return frozenset()
    if access.everything:
        return None
    kinds = [key.partition("/") for key in access.matrix if key != CLIENTS]
    scopes = [access.scope("see", kind, pipeline) for kind, _slash, pipeline in kinds]
    return access.owners(max(scopes, default=Scope.NONE))


def _asked(person: User, viewer: User, *, at: datetime | None = None) -> Asked:
    now = at or timezone.now()
    seen = Item.objects.visible_to(viewer)
    cards = seen.filter(owner_id=person.pk, closed_at=None)
    return Asked(person, seen, cards, now, midnight(person, days=1, at=now))


def _work(rows: ActivityQuerySet, *order: str) -> list[Due]:
    found = rows.order_by(*order).values_list("due_at", "item_id", "pk", "item__grade_order")
    return [Due(at, item, pk, grade or NO_GRADE) for at, item, pk, grade in found[:MOST]]


def _cards(rows: ItemQuerySet, moment: str) -> list[Due]:
    found = rows.values_list(moment, "pk", "grade_order")[:MOST]
    return [Due(at, pk, None, grade) for at, pk, grade in found]


Chosen = tuple[Kind, Kind, Due]  # where it stands, why it is here, what it is


def _group(kind: Kind, due: Due) -> Kind:
    return A_GRADE if kind.rank > A_GRADE.rank and due.grade_order == ORDER["A"] else kind


def _once(found: Sequence[Chosen]) -> list[Chosen]:
    """Put the rows in order and leave of each card the first; it takes today's promise along."""
    chosen: list[Chosen] = []
    cards: dict[int, int] = {}  # card -> its place, for rows that are about the card itself
    promised: set[int] = set()  # cards that stand in the list by a promise
    for group, kind, due in sorted(found, key=lambda row: row[0].rank):
        item = due.item_id
        if item is not None and item in cards:
            if due.activity_id is None:
                continue
            above, why, before = chosen[cards[item]]
            if before.activity_id is None and not why.alone:
                chosen[cards[item]] = (above, why, replace(before, activity_id=due.activity_id))
                continue
        elif item is not None and due.activity_id is None:
            if item in promised:
                continue
            cards[item] = len(chosen)
        elif item is not None:
            promised.add(item)
        chosen.append((group, kind, due))
    return chosen


def _seen(chosen: list[Chosen], asked: Asked, viewer: User) -> list[Chosen]:
    """Leave out promises on cards that the viewer may not see; one's own promises stay."""
    if viewer.pk == asked.person.pk:
        return chosen
    ids = {due.item_id for _group, _kind, due in chosen if due.activity_id and due.item_id}
    seen = {None, *asked.seen.filter(pk__in=ids).values_list("pk", flat=True)}
    return [row for row in chosen if row[2].activity_id is None or row[2].item_id in seen]


def _rows(chosen: Sequence[Chosen], asked: Asked, viewer: User) -> list[Row]:
    """Read what the rows show: cards, promises, clients and their phones. Four queries."""
    items = asked.seen.select_related(
        "stage", "pipeline__item_type", "owner", "contact", "company"
    ).in_bulk({due.item_id for _group, _kind, due in chosen if due.item_id})
    activities = Activity.objects.select_related("client", "owner").in_bulk(
        {due.activity_id for _group, _kind, due in chosen if due.activity_id}
    )
    rows = []
    for group, kind, due in chosen:
        item, activity = items.get(due.item_id or 0), activities.get(due.activity_id or 0)
        client = activity.client if activity else None
        if item is not None:
            client = item.contact or item.company
        rows.append(Row(group, kind, due.at, activity, item, client))
    known = _clients({row.client.pk for row in rows if row.client}, viewer)
    return [_with_phone(row, known) for row in rows]


def _clients(ids: set[int], viewer: User) -> dict[int, Client]:
    """Return the clients that the viewer may see, with their ways of contact."""
    if not ids:
        return {}
    seen = Client.objects.visible_to(viewer).prefetch_related("contact_points")
    return seen.in_bulk(ids)


def _with_phone(row: Row, known: Mapping[int, Client]) -> Row:
    """Add the client's first phone; a hidden client keeps no more than the name on the card."""
    if row.client is None:
        return row
    client = known.get(row.client.pk)
    if client is None:
        return row if row.item else replace(row, client=None)
    points = client.contact_points.all()
    phone = next((p for p in points if p.kind == ContactPoint.Kind.PHONE), None)
    return replace(row, client=client, phone=phone)
