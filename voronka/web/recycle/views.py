"""The bin's page, restoring one or several, and what waits for a second person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import reswap, retarget, trigger_client_event

from voronka.clients import binned as binned_clients
from voronka.clients.commands import restore_client
from voronka.clients.models import Client
from voronka.items import binned as binned_items
from voronka.items.commands import restore_item
from voronka.items.commands.mass_deleting import agree_to_delete, refuse_to_delete
from voronka.items.models import Item, MassDeletion
from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError
from voronka.people.access import CLIENTS
from voronka.people.models import User
from voronka.people.requests import SignedInRequest
from voronka.web.list.bulk_report import Report
from voronka.web.rights import needs_right
from voronka.web.toasts import toast

MOST = 200  # rows restored at once
MOST_SHOWN = 200  # cards of a request for deletion, shown by name


@dataclass(frozen=True, slots=True)
class Line:
    """Something in the bin. `may` tells whether the person may bring it back."""

    pk: int
    title: str
    place: str
    owner: User
    deleted_at: datetime | None
    deleted_by: User | None
    may: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to delete many cards."""

    request: MassDeletion
    asker: User | None
    own: bool

    @property
    def cards(self) -> int:
        """How many cards."""
        return len(self.request.item_ids)


@require_GET
@needs_right("recycle")
def index(request: SignedInRequest) -> HttpResponse:
    """List deleted cards, or clients (?kind=clients), the latest first; `q` narrows by title."""
    clients = request.GET.get("kind") == "clients"
    text = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    after = request.GET.get("after", "")
    if clients:
        page = binned_clients.binned(request.user, text=text, after=after)
        lines, further = _client_lines(page.clients, request.user), page.after
    else:
        found = binned_items.binned(request.user, text=text, after=after)
        lines, further = _card_lines(found.items, request.user), found.after
    context = {
        "lines": lines,
        "after": further,
        "clients": clients,
        "text": text,
        "asked": [] if clients or after else _asked(request.user),
        "may_see_clients": bool(request.user.access.scope("see", CLIENTS)),
    }
    return render(request, "recycle/index.html", context)


@require_POST
@needs_right("recycle")
def restore(request: SignedInRequest) -> HttpResponse:
    """Bring back what is ticked, or the one row; say which could not come and why."""
    ids = [int(v) for v in request.POST.getlist("ids") if v.isdecimal() and len(v) < 19][:MOST]
    by = Actor.user(request.user)
    bring: Callable[..., Any] = restore_item
    if request.POST.get("kind") == "clients":
        bring = restore_client
    refused: list[str] = []
    for pk in ids:
        try:
            bring(pk, by=by)
        except DomainError as refusal:
            refused.append(str(refusal))
    back = len(ids) - len(refused)
    response = trigger_client_event(HttpResponse(status=204), "recycle:changed", {})
    if not ids:
        return toast(response, _("Choose what to bring back."), kind="warning")
    if refused:
        sentences = " ".join(dict.fromkeys(refused))
        text = _("Brought back: %(back)s of %(all)s. %(why)s") % {
            "back": back,
            "all": len(ids),
            "why": sentences,
        }
        return toast(response, text, kind="warning")
    text = ngettext("%(count)s is back", "%(count)s are back", back) % {"count": back}
    return toast(response, text)


@require_GET
@needs_right("recycle")
def asked(request: SignedInRequest, asked_id: int) -> HttpResponse:
    """Show the cards that somebody wants to delete."""
    found = get_object_or_404(MassDeletion, pk=asked_id, decided_at=None)
    cards = Item.objects.visible_to(request.user).filter(pk__in=found.item_ids)
    shown = cards.select_related("stage", "owner", "pipeline").order_by("title", "pk")
    context = {
        "asked": _one(found, request.user),
        "cards": shown[:MOST_SHOWN],
        "hidden": len(found.item_ids) - min(cards.count(), MOST_SHOWN),
    }
    return render(request, "recycle/_asked.html", context)


@require_POST
@needs_right("recycle")
def agree(request: SignedInRequest, asked_id: int) -> HttpResponse:
    """Delete what somebody else asked to delete, with a report of each card."""
    run = agree_to_delete(asked_id, by=Actor.user(request.user))
    response = render(request, "list/_report.html", {"report": Report(run)})
    response = reswap(retarget(response, "#dialog"), "innerHTML")
    return trigger_client_event(response, "recycle:changed", {})


@require_POST
@needs_right("recycle")
def refuse(request: SignedInRequest, asked_id: int) -> HttpResponse:
    """Leave the cards where they are."""
    refuse_to_delete(asked_id, by=Actor.user(request.user))
    response = toast(HttpResponse(status=204), _("The cards stay where they are"), kind="info")
    response = trigger_client_event(response, "recycle:changed", {})
    return trigger_client_event(response, "dialog:close", {})


def _card_lines(items: Sequence[Item], user: User) -> list[Line]:
    people = User.objects.in_bulk({item.deleted_by_id for item in items if item.deleted_by_id})
    return [
        Line(
            item.pk,
            item.title,
            f"{item.pipeline} · {item.stage}",
            item.owner,
            item.deleted_at,
            people.get(item.deleted_by_id or 0),
            user.access.may(
                "delete",
                item.pipeline.item_type.code,
                item.pipeline.code,
                owner_id=item.owner_id,
            ),
        )
        for item in items
    ]


def _client_lines(clients: Sequence[Client], user: User) -> list[Line]:
    people = User.objects.in_bulk({c.deleted_by_id for c in clients if c.deleted_by_id})
    kinds = dict(Client.Kind.choices)
    return [
        Line(
            client.pk,
            str(client),
            str(kinds[Client.Kind(client.kind)]),
            client.owner,
            client.deleted_at,
            people.get(client.deleted_by_id or 0),
            user.access.may("delete", CLIENTS, owner_id=client.owner_id),
        )
        for client in clients
    ]


def _asked(user: User) -> list[Asked]:
    found = binned_items.waiting_deletions()
    people = User.objects.in_bulk({one.by_user_id for one in found}) if found else {}
    return [Asked(one, people.get(one.by_user_id), one.by_user_id == user.pk) for one in found]


def _one(found: MassDeletion, user: User) -> Asked:
    asker = User.objects.filter(pk=found.by_user_id).first()
    return Asked(found, asker, found.by_user_id == user.pk)
