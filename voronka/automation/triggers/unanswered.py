"""A customer has waited so long for the first answer of a living person (Q1, IN-14)."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from pydantic import Field

from voronka.automation.params import Duration, Params
from voronka.automation.registry import Clock, Moment, timer_trigger
from voronka.automation.spans import Span
from voronka.items.commands.answering import schedule
from voronka.items.models import Item


class Settings(Params):
    after: Duration = Field("5m", min_length=2, title=gettext_noop("Waits for"))


@timer_trigger(
    "unanswered",
    title=gettext_lazy("The customer waits for the first answer"),
    verbs=[
        "item.created",
        "item.enquiry_joined",
        "item.answered",
        "item.corrected",
        "item.loss_overturned",
        "item.restored",
    ],
    params=Settings,
    says=lambda params, names: (
        _("the customer has waited for the first answer for %(span)s")
        % {"span": names.span(params.after)}
    ),
    icon="phone-off",
    group=gettext_lazy("Time"),
)
def unanswered(item: Item, params: Settings, clock: Clock) -> Iterable[Moment]:
    """Reads the five-minute clock: it runs from the client's time, by the funnel's hours."""
    began = item.clock_started_at
    if began is not None:
        at = Span.read(params.after).after(began, lambda: schedule(item))
        yield Moment(f"clock-{began.timestamp():.6f}", at)
