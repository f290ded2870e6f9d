"""Writes to the client by letter or chat, by the channel that reaches them (N1, TL-8, TL-9)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from pydantic import Field, model_validator

from voronka.automation.naming import RobotNames
from voronka.automation.params import LONG, NO_WORDS, Params, Words
from voronka.automation.registry import Context, Done, Nothing, Result, Stop, robot_action
from voronka.automation.texts import fill, readable
from voronka.channels.commands.sending import send_message
from voronka.channels.models import MessageTemplate
from voronka.channels.reach import NO_ADDRESS, Way, ways
from voronka.channels.robots import ways as naming
from voronka.channels.robots.ways import LAST, TemplateRef, WayRef
from voronka.channels.templates import filled, templates_for
from voronka.clients.models import ContactPoint
from voronka.clients.queries import find_exclusion
from voronka.items.models import Item
from voronka.timeline.conversations import conversations_of
from voronka.timeline.models import Conversation, Message

LANGUAGE = settings.LANGUAGE_CODE  # clients are written to in the company's language
_FIRST_LINE = 80  # of a letter without a subject


class Settings(Params):
    template: TemplateRef = Field(
        "",
        title=gettext_noop("Message template"),
        description=gettext_noop("Empty: the text below"),
    )
    text: Words = Field(
        NO_WORDS,
        title=gettext_noop("What to write"),
        description=gettext_noop("With {client.first_name}, {title}, {owner} … of the card"),
        json_schema_extra=LONG,
    )
    subject: Words = Field(
        NO_WORDS,
        title=gettext_noop("Subject of a letter"),
        description=gettext_noop("Empty: that of the last letter, else the first line"),
    )
    through: list[WayRef] = Field(
        default_factory=list,
        max_length=10,
        title=gettext_noop("By which channel, the first that reaches the client"),
        description=gettext_noop("Empty: where the client wrote last, else any other"),
    )
    unless_written: bool = Field(
        False,
        title=gettext_noop("End the robot if the client has written since it began"),
    )

    @model_validator(mode="after")
    def _said(self) -> Settings:
        if not self.text and not self.template:
            raise ValueError(_("Write what the client is to read, or choose a template."))
        return self


def _says(params: Settings, names: RobotNames) -> str:
    if params.template:
        said = _("write to the client by the template “%(text)s”") % {"text": params.template}
    else:
        text = _short(readable(str(params.subject) or str(params.text), names))
        said = _("write to the client: “%(text)s”") % {"text": text}
    if params.through:
        by = {"said": said, "channels": naming.named(params.through)}
        said = _("%(said)s (%(channels)s)") % by
    return (
        said
        if not params.unless_written
        else _("%(said)s, unless they write first") % {"said": said}
    )


@robot_action(
    "send_message",
    title=gettext_lazy("Write to the client"),
    params=Settings,
    says=_says,
    icon="send",
    group=gettext_lazy("Messages"),
    reaches_client=True,
)
def write(item: Item, params: Settings, context: Context) -> Result:
    """The message is queued with the run: both are there, or neither. It answers nobody (Q1)."""
    if params.unless_written and _has_written(item, since=context.run.created_at):
        return Stop(gettext_lazy("The client has written meanwhile: the robot ends here."))
    talk = next(iter(conversations_of(item)), None)
    points = _points(item)
    if find_exclusion(points, at=context.now) is not None:
        return Nothing(gettext_lazy("The client is excluded: nothing is written to them."))
    found = ways(talk, points)
    way = _choose(found, params.through, talk)
    if way is None:
        return _unreached(found)
    template = _template(item, params.template)
    if params.template and template is None:
        return Nothing(
            gettext_lazy("The template “%(name)s” is there no more."), {"name": params.template}
        )
    text, subject = _worded(item, params, template, context)
    if way.has_subject and not (subject or way.subject):
        subject = _short(text)
    message = send_message(
        channel_id=way.channel.pk,
        conversation_id=talk.pk if talk else None,
        item_id=item.pk,
        to=way.to if way.to != NO_ADDRESS else None,
        text=text,
        subject=subject if way.has_subject else "",
        meta={"robot": context.robot.code},
        template_id=template.pk if template else None,
        by=context.by,
    )
    return Done(
        gettext_lazy("written to the client by “%(channel)s”"),
        {"channel": way.channel.name},
        {"message": message.pk},
    )


def _template(item: Item, name: str) -> MessageTemplate | None:
    """Return the template of a name, the one nearest to the card if there are several."""
    if not name:
        return None
    near = (template for template in templates_for(item) if template.name == name)
    return next(near, None) or MessageTemplate.objects.filter(name=name, archived_at=None).first()


def _worded(
    item: Item, params: Settings, template: MessageTemplate | None, context: Context
) -> tuple[str, str]:
    """Return text and subject in the card's words; a subject of one's own goes before."""
    subject = fill(params.subject.local, item, context, language=LANGUAGE).strip()
    if template is None:
        return fill(params.text.local, item, context, language=LANGUAGE).strip(), subject
    said = filled(template, item, now=context.now, names=context.names)
    return said.text.strip(), subject or said.subject.strip()


def _short(text: str) -> str:
    line = text.strip().partition("\n")[0]
    return line if len(line) <= _FIRST_LINE else f"{line[:_FIRST_LINE].rstrip()}…"


def _has_written(item: Item, *, since: datetime) -> bool:
    """Whether the client has sent words of their own since then, to this card or another one."""
    theirs = Q(conversation__item_id=item.pk)
    for client_id in (item.contact_id, item.company_id):
        if client_id is not None:
            theirs |= Q(conversation__client_id=client_id)
    rows = Message.objects.filter(theirs, direction=Message.Direction.IN, automatic=False)
    return rows.filter(recorded_at__gt=since).exists()


def _points(item: Item) -> list[tuple[str, str]]:
    """Return the client's addresses: the person's before the company's."""
    rows = ContactPoint.objects.filter(
        client_id__in=[pk for pk in (item.contact_id, item.company_id) if pk]
    )
    points = rows.order_by("position", "pk")
    mine = sorted(points, key=lambda point: point.client_id != item.contact_id)
    return [(point.kind, point.value) for point in mine]


def _choose(found: Sequence[Way], through: Sequence[str], talk: Conversation | None) -> Way | None:
    """Return the first open way in the wished order; without wishes the usual one."""
    opened = [way for way in found if way.open]
    if not through:
        return next(iter(opened), None)
    recent = talk.channel_id if talk else None
    return next((way for code in through for way in _of(code, opened, recent)), None)


def _of(code: str, opened: Iterable[Way], recent: int | None) -> Iterable[Way]:
    for way in opened:
        channel = way.channel
        if code == LAST:
            if channel.pk == recent:
                yield way
        elif naming.is_meant([code], provider=channel.provider, channel_code=channel.code):
            yield way


def _unreached(found: Sequence[Way]) -> Nothing:
    shut = next((way for way in found if not way.open and way.why), None)
    if shut is not None:
        return Nothing(
            gettext_lazy("“%(channel)s” can't write to the client now: %(why)s"),
            {"channel": shut.channel.name, "why": shut.why},
        )
    return Nothing(
        gettext_lazy("No channel reaches the client: there is no address that one could write to.")
    )
