"""The list of everything that came in, one event as it came, and trying it again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import trigger_client_event

from voronka.channels import commands, queries
from voronka.channels.contract import Kind
from voronka.channels.models import UNFINISHED, Channel, Enquiry
from voronka.channels.registry import providers
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.kernel.errors import Sentence
from voronka.people.models import User
from voronka.people.requests import SignedInRequest
from voronka.timeline.reasons import decided
from voronka.web.addresses import address
from voronka.web.ledger.raw import LONGEST, body_text, headers_text
from voronka.web.rights import needs_right
from voronka.web.toasts import toast

LOOKS = {
    Enquiry.State.RECEIVED: "amber",
    Enquiry.State.PARSED: "red",
    Enquiry.State.FAILED: "red",
    Enquiry.State.CARDED: "accent",
    Enquiry.State.ANSWERED: "green",
}
KINDS: dict[str, Sentence] = {
    Kind.MESSAGE: gettext_lazy("Enquiry"),
    Kind.AUTO_REPLY: gettext_lazy("Auto-reply"),
    Kind.BOUNCE: gettext_lazy("Bounce"),
    Kind.OWN: gettext_lazy("Written by us"),
    Kind.SIGNAL: gettext_lazy("News of a card"),
    Kind.STATUS: gettext_lazy("Delivery news"),
    Kind.SPAM: gettext_lazy("Spam trap"),
    Kind.NOTHING: gettext_lazy("Nothing to do"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the ledger as it is drawn. `sees` tells whether the person may see its card."""

    enquiry: Enquiry
    sees: bool

    @property
    def look(self) -> str:
        """The colour of the state."""
        return LOOKS.get(Enquiry.State(self.enquiry.state), "line")

    @property
    def kind(self) -> Sentence:
        """What it is, once that is understood."""
        return KINDS.get(self.enquiry.kind, "—")

    @property
    def icon(self) -> str:
        """The icon of the channel's kind."""
        provider = providers().get(self.enquiry.channel.provider)
        return provider.icon if provider else "plug-x"

    @property
    def why(self) -> str:
        """Why it is in the state it is in."""
        enquiry = self.enquiry
        if enquiry.error:
            return enquiry.error
        said = enquiry.decision
        if enquiry.exclusion is not None:
            return str(enquiry.exclusion.get_reason_display())
        if enquiry.state == Enquiry.State.IGNORED:
            return str(said.get("why") or "")
        return decided(said.get("why"), said.get("owner_why"), said.get("rules") or ())

    @property
    def lost(self) -> bool:
        """Whether it has no card and should have."""
        return self.enquiry.state in UNFINISHED

    @property
    def can_be_let_in(self) -> bool:
        """Whether an exclusion or a trap has stopped it, and it can be read still."""
        state, kind = self.enquiry.state, self.enquiry.kind
        trapped = state == Enquiry.State.IGNORED and kind == Kind.SPAM
        return state == Enquiry.State.EXCLUDED or trapped


def rows_for(user: User, enquiries: Iterable[Enquiry]) -> list[Row]:
    """Return rows that know which cards the person may see. One SQL query."""
    enquiries = list(enquiries)
    ids = [e.item_id for e in enquiries if e.item_id]
    seen = set(Item.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True))
    return [Row(one, one.item_id in seen) for one in enquiries]


@require_GET
@needs_right("control")
def index(request: SignedInRequest) -> HttpResponse:
    """List what has no card, or with ?all=1 everything; for htmx only the list."""
    now = timezone.now()
    asked = request.GET
    lost = not asked.get("all")
    state = asked.get("state", "") if asked.get("state") in Enquiry.State.values else ""
    channel_id = _number(asked.get("channel"))
    page = queries.ledger(
        state="" if lost else state,
        lost=lost,
        channel_id=channel_id,
        at=now,
        before=_number(asked.get("after")),
    )
    context: dict[str, Any] = {
        "rows": rows_for(request.user, page.rows),
        "after": page.before,
        "lost": lost,
        "lost_count": queries.count_lost(at=now),
        "state": state,
        "states": Enquiry.State.choices,
        "channel_id": channel_id,
        "channels": Channel.objects.order_by("archived_at", "position", "pk"),
        "filtered": bool(state or channel_id or asked.get("after")),
        "can_exclude": bool(address("exclusions:new")),
    }
    in_place = request.htmx.target == "ledger"
    return render(request, "ledger/_list.html" if in_place else "ledger/index.html", context)


@require_GET
@needs_right("control")
def show(request: SignedInRequest, enquiry_id: int) -> HttpResponse:
    """Show one event as it came, as plain text."""
    template = "ledger/_event.html" if request.htmx.target == "enquiry" else "ledger/show.html"
    return render(request, template, _event(request, enquiry_id))


def _event(request: SignedInRequest, enquiry_id: int) -> dict[str, Any]:
    enquiry = queries.enquiry_with_raw(enquiry_id)
    if enquiry is None:
        raise Http404
    raw = bytes(enquiry.raw)
    return {
        "row": rows_for(request.user, [enquiry])[0],
        "enquiry": enquiry,
        "headers": headers_text(enquiry.headers),
        "body": body_text(raw, enquiry.content_type),
        "forgotten": not raw and enquiry.state not in UNFINISHED,
        "size": len(raw),
        "cut": len(raw) > LONGEST,
    }


@require_POST
@needs_right("control")
def replay(request: SignedInRequest, enquiry_id: int) -> HttpResponse:
    """Try an event again that has no card."""
    return _again(request, enquiry_id, pardon=False)


@require_POST
@needs_right("control")
def let_in(request: SignedInRequest, enquiry_id: int) -> HttpResponse:
    """Make a card of an event though an exclusion or a spam trap has stopped it."""
    return _again(request, enquiry_id, pardon=True)


def _again(request: SignedInRequest, enquiry_id: int, *, pardon: bool) -> HttpResponse:
    tried = commands.replay(enquiry_id, by=Actor.user(request.user), pardon=pardon)
    if request.htmx.target == "enquiry":
        response = render(request, "ledger/_event.html", _event(request, enquiry_id))
    else:
        response = HttpResponse(status=204)
    if tried.state in UNFINISHED:
        said = tried.error or _("It has no card yet: somebody else is working on it.")
        response = toast(response, said, kind="warning")
    elif tried.item_id is not None:
        response = toast(response, _("It is in a card now"))
    else:
        response = toast(response, _("Done: it needs no card"), kind="info")
    return trigger_client_event(response, "ledger:changed", {})


@require_POST
@needs_right("control")
def replay_all(request: SignedInRequest) -> HttpResponse:
    """Try the newest events without a card again, of one channel or of all."""
    by = Actor.user(request.user)
    page = queries.ledger(
        lost=True, channel_id=_number(request.POST.get("channel")), at=timezone.now()
    )
    left = [row for row in page.rows if commands.replay(row.pk, by=by).state in UNFINISHED]
    done = len(page.rows) - len(left)
    if left:
        said = ngettext(
            "%(count)d event still has no card: read its reason.",
            "%(count)d events still have no card: read their reasons.",
            len(left),
        )
        response = toast(HttpResponse(status=204), said % {"count": len(left)}, kind="warning")
    else:
        said = ngettext("%(count)d event is settled", "%(count)d events are settled", done)
        response = toast(HttpResponse(status=204), said % {"count": done})
    return trigger_client_event(response, "ledger:changed", {})


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 19 else None
