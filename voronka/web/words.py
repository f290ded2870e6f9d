"""How values are written for people: money, dates near today, durations. Pure; no HTML here."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from django.conf import settings
from django.utils import formats, timezone
from django.utils.translation import get_language, gettext, ngettext, pgettext

THIN = "\u202f"  # narrow no-break space, between thousands
NBSP = "\u00a0"
MINUS = "\u2212"
SIGNS = {"RUB": "₽", "USD": "$", "EUR": "€", "KZT": "₸", "BYN": "Br", "UAH": "₴", "GBP": "£"}
# Django's own short names are not what people write: «сен.», «Sept.»
SHORT_MONTHS_RU = [
    "янв",
    "фев",
    "мар",
    "апр",
    "мая",
    "июн",
    "июл",
    "авг",
    "сен",
    "окт",
    "ноя",
    "дек",
]
SHORT_MONTHS_EN = [
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
]
SHORT_FROM = 10_000  # smaller amounts are short enough as they are
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def number(value: Decimal | float | int, *, places: int = 0) -> str:
    """Write a number with thin spaces and the language's decimal mark: 1 234 567,5."""
    if type(value) is int and not places:  # a board has hundreds; decimals take three times as long
        return f"{MINUS if value < 0 else ''}{abs(value):,}".replace(",", THIN)
    amount = value if isinstance(value, Decimal) else Decimal(str(value))
    whole, _point, part = f"{abs(amount):,.{places}f}".partition(".")
    groups = whole.replace(",", THIN)
    if amount < 0 and (whole.strip("0,") or part.strip("0")):
        groups = MINUS + groups
    return f"{groups}{',' if russian() else '.'}{part}" if part else groups


def sign(currency: str = "") -> str:
    """Return the sign of a currency, by default the company's; the code when it has none."""
    code = currency or settings.CURRENCY
    return SIGNS.get(code, code)


def money(value: Decimal | float | int | None, *, currency: str = "", bare: bool = False) -> str:
    """Write an amount; kopecks only when there are some. `bare` leaves the sign out."""
    if value is None:
        return "—"
    amount = value if isinstance(value, Decimal) else Decimal(str(value))
    text = number(int(amount)) if amount % 1 == 0 else number(amount, places=2)
    return text if bare else f"{text}{NBSP}{sign(currency)}"


def short_money(value: Decimal | float | int | None, *, currency: str = "") -> str:
    """Write an amount for a tight place: 12,4 млн ₽. Three figures count."""
    if value is None:
        return "—"
    amount = Decimal(str(value))
    steps = (
        (Decimal(10) ** 9, pgettext("billions, short", "B")),
        (Decimal(10) ** 6, pgettext("millions, short", "M")),
        (Decimal(10) ** 3, pgettext("thousands, short", "K")),
    )
    for size, unit in steps:
        scaled = abs(amount) / size
        places = 0 if scaled >= 100 or scaled == int(scaled) else 1
        rounded = scaled.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
        if size == 1000 and abs(amount) < SHORT_FROM:
            break
        if rounded >= 1:
            places = 0 if rounded == int(rounded) else places
            gap = NBSP if russian() else ""
            text = number(rounded.copy_sign(amount), places=places)
            return f"{text}{gap}{unit}{NBSP}{sign(currency)}"
    return f"{number(amount)}{NBSP}{sign(currency)}"


def share(value: float | None, *, places: int = 0) -> str:
    """Write a share 0..1 as a percentage."""
    if value is None:
        return "—"
    return f"{number(value * 100, places=places)}{NBSP if russian() else ''}%"


def when(moment: datetime | date | None, *, now: datetime | None = None) -> str:
    """Write a moment in words near today: "today 14:30", "yesterday", "12 Mar", "12 Mar 2025".

    The time of day is written for today, yesterday and tomorrow only; a date has none.
    """
    if moment is None:
        return "—"
    now = timezone.localtime(now)
    clock = ""
    if isinstance(moment, datetime):
        local = timezone.localtime(moment)
        day, clock = local.date(), f"{NBSP}{local:%H:%M}"
    else:
        day = moment
    match (day - now.date()).days:
        case -1:
            return gettext("yesterday") + clock
        case 0:
            return gettext("today") + clock
        case 1:
            return gettext("tomorrow") + clock
    return short_date(day, this_year=now.year)


class Days:
    """Writes moments as `when` does and remembers what it wrote of a day, for pages of hundreds."""

    def __init__(self, now: datetime) -> None:
        self._zone = timezone.get_current_timezone()
        self.today = now.astimezone(self._zone).date()
        near = ((-1, gettext("yesterday")), (0, gettext("today")), (1, gettext("tomorrow")))
        self._near = {self.today + timedelta(days=count): word for count, word in near}
        self._dates: dict[date, str] = {}

    def local(self, moment: datetime) -> datetime:
        """Return a moment in the zone of the page."""
        return moment.astimezone(self._zone)

    def when(self, local: datetime) -> str:
        """Write a moment of `local`."""
        day = local.date()
        if word := self._near.get(day):
            return f"{word}{NBSP}{local:%H:%M}"
        known = self._dates.get(day)
        if known is None:
            known = self._dates[day] = short_date(day, this_year=self.today.year)
        return known


def short_date(day: date, *, this_year: int | None = None) -> str:
    """Write a date as "12 Mar", with the year unless it is this one."""
    months = SHORT_MONTHS_RU if russian() else SHORT_MONTHS_EN
    year = "" if day.year == (this_year or timezone.localdate().year) else f"{NBSP}{day.year}"
    return f"{day.day}{NBSP}{months[day.month - 1]}{year}"


def full(moment: datetime | date | None) -> str:
    """Write a moment in full, for titles: "Tuesday, 12 March 2025, 14:30"."""
    if moment is None:
        return ""
    if isinstance(moment, datetime):
        return formats.date_format(timezone.localtime(moment), "l, j E Y, H:i")
    return formats.date_format(moment, "l, j E Y")


def duration(
    span: timedelta | None, *, day: timedelta = DAY, units: tuple[str, str, str] | None = None
) -> str:
    """Write how long something takes, two units at most: "1 d 4 h", "35 min".

    Args:
        day: the length of a day: 24 hours for calendar time, e.g. 8 for working time.
        units: the names of `duration_units`, for those who write hundreds.
    """
    if span is None:
        return "—"
    prefix = MINUS if span < timedelta(0) else ""
    span = abs(span)
    if span < MINUTE:
        seconds = int(span.total_seconds())
        return prefix + _unit(seconds, pgettext("seconds, short", "s"))
    if day is DAY:
        counts = (span.days, span.seconds // 3600, span.seconds % 3600 // 60)
    else:
        days, rest = divmod(span, day)
        hours, rest = divmod(rest, HOUR)
        counts = (days, hours, rest // MINUTE)
    first = next(place for place, count in enumerate(counts) if count)
    units = units or duration_units()
    text = _unit(counts[first], units[first])
    if counts[0] < 10 and first < 2 and counts[first + 1]:
        text += NBSP + _unit(counts[first + 1], units[first + 1])
    return prefix + text


def days(count: int) -> str:
    """Write a number of days: "1 day", "5 days"."""
    return ngettext("%(count)s day", "%(count)s days", count) % {"count": number(count)}


def initials(name: str) -> str:
    """Return up to two letters for an avatar."""
    words = [word for word in name.replace("«", " ").replace('"', " ").split() if word[0].isalnum()]
    return "".join(word[0] for word in words[:2]).upper() or "?"


def nobody() -> str:
    """Return what stands where a person is missing."""
    return gettext("nobody")


def duration_units() -> tuple[str, str, str]:
    """Return the short names of days, hours and minutes."""
    return _units(get_language())


@cache
def _units(language: str | None) -> tuple[str, str, str]:
    return (
        pgettext("days, short", "d"),
        pgettext("hours, short", "h"),
        pgettext("minutes, short", "min"),
    )


def _unit(count: int, name: str) -> str:
    return f"{count if count < SHORT_FROM else number(count)}{NBSP}{name}"


def russian() -> bool:
    """Whether the page is in Russian."""
    return (get_language() or "ru").startswith("ru")
