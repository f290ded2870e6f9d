"""Refusals of robots, in words."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from voronka.kernel.errors import DomainError, NotFound


class NoSuchRobot(NotFound):
    """There is no such robot, or it was taken away."""

    code = "no_such_robot"

    def __init__(self) -> None:
        super().__init__(_("There is no such robot. It may have been taken away."))


class NoSuchWebhook(NotFound):
    """There is no such webhook, or it was taken away."""

    code = "no_such_webhook"

    def __init__(self) -> None:
        super().__init__(_("There is no such webhook. It may have been taken away."))


class EndlessCircle(DomainError):
    """Robots would wake each other without end."""

    code = "endless_circle"

    def __init__(self, names: Sequence[str]) -> None:
        path = " → ".join([*names, names[0]])
        super().__init__(
            _(
                "These robots would wake each other without end: %(path)s. Give one of them a"
                " condition or a delay."
            )
            % {"path": path},
            fields={"actions": _("Wakes itself without end.")},
        )
