"""The list of exclusions; adding one by hand, from a client or an event; taking it back."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from voronka.channels.contract import Identity
from voronka.channels.queries import enquiry_with_raw, sender_of
from voronka.clients import commands, queries
from voronka.clients.models import Client, Exclusion
from voronka.journal.actors import Actor
from voronka.kernel import masking
from voronka.kernel.errors import DomainError
from voronka.people import access
from voronka.people.requests import SignedInRequest
from voronka.web.card.answers import dialog
from voronka.web.exclusions.forms import ChosenForm, TypedForm, kind_title
from voronka.web.rights import needs_right
from voronka.web.toasts import toast


@require_GET
@needs_right("control")
def index(request: SignedInRequest) -> HttpResponse:
    """List the exclusions in force, or with ?lifted=1 those taken back; for htmx only the list."""
    asked = request.GET
    reason = asked.get("reason", "") if asked.get("reason") in Exclusion.Reason.values else ""
    text, lifted, after = asked.get("q", "")[:100], bool(asked.get("lifted")), asked.get("after")
    before = int(after) if after and after.isdecimal() and len(after) < 19 else None
    found = queries.exclusions(reason=reason, text=text, lifted=lifted, before=before)
    now = timezone.now()
    seen = Client.objects.visible_to(request.user)
    ids = [one.client_id for one in found if one.client_id]
    visible = set(seen.filter(pk__in=ids).values_list("pk", flat=True))
    context: dict[str, Any] = {
        "rows": [
            {
                "exclusion": one,
                "kind": kind_title(one.identity_kind),
                "over": one.until is not None and one.until <= now,
                "client": one.client if one.client_id in visible else None,
            }
            for one in found
        ],
        "after": found[-1].pk if len(found) == queries.PAGE else None,
        "reason": reason,
        "reasons": Exclusion.Reason.choices,
        "q": text,
        "lifted": lifted,
        "filtered": bool(reason or text or before),
    }
    in_place = request.htmx.target == "exclusions"
    template = "exclusions/_list.html" if in_place else "exclusions/index.html"
    return render(request, template, context)


@require_http_methods(["GET", "POST"])
@login_required
def new(request: SignedInRequest) -> HttpResponse:
    """Ask in a dialog whom to exclude: ?client=, ?enquiry=, or anything that is typed."""
    by = Actor.user(request.user)
    client = _client(request)
    known = _known(request, client, by)
    data = request.POST or None
    form = TypedForm(data) if known is None else ChosenForm(data, known=known)
    if request.method == "POST" and form.is_valid():
        try:
            rows = commands.exclude(
                form.identities(),
                reason=form.cleaned_data["reason"],
                by=by,
                client_id=client.pk if client else None,
                until=form.until(timezone.now()),
                comment=form.cleaned_data["comment"],
            )
        except DomainError as error:
            form.refuse(error)
        else:
            said = ngettext(
                "Excluded: no more cards from %(what)s",
                "%(count)d contacts are excluded: no more cards from them",
                len(rows),
            ) % {"what": _names(rows[:1]), "count": len(rows)}
            undo = reverse("exclusions:lift", args=[_joined(rows)])
            return trigger_client_event(_changed(said, undo), "dialog:close", {})
    context: dict[str, object] = {
        "form": form,
        "client": client,
        "typed": known is None,
        "known": known,
    }
    return dialog(request, "exclusions/_new.html", context, status=422 if form.errors else 200)


def _client(request: SignedInRequest) -> Client | None:
    asked = request.GET.get("client", "")
    if not asked:
        return None
    visible = Client.objects.visible_to(request.user)
    return get_object_or_404(visible, pk=int(asked) if asked.isdecimal() else 0)


def _known(request: SignedInRequest, client: Client | None, by: Actor) -> list[Identity] | None:
    """Return the identities to choose from; None when one is to be typed.

    Raises:
        Forbidden: no client is named, and the right "control" is missing.
    """
    if client is not None:
        return [(point.kind, point.value) for point in client.contact_points.all()]
    access.require_right(by, "control")
    asked = request.GET.get("enquiry", "")
    if not asked:
        return None
    enquiry = enquiry_with_raw(int(asked)) if asked.isdecimal() and len(asked) < 19 else None
    if enquiry is None:
        raise Http404
    return sender_of(enquiry) or None


@require_POST
@login_required
def lift(request: SignedInRequest, ids: str) -> HttpResponse:
    """Let cards be made again from some identities."""
    by = Actor.user(request.user)
    rows = [commands.lift_exclusion(number, by=by) for number in _numbers(ids)]
    if not rows:
        raise Http404
    said = _("Taken back: %(what)s") % {"what": _names(rows)}
    return _changed(said, reverse("exclusions:restore", args=[ids]))


@require_POST
@login_required
def restore(request: SignedInRequest, ids: str) -> HttpResponse:
    """Exclude again what was taken back, with the same reason, comment and term."""
    by, now = Actor.user(request.user), timezone.now()
    rows: list[Exclusion] = []
    for row in Exclusion.objects.filter(pk__in=_numbers(ids)).exclude(lifted_at=None):
        rows += commands.exclude(
            [(row.identity_kind, row.identity_value)],
            reason=row.reason,
            by=by,
            client_id=row.client_id,
            until=row.until if row.until and row.until > now else None,
            comment=row.comment,
        )
    if not rows:
        raise Http404
    said = _("Excluded again: %(what)s")
    said %= {"what": _names(rows)}
    return _changed(said, reverse("exclusions:lift", args=[_joined(rows)]))


def _names(rows: list[Exclusion]) -> str:
    return ", ".join(masking.shown(row.identity_kind, row.identity_value) for row in rows[:3])


def _numbers(ids: str) -> list[int]:
    return [int(one) for one in ids.split("-")[:50] if one.isdecimal() and len(one) < 19]


def _joined(rows: list[Exclusion]) -> str:
    return "-".join(str(row.pk) for row in rows[:50])


def _changed(said: str, undo_url: str) -> HttpResponse:
    response = toast(HttpResponse(status=204), said, undo_url=undo_url)
    return trigger_client_event(response, "exclusions:changed", {})
