"""A card has had no planned next step for a while (TL-6)."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from pydantic import Field

from voronka.automation.params import Duration, Params
from voronka.automation.registry import Clock, Moment, timer_trigger
from voronka.automation.spans import Span
from voronka.items.models import Item
from voronka.timeline.models import Activity


class Settings(Params):
    after: Duration = Field("1h", min_length=2, title=gettext_noop("No next step for"))


@timer_trigger(
    "no_next_step",
    title=gettext_lazy("No next step is planned"),
    verbs=[
        "item.created",
        "item.moved",
        "item.corrected",
        "item.tunnelled",
        "item.activity_planned",
        "item.activity_changed",
        "item.activity_done",
        "item.activity_reopened",
        "item.restored",
    ],
    params=Settings,
    says=lambda params, names: (
        _("no next step has been planned for %(span)s") % {"span": names.span(params.after)}
    ),
    icon="calendar-off",
    group=gettext_lazy("Time"),
)
def no_next_step(item: Item, params: Settings, clock: Clock) -> Iterable[Moment]:
    """Counts from the last finished activity, or from the making of the card."""
    if item.next_activity_at is not None:
        return
    since = (
        Activity.objects.filter(item_id=item.pk, done_at__isnull=False)
        .order_by("-done_at")
        .values_list("done_at", flat=True)
        .first()
    ) or item.created_at
    at = Span.read(params.after).after(since, lambda: clock.schedule(item.owner_id))
    yield Moment(f"since-{since.timestamp():.6f}", at)
