"""Letters to employees: what stands in them, and who carries them (UI-11).

The carrier is registered from above: a mailbox is a channel, of which this package knows nothing.
So are the addresses of pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from voronka.timeline.models import Notification
from voronka.timeline.notices.kinds import kind_of, kinds


@dataclass(frozen=True, slots=True)
class StaffLetter:
    """A letter to one employee. `key` is the same for every attempt."""

    key: str
    to: str
    subject: str
    text: str
    html: str


class NotCarried(Exception):
    """The letter was not taken.

    Attributes:
        why: in a sentence.
        again: trying once more may help.
    """

    def __init__(self, why: str, *, again: bool) -> None:
        super().__init__(why)
        self.why = why
        self.again = again


class Carrier(Protocol):
    """Sends letters to employees."""

    def is_ready(self) -> bool:
        """Whether the company has set it up."""

    def carry(self, letter: StaffLetter) -> None:
        """Send one letter, outside of any transaction.

        Raises:
            NotCarried: it was not taken.
        """


class Links(Protocol):
    """Whole addresses of pages, as letters need them."""

    def notice(self, notification_id: int) -> str:
        """Return where a notice leads to."""

    def settings(self) -> str:
        """Return where a person chooses what letters they get."""


_carriers: list[Carrier] = []
_links: list[Links] = []


def register_carrier(carrier: Carrier) -> None:
    """Name who carries letters to employees; the last one named does."""
    _carriers.append(carrier)


def register_links(links: Links) -> None:
    """Name who knows the addresses of pages."""
    _links.append(links)


def carrier() -> Carrier | None:
    """Return who carries letters now; None while nothing is set up."""
    return next((c for c in reversed(_carriers) if c.is_ready()), None)


def write_letter(key: str, to: str, notices: Sequence[Notification]) -> StaffLetter:
    """Write a letter about notices, grouped by their kinds; in the language that is on.

    One notice is told in the subject already; several are counted there.
    """
    count = len(notices)
    subject = (
        notices[0].text
        if count == 1
        else ngettext("%(count)s notice", "%(count)s notices", count) % {"count": count}
    )
    order = {kind.code: number for number, kind in enumerate(kinds())}
    rows = sorted(notices, key=lambda n: (order.get(n.kind, len(order)), n.at))
    text: list[str] = []
    html: list[SafeString] = []
    for code, group in groupby(rows, key=lambda n: n.kind):
        title, lines = str(kind_of(code).title), list(group)
        text += [title, *(f"– {n.text}\n  {_link(n)}" for n in lines), ""]
        items = format_html_join(
            "", '<li><a href="{}">{}</a></li>', ((_link(n), n.text) for n in lines)
        )
        html.append(format_html("<h3>{}</h3><ul>{}</ul>", title, items))
    why = _("You get this letter because these notices stand unread behind the bell.")
    where = _("What to tell you, and how")
    settings = _links[-1].settings() if _links else ""
    text += [why, f"{where}: {settings}"]
    html.append(format_html('<p>{}<br><a href="{}">{}</a></p>', why, settings, where))
    body = format_html_join("", "{}", ((part,) for part in html))
    return StaffLetter(key, to, subject[:200], "\n".join(text), body)


def _link(notification: Notification) -> str:
    return _links[-1].notice(notification.pk) if _links else ""
