"""The composer: an answer now or later, with files; and what becomes of it."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TypedDict

from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import reswap, retarget, trigger_client_event

from voronka.channels.commands.sending import send_message
from voronka.channels.reach import NO_ADDRESS, Way
from voronka.items.commands import attach_file
from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError, InvalidInput
from voronka.people.models import User
from voronka.people.requests import SignedInRequest
from voronka.pipelines.values import BadValue, parse_datetime
from voronka.timeline.commands.sending import cancel_message, retry_message
from voronka.timeline.models import Message
from voronka.web.inbox.panel import Talk, place_or_404, talk_of, talk_or_404
from voronka.web.inbox.views import talk_context
from voronka.web.toasts import toast


@login_required
@require_POST
def send(request: SignedInRequest, conversation_id: int) -> HttpResponse:
    """Write into a conversation; what was typed stays when it is refused."""
    talk = talk_of(request, conversation_id)
    try:
        message = _send(request, talk)
    except DomainError as refusal:
        return _refused(request, talk, refusal)
    talk = talk_of(request, conversation_id)
    response = render(request, "inbox/_thread.html", {"talk": talk})
    return _sent(response, message)


@login_required
@require_POST
def begin(request: SignedInRequest, kind: str, subject_id: int) -> HttpResponse:
    """Write first: the conversation of a card ("item") or a client ("client") begins."""
    talk = place_or_404(request.user, kind, subject_id)
    try:
        message = _send(request, talk)
    except DomainError as refusal:
        return _refused(request, talk, refusal)
    begun = talk_or_404(request.user, message.conversation_id, inside=kind)
    response = render(request, "inbox/_talk.html", talk_context(begun))
    return _sent(reswap(retarget(response, f"#talk-{talk.key}"), "outerHTML"), message)


@login_required
@require_POST
def retry(request: SignedInRequest, message_id: int) -> HttpResponse:
    """Send a failed message again."""
    message = message_or_404(request.user, message_id)
    retry_message(message_id, by=Actor.user(request.user))
    return _thread(request, message)


@login_required
@require_POST
def cancel(request: SignedInRequest, message_id: int) -> HttpResponse:
    """Take back a message that has not been sent yet."""
    message = message_or_404(request.user, message_id)
    cancel_message(message_id, by=Actor.user(request.user))
    return toast(_thread(request, message), _("The message will not be sent"))


def message_or_404(user: User, message_id: int) -> Message:
    """Return a message of a conversation that the person may see."""
    message = get_object_or_404(Message, pk=message_id)
    talk_or_404(user, message.conversation_id)
    return message


def _thread(request: SignedInRequest, message: Message) -> HttpResponse:
    shown = request.POST.get("shown", "")  # as many as the page shows already
    limit = int(shown) if shown.isdecimal() and len(shown) < 6 else 0
    talk = talk_of(request, message.conversation_id, limit=limit)
    return render(request, "inbox/_thread.html", {"talk": talk})


def _send(request: SignedInRequest, talk: Talk) -> Message:
    """Attach the files and write the message, both or neither.

    Raises:
        DomainError: it was refused, in a sentence.
    """
    way = talk.way(request.POST.get("way", ""))
    if way is None:
        raise InvalidInput(_("This address is not among the client's any more. Choose another."))
    files = [file for file in request.FILES.getlist("files") if isinstance(file, UploadedFile)]
    if files and not way.provider.sends_files:
        raise InvalidInput(
            _("“%(channel)s” sends no files. Remove them or choose another channel.")
            % {"channel": way.channel.name}
        )
    later = "later" in request.POST
    by = Actor.user(request.user)
    with transaction.atomic():
        return send_message(
            channel_id=way.channel.pk,
            by=by,
            text=request.POST.get("text", ""),
            subject=request.POST.get("subject", "") if way.has_subject else "",
            conversation_id=talk.conversation.pk if talk.conversation else None,
            item_id=None if talk.conversation else talk.item.pk if talk.item else None,
            client_id=None if talk.conversation else talk.client_id,
            to=_to(way),
            attachment_ids=[_attach(file, talk, by) for file in files],
            send_at=_moment(request.POST.get("send_at", "")) if later else None,
            cancel_on_reply=later and "cancel_on_reply" in request.POST,
            **_made_of(request.POST.get("template", "")),
        )


class _Origin(TypedDict):
    template_id: int | None
    answer: str


def _made_of(said: str) -> _Origin:
    """Read which text at hand was taken: a template's id, or "answer:" and the objection's key."""
    kind, _colon, key = said.partition(":")
    answer = key if kind == "answer" and re.fullmatch(r"[0-9a-f]{12}", key) else ""
    number = int(said) if said.isdecimal() and len(said) < 10 else None
    return {"template_id": number, "answer": answer}


def _to(way: Way) -> tuple[str, str] | None:
    return way.to if way.to != NO_ADDRESS else None


def _attach(file: UploadedFile[bytes], talk: Talk, by: Actor) -> int:
    """Keep a file in the card, or at the client while there is no card."""
    item_id = talk.item.pk if talk.item else None
    return attach_file(
        file,
        name=file.name or "file",
        by=by,
        item_id=item_id,
        client_id=None if item_id else talk.client_id,
        content_type=file.content_type or "",
    ).pk


def _moment(text: str) -> datetime:
    try:
        return parse_datetime(text)
    except BadValue:
        said = _("Choose the day and the time to send it.")
        raise InvalidInput(said, fields={"send_at": said}) from None


def _sent(response: HttpResponse, message: Message) -> HttpResponse:
    response = trigger_client_event(response, "talk:sent", {})
    if message.send_at is not None:
        response = toast(response, _("It will be sent at the chosen time"))
    return response


def _refused(request: SignedInRequest, talk: Talk, refusal: DomainError) -> HttpResponse:
    """Say under the text why nothing was sent."""
    response = render(request, "inbox/_refusal.html", {"refusal": refusal}, status=422)
    return reswap(retarget(response, f"#talk-{talk.key} .talk-refusal"), "innerHTML")
