"""A client has written: by letter, chat, form or whatever else leads to the card (RB-5)."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from pydantic import Field

from voronka.automation.models import Robot
from voronka.automation.naming import RobotNames
from voronka.automation.params import Params
from voronka.automation.registry import event_trigger
from voronka.channels.models import Channel, Enquiry
from voronka.channels.robots import ways
from voronka.channels.robots.ways import ChannelRef
from voronka.items.models import Item
from voronka.journal.models import Event
from voronka.timeline.models import Message

OPENED = "item.created"  # by an enquiry: its first message is told with it
VERBS = [OPENED, "item.message_received"]


class Settings(Params):
    channels: list[ChannelRef] = Field(
        default_factory=list,
        max_length=20,
        title=gettext_noop("By which channels"),
        description=gettext_noop("Empty: by any"),
    )
    first: bool = Field(False, title=gettext_noop("Only the first message on the card"))
    unanswered: bool = Field(
        False, title=gettext_noop("Only while nobody of us has answered the client yet")
    )


def _says(params: Settings, names: RobotNames) -> str:
    said = _("the client wrote for the first time") if params.first else _("the client wrote")
    if params.channels:
        said = _("%(said)s (%(channels)s)") % {
            "said": said,
            "channels": ways.named(params.channels),
        }
    return (
        _("%(said)s, and nobody has answered yet") % {"said": said} if params.unanswered else said
    )


def is_written(event: Event) -> bool:
    """Whether an event is a client's own words: no self-test, no automatic reply."""
    if event.verb == OPENED:
        return bool(event.diff.get("enquiry")) and not event.diff.get("test")
    return not event.diff.get("automatic")


@event_trigger(
    "message_received",
    title=gettext_lazy("The client wrote: letter, chat, form"),
    verbs=VERBS,
    params=Settings,
    says=_says,
    icon="message",
    group=gettext_lazy("Messages"),
    counts=is_written,
)
def message_received(event: Event, params: Settings, robot: Robot) -> bool:
    """Automatic replies fire nothing: two robots would talk to each other for ever."""
    if not is_written(event) or not _by_channel(event, params):
        return False
    if params.first and event.verb != OPENED:
        theirs = Message.objects.filter(conversation__item_id=event.subject_id, direction="in")
        if theirs.filter(pk__lt=event.diff.get("message") or 0).exists():
            return False
    if params.unanswered:
        card = Item.objects.filter(pk=event.subject_id, first_response_at=None)
        return card.exists()
    return True


def _by_channel(event: Event, params: Settings) -> bool:
    if not params.channels:
        return True
    rows = Channel.objects.all()
    if event.verb == OPENED:
        enquiry = Enquiry.objects.filter(pk=event.diff["enquiry"])
        rows = rows.filter(pk__in=enquiry.values("channel_id"))
    else:
        rows = rows.filter(pk=event.diff.get("channel") or 0)
    channel = rows.values_list("provider", "code").first()
    if channel is None:
        return False
    return ways.is_meant(params.channels, provider=channel[0], channel_code=channel[1])
