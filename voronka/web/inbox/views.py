"""The page of three panes, its pieces, and the panel inside a card or a client's page."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_GET, require_POST

from voronka.channels.models import Channel
from voronka.journal.actors import Actor
from voronka.journal.commands import note_reading
from voronka.people.requests import SignedInRequest, reader
from voronka.timeline import conversations
from voronka.timeline.commands.conversations import mark_read
from voronka.timeline.day import team
from voronka.timeline.models import Message
from voronka.web.card.moments import moments
from voronka.web.inbox.panel import (
    Talk,
    channel_signs,
    first_of,
    place_or_404,
    talk_of,
    talk_or_404,
    wait_of,
)

TABS = {
    "mine": pgettext_lazy("conversations", "Mine"),
    "unassigned": gettext_lazy("Nobody's"),
    "waiting": gettext_lazy("Waiting longest"),
    "all": pgettext_lazy("conversations", "All"),
    "failed": gettext_lazy("Not sent"),
    "closed": pgettext_lazy("conversations", "Closed"),
}
MOST_ROWS = 300  # of the list that are read again when something changes


@login_required
@require_GET
def index(request: SignedInRequest) -> HttpResponse:
    """Show the list; for htmx only the list or its next rows."""
    context = _list(request)
    if request.htmx.target == "inbox-list":
        return render(request, "inbox/_list.html", context | {"oob": True})
    if request.GET.get("before"):
        return render(request, "inbox/_rows.html", context)
    return render(request, "inbox/index.html", context)


@login_required
@require_GET
def show(request: SignedInRequest, conversation_id: int) -> HttpResponse:
    """Show a conversation beside the list; for htmx only the conversation and its facts."""
    try:
        talk = talk_or_404(request.user, conversation_id)
    except Http404:
        return _gone(request)
    if talk.client is not None and talk.sees_client:
        note_reading(talk.client, by=reader(request))
    if request.htmx.target == "inbox-talk":
        context = talk_context(talk) | {"query": query_of(request)}
        return render(request, "inbox/_open.html", context)
    return render(request, "inbox/index.html", _list(request, opened=talk) | talk_context(talk))


@login_required
@require_GET
def message(request: SignedInRequest, message_id: int) -> HttpResponse:
    """Lead to a message in its conversation, wherever merging and splitting have put it."""
    rows = Message.objects.filter(pk=message_id).values_list("conversation_id", flat=True)
    try:
        talk = talk_or_404(request.user, rows.first() or 0)
    except Http404:
        return _gone(request)
    place = reverse("inbox:show", args=[talk.conversation.pk if talk.conversation else 0])
    return HttpResponseRedirect(f"{place}#msg-{message_id}")


def _gone(request: SignedInRequest) -> HttpResponse:
    """Say what may have become of a conversation, beside those that are there."""
    if request.htmx.target == "inbox-talk":
        return render(request, "inbox/_gone.html", status=200)
    return render(request, "inbox/index.html", _list(request) | {"gone": True}, status=404)


@login_required
@require_GET
def panel(request: SignedInRequest, conversation_id: int) -> HttpResponse:
    """Draw thread and composer of one conversation, inside a card or a client's page."""
    return render(request, "inbox/_talk.html", talk_context(talk_of(request, conversation_id)))


@login_required
@require_GET
def of_item(request: SignedInRequest, item_id: int) -> HttpResponse:
    """Draw the panel of a card: its newest conversation, or the place where one begins."""
    talk = first_of(place_or_404(request.user, "item", item_id))
    return render(request, "inbox/_talk.html", talk_context(talk))


@login_required
@require_GET
def of_client(request: SignedInRequest, client_id: int) -> HttpResponse:
    """Draw the panel of a client: the newest conversation, or the place where one begins."""
    talk = first_of(place_or_404(request.user, "client", client_id))
    return render(request, "inbox/_talk.html", talk_context(talk))


@login_required
@require_GET
def thread(request: SignedInRequest, conversation_id: int) -> HttpResponse:
    """Draw the messages again, or the earlier ones (`before`)."""
    before = request.GET.get("before", "")
    talk = talk_or_404(
        request.user, conversation_id, before=before, limit=_number(request, "shown")
    )
    template = "inbox/_messages.html" if before else "inbox/_thread.html"
    return render(request, template, {"talk": talk})


@login_required
@require_GET
def head(request: SignedInRequest, conversation_id: int) -> HttpResponse:
    """Draw the head again: who answers, how long the client waits, what can be done."""
    context = {"talk": talk_of(request, conversation_id), "query": query_of(request)}
    return render(request, "inbox/_head.html", context)


@login_required
@require_GET
def facts(request: SignedInRequest, conversation_id: int) -> HttpResponse:
    """Draw the facts of card and client again."""
    talk = talk_or_404(request.user, conversation_id)
    return render(request, "inbox/_facts.html", {"talk": talk})


@login_required
@require_POST
def read(request: SignedInRequest, conversation_id: int) -> HttpResponse:
    """Take the mark of unread away."""
    talk_or_404(request.user, conversation_id)
    mark_read(conversation_id, by=Actor.user(request.user))
    return HttpResponse(status=204)


def talk_context(talk: Talk) -> dict[str, Any]:
    """Return what inbox/_talk.html shows."""
    return {"talk": talk, "moments": moments()}


def query_of(request: SignedInRequest) -> str:
    """Return the list's filters as a query string, for links that keep them."""
    kept = _kept(request, "show", "channel", "owner", "q")
    return f"?{kept}" if kept else ""


def _kept(request: SignedInRequest, *names: str) -> str:
    return urlencode({k: v for k in names if (v := request.GET.get(k, ""))})


def _list(request: SignedInRequest, *, opened: Talk | None = None) -> dict[str, Any]:
    show = request.GET.get("show", "")
    show = show if show in TABS else "mine"
    channel_id = _number(request, "channel") or None
    owner_id = _number(request, "owner") or None
    shown = _number(request, "shown")
    rest = _kept(request, "channel", "q")
    page = conversations.inbox(
        request.user,
        show=show,
        channel_id=channel_id,
        owner_id=owner_id if show not in ("mine", "unassigned") else None,
        text=request.GET.get("q", "")[:100],
        before=request.GET.get("before", ""),
        limit=max(conversations.PAGE, min(shown, MOST_ROWS)),
    )
    counts = conversations.inbox_tabs(request.user)
    figures = {
        "mine": counts.mine_unread,
        "unassigned": counts.unassigned,
        "waiting": counts.waiting,
        "failed": counts.failed,
    }
    people = team(request.user)
    channels = Channel.objects.filter(archived_at=None)
    return {
        "rows": [(row, wait_of(row)) for row in page.rows],
        "after": page.after,
        "show": show,
        "tabs": [(code, title, figures.get(code, 0)) for code, title in TABS.items()],
        "rest": f"&{rest}" if rest else "",
        "team": people if len(people) > 1 else [],
        "owner": owner_id,
        "channels": channels.values_list("pk", "name"),
        "channel": channel_id,
        "signs": channel_signs(),
        "text": request.GET.get("q", ""),
        "query": query_of(request),
        "filtered": bool(channel_id or owner_id or request.GET.get("q", "").strip()),
        "opened": opened.conversation.pk
        if opened and opened.conversation
        else _number(request, "open"),
    }


def _number(request: SignedInRequest, name: str) -> int:
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else 0
