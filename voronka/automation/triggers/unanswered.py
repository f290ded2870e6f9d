"""A customer has waited so long for the first answer of a living person (Q1, IN-14)."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import Field

from voronka.automation.params import Duration, Params
from voronka.automation.registry import Clock, Moment, timer_trigger
from voronka.automation.spans import Span
from voronka.items.models import Item


class Settings(Params):
    after: Duration = Field("5m", min_length=2)


@timer_trigger(
    "unanswered",
    title=gettext_lazy("The customer waits for the first answer"),
    verbs=["item.created", "item.assigned", "item.restored", "item.enquiry_joined"],
    params=Settings,
    says=lambda params, names: (
        _("the customer has waited for the first answer for %(span)s")
        % {"span": names.span(params.after)}
    ),
    icon="phone-off",
    group=gettext_lazy("Time"),
)
def unanswered(item: Item, params: Settings, clock: Clock) -> Iterable[Moment]:
    """Counts from the enquiry, the client's last unanswered one, until a person turns to them."""
    if item.first_response_at is not None and item.clock_started_at is None:
        return
    since = item.clock_started_at or item.created_at
    at = Span.read(params.after).after(since, lambda: clock.schedule(item.owner_id))
    yield Moment("first", at)
