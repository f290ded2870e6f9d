"""Parts of a stage's passport in words."""

from __future__ import annotations

from datetime import timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from voronka.people.models import Department, Role, User
from voronka.pipelines.models import Pipeline
from voronka.web import words


def responsible() -> list[tuple[Promise, list[tuple[str, str]]]]:
    """Who may be responsible for a stage, as blueprints name them, by kind. Three SQL queries."""
    people = User.objects.filter(is_active=True)
    return [
        (pgettext_lazy("passport", "Roles"), [(r.code, str(r.name)) for r in Role.objects.all()]),
        (
            pgettext_lazy("passport", "Departments"),
            [(f"department:{d.code}", str(d.name)) for d in Department.objects.all()],
        ),
        (pgettext_lazy("passport", "People"), [(f"user:{u.email}", str(u)) for u in people]),
    ]


WORKING_DAY = 8 * 60  # minutes
CALENDAR_DAY = 24 * 60

PARTS: dict[str, Promise] = {  # of pipelines.rules.PASSPORT_PARTS
    "goal": pgettext_lazy("passport", "Goal"),
    "steps": pgettext_lazy("passport", "Steps"),
    "exit_criteria": pgettext_lazy("passport", "Exit criteria"),
    "objections": pgettext_lazy("passport", "Objections"),
    "has_responsible": pgettext_lazy("passport", "Responsible"),
    "deadline_minutes": pgettext_lazy("passport", "Deadline"),
    "required": pgettext_lazy("passport", "Required fields"),
    "sells_next": pgettext_lazy("passport", "Client's gain"),
}
ANCHORS = {
    "exit_criteria": "criteria",
    "has_responsible": "responsible",
    "deadline_minutes": "deadline",
    "sells_next": "sells-next",
}
ADVICE: dict[str, Promise] = {  # of pipelines.queries.advice, as short as a chip
    "unfinished": gettext_lazy("Not finished"),
    "lead_too_long": gettext_lazy("Too long for leads"),
    "too_many_stages": gettext_lazy("Too many stages"),
    "too_few_stages": gettext_lazy("One stage only"),
    "no_key_stage": gettext_lazy("No key stage"),
    "mixed_naming": gettext_lazy("Mixed names"),
    "no_deadline": gettext_lazy("No deadline"),
    "no_goal": gettext_lazy("No goal"),
}
GRAVE = ("unfinished", "lead_too_long", "too_many_stages", "too_few_stages", "mixed_naming")
NAMING_SHORT: dict[str, Promise] = {
    Pipeline.Naming.RESULTS: pgettext_lazy("naming", "Results"),
    Pipeline.Naming.ACTIVITIES: pgettext_lazy("naming", "Work in progress"),
}
COLOR_NAMES: dict[str, Promise] = {
    "grey": pgettext_lazy("colour", "grey"),
    "blue": pgettext_lazy("colour", "blue"),
    "teal": pgettext_lazy("colour", "teal"),
    "green": pgettext_lazy("colour", "green"),
    "lime": pgettext_lazy("colour", "lime"),
    "amber": pgettext_lazy("colour", "amber"),
    "orange": pgettext_lazy("colour", "orange"),
    "red": pgettext_lazy("colour", "red"),
    "pink": pgettext_lazy("colour", "pink"),
    "violet": pgettext_lazy("colour", "violet"),
}


def deadline_words(minutes: int | None, *, working: bool) -> str:
    """Write a deadline: "2 working days", "3 days", "4 h of working time"; "" without one."""
    if not minutes:
        return ""
    day = WORKING_DAY if working else CALENDAR_DAY
    count, rest = divmod(minutes, day)
    if not rest and working:
        return ngettext("%(count)d working day", "%(count)d working days", count) % {"count": count}
    if not rest:
        return ngettext("%(count)d day", "%(count)d days", count) % {"count": count}
    span = words.duration(timedelta(minutes=minutes), day=timedelta(minutes=day))
    return _("%(span)s, working") % {"span": span} if working else span


def capped(count: int, most: int) -> str:
    """Write a count that was not taken to its end: "1 000+"."""
    return words.number(count) + ("+" if count >= most else "")
