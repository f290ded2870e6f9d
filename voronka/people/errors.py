"""Refusals about people, in words."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from voronka.kernel.errors import Conflict, DomainError, InvalidInput


class NoLongerHere(InvalidInput):
    """Work is given to somebody who no longer works here."""

    def __init__(self) -> None:
        super().__init__(
            _("This person no longer works here. Choose another one."),
            fields={"owner": _("Choose a person.")},
        )


class LoginRefused(DomainError):
    """The e-mail or the password does not fit; which of them is never said."""

    code = "login_refused"

    def __init__(self) -> None:
        super().__init__(
            _(
                "The e-mail or the password is wrong. Check the letter case and the keyboard "
                "layout, or ask a colleague who manages people for a new invitation link."
            )
        )


class TooManyAttempts(DomainError):
    """Too many failed log-ins; `wait` says how long the next try has to wait."""

    code = "too_many_attempts"
    status = 429

    def __init__(self, wait: timedelta) -> None:
        self.wait = wait
        minutes = max(1, -(-int(wait.total_seconds()) // 60))
        super().__init__(
            ngettext(
                "Too many failed attempts. Try again in %(minutes)d minute.",
                "Too many failed attempts. Try again in %(minutes)d minutes.",
                minutes,
            )
            % {"minutes": minutes}
        )


class LinkSpent(DomainError):
    """An invitation link that is unknown, used or out of date."""

    code = "link_spent"
    status = 410

    def __init__(self) -> None:
        super().__init__(
            _("This invitation link is no longer valid. Ask the person who sent it for a new one.")
        )


class LastOwner(Conflict):
    """Somebody must keep every right, or nobody could ever give one again."""

    code = "last_owner"

    def __init__(self) -> None:
        super().__init__(
            _(
                "This is the last person with every right. Give the owner's role to somebody else "
                "first."
            )
        )
