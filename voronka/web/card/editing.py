"""Fields edited where they stand, each saved by itself; owner, watching, exit criteria."""

from __future__ import annotations

import json
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from voronka.items import commands
from voronka.items.commands.editing import stored
from voronka.items.errors import CardChanged
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.kernel import masking
from voronka.kernel.errors import InvalidInput, Sentence
from voronka.people.models import User
from voronka.people.requests import SignedInRequest
from voronka.web.card.page import CardPage
from voronka.web.card.views import card_or_404, head_of
from voronka.web.fields import changes_of, draw, read, values_of
from voronka.web.toasts import toast

PLACES = {"title": "card/_title.html", "amount": "card/_amount.html"}  # others: card/_prop.html


@login_required
@require_http_methods(["GET", "POST"])
def field(request: SignedInRequest, item_id: int, code: str) -> HttpResponse:
    """GET: the field as an input, or with ?show=1 as text; POST: save it alone (UI-12)."""
    card = card_or_404(request.user, item_id)
    if code not in card.specs or (card.specs[code].formula and "show" not in request.GET):
        raise Http404
    if request.method == "GET":
        return _shown(request, card, code) if "show" in request.GET else _input(request, card, code)
    spec = card.specs[code]
    typed = read(request.POST, request.FILES, [spec])
    if code not in typed:
        return _shown(request, card, code)
    by = Actor.user(request.user)
    try:
        with transaction.atomic():
            changes = changes_of(typed, {code: spec}, by=by, item_id=item_id)
            expected = _expected(request, changes)
            commands.edit_item(item_id, changes, by=by, expected=expected)
    except InvalidInput as refusal:
        error = refusal.fields.get(code) or refusal.detail
        return _input(request, card, code, typed=typed, error=error)
    except CardChanged:
        card = card_or_404(request.user, item_id)
        text = card.prop(code).text or "—"
        error = _("Somebody has written “%(value)s” here meanwhile. Save again to replace it.") % {
            "value": text
        }
        return _input(request, card, code, typed=typed, error=error)
    card = card_or_404(request.user, item_id)
    response = _shown(request, card, code)
    if code not in PLACES:
        response.write(head_of(request, card, oob=True).content.decode())
    for counted in card.counted:
        context = {"card": card, "item": card.item, "prop": card.prop(counted), "oob": True}
        response.write(render_to_string("card/_prop.html", context, request))
    return response


def _expected(request: SignedInRequest, changes: dict[str, Any]) -> dict[str, Any] | None:
    """Return what the person was looking at, for the fields that are about to change."""
    try:
        seen = json.loads(request.POST.get("seen", ""))
    except ValueError:
        return None
    if not isinstance(seen, dict):
        return None
    return {c: v for c, v in seen.items() if c in changes and not masking.is_masked(v)}


def _seen(item: Item, code: str) -> str:
    codes = ("contact", "company") if code == "client" else (code,)
    return json.dumps(masking.shown_values({c: stored(item, c) for c in codes}))


def _shown(request: SignedInRequest, card: CardPage, code: str) -> HttpResponse:
    template = PLACES.get(code, "card/_prop.html")
    context = {"card": card, "item": card.item, "prop": card.prop(code)}
    return render(request, template, context)


def _input(
    request: SignedInRequest,
    card: CardPage,
    code: str,
    *,
    typed: dict[str, Any] | None = None,
    error: Sentence = "",
) -> HttpResponse:
    context = input_context(card, code, typed=typed, error=error)
    return render(request, "card/_prop_input.html", context, status=422 if error else 200)


def input_context(
    card: CardPage, code: str, *, typed: dict[str, Any] | None = None, error: Sentence = ""
) -> dict[str, Any]:
    """Return what card/_prop_input.html shows: one field as an input."""
    spec = card.specs[code]
    drawn = draw(
        [spec],
        values_of(card.item),
        user=card.user,
        typed=typed,
        errors={code: error} if error else None,
        focus=True,
    )
    place = "title" if code == "title" else "amount" if code == "amount" else "prop"
    return {
        "card": card,
        "item": card.item,
        "input": drawn[0],
        "prop": card.prop(code),
        "seen": _seen(card.item, code),
        "place": place,
    }


@login_required
@require_GET
def owners(request: SignedInRequest, item_id: int) -> HttpResponse:
    """Draw the list of people to choose the responsible from."""
    card = card_or_404(request.user, item_id)
    people = User.objects.filter(is_active=True).select_related("department")
    return render(request, "card/_owners.html", {"item": card.item, "people": people})


@login_required
@require_POST
def owner(request: SignedInRequest, item_id: int) -> HttpResponse:
    """Make somebody else responsible. Who loses sight of the card by it is told so."""
    card = card_or_404(request.user, item_id)
    pk = request.POST.get("owner", "")
    to = get_object_or_404(User, pk=int(pk) if pk.isdecimal() and len(pk) < 19 else 0)
    commands.assign_owner(item_id, to=to, by=Actor.user(request.user))
    text = _("%(name)s is now responsible") % {"name": to}
    if not Item.objects.visible_to(request.user).filter(pk=item_id).exists():
        text = _("The card has gone to %(name)s, and your role no longer shows it to you") % {
            "name": to
        }
        response = toast(HttpResponse(), text, kind="info")
        response["HX-Reswap"] = "none"
        response["HX-Trigger-After-Settle"] = "slider:close"
        return response
    return toast(head_of(request, card_or_404(request.user, card.item.pk)), text)


@login_required
@require_POST
def watch(request: SignedInRequest, item_id: int) -> HttpResponse:
    """Begin or end to follow the card."""
    card = card_or_404(request.user, item_id)
    by = Actor.user(request.user)
    if card.watching:
        commands.unwatch_item(item_id, user=request.user, by=by)
        text = _("You no longer follow this card")
    else:
        commands.watch_item(item_id, user=request.user, by=by)
        text = _("You follow this card: you will hear of its moves")
    return toast(head_of(request, card_or_404(request.user, item_id)), text, kind="info")


@login_required
@require_POST
def criterion(request: SignedInRequest, item_id: int, code: str) -> HttpResponse:
    """Tick an exit criterion of the present stage, or take the tick back (FS-6)."""
    met = "met" in request.POST
    commands.confirm_criterion(item_id, code, met=met, by=Actor.user(request.user))
    card = card_or_404(request.user, item_id)
    response = render(request, "card/_fields.html", {"card": card, "item": card.item})
    response.write(render_to_string("card/_head.html", _head(card), request=request))
    return response


def _head(card: CardPage) -> dict[str, Any]:
    return {"card": card, "item": card.item, "oob": True}
