"""What the work on a card tells the set-up below it: which exit criteria it can prove."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from voronka.pipelines.criteria import register_check


def register() -> None:
    """Let exit criteria ask for work that was done on the card."""
    register_check("call", _("A call was made and answered"))
    register_check("meeting", _("A meeting was held"))
    register_check("task", _("A task is done"))
    register_check("note", _("A note is written"))
