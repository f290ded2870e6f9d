"""What may be done to many cards at once; the list and the board offer the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Action:
    """Something to do to many cards."""

    kind: str
    title: str
    icon: str
    url: str


_ALL = {  # kind -> the action of the rights, title, icon
    "move": ("move", _("Move"), "arrow-right"),
    "assign": ("change", _("Give to"), "user-circle"),
    "edit": ("change", _("Change a field"), "pencil"),
    "delete": ("delete", _("Delete"), "trash"),
}


def bulk_actions(may: Callable[[str], bool], url_of: Callable[[str], str]) -> list[Action]:
    """Return what a person may do to many cards.

    Args:
        may: whether the role reaches any card here with an action of the rights.
        url_of: the address of the dialog of a kind of action.
    """
    return [
        Action(kind, str(title), icon, url_of(kind))
        for kind, (action, title, icon) in _ALL.items()
        if may(action)
    ]
