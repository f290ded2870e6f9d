"""So many days before or after a date in a card: a promised day, the end of a contract."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext
from pydantic import Field

from voronka.automation.naming import RobotNames
from voronka.automation.params import FieldRef, Params
from voronka.automation.registry import Clock, Moment, timer_trigger
from voronka.items.models import Item
from voronka.kernel.conditions.judging import moment

LATE = timedelta(days=1)  # a date long past does not fire when the robot is new or the date typed


class Settings(Params):
    field: FieldRef = Field(
        title=gettext_noop("Date"),
        description=gettext_noop("A field that holds a date"),
        json_schema_extra={"x-ref": "field", "x-kinds": ["date", "datetime"]},
    )
    days: int = Field(
        0,
        ge=-3660,
        le=3660,
        title=gettext_noop("Days after it"),
        description=gettext_noop("Days after it; before it when negative"),
    )
    at: time = Field(
        time(10),
        title=gettext_noop("At what time"),
        description=gettext_noop("Time of the day in the company's time zone"),
    )


def _says(params: Settings, names: RobotNames) -> str:
    count = abs(params.days)
    said = {"field": names.field(params.field), "n": count, "at": f"{params.at:%H:%M}"}
    if params.days == 0:
        return _("it is the day of “%(field)s”, %(at)s") % said
    if params.days < 0:
        text = ngettext(
            "it is %(n)d day before “%(field)s”, at %(at)s",
            "it is %(n)d days before “%(field)s”, at %(at)s",
            count,
        )
    else:
        text = ngettext(
            "it is %(n)d day after “%(field)s”, at %(at)s",
            "it is %(n)d days after “%(field)s”, at %(at)s",
            count,
        )
    return text % said


@timer_trigger(
    "date_field",
    title=gettext_lazy("A date in the card comes near"),
    verbs=["item.created", "item.changed", "item.moved", "item.tunnelled", "item.restored"],
    params=Settings,
    says=_says,
    icon="calendar-event",
    group=gettext_lazy("Time"),
)
def date_field(item: Item, params: Settings, clock: Clock) -> Iterable[Moment]:
    """Due once for every date that is typed; not for one that has passed long ago."""
    found = moment(item.values.get(params.field))
    if found is None:
        return
    zone = ZoneInfo(settings.TIME_ZONE)
    day = found.astimezone(zone).date() if isinstance(found, datetime) else found
    at = datetime.combine(day + timedelta(days=params.days), params.at, zone)
    if at > clock.now - LATE:
        yield Moment(f"date-{day.isoformat()}", at)
