"""Nobody has worked on a card for a while: the second of its two clocks (FS-9)."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from pydantic import Field

from voronka.automation.params import Duration, Params
from voronka.automation.registry import Clock, Moment, timer_trigger
from voronka.automation.spans import Span
from voronka.items.models import Item


class Settings(Params):
    after: Duration = Field("2d", min_length=2, title=gettext_noop("Silence for"))


@timer_trigger(
    "silence",
    title=gettext_lazy("Nobody has worked on the card for a while"),
    verbs=[
        "item.created",
        "item.moved",
        "item.corrected",
        "item.tunnelled",
        "item.note_written",
        "item.activity_done",
        "item.assigned",
        "item.clock_changed",
        "item.restored",
    ],
    params=Settings,
    says=lambda params, names: (
        _("nobody has worked on the card for %(span)s") % {"span": names.span(params.after)}
    ),
    icon="zzz",
    group=gettext_lazy("Time"),
)
def silence(item: Item, params: Settings, clock: Clock) -> Iterable[Moment]:
    """Counts from the last work of a person, or from the making of the card."""
    since = item.last_touch_at or item.created_at
    at = Span.read(params.after).after(since, lambda: clock.schedule(item.owner_id))
    yield Moment(f"since-{since.timestamp():.6f}", at)
