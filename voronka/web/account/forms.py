"""The forms of the account pages."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from babel.dates import get_timezone_location
from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import password_validators_help_texts
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from voronka.people.models import User

THEMES = [
    ("auto", _("As in the system")),
    ("light", _("Light")),
    ("dark", _("Dark")),
]
# The zones of Russia and its neighbours stand first, west to east; the rest of the world follows.
NEAR = [
    "Europe/Kaliningrad", "Europe/Moscow", "Europe/Minsk", "Europe/Samara", "Asia/Yekaterinburg",
    "Asia/Omsk", "Asia/Almaty", "Asia/Novosibirsk", "Asia/Krasnoyarsk", "Asia/Irkutsk",
    "Asia/Yakutsk", "Asia/Vladivostok", "Asia/Magadan", "Asia/Kamchatka",
]  # fmt: skip


PARTS = {
    "Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific",
}  # fmt: skip


def zone_choices() -> list[Any]:
    """Return the time zones of the world by the names of their cities, the near ones first."""
    return _zones((get_language() or settings.LANGUAGE_CODE)[:2], timezone.localdate())


@lru_cache(maxsize=4)
def _zones(language: str, day: date) -> list[Any]:
    noon = datetime.combine(day, time(12), tzinfo=UTC)  # offsets change with summer time
    rest = [zone for zone in available_timezones() - set(NEAR) if zone.split("/")[0] in PARTS]
    far = sorted((_zone_name(zone, language, noon), zone) for zone in rest)
    return [
        (_("Near"), [(zone, _zone_name(zone, language, noon)) for zone in NEAR]),
        (_("The world"), [(zone, name) for name, zone in far]),
    ]


def _zone_name(zone: str, language: str, at: datetime) -> str:
    """Write a zone as "Moscow, UTC+3"."""
    city = get_timezone_location(ZoneInfo(zone), locale=language, return_city=True)
    minutes = int((at.astimezone(ZoneInfo(zone)).utcoffset() or timedelta()).total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    sign = "\u2212" if minutes < 0 else "+"
    return f"{city}, UTC{sign}{hours}" + (f":{rest:02d}" if rest else "")


class LoginForm(forms.Form):
    """E-mail and password."""

    email = forms.EmailField(
        label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class NewPasswordForm(forms.Form):
    """A new password, typed once; it can be shown instead of typed again."""

    password = forms.CharField(
        label=_("New password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = " ".join(password_validators_help_texts())


class ChangePasswordForm(NewPasswordForm):
    """The old password and the new one."""

    current = forms.CharField(
        label=_("Current password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    field_order = ["current", "password"]


class ProfileForm(forms.Form):
    """What people set about themselves."""

    name = forms.CharField(label=_("Name"), max_length=120)
    phone = forms.CharField(
        label=_("Phone"), max_length=20, required=False, widget=forms.TextInput({"type": "tel"})
    )
    language = forms.ChoiceField(
        label=_("Language"), choices=[("ru", "Русский"), ("en", "English")]
    )
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=zone_choices)
    theme = forms.ChoiceField(label=_("Theme"), choices=THEMES)

    @classmethod
    def of(cls, user: User) -> ProfileForm:
        """Return the form filled with what is kept."""
        return cls(initial={name: getattr(user, name) for name in cls.base_fields})
