"""The list of devices on which a person is signed in, in words."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.translation import gettext as _

from voronka.people.models import User, UserSession

# The order matters: Edge and Opera call themselves Chrome, Chrome calls itself Safari.
BROWSERS = (
    ("YaBrowser", "Яндекс Браузер"),
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, slots=True)
class Device:
    """One signed-in device."""

    session: UserSession
    name: str  # "Chrome, Windows"
    here: bool  # it is the one that asks
    phone: bool


def devices_of(user: User, session_key: str) -> list[Device]:
    """Return the devices of a person, this one first. One SQL query."""
    rows = [
        Device(row, describe(row.agent), row.session_key == session_key, is_phone(row.agent))
        for row in UserSession.objects.filter(user=user)
    ]
    return sorted(rows, key=lambda device: not device.here)


def describe(agent: str) -> str:
    """Name a browser and its system by what it says of itself."""
    browser = next((name for sign, name in BROWSERS if sign in agent), "")
    system = next((name for sign, name in SYSTEMS if sign in agent), "")
    return ", ".join(part for part in (browser, system) if part) or _("Unknown device")


def address(request: HttpRequest) -> str | None:
    """Return the address the request came from, as the server in front of Django says."""
    return request.META.get("REMOTE_ADDR") or None


def is_phone(agent: str) -> bool:
    """Whether a browser says that it runs on a phone."""
    return bool(re.search("Mobile|Android|iPhone", agent))
