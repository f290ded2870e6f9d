"""Regional holidays: what a region's own law adds to those of its country (RB-8).

Regions are named by ISO 3166-2: "RU-TA". Where the library of holidays knows a country's regions
they come from there; it knows none of Russia, so those with feasts of their own stand here.
Source: docs/domain/working-time.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import holidays
from django.utils.translation import gettext_noop

from voronka.kernel.texts import LocalText

Days = Mapping[date, LocalText]

_FITR = LocalText("Ураза-байрам", "Eid al-Fitr")
_ADHA = LocalText("Курбан-байрам", "Eid al-Adha")
_OBSERVED = LocalText("%s (перенос)", "%s (day in lieu)")


@dataclass(frozen=True, slots=True)
class _Region:
    """A region of Russia: its days by (month, day), and whether the two feasts are free."""

    name: str
    days: Mapping[tuple[int, int], LocalText]
    feasts: bool = True


_RUSSIA: Mapping[str, _Region] = {
    "RU-AD": _Region(
        gettext_noop("Adygea"),
        {(10, 5): LocalText("День образования Республики Адыгея", "Day of Adygea")},
    ),
    "RU-BA": _Region(
        gettext_noop("Bashkortostan"),
        {(10, 11): LocalText("День Республики Башкортостан", "Day of Bashkortostan")},
    ),
    "RU-CE": _Region(gettext_noop("Chechnya"), {}),
    "RU-CU": _Region(
        gettext_noop("Chuvashia"),
        {(6, 24): LocalText("День Чувашской Республики", "Day of Chuvashia")},
        feasts=False,
    ),
    "RU-DA": _Region(
        gettext_noop("Dagestan"),
        {
            (7, 26): LocalText("День Конституции Дагестана", "Constitution Day of Dagestan"),
            (9, 15): LocalText("День единства народов Дагестана", "Unity Day of Dagestan"),
        },
    ),
    "RU-IN": _Region(gettext_noop("Ingushetia"), {}),
    "RU-KB": _Region(
        gettext_noop("Kabardino-Balkaria"),
        {
            (3, 28): LocalText("День возрождения балкарского народа", "Balkar Revival Day"),
            (5, 21): LocalText("День памяти адыгов", "Circassian Memorial Day"),
            (9, 1): LocalText("День государственности КБР", "Statehood Day"),
        },
    ),
    "RU-KC": _Region(
        gettext_noop("Karachay-Cherkessia"),
        {(5, 3): LocalText("День возрождения карачаевского народа", "Karachay Revival Day")},
    ),
    "RU-SA": _Region(
        gettext_noop("Yakutia"),
        {
            (4, 27): LocalText("День Республики Саха (Якутия)", "Day of Yakutia"),
            (6, 21): LocalText("Ысыах", "Ysyakh"),
        },
        feasts=False,
    ),
    "RU-TA": _Region(
        gettext_noop("Tatarstan"),
        {
            (8, 30): LocalText("День Республики Татарстан", "Day of Tatarstan"),
            (11, 6): LocalText("День Конституции Татарстана", "Constitution Day of Tatarstan"),
        },
    ),
}


def regions_of(country: str) -> dict[str, str]:
    """Return a country's regions with holidays of their own: ISO 3166-2 code -> English name."""
    if country == "RU":
        return {code: region.name for code, region in _RUSSIA.items()}
    known = holidays.list_supported_countries(include_aliases=False).get(country, [])
    named = getattr(holidays, country, None)
    aliases = {v: k for k, v in getattr(named, "subdivisions_aliases", {}).items()}
    return {f"{country}-{code}": aliases.get(code, code) for code in known}


def knows_region(country: str, region: str) -> bool:
    """Whether a region belongs to a country and its holidays are known."""
    return region in regions_of(country)


def regional_holidays(region: str, year: int, free: Mapping[date, str]) -> dict[date, LocalText]:
    """Return what a region's own law adds in a year, with the names, in order of date.

    A day that falls on a weekend gives the next working day (Labour Code, article 112). The two
    feasts are reckoned by the lunar calendar, one day each: a decree may name another.

    Args:
        free: the country's own holidays of the year.
    """
    known = _RUSSIA.get(region)
    if known is None:
        return _of_library(region, year, free)
    found: dict[date, LocalText] = {}
    own = {date(year, month, day): name for (month, day), name in known.days.items()}
    for day, name in sorted((own | (_feasts(year) if known.feasts else {})).items()):
        if day in free:
            continue
        found[day] = name
        if day.weekday() >= 5:
            instead = _next_workday(day, {*free, *found})
            found[instead] = LocalText(_OBSERVED.ru % name.ru, _OBSERVED.en % name.en)
    return dict(sorted(found.items()))


def _next_workday(day: date, free: set[date]) -> date:
    while day.weekday() >= 5 or day in free:
        day += timedelta(days=1)
    return day


def _feasts(year: int) -> dict[date, LocalText]:
    """The first days of both feasts, as Turkey reckons them: the muftiates name the same days."""
    days = holidays.country_holidays("TR", years=year, language="en_US")
    found: dict[date, LocalText] = {}
    for feast in (_FITR, _ADHA):
        its = {day for day in days if any(n.startswith(feast.en) for n in days.get_list(day))}
        found |= {day: feast for day in its if day - timedelta(days=1) not in its}
    return found


def _of_library(region: str, year: int, free: Mapping[date, str]) -> dict[date, LocalText]:
    country, _dash, code = region.partition("-")
    both = {
        language: holidays.country_holidays(country, subdiv=code, years=year, language=language)
        for language in (None, "en_US")
    }
    names: Iterator[date] = (day for day in sorted(both[None]) if day not in free)
    return {day: LocalText(both[None][day], both["en_US"][day]) for day in names}
