"""Doubles: who looks like whom, making two clients one, taking it back (IN-11, IM-5)."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from voronka.clients import commands
from voronka.clients.commands.merging import CHOICES
from voronka.clients.doubles import PAGE, Pair, suggested_doubles
from voronka.clients.models import Client, ContactPoint, Merge
from voronka.clients.queries import merges
from voronka.items.client_queries import NOTHING, ClientTotals, client_totals
from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError
from voronka.people.access import CLIENTS
from voronka.people.models import User
from voronka.people.requests import SignedInRequest
from voronka.web.card.answers import dialog, open_slider
from voronka.web.clients.specs import NAMES, client_specs, values_of_client
from voronka.web.clients.views import client_or_404
from voronka.web.fields import Spec, show
from voronka.web.toasts import toast

KEEPER, ABSORBED = "keeper", "absorbed"


@dataclass(frozen=True, slots=True)
class Line:
    """One field of two clients side by side, and what the merged one will have."""

    code: str
    title: str
    keeper: str
    absorbed: str
    chosen: str  # "keeper" or "absorbed"
    choice: bool  # both have filled it, and differently

    @property
    def result(self) -> str:
        """What the merged client will have."""
        return self.absorbed if self.chosen == ABSORBED else self.keeper


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A pair of the queue with the cards of both."""

    pair: Pair
    first: ClientTotals
    second: ClientTotals
    may_merge: bool


@dataclass(frozen=True, slots=True)
class Merged:
    """A line of the log of merges."""

    merge: Merge
    by: User | None
    moved: int  # cards that went along
    may_undo: bool


@login_required
@require_GET
def duplicates(request: SignedInRequest) -> HttpResponse:
    """The queue of pairs to look at, surest reasons first."""
    user = request.user
    if not user.access.scope("see", CLIENTS):
        raise Http404
    number = request.GET.get("page", "")
    page = max(1, int(number)) if number.isdecimal() and len(number) < 6 else 1
    pairs = suggested_doubles(user, page=page)
    totals = client_totals({c.pk for p in pairs for c in (p.first, p.second)}, user)
    context = {
        "suggestions": [
            Suggestion(
                pair,
                totals.get(pair.first.pk, NOTHING),
                totals.get(pair.second.pk, NOTHING),
                _may_change(user, pair.first, pair.second),
            )
            for pair in pairs
        ],
        "page_number": page,
        "next_page": page + 1 if len(pairs) == PAGE else 0,
        "tab": "duplicates",
    }
    return render(request, "clients/duplicates.html", context)


@login_required
@require_GET
def log(request: SignedInRequest) -> HttpResponse:
    """What was merged, by whom, and the way back."""
    user = request.user
    if not user.access.scope("see", CLIENTS):
        raise Http404
    before = request.GET.get("after", "")
    found = merges(user)
    if before.isdecimal() and len(before) < 19:
        found = found.filter(pk__lt=int(before))
    rows = list(found[: PAGE + 1])
    page = rows[:PAGE]
    people = User.objects.in_bulk({m.by_user_id for m in page if m.by_user_id})
    lines = [
        Merged(
            merge,
            people.get(merge.by_user_id or 0),
            _cards_moved(merge),
            merge.undone_at is None and _may_change(user, merge.keeper, merge.absorbed),
        )
        for merge in page
    ]
    after = str(page[-1].pk) if len(rows) > PAGE else ""
    context = {"rows": lines, "after": after, "tab": "merges"}
    return render(request, "clients/merges.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def merge(request: SignedInRequest, client_id: int, other_id: int) -> HttpResponse:
    """GET: what the merged client will be, field by field; POST: merge and open it.

    `client_id` is the one that stays; the dialog can turn the two round.
    """
    keeper = client_or_404(request.user, client_id).client
    absorbed = client_or_404(request.user, other_id).client
    if request.method == "GET":
        return _dialog(request, keeper, absorbed)
    keep = {
        code: value
        for code in {*CHOICES, *client_specs(keeper.kind)}
        if (value := request.POST.get(f"keep-{code}")) in (KEEPER, ABSORBED)
    }
    try:
        made = commands.merge_clients(
            keeper.pk, absorbed.pk, keep=keep, by=Actor.user(request.user)
        )
    except DomainError as refusal:
        return _dialog(request, keeper, absorbed, refusal=refusal)
    text = _("“%(name)s” is one client now") % {"name": made.keeper.name}
    undo_url = reverse("clients:undo_merge", args=[made.pk])
    response = toast(HttpResponse(status=204), text, undo_url=undo_url)
    gone = {"keeper": keeper.pk, "absorbed": absorbed.pk}
    response = trigger_client_event(response, "client:merged", gone)
    if request.POST.get("from") == str(absorbed.pk):  # its page is no more
        return open_slider(response, reverse("clients:show", args=[keeper.pk]))
    response = trigger_client_event(response, "client:read", {})
    return trigger_client_event(response, "dialog:close", {})


@login_required
@require_GET
def choose(request: SignedInRequest, client_id: int) -> HttpResponse:
    """Choose whom to merge a client with: a look-alike, or anybody else of its kind."""
    page = client_or_404(request.user, client_id)
    other = request.GET.get("other", "")
    error = ""
    if other:
        seen = Client.objects.visible_to(request.user).exclude(pk=client_id)
        seen = seen.filter(pk=int(other)) if other.isdecimal() and len(other) < 19 else seen.none()
        found = seen.select_related("owner", "source").first()
        if found is not None and found.kind == page.client.kind:
            return _dialog(request, page.client, found, on_page=page.client.pk)
        error = _("Choose another client from the list.")
    context = {"client": page.client, "doubles": page.doubles, "error": error}
    return dialog(request, "clients/_merge_choose.html", context, status=422 if error else 200)


@login_required
@require_POST
def undo(request: SignedInRequest, merge_id: int) -> HttpResponse:
    """Make two clients of one again, with everything where it was."""
    if not merges(request.user).filter(pk=merge_id).exists():
        raise Http404
    done = commands.undo_merge(merge_id, by=Actor.user(request.user))
    text = _("“%(name)s” is a client of its own again") % {"name": done.absorbed.name}
    response = toast(HttpResponse(status=204), text, kind="info")
    return trigger_client_event(response, "client:unmerged", {"merge": merge_id})


@login_required
@require_POST
def apart(request: SignedInRequest, client_id: int, other_id: int) -> HttpResponse:
    """Remember that the two are not the same; ?back=1 takes that back."""
    first = client_or_404(request.user, client_id).client
    second = client_or_404(request.user, other_id).client
    by = Actor.user(request.user)
    pair = {"keeper": first.pk, "absorbed": second.pk}
    if request.GET.get("back"):
        commands.unset_not_duplicates(first.pk, second.pk, by=by)
        response = toast(HttpResponse(status=204), _("They are suggested again"), kind="info")
        return trigger_client_event(response, "client:doubted", pair)
    commands.set_not_duplicates(first.pk, second.pk, by=by)
    undo_url = reverse("clients:apart", args=[first.pk, second.pk]) + "?back=1"
    text = _("Remembered: these are two different clients")
    response = toast(HttpResponse(status=204), text, undo_url=undo_url)
    return trigger_client_event(response, "client:apart", pair)


def _may_change(user: User, *clients: Client) -> bool:
    return all(user.access.may("change", CLIENTS, owner_id=c.owner_id) for c in clients)


def _cards_moved(merge: Merge) -> int:
    items = merge.moved.get("movers", {}).get("items", {})
    return sum(len(items.get(column, ())) for column in ("contact", "company"))


def _dialog(
    request: SignedInRequest,
    keeper: Client,
    absorbed: Client,
    *,
    refusal: DomainError | None = None,
    on_page: int | None = None,
) -> HttpResponse:
    asked = request.GET.get("from") or request.POST.get("from", "")
    totals = client_totals([keeper.pk, absorbed.pk], request.user)
    context = {
        "keeper": keeper,
        "absorbed": absorbed,
        "keeper_totals": totals.get(keeper.pk, NOTHING),
        "absorbed_totals": totals.get(absorbed.pk, NOTHING),
        "lines": _lines(request, keeper, absorbed),
        "points": _points(keeper, absorbed),
        "on_page": on_page or (int(asked) if asked.isdecimal() and len(asked) < 19 else None),
        "refusal": refusal,
    }
    return dialog(request, "clients/_merge.html", context, status=422 if refusal else 200)


def _lines(request: SignedInRequest, keeper: Client, absorbed: Client) -> list[Line]:
    """Compare the two: fields that both or one of them have filled."""
    specs: dict[str, Spec] = client_specs(keeper.kind)
    values = [values_of_client(c) for c in (keeper, absorbed)]
    mine, theirs = show(specs.values(), values, user=request.user)
    mine["owner"], theirs["owner"] = str(keeper.owner), str(absorbed.owner)
    titles = {**{code: spec.label for code, spec in specs.items()}, "owner": _("Responsible")}
    parts = CHOICES["name"][1:]  # they go with the name
    lines = []
    for code, title in titles.items():
        left, right = mine[code], theirs[code]
        if code in parts or not (left or right):
            continue
        asked = request.POST.get(f"keep-{code}")
        chosen = ABSORBED if not left or (right and asked == ABSORBED) else KEEPER
        lines.append(
            Line(code, str(title), left, right, chosen, bool(left and right != left and right))
        )
    order = [*NAMES, "owner"]
    known = {code: n for n, code in enumerate(order)}
    return sorted(lines, key=lambda line: known.get(line.code, len(order)))


def _points(keeper: Client, absorbed: Client) -> list[tuple[ContactPoint, bool]]:
    """Return the contacts of the merged client, and whether each comes from the absorbed one."""
    mine = list(keeper.contact_points.all())
    known = {(p.kind, p.value) for p in mine}
    added = [p for p in absorbed.contact_points.all() if (p.kind, p.value) not in known]
    return [*((p, False) for p in mine), *((p, True) for p in added)]
