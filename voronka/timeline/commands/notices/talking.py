"""Telling of conversations: the client has written, our own message was not sent (UI-11)."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from voronka.items.models import Item
from voronka.journal.models import Event
from voronka.kernel import masking
from voronka.kernel.prepared import Prepared
from voronka.people.models import User
from voronka.timeline.commands.notifications import notify
from voronka.timeline.models import Conversation, Message, Notification

PAGE = "inbox:show"
_WORDS = 140  # characters of the message that are told
_SAID = ("message", "enquiry")  # kinds of notices that tell what the client says


def on_message(event: Event) -> None:
    """Tell the responsible that a client has written (a handler of `…message_received`).

    While an earlier notice of this conversation stands unread, it says the newest words instead of
    a second one: a client who writes ten lines rings once.
    """
    if event.diff.get("automatic"):
        return
    talk = _TALK.first(event.diff["conversation"])
    message = _MESSAGE.first(event.diff["message"])
    if talk is None or message is None:
        return
    owner = talk.owner or (talk.item.owner if talk.item is not None else None)
    if owner is None or not owner.is_active:
        return
    with masking.hiding(owner.access.hides_contacts):  # a nameless client is called by the phone
        who = masking.shown_text(message.author_name) or talk.who
    words = " ".join((message.text or message.subject).split())[:_WORDS]
    with override(owner.language):
        said = words or _("a file")
        text = f"{who}: {said}" if who else _("A client has written: %(text)s") % {"text": said}
    key = message_key(message.pk)
    unread = Notification.objects.filter(user=owner, read_at=None, url_name=PAGE, url_id=talk.pk)
    if (known := unread.filter(kind__in=_SAID).first()) is not None:
        known.text, known.key, known.at = text[:300], key, timezone.now()
        known.save(update_fields=["text", "key", "at"])
        return
    notify(owner.pk, "message", text, item_id=talk.item_id, url_name=PAGE, url_id=talk.pk, key=key)


def on_enquiry_joined(event: Event) -> None:
    """Say of a client's message that it is a new enquiry (a handler of `item.enquiry_joined`).

    The message has told of itself already: this is the same event, so the same notice says it.
    """
    if event.diff.get("enquiry") is None or event.diff.get("test"):
        return
    owner = User.objects.filter(pk=event.diff["owner_id"], is_active=True).first()
    if owner is None:
        return
    title = Item.objects.values_list("title", flat=True).get(pk=event.subject_id)
    with override(owner.language):
        text = _("“%(title)s”: the client has turned to us again.") % {"title": title}
    message_id = (
        Message.objects.filter(enquiry_id=event.diff["enquiry"])
        .values_list("pk", flat=True)
        .first()
    )
    key = message_key(message_id) if message_id is not None else f"enquiry-{event.diff['enquiry']}"
    told = Notification.objects.filter(user=owner, key=key).first()
    if told is None:
        notify(owner.pk, "enquiry", text, item_id=event.subject_id, key=key)
    else:
        told.kind, told.text, told.item_id = "enquiry", text[:300], event.subject_id
        told.save(update_fields=["kind", "text", "item_id"])


def on_message_failed(event: Event) -> None:
    """Tell the author that a message was not sent (a handler of `…message_failed`)."""
    messages = Message.objects.select_related("author", "conversation__owner")
    found = messages.filter(pk=event.diff["message"]).first()
    if found is None:
        return
    person = found.author or found.conversation.owner
    if person is None or not person.is_active:
        return
    with override(person.language):
        text = _("Your message was not sent: %(why)s") % {"why": event.diff.get("error", "")}
    talk = found.conversation
    notify(
        person.pk,
        "not_sent",
        text,
        item_id=talk.item_id,
        url_name=PAGE,
        url_id=talk.pk,
        event=event,
    )


def message_key(message_id: int) -> str:
    """Return the key of what is told of a client's message."""
    return f"message-{message_id}"


_TALK = Prepared(
    lambda pk: Conversation.objects.select_related(
        "owner__role", "item__owner__role", "client"
    ).filter(pk=pk),
    int,
    model=Conversation,
)
_MESSAGE = Prepared(
    lambda pk: Message.objects.only("author_name", "text", "subject").filter(pk=pk),
    int,
    model=Message,
)
