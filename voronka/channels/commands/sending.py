"""Writing to clients: a person's words go to the queue, a job hands them to the channel.

Source: docs/domain/conversations.md (TL-2, TL-8, TL-9).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.channels import rules
from voronka.channels.commands.templates import count_use
from voronka.channels.contract import FileOut, NotSent, Outgoing, Refused, TryAgain
from voronka.channels.errors import ChannelOff, WindowClosed
from voronka.channels.facts import facts_of
from voronka.channels.models import Channel
from voronka.channels.registry import provider_of, providers
from voronka.channels.tracking import tracked_html
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.errors import InvalidInput, NotFound
from voronka.timeline.commands.messages import Letter, write_message
from voronka.timeline.commands.sending import begin_sending, due_messages, note_failed, note_sent
from voronka.timeline.conversations import last_identity
from voronka.timeline.markup import clean_html
from voronka.timeline.models import Conversation, Message

log = logging.getLogger(__name__)
_THREAD = 20  # earlier messages whose ids go along


def send_message(
    *,
    channel_id: int,
    by: Actor,
    text: str = "",
    html: str = "",
    subject: str = "",
    conversation_id: int | None = None,
    item_id: int | None = None,
    client_id: int | None = None,
    to: tuple[str, str] | None = None,
    reply_to_id: int | None = None,
    attachment_ids: Sequence[int] = (),
    send_at: datetime | None = None,
    cancel_on_reply: bool = False,
    meta: dict[str, Any] | None = None,
    template_id: int | None = None,
    answer: str = "",
) -> Message:
    """Write to a client by a channel; it is sent as soon as the caller's transaction commits.

    In a conversation the address and the chat are those of the channel's last message there;
    otherwise `to` says whom. See `timeline.commands.messages.write_message` for what follows.

    Args:
        conversation_id: where it belongs; or `item_id`, or `client_id`, whose conversation it is.
        to: the client's (kind, value) in the channel.
        send_at, cancel_on_reply: later, and not if the client writes first (TL-9).
        template_id: the template that the text was made of; its use is counted.
        answer: the key of the objection that it answers (`usefulness.answer_key`).
    Raises:
        NotFound: no such channel or conversation.
        ChannelOff: the channel is off, or does not send.
        WindowClosed: the channel does not let this client be written to now (TL-2).
        InvalidInput: nobody to write to, or nothing written.
        Forbidden: the role may not change the card.
    """
    channel = Channel.objects.filter(pk=channel_id).first()
    if channel is None:
        raise NotFound(_("There is no such channel."))
    provider = provider_of(channel.provider)
    if not channel.active or channel.archived_at is not None or not provider.sends:
        raise ChannelOff(
            _("“%(channel)s” does not send now. Choose another channel.")
            % {"channel": channel.name}
        )
    last = None
    if conversation_id is not None:
        talk = Conversation.objects.filter(pk=conversation_id).first()
        last = last_identity(talk, channel_id) if talk is not None else None
    identity = to or ((last.identity_kind, last.identity_value) if last else ("", ""))
    thread_key = last.thread_key if last and to in (None, identity) else ""
    if not identity[1] and not thread_key:
        raise InvalidInput(
            _("Choose whom to write to."), fields={"to": _("No address for this channel.")}
        )
    last_in = last.at if last and last.is_incoming else None
    now = timezone.now()
    window = provider.window(facts_of(channel), last_in=last_in, now=send_at or now)
    if not window.open:
        raise WindowClosed(window.why or _("The channel does not let this client be written to."))
    letter = Letter(
        provider=channel.provider,
        channel_id=channel.pk,
        text=text,
        html=clean_html(html) if html else "",
        subject=subject or (last.subject if last else ""),
        identity=identity,
        thread_key=thread_key,
        reply_to_id=reply_to_id or (last.pk if last else None),
        attachment_ids=attachment_ids,
        send_at=send_at,
        cancel_on_reply=cancel_on_reply,
        meta={**(meta or {}), **_made_of(template_id, answer)},
    )
    with transaction.atomic():
        message = write_message(
            letter, by=by, conversation_id=conversation_id, item_id=item_id, client_id=client_id
        )
        if template_id is not None:
            count_use(template_id)
    return message


def _made_of(template_id: int | None, answer: str) -> dict[str, Any]:
    """Return what a message remembers of the text at hand that it was made of (TL-8)."""
    kept = {"template": template_id, "answer": answer}
    return {name: value for name, value in kept.items() if value}


def deliver(message_id: int) -> None:
    """Hand one queued message to its channel and keep what became of it; a job's work.

    A failure that may pass is tried again with growing pauses, five times; then the message is
    marked failed, in words, where its author sees it.
    """
    now = timezone.now()
    message = begin_sending(message_id, at=now)
    if message is None:
        return
    try:
        channel, outgoing = _outgoing(message)
        provider, facts = provider_of(channel.provider), facts_of(channel)
        delivery = provider.send(outgoing, facts)
    except NotSent as failure:
        after = failure.after if isinstance(failure, TryAgain) else None
        temporary = isinstance(failure, TryAgain)
        retry = rules.next_send(message.attempts, timezone.now(), after=after)
        note_failed(message_id, str(failure.why), retry_at=retry if temporary else None)
    except Exception as error:
        log.exception("message %s could not be sent", message_id)
        why = _("An unexpected error: %(error)s") % {"error": type(error).__name__}
        note_failed(message_id, why, retry_at=rules.next_send(message.attempts, timezone.now()))
    else:
        note_sent(message_id, external_id=delivery.external_id, at=delivery.at)
        provider.taken(outgoing, facts)
        Channel.objects.filter(pk=channel.pk).update(last_sent_at=timezone.now())


def _outgoing(message: Message) -> tuple[Channel, Outgoing]:
    channel = Channel.objects.filter(pk=message.channel_id or 0).first()
    if channel is None or not channel.active:
        name = channel.name if channel else message.provider
        raise Refused(_("“%(channel)s” is switched off.") % {"channel": name})
    files = [
        FileOut(row.name, Path(row.file.path), row.content_type)
        for row in message.attachments.filter(deleted_at=None)
    ]
    earlier = message.conversation.messages.filter(channel_id=channel.pk, at__lte=message.at)
    ids = earlier.exclude(pk=message.pk).exclude(external_id="").order_by("-at", "-pk")
    html = message.html
    if provider_of(channel.provider).tracks(facts_of(channel)):
        html = tracked_html(message.pk, text=message.text, html=html)
    outgoing = Outgoing(
        key=f"voronka-{message.pk}",
        to=(message.identity_kind, message.identity_value),
        text=message.text,
        html=html,
        subject=message.subject,
        thread_key=message.thread_key,
        reply_to=list(ids.values_list("external_id", flat=True)[:_THREAD]),
        files=files,
        author=str(message.author or ""),
        meta=message.meta,
    )
    return channel, outgoing


def send_due(*, at: datetime | None = None, batch: int = 200) -> int:
    """Send what is due: planned messages, new attempts, those whose sender died. How many."""
    ids = due_messages(at=at or timezone.now(), batch=batch)
    for pk in ids:
        deliver(pk)
    return len(ids)


def on_message_written(event: Event) -> None:
    """Let a job send what was written (a handler of `item.message_written` and the client's).

    A channel that asks nobody outside does not wait for a worker, who may be busy with letters:
    its message goes as soon as this commits. The job then finds nothing to do, or mends a crash.
    """
    from voronka.channels.tasks import send

    if event.diff.get("send_at") is not None:
        return
    message_id = event.diff["message"]
    send.defer(message_id=message_id)
    provider = providers().get(event.diff.get("provider") or "")
    if provider is not None and provider.sends_at_once:
        transaction.on_commit(lambda: deliver(message_id), robust=True)
