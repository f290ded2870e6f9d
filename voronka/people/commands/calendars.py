"""Working calendars, and who is away when."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from voronka.journal.actors import Actor
from voronka.journal.commands import record
from voronka.kernel.errors import Conflict, InvalidInput, NotFound, Sentence
from voronka.kernel.regions import knows_region
from voronka.kernel.texts import LocalText
from voronka.kernel.worktime import check_hours, knows_country
from voronka.people import access
from voronka.people.commands.accounts import Hours, hours_fault
from voronka.people.commands.guards import load_user, require_self_or_over
from voronka.people.models import Absence, User, WorkingCalendar

_CODE = re.compile(r"[a-z0-9_-]{1,40}")


@transaction.atomic
def save_calendar(
    calendar_id: int | None = None,
    *,
    code: str,
    name: LocalText,
    hours: Hours,
    by: Actor,
    country: str = "",
    region: str = "",
    days_off: Iterable[date] = (),
    days_on: Iterable[date] = (),
    is_default: bool = False,
) -> WorkingCalendar:
    """Create a working calendar, or change one. An unchanged one writes nothing.

    Args:
        hours: weekday -> intervals, {"mon": [["09:00", "13:00"], ["14:00", "18:00"]]}.
        country: ISO 3166 code whose public holidays are free, "" for none.
        region: ISO 3166-2 code of a region of it with holidays of its own, "" for none.
        days_off: own free days; `days_on`: days worked though they look free.
        is_default: the company's calendar; the former one steps back.
    Raises:
        InvalidInput: hours, country, region, dates or code cannot be used; `fields` says which.
        Conflict: the default calendar cannot step back by itself: make another one the default.
        Forbidden: no right to people.
    """
    access.require_right(by, "people")
    if calendar_id is None:
        calendar = WorkingCalendar()
    else:
        found = WorkingCalendar.objects.select_for_update().filter(pk=calendar_id).first()
        if found is None:
            raise NotFound(_("There is no such calendar."))
        calendar = found
    off, on = sorted(set(days_off)), sorted(set(days_on))
    _check(calendar, code, name, hours, (country, region), off, on)
    if calendar.is_default and not is_default:
        raise Conflict(_("Make another calendar the company's; this one steps back by itself."))
    before = _facts(calendar)
    calendar.code, calendar.name, calendar.hours = code, name, hours
    calendar.country, calendar.region, calendar.is_default = country, region, is_default
    calendar.days_off = [d.isoformat() for d in off]
    calendar.days_on = [d.isoformat() for d in on]
    after = _facts(calendar)
    if calendar.pk and before == after:
        return calendar
    if is_default:
        WorkingCalendar.objects.filter(is_default=True).exclude(pk=calendar.pk).update(
            is_default=False
        )
    created = calendar.pk is None
    calendar.save()
    if created:
        record("calendar.created", calendar, by=by, **after)
    else:
        changed = {k: [before[k], after[k]] for k in after if before[k] != after[k]}
        record("calendar.changed", calendar, by=by, name=name.as_dict(), changes=changed)
    return calendar


@transaction.atomic
def delete_calendar(calendar_id: int, *, by: Actor) -> None:
    """Remove a calendar; its people go back to the company's.

    Raises:
        Conflict: it is the company's calendar.
        Forbidden: no right to people.
    """
    access.require_right(by, "people")
    calendar = WorkingCalendar.objects.select_for_update().filter(pk=calendar_id).first()
    if calendar is None:
        raise NotFound(_("There is no such calendar."))
    if calendar.is_default:
        raise Conflict(_("This is the company's calendar. Make another one the company's first."))
    record("calendar.deleted", calendar, by=by, **_facts(calendar))
    calendar.delete()


@transaction.atomic
def plan_absence(
    user_id: int,
    *,
    starts_at: datetime,
    ends_at: datetime,
    by: Actor,
    reason: str = "",
    substitute: User | None = None,
) -> Absence:
    """Note that a person is away; deadlines and new leads take it into account.

    Raises:
        InvalidInput: the end is not after the start, or the substitute is away or dismissed.
        Conflict: the person is noted as away then already.
        Forbidden: it is somebody else, and managing people is not in the role.
    """
    user = load_user(user_id)
    require_self_or_over(by, user)
    faults: dict[str, Sentence] = {}
    if ends_at <= starts_at:
        faults["ends_at"] = _("The absence must end after it begins.")
    if len(reason) > 120:
        faults["reason"] = _("The reason is longer than 120 characters.")
    if substitute is not None:
        if substitute.pk == user.pk:
            faults["substitute"] = _("Choose another person as the substitute.")
        elif not substitute.is_active:
            faults["substitute"] = _("The substitute is dismissed.")
        elif _away(substitute, starts_at, ends_at):
            faults["substitute"] = _("The substitute is away at that time too.")
    if faults:
        raise InvalidInput(" ".join(str(f) for f in faults.values()), fields=faults)
    if _away(user, starts_at, ends_at):
        raise Conflict(_("This person is away then already. Cancel the other absence first."))
    absence = Absence.objects.create(
        user=user,
        starts_at=starts_at,
        ends_at=ends_at,
        reason=reason.strip(),
        substitute=substitute,
    )
    record(
        "user.absence_planned",
        user,
        by=by,
        since=starts_at,
        until=ends_at,
        substitute=substitute.pk if substitute else None,
    )
    return absence


@transaction.atomic
def cancel_absence(absence_id: int, *, by: Actor) -> None:
    """Take an absence back.

    Raises:
        NotFound: it is gone already.
        Forbidden: it is somebody else's, and managing people is not in the role.
    """
    absence = Absence.objects.select_related("user__role").filter(pk=absence_id).first()
    if absence is None:
        raise NotFound(_("This absence is cancelled already."))
    require_self_or_over(by, absence.user)
    since, until = absence.starts_at, absence.ends_at
    absence.delete()
    record("user.absence_cancelled", absence.user, by=by, since=since, until=until)


def _away(user: User, since: datetime, until: datetime) -> bool:
    return user.absences.filter(starts_at__lt=until, ends_at__gt=since).exists()


def _check(
    calendar: WorkingCalendar,
    code: str,
    name: LocalText,
    hours: Hours,
    place: tuple[str, str],
    off: list[date],
    on: list[date],
) -> None:
    faults: dict[str, Sentence] = {}
    country, region = place
    if not _CODE.fullmatch(code):
        faults["code"] = _("Give a code of small Latin letters, digits, “-” and “_”, up to 40.")
    elif WorkingCalendar.objects.filter(code=code).exclude(pk=calendar.pk).exists():
        faults["code"] = _("Another calendar has this code.")
    if not name:
        faults["name"] = _("Give the calendar a name.")
    if fault := check_hours(hours):
        faults["hours"] = hours_fault(fault)
    elif not any(hours.values()):
        faults["hours"] = _("Give working time for one day at least.")
    if country and not knows_country(country):
        faults["country"] = _("The holidays of this country are not known.")
    if region and not knows_region(country, region):
        faults["region"] = _("Choose a region of the country whose holidays are free.")
    if set(off) & set(on):
        faults["days_on"] = _("A day cannot be both free and worked.")
    if faults:
        raise InvalidInput(" ".join(str(f) for f in faults.values()), fields=faults)


def _facts(calendar: WorkingCalendar) -> dict[str, Any]:
    return {
        "code": calendar.code,
        "name": calendar.name.as_dict(),
        "hours": calendar.hours,
        "country": calendar.country,
        "region": calendar.region,
        "days_off": calendar.days_off,
        "days_on": calendar.days_on,
        "is_default": calendar.is_default,
    }
