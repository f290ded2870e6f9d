"""Refusals of the demo."""

from __future__ import annotations

from django.utils.translation import gettext as _

from voronka.kernel.errors import Conflict


class NotEmpty(Conflict):
    """There are people or cards already; the demo would mix with them."""

    code = "not_empty"

    def __init__(self) -> None:
        super().__init__(
            _(
                "This database is in use already, and the demo would mix with it. Take an empty "
                "one: another VORONKA_HOME or DATABASE_URL."
            )
        )
