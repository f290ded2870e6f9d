"""What robots and their errands tell people of."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from voronka.timeline.notices.kinds import NoticeKind, register_kind
from voronka.timeline.notices.rules import Mode


def register() -> None:
    """Make these kinds known to the notices."""
    for kind in (
        NoticeKind("robot", _("A robot tells me something"), Mode.URGENT, "robot"),
        NoticeKind("returned", _("A card I had lost is back in work"), Mode.URGENT, "gavel"),
        NoticeKind(
            "verdict",
            _("A loss waits for my verdict"),
            Mode.DIGEST,
            "gavel",
            "team",
            "control",
        ),
        NoticeKind("robot_stopped", _("A robot was stopped"), Mode.URGENT, "robot", "system"),
        NoticeKind(
            "webhook",
            _("A webhook does not get through"),
            Mode.DIGEST,
            "webhook",
            "system",
            "setup",
        ),
    ):
        register_kind(kind)
