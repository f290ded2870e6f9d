"""Another system told something of the card by a webhook: paid, sent, signed (AP-3)."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from pydantic import Field

from voronka.automation.models import Robot
from voronka.automation.naming import RobotNames
from voronka.automation.params import Params, columns
from voronka.automation.registry import event_trigger
from voronka.channels.models import Channel
from voronka.channels.robots import ways
from voronka.channels.robots.ways import ChannelRef
from voronka.journal.models import Event


class Settings(Params):
    channels: list[ChannelRef] = Field(
        default_factory=list,
        max_length=20,
        title=gettext_noop("By which webhooks"),
        description=gettext_noop("Empty: by any"),
    )
    values: dict[str, str] = Field(
        default_factory=dict,
        max_length=20,
        title=gettext_noop("Only when it says"),
        description=gettext_noop(
            "Places as on the page of the address, such as order.status; an empty value: whatever"
            " stands there"
        ),
        json_schema_extra=columns(gettext_noop("Place"), gettext_noop("Value")),
    )


def _says(params: Settings, names: RobotNames) -> str:
    said = _("a webhook told of the card")
    if params.channels:
        said = _("%(said)s (%(channels)s)") % {
            "said": said,
            "channels": ways.named(params.channels),
        }
    if params.values:
        pairs = [f"{place} = {value}" if value else place for place, value in params.values.items()]
        said = _("%(said)s: %(values)s") % {"said": said, "values": ", ".join(pairs)}
    return said


@event_trigger(
    "hook_received",
    title=gettext_lazy("A webhook told of the card"),
    verbs=["item.hook_received"],
    params=Settings,
    says=_says,
    icon="webhook",
    group=gettext_lazy("Messages"),
)
def hook_received(event: Event, params: Settings, robot: Robot) -> bool:
    """Fires on the card that was found by the key; texts are compared without letter case."""
    told = {str(k): str(v) for k, v in (event.diff.get("values") or {}).items()}
    for place, wanted in params.values.items():
        said = told.get(place.strip(), "").strip()
        if not said or (wanted.strip() and said.casefold() != wanted.strip().casefold()):
            return False
    if not params.channels:
        return True
    row = Channel.objects.filter(pk=event.diff.get("channel") or 0)
    channel = row.values_list("provider", "code").first()
    return channel is not None and ways.is_meant(
        params.channels, provider=channel[0], channel_code=channel[1]
    )
