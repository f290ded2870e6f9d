"""The forms of the people pages. Rules live in the commands; forms only read what was typed."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language, gettext_lazy, pgettext, pgettext_lazy
from django.utils.translation import gettext as _

from voronka.kernel.regions import regions_of
from voronka.kernel.texts import LocalText
from voronka.kernel.worktime import WEEKDAYS, knows_country
from voronka.people import queries
from voronka.people.access import TOKEN_SCOPES
from voronka.people.models import Department, Role, User, WorkingCalendar
from voronka.web.account.forms import zone_choices
from voronka.web.people import hours

LANGUAGES = [("ru", "Русский"), ("en", "English")]
COUNTRIES = ("RU", "BY", "KZ", "AM", "AZ", "GE", "KG", "MD", "UZ", "RS", "TR", "DE", "GB", "US")
_DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def role_choices(user: User) -> list[tuple[int, str]]:
    """Return the roles for a list; whether one may be given is the command's decision."""
    return [(role.pk, str(role.name)) for role in Role.objects.all()]


def department_choices() -> list[tuple[str | int, str]]:
    """Return the tree as an indented list."""
    lines = queries.flat(queries.department_tree())
    choices: list[tuple[str | int, str]] = [("", _("No department"))]
    choices += [(b.department.pk, "\u2003" * b.depth + str(b.department.name)) for b in lines]
    return choices


def people_choices(*, without: int | None = None, empty: str = "") -> list[tuple[str | int, str]]:
    """Return the working people; `empty` names the choice of nobody."""
    working = User.objects.filter(is_active=True).exclude(pk=without or 0)
    choices: list[tuple[str | int, str]] = [("", empty)] if empty else []
    return choices + [(user.pk, str(user)) for user in working]


def local_text(data: dict[str, Any]) -> LocalText:
    """Read a name in both languages from the fields name_ru and name_en."""
    return LocalText(data["name_ru"].strip(), data["name_en"].strip())


class NamesMixin(forms.Form):
    """A name in Russian and in English; one of them is enough."""

    name_ru = forms.CharField(label=gettext_lazy("Name in Russian"), max_length=80, required=False)
    name_en = forms.CharField(label=gettext_lazy("Name in English"), max_length=80, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not (data.get("name_ru") or data.get("name_en")):
            field = "name_en" if (get_language() or "").startswith("en") else "name_ru"
            self.add_error(field, _("Give the name in one language at least."))
        return data


class InviteForm(forms.Form):
    """Whom to invite."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    email = forms.EmailField(label=pgettext_lazy("person", "E-mail"))
    role = forms.TypedChoiceField(label=gettext_lazy("Role"), coerce=int)
    department = forms.TypedChoiceField(
        label=gettext_lazy("Department"), coerce=int, empty_value=None, required=False
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=LANGUAGES)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = role_choices(user)  # type: ignore[attr-defined]
        self.fields["department"].choices = department_choices()  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        """Return what the command takes: rows instead of ids."""
        data = dict(self.cleaned_data)
        data["role"] = Role.objects.get(pk=data["role"])
        department = data["department"]
        data["department"] = Department.objects.get(pk=department) if department else None
        return data


class PersonForm(InviteForm):
    """What those who manage people change about a person."""

    phone = forms.CharField(
        label=gettext_lazy("Phone"),
        max_length=20,
        required=False,
        widget=forms.TextInput({"type": "tel"}),
    )
    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"), choices=zone_choices)
    field_order = ["name", "email", "phone", "role", "department", "language", "time_zone"]


class WeekForm(forms.Form):
    """Seven days of working hours; a day may have several intervals."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for day in WEEKDAYS:
            self.fields[day] = forms.CharField(
                label=hours.day_name(day),
                required=False,
                max_length=80,
                widget=forms.TextInput({"placeholder": _("free"), "inputmode": "text"}),
            )

    @property
    def days(self) -> list[forms.BoundField]:
        """The fields of the week, Monday first."""
        return [self[day] for day in WEEKDAYS]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        week: dict[str, hours.Day] = {}
        for day in WEEKDAYS:
            intervals = hours.read_day(data.get(day) or "")
            if intervals is None:
                self.add_error(day, _("Type intervals such as 09:00–13:00, 14:00–18:00."))
            elif intervals:
                week[day] = intervals
        data["hours"] = week
        return data


class PersonHoursForm(WeekForm):
    """The calendar of a person, or own hours instead."""

    calendar = forms.TypedChoiceField(
        label=gettext_lazy("Calendar"), coerce=int, empty_value=None, required=False
    )
    own = forms.BooleanField(label=gettext_lazy("Own hours"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = WorkingCalendar.objects.order_by("pk")
        self.fields["calendar"].choices = [  # type: ignore[attr-defined]
            ("", _("The company's")),
            *((row.pk, str(row.name)) for row in rows if not row.is_default),
        ]


class AbsenceForm(forms.Form):
    """When a person is away, whole days."""

    first_day = forms.DateField(label=gettext_lazy("First day"), widget=_DATE)
    last_day = forms.DateField(label=gettext_lazy("Last day"), widget=_DATE)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=120, required=False)
    substitute = forms.TypedChoiceField(
        label=gettext_lazy("Substitute"), coerce=int, empty_value=None, required=False
    )

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = people_choices(without=person.pk, empty=_("Nobody"))
        self.fields["substitute"].choices = choices  # type: ignore[attr-defined]


class DepartmentForm(NamesMixin):
    """A department: names, place in the tree, head."""

    parent = forms.TypedChoiceField(
        label=gettext_lazy("Inside"), coerce=int, empty_value=None, required=False
    )
    head = forms.TypedChoiceField(
        label=gettext_lazy("Head"), coerce=int, empty_value=None, required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = department_choices()
        choices[0] = ("", _("At the top"))
        self.fields["parent"].choices = choices  # type: ignore[attr-defined]
        heads = people_choices(empty=_("Nobody"))
        self.fields["head"].choices = heads  # type: ignore[attr-defined]


class CalendarForm(NamesMixin, WeekForm):
    """A working calendar."""

    country = forms.ChoiceField(label=gettext_lazy("Public holidays of"), required=False)
    region = forms.ChoiceField(
        label=gettext_lazy("Region with holidays of its own"),
        required=False,
        help_text=gettext_lazy(
            "Feasts by the lunar calendar are reckoned, one day each: where a decree names other"
            " days, write them below."
        ),
    )
    days_off = forms.CharField(
        label=gettext_lazy("Own days off"),
        required=False,
        help_text=gettext_lazy("Dates such as 31.12.2026, apart by commas."),
        widget=forms.Textarea({"rows": 2}),
    )
    days_on = forms.CharField(
        label=gettext_lazy("Worked although they look free"),
        required=False,
        help_text=gettext_lazy("A worked day without hours of its own has a Friday's."),
        widget=forms.Textarea({"rows": 2}),
    )
    is_default = forms.BooleanField(label=gettext_lazy("The company's calendar"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].choices = [  # type: ignore[attr-defined]
            ("", pgettext("country", "none")),
            *((code, country_name(code)) for code in COUNTRIES if knows_country(code)),
        ]
        self.fields["region"].choices = [  # type: ignore[attr-defined]
            ("", pgettext("region", "none")),
            *(
                (country_name(country), sorted(regions.items(), key=lambda pair: pair[1]))
                for country in COUNTRIES
                if (regions := {code: _(name) for code, name in regions_of(country).items()})
            ),
        ]

    def clean_days_off(self) -> list[date]:
        return read_dates(self.cleaned_data["days_off"])

    def clean_days_on(self) -> list[date]:
        return read_dates(self.cleaned_data["days_on"])


class TokenForm(forms.Form):
    """A new key of a program."""

    name = forms.CharField(
        label=gettext_lazy("Which program"),
        max_length=80,
        widget=forms.TextInput({"placeholder": gettext_lazy("Our site")}),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"),
        choices=list(TOKEN_SCOPES.items()),
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.TypedChoiceField(
        label=gettext_lazy("Good for"),
        coerce=int,
        choices=[
            (30, gettext_lazy("a month")),
            (365, gettext_lazy("a year")),
            (0, gettext_lazy("until revoked")),
        ],
        initial=365,
    )


def read_dates(text: str) -> list[date]:
    """Read dates apart by commas, spaces or lines, as 31.12.2026 or 2026-12-31."""
    found = []
    for word in re.findall(r"[^\s,;]+", text):
        match = re.fullmatch(r"(?:(\d{4})-(\d{1,2})-(\d{1,2})|(\d{1,2})\.(\d{1,2})\.(\d{4}))", word)
        try:
            if match is None:
                raise ValueError
            year, month, day, *turned = match.groups()
            if turned[0]:
                day, month, year = turned
            found.append(date(int(year), int(month), int(day)))
        except ValueError:
            fault = _("“%(word)s” is not a date. Type it as 31.12.2026.")
            raise ValidationError(fault % {"word": word[:20]}) from None
    return found


def country_name(code: str) -> str:
    """Return a country's name in the person's language."""
    from babel import Locale

    locale = Locale.parse((get_language() or "ru")[:2])
    return str(locale.territories.get(code, code))
