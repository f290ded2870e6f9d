"""What the buttons of My day do: finish, take back, put off, plan."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from voronka.clients.models import Client
from voronka.items.gate import wants_next_step
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.kernel.errors import InvalidInput
from voronka.people.models import User
from voronka.people.requests import SignedInRequest
from voronka.pipelines.values import BadValue, parse_datetime
from voronka.timeline import day
from voronka.timeline.commands import activities
from voronka.timeline.commands.activities import Plan
from voronka.timeline.models import Activity
from voronka.web.card.answers import dialog, said
from voronka.web.card.moments import REMINDERS, moments
from voronka.web.card.work import read_end, read_plan
from voronka.web.words import when


@login_required
@require_http_methods(["GET", "POST"])
def finish(request: SignedInRequest, activity_id: int) -> HttpResponse:
    """Ask how it ended and what comes next; both are saved together (TL-6)."""
    activity = _activity_or_404(request.user, activity_id)
    if request.method == "GET":
        return dialog(request, "card/_finish.html", _finish_context(request, activity))
    by = Actor.user(request.user)
    try:
        activities.finish_activity(activity_id, **read_end(request), by=by)
    except InvalidInput as refusal:
        context = _finish_context(request, activity)
        context |= {"refusal": refusal, "typed": request.POST}
        return dialog(request, "card/_finish.html", context, status=422)
    back = reverse("my_day:reopen", args=[activity_id])
    return _read(said(_("Done: %(title)s") % {"title": activity.title}, undo_url=back))


@login_required
@require_POST
def reopen(request: SignedInRequest, activity_id: int) -> HttpResponse:
    """Take "done" back."""
    activity = _activity_or_404(request.user, activity_id)
    activities.reopen_activity(activity_id, by=Actor.user(request.user))
    return _read(said(_("Open again: %(title)s") % {"title": activity.title}, kind="info"))


@login_required
@require_POST
def move(request: SignedInRequest, activity_id: int) -> HttpResponse:
    """Put something off to another moment; the reminder keeps its distance."""
    activity = _activity_or_404(request.user, activity_id)
    due = _moment(request.POST.get("due") or request.GET.get("due", ""))
    before, remind = activity.due_at, activity.remind_at
    plan = Plan(
        activity.kind,
        activity.title,
        due,
        text=activity.text,
        minutes=activity.minutes,
        remind_at=due - (before - remind) if due and before and remind else None,
    )
    activities.change_activity(activity_id, plan, by=Actor.user(request.user))
    back = ""
    if before is not None:
        query = urlencode({"due": before.isoformat()})
        back = f"{reverse('my_day:move', args=[activity_id])}?{query}"
    return _read(said(_("Moved to %(moment)s") % {"moment": when(due)}, undo_url=back))


@login_required
@require_http_methods(["GET", "POST"])
def plan(request: SignedInRequest) -> HttpResponse:
    """Plan the next step of a card (`?item=`), or a task of one's own, in a dialog."""
    item = _item_or_404(request)
    if request.method == "GET":
        kind = Activity.Kind.CALL if item else Activity.Kind.TASK
        typed = {"kind": kind, "owner": str(request.GET.get("who") or request.user.pk)}
        return dialog(request, "my_day/_plan.html", _plan_context(request, item, typed))
    chosen = request.POST.get("owner", "")
    by = Actor.user(request.user)
    try:
        planned = activities.plan_activity(
            read_plan(request),
            by=by,
            item_id=item.pk if item else None,
            owner_id=int(chosen) if chosen.isdecimal() and len(chosen) < 19 else None,
        )
    except InvalidInput as refusal:
        context = _plan_context(request, item, request.POST) | {"refusal": refusal}
        return dialog(request, "my_day/_plan.html", context, status=422)
    moment = when(planned.due_at) if planned.due_at else _("some day")
    told = {"title": planned.title, "moment": moment}
    return _read(said(_("Planned: %(title)s, %(moment)s") % told))


def _plan_context(request: SignedInRequest, item: Item | None, typed: Any) -> dict[str, Any]:
    return {
        "item": item,
        "typed": typed,
        "kinds": Activity.Kind.choices,
        "moments": moments(),
        "reminders": REMINDERS.items(),
        "people": [] if item else day.team(request.user),
    }


def _finish_context(request: SignedInRequest, activity: Activity) -> dict[str, Any]:
    return {
        "activity": activity,
        "finish_url": reverse("my_day:finish", args=[activity.pk]),
        "outcomes": Activity.Outcome.choices,
        "kinds": Activity.Kind.choices,
        "moments": moments(),
        "typed": {"outcome": Activity.Outcome.DONE, "kind": Activity.Kind.CALL},
        "must_plan": _goes_on(request.user, activity),
        "step_wanted": _step_wanted(activity),
    }


def _goes_on(user: User, activity: Activity) -> bool:
    """Whether a next step is asked for: on open cards that the person may change, and clients."""
    if activity.item_id is None:
        return activity.client_id is not None
    cards = Item.objects.visible_to(user, "change")
    return cards.filter(pk=activity.item_id, closed_at=None).exists()


def _step_wanted(activity: Activity) -> bool:
    cards = Item.objects.select_related("stage", "pipeline__item_type")
    item = cards.filter(pk=activity.item_id or 0).first()
    return item is not None and wants_next_step(item)


def _activity_or_404(user: User, activity_id: int) -> Activity:
    """Return work of the person, or work that they see: on a card, for a client, of the team."""
    found = get_object_or_404(Activity.objects.select_related("owner"), pk=activity_id)
    if found.owner_id == user.pk:
        return found
    if found.item_id is not None:
        seen = Item.objects.visible_to(user).filter(pk=found.item_id).exists()
    elif found.client_id is not None:
        seen = Client.objects.visible_to(user).filter(pk=found.client_id).exists()
    else:
        seen = day.may_look(user, found.owner)
    if not seen:
        raise Http404
    return found


def _item_or_404(request: SignedInRequest) -> Item | None:
    asked = request.GET.get("item", "")
    if not asked:
        return None
    if not asked.isdecimal() or len(asked) > 18:
        raise Http404
    return get_object_or_404(Item.objects.visible_to(request.user), pk=int(asked))


def _moment(text: str) -> datetime:
    """Read a moment.

    Raises:
        InvalidInput: it is none.
    """
    try:
        found = parse_datetime(text)
    except BadValue as bad:
        raise InvalidInput(bad.sentence) from None
    return found


def _read(response: HttpResponse) -> HttpResponse:
    """Have the lists of the page, and the card over it, read themselves anew."""
    return trigger_client_event(response, "card:read", {})
