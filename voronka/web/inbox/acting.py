"""What is done with a conversation: taken, given, closed, merged, split, and taken back."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from voronka.journal.actors import Actor
from voronka.kernel.errors import InvalidInput, NotFound
from voronka.people.models import User
from voronka.people.requests import SignedInRequest
from voronka.timeline.commands.conversations import (
    assign_conversation,
    close_conversation,
    reopen_conversation,
)
from voronka.timeline.commands.rethreading import (
    merge_conversations,
    split_conversation,
    undo_rethreading,
)
from voronka.timeline.models import Rethreading
from voronka.web.card.answers import dialog, said
from voronka.web.inbox.panel import talk_or_404
from voronka.web.inbox.sending import message_or_404


@login_required
@require_POST
def take(request: SignedInRequest, conversation_id: int) -> HttpResponse:
    """Answer oneself from now on."""
    talk_or_404(request.user, conversation_id)
    assign_conversation(conversation_id, to=request.user, by=Actor.user(request.user))
    return _changed(_("The conversation is yours"))


@login_required
@require_http_methods(["GET", "POST"])
def assign(request: SignedInRequest, conversation_id: int) -> HttpResponse:
    """Ask who shall answer, and give the conversation to them; empty: to nobody."""
    talk = talk_or_404(request.user, conversation_id)
    owner_id = talk.conversation.owner_id if talk.conversation else None
    people = User.objects.filter(Q(is_active=True) | Q(pk=owner_id)).order_by("name")
    context = {"talk": talk, "people": people, "refusal": None}
    if request.method == "GET":
        return dialog(request, "inbox/_assign.html", context)
    asked = request.POST.get("owner", "")
    to = people.filter(pk=int(asked)).first() if asked.isdecimal() and len(asked) < 19 else None
    try:
        assign_conversation(conversation_id, to=to, by=Actor.user(request.user))
    except InvalidInput as refusal:
        return dialog(request, "inbox/_assign.html", context | {"refusal": refusal}, status=422)
    return _changed(_("Given to %(name)s") % {"name": to} if to else _("Nobody answers it now"))


@login_required
@require_POST
def close(request: SignedInRequest, conversation_id: int) -> HttpResponse:
    """Take it out of the inbox until the client writes again."""
    talk_or_404(request.user, conversation_id)
    close_conversation(conversation_id, by=Actor.user(request.user))
    undo_url = reverse("inbox:reopen", args=[conversation_id])
    return _changed(_("Closed. It comes back when the client writes."), undo_url=undo_url)


@login_required
@require_POST
def reopen(request: SignedInRequest, conversation_id: int) -> HttpResponse:
    """Bring it back into the inbox."""
    talk_or_404(request.user, conversation_id)
    reopen_conversation(conversation_id, by=Actor.user(request.user))
    return _changed(_("The conversation is open again"))


@login_required
@require_http_methods(["GET", "POST"])
def merge(request: SignedInRequest, conversation_id: int) -> HttpResponse:
    """Ask which conversation of the same client joins this one, and put them together."""
    talk = talk_or_404(request.user, conversation_id)
    if request.method == "GET":
        return dialog(request, "inbox/_merge.html", {"talk": talk, "refusal": None})
    asked = request.POST.get("other", "")
    other = next((t for t in talk.others if str(t.pk) == asked), None)
    try:
        if other is None or talk.conversation is None:
            raise InvalidInput(_("Choose a conversation."))
        done = merge_conversations(talk.conversation.pk, other.pk, by=Actor.user(request.user))
    except InvalidInput as refusal:
        context = {"talk": talk, "refusal": refusal}
        return dialog(request, "inbox/_merge.html", context, status=422)
    return _changed(_("Merged: all messages stand here now"), undo_url=_undo_url(done))


@login_required
@require_POST
def split(request: SignedInRequest, message_id: int) -> HttpResponse:
    """Take a message and all after it out into a conversation of their own."""
    message = message_or_404(request.user, message_id)
    later = Q(at__gt=message.at) | Q(at=message.at, pk__gte=message.pk)
    ids = message.conversation.messages.filter(later).values_list("pk", flat=True)
    done = split_conversation(message.conversation_id, list(ids), by=Actor.user(request.user))
    told = _("These messages are a conversation of their own now")
    return _changed(told, undo_url=_undo_url(done))


@login_required
@require_POST
def undo(request: SignedInRequest, rethreading_id: int) -> HttpResponse:
    """Take a merge or a split back."""
    done = Rethreading.objects.filter(pk=rethreading_id).first()
    if done is None:
        raise NotFound(_("There is nothing to take back."))
    talk_or_404(request.user, done.target_id)
    undo_rethreading(rethreading_id, by=Actor.user(request.user))
    if done.kind == Rethreading.Kind.MERGE:
        return _changed(_("The conversations are apart again"))
    return _changed(_("The messages are back in their conversation"))


def _undo_url(done: Rethreading) -> str:
    return reverse("inbox:undo", args=[done.pk])


def _changed(text: str, *, undo_url: str = "") -> HttpResponse:
    """Say what was done and have list, head and thread read themselves anew."""
    return trigger_client_event(said(text, undo_url=undo_url), "talk:read", {})
