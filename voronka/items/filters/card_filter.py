"""The filter of cards itself: read, written back, applied."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from voronka.items.filters.custom import EMPTY, FILLED, FieldTest, fits
from voronka.items.filters.periods import ANY_TIME, PRESETS, Period, read_day
from voronka.items.filters.texts import clean, holds
from voronka.items.models import ItemQuerySet
from voronka.people.models import Department, User
from voronka.pipelines.grades import ORDER
from voronka.pipelines.models import Field, ItemType, LossReason, Stage
from voronka.pipelines.values import BadValue, parse_money

STATES = {
    "open": pgettext_lazy("state of cards", "in work"),
    "won": pgettext_lazy("state of cards", "won"),
    "lost": pgettext_lazy("state of cards", "lost"),
    "closed": pgettext_lazy("state of cards", "closed"),
    "all": pgettext_lazy("state of cards", "all"),
}
STEPS = ("none", "overdue", "today", "later")
NONE = "none"  # no source, no grade
FIELD_PREFIX = "f-"
NAMES = frozenset(
    {
        *("q", "mine", "owner", "department", "overdue", "step", "grade", "source", "stage"),
        *("state", "created", "closed", "amount", "repeat", "reason", "client"),
    }
)
_MOST = 100  # values of one parameter
_MOST_TESTS = 30
_CODE = re.compile(r"[-a-zA-Z0-9_]{1,60}")


class Query(Protocol):
    """The parameters of an address: Django's QueryDict, or a dict of lists by `MultiValueDict`."""

    def getlist(self, key: str, /) -> list[Any]: ...
    def __iter__(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class CardFilter:
    """What is asked of cards; all of it at once, several values of one thing are "any of"."""

    text: str = ""
    mine: bool = False
    owners: tuple[int, ...] = ()
    departments: tuple[int, ...] = ()  # with those below
    overdue: bool = False  # stands in its stage longer than it allows
    steps: tuple[str, ...] = ()  # of STEPS
    grades: tuple[str, ...] = ()  # A, B, C, NONE
    sources: tuple[str, ...] = ()  # ids, NONE
    stages: tuple[int, ...] = ()
    state: str = ""  # of STATES; empty: open, unless something else asks for closed ones
    created: Period = ANY_TIME
    closed: Period = ANY_TIME
    amount_from: Decimal | None = None  # company currency
    amount_to: Decimal | None = None
    repeat: bool | None = None
    reasons: tuple[int, ...] = ()
    client: int | None = None
    fields: tuple[FieldTest, ...] = ()
    refused: tuple[str, ...] = field(default=(), compare=False)  # sentences about bad values

    @classmethod
    def read(cls, query: Query) -> CardFilter:
        """Read a filter from the parameters of an address; what can't be read is left out.

        Amounts and days that can't be read are told in `refused`, unknown names are ignored.
        """
        refused: list[str] = []

        def texts(name: str) -> tuple[str, ...]:
            found = (clean(value) for value in query.getlist(name)[:_MOST])
            return tuple(dict.fromkeys(value for value in found if value))

        def one(name: str) -> str:
            return next(iter(texts(name)), "")

        def numbers(name: str) -> tuple[int, ...]:
            found = (_number(value) for value in texts(name))
            return tuple(dict.fromkeys(n for n in found if n is not None))

        def some(name: str, known: Iterable[str]) -> tuple[str, ...]:
            chosen = texts(name)
            return tuple(value for value in known if value in chosen)

        def amount(name: str) -> Decimal | None:
            typed = one(name)
            try:
                return parse_money(typed) if typed else None
            except BadValue as bad:
                refused.append(_("Amount “%(typed)s”: %(why)s") % _names(typed, bad.sentence))
                return None

        def period(name: str) -> Period:
            if (preset := one(name)) in PRESETS:
                return Period(preset)
            ends = []
            for end in ("from", "to"):
                typed = one(f"{name}.{end}")
                ends.append(read_day(typed) if typed else None)
                if typed and not ends[-1]:
                    why = _("Give a date, such as 31.12.2025.")
                    refused.append(_("Date “%(typed)s”: %(why)s") % _names(typed, why))
            return Period("", ends[0], ends[1])

        state, repeat, client = one("state"), one("repeat"), numbers("client")
        return cls(
            text=one("q"),
            mine=one("mine") == "1",
            owners=numbers("owner"),
            departments=numbers("department"),
            overdue=one("overdue") == "1",
            steps=some("step", STEPS),
            grades=some("grade", (*ORDER, NONE)),
            sources=tuple(v for v in _ids_or_none(texts("source"))),
            stages=numbers("stage"),
            state=state if state in STATES else "",
            created=period("created"),
            closed=period("closed"),
            amount_from=amount("amount.from"),
            amount_to=amount("amount.to"),
            repeat={"1": True, "0": False}.get(repeat),
            reasons=numbers("reason"),
            client=client[0] if client else None,
            fields=_tests(query, texts),
            refused=tuple(refused),
        )

    @staticmethod
    def params(query: Query) -> set[str]:
        """Return the names in an address that belong to a filter; the rest are the page's own."""
        return {n for n in query if n.split(".")[0] in NAMES or n.startswith(FIELD_PREFIX)}

    def query(self) -> dict[str, list[str]]:
        """Return the filter as parameters of an address; reading them gives the same filter."""
        written: dict[str, list[str]] = {
            "q": [self.text],
            "mine": ["1"] if self.mine else [],
            "owner": [str(pk) for pk in self.owners],
            "department": [str(pk) for pk in self.departments],
            "overdue": ["1"] if self.overdue else [],
            "step": list(self.steps),
            "grade": list(self.grades),
            "source": list(self.sources),
            "stage": [str(pk) for pk in self.stages],
            "state": [self.state],
            **_period("created", self.created),
            **_period("closed", self.closed),
            "amount.from": [f"{self.amount_from:f}"] if self.amount_from is not None else [],
            "amount.to": [f"{self.amount_to:f}"] if self.amount_to is not None else [],
            "repeat": [] if self.repeat is None else ["1" if self.repeat else "0"],
            "reason": [str(pk) for pk in self.reasons],
            "client": [str(self.client)] if self.client is not None else [],
        }
        for test in self.fields:
            name = f"{FIELD_PREFIX}{test.code}"
            written[name] = list(test.values)
            written |= {f"{name}.from": [test.low], f"{name}.to": [test.high]}
            written[f"{name}.is"] = [test.filled]
        filled = {name: [v for v in values if v] for name, values in written.items()}
        return {name: values for name, values in filled.items() if values}

    def without(self, *params: str) -> CardFilter:
        """Return the filter without some parameters, their ranges included: "owner", "f-area"."""
        kept = {n: v for n, v in self.query().items() if n.split(".")[0] not in params}
        return CardFilter.read(Params(kept))

    def with_(self, **changes: Any) -> CardFilter:
        """Return the filter with some attributes changed: `with_(mine=True)`."""
        return replace(self, **changes)

    @property
    def only_closed(self) -> bool:
        """Whether no open card can pass."""
        ended = bool(self.closed or self.reasons) and self.state in ("", "all")
        return ended or self.state in ("won", "lost", "closed")

    def __bool__(self) -> bool:
        return self != CardFilter()

    def apply(
        self,
        cards: ItemQuerySet,
        user: User,
        *,
        item_type: ItemType | None = None,
        any_state: bool = False,
    ) -> ItemQuerySet:
        """Narrow `cards` to those that pass.

        Args:
            cards: what the person may see: `Item.objects.visible_to(user)`, or a part of it.
            user: who asks; "mine" means theirs, and a text finds only clients they may see.
            item_type: whose custom fields are meant; without it all types that have the code.
            any_state: leave stage and state to the caller, who asks for a stage of their own.
        """
        found = cards.filter(self._people(user), self._facts())
        if not any_state:
            found = found.filter(self._state())
        if self.overdue or self.steps:
            found = found.filter(self._work(timezone.now()), closed_at=None)
        if self.text:
            found = found.filter(holds(self.text, user))
        for condition in self._custom(item_type):
            found = found.filter(condition)
        return found

    def _people(self, user: User) -> Q:
        condition = Q()
        owners = set(self.owners) | ({user.pk} if self.mine else set())
        if owners:
            condition &= Q(owner_id__in=sorted(owners))
        if self.departments:
            people = User.objects.filter(department_id__in=_branches(self.departments))
            condition &= Q(owner_id__in=sorted(people.values_list("pk", flat=True)))
        if self.client is not None:
            condition &= Q(contact_id=self.client) | Q(company_id=self.client)
        return condition

    def _facts(self) -> Q:
        condition = Q()
        if self.grades:
            condition &= Q(grade__in=["" if g == NONE else g for g in self.grades])
        if self.sources:
            some = Q(source_id__in=[int(pk) for pk in self.sources if pk != NONE])
            condition &= some | Q(source_id=None) if NONE in self.sources else some
        if self.amount_from is not None:
            condition &= Q(amount__gte=self.amount_from)
        if self.amount_to is not None:
            condition &= Q(amount__lte=self.amount_to)
        if self.repeat is not None:
            condition &= Q(repeat=self.repeat)
        for column, period in (("created_at", self.created), ("closed_at", self.closed)):
            since, until = period.moments()
            if since:
                condition &= Q(**{f"{column}__gte": since})
            if until:
                condition &= Q(**{f"{column}__lt": until})
        if self.reasons:
            rows = LossReason.objects.filter(parent_id__in=self.reasons)
            inside = rows.values_list("pk", flat=True)
            condition &= Q(loss_reason_id__in=sorted({*self.reasons, *inside}))
        return condition

    def _state(self) -> Q:
        condition = Q()
        kinds: set[str] = set()
        if self.stages:
            condition &= Q(stage_id__in=self.stages)
            stages = Stage.objects.filter(pk__in=self.stages)
            kinds = set(stages.values_list("kind", flat=True))
        state = self.state
        if not state:
            closed = self.closed or self.reasons or kinds - {Stage.Kind.OPEN}
            state = "all" if closed else "open"
        if state == "open":
            return condition & Q(closed_at=None)
        if state in (Stage.Kind.WON, Stage.Kind.LOST):
            ends = Stage.objects.filter(kind=state).values_list("pk", flat=True)
            condition &= Q(stage_id__in=list(ends))
        return condition if state == "all" else condition & Q(closed_at__isnull=False)

    def _work(self, now: datetime) -> Q:
        condition = Q()
        if self.overdue:
            condition &= Q(stalls_at__lte=now)
        if self.steps:
            midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
            tomorrow = midnight + timedelta(days=1)
            asked = {
                "none": Q(next_activity_at=None),
                "overdue": Q(next_activity_at__lt=now),
                "today": Q(next_activity_at__gte=midnight, next_activity_at__lt=tomorrow),
                "later": Q(next_activity_at__gte=tomorrow),
            }
            any_step = Q()
            for step in self.steps:
                any_step |= asked[step]
            condition &= any_step
        return condition

    def _custom(self, item_type: ItemType | None) -> list[Q]:
        """One condition for each test that a field can answer."""
        if not self.fields:
            return []
        rows = Field.objects.filter(code__in=[test.code for test in self.fields])
        rows = rows.filter(item_type=item_type) if item_type else rows.exclude(item_type=None)
        by_code: dict[str, list[Field]] = {}
        for row in rows:
            by_code.setdefault(row.code, []).append(row)
        conditions = []
        for test in self.fields:
            known = [row for row in by_code.get(test.code, ()) if fits(test, row)]
            if len({row.kind for row in known}) == 1:
                conditions.append(test.condition(known[0]))
            elif known:
                either = Q()
                for row in known:
                    either |= Q(pipeline__item_type=row.item_type_id) & test.condition(row)
                conditions.append(either)
        return conditions


class Params(dict[str, list[str]]):
    """Parameters as plain lists, e.g. of a saved view, in the form that `CardFilter.read` takes."""

    def getlist(self, key: str, /) -> list[str]:
        """Return all values of a parameter."""
        found = self.get(key, [])
        return list(found) if isinstance(found, list | tuple) else [str(found)]


def _tests(query: Query, texts: Any) -> tuple[FieldTest, ...]:
    codes = []
    for name in query:
        if isinstance(name, str) and name.startswith(FIELD_PREFIX):
            code, _dot, part = name.removeprefix(FIELD_PREFIX).partition(".")
            if _CODE.fullmatch(code) and part in ("", "from", "to", "is"):
                codes.append(code)
    tests = []
    for code in sorted(set(codes))[:_MOST_TESTS]:
        name = f"{FIELD_PREFIX}{code}"
        ends = [next(iter(texts(f"{name}.{end}")), "")[:40].strip() for end in ("from", "to", "is")]
        filled = ends[2] if ends[2] in (FILLED, EMPTY) else ""
        test = FieldTest(code, texts(name), ends[0], ends[1], filled)
        if filled:
            test = FieldTest(code, filled=filled)
        if test != FieldTest(code):
            tests.append(test)
    return tuple(tests)


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 19 else None


def _ids_or_none(values: Iterable[str]) -> Iterable[str]:
    for value in values:
        if value == NONE:
            yield value
        elif (number := _number(value)) is not None:
            yield str(number)


def _period(name: str, period: Period) -> dict[str, list[str]]:
    first, last = period.first, period.last
    return {
        name: [period.preset],
        f"{name}.from": [first.isoformat()] if first else [],
        f"{name}.to": [last.isoformat()] if last else [],
    }


def _branches(chosen: Iterable[int]) -> set[int]:
    """Return the departments with all below them. One query."""
    rows = list(Department.objects.values_list("pk", "parent_id"))
    wanted = set(chosen)
    grown = True
    while grown:
        below = {pk for pk, parent in rows if parent in wanted} - wanted
        wanted |= below
        grown = bool(below)
    return wanted


def _names(typed: str, why: object) -> Mapping[str, object]:
    return {"typed": typed[:60], "why": why}
