"""The list of clients: search, filters, order, and what each is worth."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from voronka.clients.doubles import ids_with_doubles
from voronka.clients.listing import SORTS, USUAL, ClientsPage, OneOf, ownerless, page_of
from voronka.clients.models import Client, ContactPoint
from voronka.items.client_queries import NOTHING, ClientTotals, client_totals, with_open_cards
from voronka.kernel.errors import Sentence
from voronka.people.access import CLIENTS
from voronka.people.models import User
from voronka.people.requests import SignedInRequest
from voronka.search.clients import clients_with
from voronka.timeline.queries import last_touches

LINKED = 2  # companies or persons that a row names
KINDS: dict[str, Sentence] = {"person": _("Persons"), "company": _("Companies")}
ONLY: dict[str, Sentence] = {
    "open": _("With open cards"),
    "doubles": _("May be doubles"),
    "ownerless": _("Responsible has left"),
}
ORDERS: dict[str, Sentence] = {
    "-created": _("Newest first"),
    "created": _("Oldest first"),
    "name": _("By name"),
    "-name": _("By name, from the end"),
    "-changed": _("Changed lately"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A client as the list shows it."""

    client: Client
    totals: ClientTotals
    touched_at: datetime | None
    points: list[ContactPoint] = field(default_factory=list)
    linked: list[Client] = field(default_factory=list)
    more_linked: bool = False

    def _first(self, kind: str) -> ContactPoint | None:
        return next((p for p in self.points if p.kind == kind), None)

    @property
    def phone(self) -> ContactPoint | None:
        """The main phone."""
        return self._first(ContactPoint.Kind.PHONE)

    @property
    def email(self) -> ContactPoint | None:
        """The main e-mail."""
        return self._first(ContactPoint.Kind.EMAIL)

    @property
    def messenger(self) -> ContactPoint | None:
        """The first messenger, for those who have neither phone nor e-mail."""
        if self.phone or self.email:
            return None
        return self.points[0] if self.points else None


@login_required
@require_GET
def index(request: SignedInRequest) -> HttpResponse:
    """List clients; every choice is part of the address, so it can be kept and sent."""
    user, asked = request.user, request.GET
    if not user.access.scope("see", CLIENTS):
        raise Http404
    visible = Client.objects.visible_to(user)
    rows = visible
    kind, only, text = asked.get("kind", ""), asked.get("only", ""), asked.get("q", "").strip()
    owner = _owner(asked.get("owner", ""), user)
    if kind in KINDS:
        rows = rows.filter(kind=kind)
    if owner is not None:
        rows = rows.filter(owner_id=owner)
    if text:
        rows = rows.filter(clients_with(text, visible))
    if only == "open":
        rows = rows.filter(with_open_cards(user))
    elif only == "doubles":
        rows = rows.filter(OneOf("pk", ids_with_doubles(user)))
    elif only == "ownerless":
        rows = rows.filter(ownerless())
    sort = asked.get("sort", USUAL)
    page = page_of(rows, visible=visible, sort=sort, after=asked.get("after", ""))
    context: dict[str, Any] = {
        "rows": _rows(page, user),
        "after": page.after,
        "text": text,
        "kind": kind,
        "kinds": KINDS.items(),
        "only": only,
        "onlys": ONLY.items(),
        "sort": sort if sort.removeprefix("-") in SORTS else USUAL,
        "orders": ORDERS.items(),
        "owner": owner,
        "owners": _owners(user),
        "filtered": bool(text or kind or only or owner is not None or asked.get("after")),
        "may_add": bool(user.access.scope("add", CLIENTS)),
        "may_import": bool(user.access.scope("import", CLIENTS)),
        "tab": "list",
    }
    return render(request, "clients/index.html", context)


def _owner(typed: str, user: User) -> int | None:
    if typed == "me":
        return user.pk
    return int(typed) if typed.isdecimal() and len(typed) < 19 else None


def _owners(user: User) -> list[User]:
    """Return the people whose clients may be seen, for the filter. One SQL query."""
    access = user.access
    ids = access.owners(access.scope("see", CLIENTS))
    people = User.objects.filter(is_active=True)
    return list(people if ids is None else people.filter(pk__in=ids))


def _rows(page: ClientsPage, user: User) -> list[Row]:
    """Put figures and links beside clients. Four SQL queries, and those of the rights."""
    ids = [client.pk for client in page.clients]
    totals, touches = client_totals(ids, user), last_touches(ids)
    rows = []
    for client in page.clients:
        figures = totals.get(client.pk, NOTHING)
        moments = [at for at in (touches.get(client.pk), figures.last_touch_at) if at]
        linked = page.linked[client.pk]
        rows.append(
            Row(
                client,
                figures,
                max(moments, default=None),
                list(client.contact_points.all()),
                linked[:LINKED],
                len(linked) > LINKED,
            )
        )
    return rows
