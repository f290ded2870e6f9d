"""The counters of the rail: how many conversations and promises wait for the person."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import ngettext

from voronka.timeline.counters import MOST, Waiting

COUNTED = ("talks", "overdue")


def with_counters(html: SafeString, waiting: Waiting) -> SafeString:
    """Put the figures into the places that a drawn rail keeps free for them.

    The rail's own HTML is remembered for everybody who has the same links; figures are not.
    """
    filled = str(html)
    for name, figure in figures(waiting):
        filled = filled.replace(f"<!--{name}-->", figure)
    return SafeString(filled)


def figures(waiting: Waiting) -> Iterator[tuple[str, SafeString]]:
    """Return each counter by its name, drawn; nothing is drawn for a zero."""
    for name in COUNTED:
        count = getattr(waiting, name)
        yield name, _drawn(name, count) if count else SafeString()


def _drawn(name: str, count: int) -> SafeString:
    shown = f"{MOST - 1}+" if count >= MOST else str(count)
    if name == "overdue":
        said = ngettext("%(count)s promise is overdue", "%(count)s promises are overdue", count)
    else:
        said = ngettext(
            "%(count)s client waits for your answer",
            "%(count)s clients wait for your answer",
            count,
        )
    return format_html(
        '<span class="counter{}" aria-hidden="true">{}</span>'
        '<span class="visually-hidden">{}</span>',
        " counter-red" if name == "overdue" else "",
        shown,
        said % {"count": shown},
    )
