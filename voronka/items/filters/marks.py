"""A filter told in words: what is set, piece by piece, so that each can be taken away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Model, QuerySet
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import pgettext, pgettext_lazy

from voronka.clients.models import Client
from voronka.items.filters.card_filter import FIELD_PREFIX, NONE, STATES, CardFilter
from voronka.items.filters.custom import CHOICES, DATES, EMPTY, RANGES, FieldTest, fits, ids_in
from voronka.items.filters.periods import PRESETS, Period
from voronka.items.models import Item
from voronka.kernel.texts import LocalText
from voronka.people.models import Department, User
from voronka.people.queries import people_by_ids
from voronka.pipelines.models import Field, ItemType, LossReason, Source
from voronka.pipelines.queries import stages_by_ids

STEP_TITLES = {
    "none": pgettext_lazy("next step", "none"),
    "overdue": pgettext_lazy("next step", "overdue"),
    "today": pgettext_lazy("next step", "today"),
    "later": pgettext_lazy("next step", "later"),
}


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing a filter asks: "Owner", "Anna, Boris". `param` is what `without` takes.

    `broken`: the filter can't do it (no such field any more, or a value that does not fit).
    """

    param: str
    title: str
    text: str = ""
    broken: bool = False


def marks(asked: CardFilter, user: User, *, item_type: ItemType | None = None) -> list[Mark]:
    """Tell a filter in words, in a steady order. One query for each kind of reference in it."""
    found: list[Mark] = []

    def say(param: str, title: str, text: str = "") -> None:
        found.append(Mark(param, title, text))

    if asked.text:
        say("q", pgettext("filter", "Text"), f"“{asked.text}”")
    if asked.mine:
        say("mine", _("Mine"))
    if asked.owners:
        say("owner", _("Owner"), _told(people_by_ids(asked.owners), asked.owners))
    if asked.departments:
        say("department", _("Department"), _named(Department.objects.all(), asked.departments))
    if asked.overdue:
        say("overdue", _("Stalled"))
    if asked.steps:
        say("step", _("Next step"), ", ".join(str(STEP_TITLES[step]) for step in asked.steps))
    if asked.grades:
        none = pgettext("grade", "none")
        say("grade", _("Grade"), ", ".join(none if g == NONE else g for g in asked.grades))
    if asked.sources:
        text = _named(Source.objects.all(), [int(pk) for pk in asked.sources if pk != NONE])
        none = pgettext("source", "none") if NONE in asked.sources else ""
        say("source", _("Source"), ", ".join(filter(None, [text, none])))
    if asked.stages:
        say("stage", _("Stage"), _told(stages_by_ids(asked.stages), asked.stages))
    if asked.state:
        say("state", _("State"), str(STATES[asked.state]))
    if asked.created:
        say("created", _("Created"), period_text(asked.created))
    if asked.closed:
        say("closed", _("Closed"), period_text(asked.closed))
    if asked.amount_from is not None or asked.amount_to is not None:
        ends = [_digits(end) for end in (asked.amount_from, asked.amount_to)]
        say("amount", _("Amount"), range_text(*ends))
    if asked.repeat is not None:
        say("repeat", _("Repeat sale") if asked.repeat else _("First sale"))
    if asked.reasons:
        say("reason", _("Loss reason"), _named(LossReason.objects.all(), asked.reasons))
    if asked.client is not None:
        text = _named(Client.objects.visible_to(user), [asked.client])
        say("client", _("Client"), text or _("(hidden from you)"))
    return found + _custom(asked.fields, user, item_type)


def period_text(period: Period) -> str:
    """Write a period: "this month", "1 Mar – 5 Mar", "from 1 Mar"."""
    if period.preset:
        return str(PRESETS[period.preset])
    ends = [formats.date_format(day, "SHORT_DATE_FORMAT") if day else "" for day in period.days()]
    return range_text(*ends)


def range_text(low: str, high: str) -> str:
    """Write a range of which either end may be open."""
    if low and high:
        return f"{low} – {high}"
    if low:
        return pgettext("range", "from %(low)s") % {"low": low}
    return pgettext("range", "up to %(high)s") % {"high": high}


def _digits(value: object) -> str:
    """Write an amount as digits, without idle kopecks."""
    return "" if value is None else f"{value:,f}".removesuffix(".00").replace(",", "\u202f")


def _named(rows: QuerySet[Model], ids: Sequence[int]) -> str:
    return _told({row.pk: row for row in rows.filter(pk__in=ids)}, ids)


def _told(rows: Mapping[int, Model], ids: Sequence[int]) -> str:
    return ", ".join(str(rows[pk]) for pk in ids if pk in rows)


def _custom(tests: Iterable[FieldTest], user: User, item_type: ItemType | None) -> list[Mark]:
    tests = list(tests)
    if not tests:
        return []
    rows = Field.objects.filter(code__in=[test.code for test in tests])
    rows = rows.filter(item_type=item_type) if item_type else rows.exclude(item_type=None)
    known: dict[str, Field] = {}
    for row in rows:
        known.setdefault(row.code, row)
    found = []
    for test in tests:
        field = known.get(test.code)
        param = f"{FIELD_PREFIX}{test.code}"
        if field is None:
            found.append(Mark(param, test.code, _("there is no such field"), broken=True))
        elif not fits(test, field):
            text = " – ".join(filter(None, (*test.values, test.low, test.high)))
            said = _("“%(typed)s” is unclear") % {"typed": text[:60]}
            found.append(Mark(param, str(field.name), said, broken=True))
        else:
            found.append(Mark(param, str(field.name), _test_text(test, field, user)))
    return found


def _test_text(test: FieldTest, field: Field, user: User) -> str:
    if test.filled:
        return _("not filled") if test.filled == EMPTY else _("filled")
    if field.kind in RANGES:
        return range_text(test.low, test.high)
    if field.kind in DATES:
        return period_text(test.period())
    if field.kind == Field.Kind.BOOLEAN:
        return ", ".join(_("yes") if value == "1" else _("no") for value in test.values)
    if field.kind in CHOICES:
        names = {o["code"]: str(LocalText.of(o.get("name"))) for o in field.options}
        return ", ".join(names.get(value, value) for value in test.values)
    ids = ids_in(test.values)
    if field.kind == Field.Kind.USER:
        return _told(people_by_ids(ids), ids)
    if field.kind == Field.Kind.CLIENT:
        return _named(Client.objects.visible_to(user), ids) or _("(hidden from you)")
    if field.kind == Field.Kind.ITEM:
        return _named(Item.objects.visible_to(user), ids) or _("(hidden from you)")
    return f"“{test.values[0]}”"
