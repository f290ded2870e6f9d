"""Refusals of drafts, in words."""

from __future__ import annotations

from django.utils.translation import gettext as _

from voronka.kernel.errors import Conflict


class DraftMoved(Conflict):
    """The draft or the funnel has changed since the page was drawn."""

    code = "draft_moved"

    def __init__(self) -> None:
        super().__init__(_("The draft has changed meanwhile. Look at what it changes once more."))


class StageMoved(Conflict):
    """Somebody else has changed the passport while this one was being written."""

    code = "stage_moved"

    def __init__(self) -> None:
        super().__init__(
            _("Somebody has changed this stage meanwhile. Save again to put yours in its place.")
        )
