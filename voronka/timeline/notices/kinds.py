"""What people are told of: a registry, to which packages above add their own kinds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from voronka.timeline.notices.rules import Mode


@dataclass(frozen=True, slots=True)
class NoticeKind:
    """A kind of notice.

    Attributes:
        title: what has happened, as the settings name it.
        usual: how people hear of it unless they or the company have chosen otherwise.
        icon: of the list's rows.
        group: under which heading the settings show it: a key of GROUPS.
        right: only those whose role has this right are ever told; "" for everybody.
    """

    code: str
    title: str | Promise
    usual: Mode
    icon: str = "bell"
    group: str = "work"
    right: str = ""


GROUPS: Mapping[str, str | Promise] = MappingProxyType(
    {
        "clients": _("Clients wait"),
        "work": _("My work"),
        "team": _("My people"),
        "system": _("How the system runs"),
    }
)
UNKNOWN = NoticeKind("", _("Notice"), Mode.DIGEST)
_kinds: dict[str, NoticeKind] = {}


def register_kind(kind: NoticeKind) -> None:
    """Make a kind of notice known; its code is kept with each notice."""
    _kinds[kind.code] = kind


def kinds() -> list[NoticeKind]:
    """Return all kinds, in the order of their groups."""
    order = list(GROUPS)
    return sorted(_kinds.values(), key=lambda kind: order.index(kind.group))


def require_kind(code: str) -> NoticeKind:
    """Return a kind that somebody is to be told of now.

    Raises:
        LookupError: nobody has registered it.
    """
    return _kinds[code]


def kind_of(code: str) -> NoticeKind:
    """Return a kind; a nameless one when its package is not installed any more."""
    return _kinds.get(code, UNKNOWN)


def register() -> None:
    """Make the kinds known that the work on cards itself tells of."""
    urgent, digest, silent = Mode.URGENT, Mode.DIGEST, Mode.SILENT
    for kind in (
        NoticeKind("enquiry", _("A new enquiry has come to me"), urgent, "user-plus", "clients"),
        NoticeKind("message", _("A client has written to me"), urgent, "message", "clients"),
        NoticeKind(
            "clock", _("My client still waits for the first answer"), urgent, "clock", "clients"
        ),
        NoticeKind("not_sent", _("My message was not sent"), urgent, "alert-triangle", "clients"),
        NoticeKind("assigned", _("A card was given to me"), urgent, "user-circle"),
        NoticeKind("mention", _("I was mentioned"), urgent, "at"),
        NoticeKind("reminder", _("A reminder that I have set"), urgent, "alarm"),
        NoticeKind("task", _("A task was given to me"), digest, "checkbox"),
        NoticeKind("question", _("A colleague asks me a question"), urgent, "help-circle"),
        NoticeKind("watched", _("A card that I watch has moved"), digest, "eye"),
        NoticeKind("job", _("A long job of mine has ended"), silent, "circle-check"),
        NoticeKind(
            "late", _("A client of my people waits too long"), urgent, "clock", "team", "control"
        ),
        NoticeKind(
            "unplaced",
            _("Nobody could take a card"),
            urgent,
            "user-question",
            "team",
            "control",
        ),
        NoticeKind(
            "stalled", _("A card of my people has stalled"), digest, "hourglass", "team", "control"
        ),
        NoticeKind(
            "overdue", _("My people have overdue tasks"), digest, "calendar-off", "team", "control"
        ),
        NoticeKind(
            "reading",
            _("Somebody reads unusually many cards and clients"),
            urgent,
            "eye",
            "team",
            "audit",
        ),
        NoticeKind(
            "asked", _("My consent is asked for, or was given"), urgent, "help-circle", "team"
        ),
    ):
        register_kind(kind)
