"""A robot on trial: over the past, on one card, its runs, and the cards that are there already."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from voronka.automation import registry
from voronka.automation.commands.publishing import (
    Publishing,
    publish_robot,
)
from voronka.automation.explaining import judge_now
from voronka.automation.models import RobotRun
from voronka.automation.naming import RobotNames
from voronka.automation.queries import robot_runs
from voronka.automation.registry import Foreseen
from voronka.automation.rehearsing import foretold, rehearse
from voronka.automation.rules import applies
from voronka.automation.words import say, tell
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError
from voronka.people.requests import SignedInRequest
from voronka.web.rights import needs_right
from voronka.web.robots.editing import typed
from voronka.web.robots.pages import changed, home_of, robot_or_404, standing_context

PAGE = 30


@require_POST
@needs_right("setup")
def rehearsal(request: SignedInRequest) -> HttpResponse:
    """Run the robot, as the form says it now, over the past; nothing is saved or sent."""
    form = typed(request)
    robot = form.unsaved()
    trigger = registry.trigger(robot.trigger)
    context = {
        "found": rehearse(robot, request.user) if trigger else None,
        "is_timer": bool(trigger and trigger.is_timer),
        "form": form,
    }
    return render(request, "robots/_rehearsal.html", context)


@require_POST
@needs_right("setup")
def on_card(request: SignedInRequest) -> HttpResponse:
    """Say what each condition sees on one card now, of the robot as the form says it."""
    form = typed(request)
    robot = form.unsaved()
    number = request.POST.get("try_card", "")
    context: dict[str, object] = {"form": form}
    if number.isdecimal():
        seen = Item.objects.visible_to(request.user).select_related(
            "stage", "pipeline__item_type", "source", "loss_reason", "company", "contact"
        )
        item = get_object_or_404(seen, pk=int(number[:18]))
        names = RobotNames(robot.item_type, robot.pipeline, form.facts, request.user)
        same = item.pipeline.item_type_id == robot.item_type_id
        lines = judge_now(robot, item, now=timezone.now(), names=names) if same else []
        top = [line for line in lines if line.depth == 0]
        context |= {
            "item": item,
            "same": same,
            "here": same and applies(robot, item),
            "lines": lines,
            "holds": all(line.holds for line in top),
            "sentence": say(robot, names),
            "foretold": foretold(robot, item, names, Foreseen(timezone.now())) if same else [],
        }
    return render(request, "robots/_on_card.html", context)


@require_GET
@needs_right("setup")
def runs(request: SignedInRequest, robot_id: int) -> HttpResponse:
    """Show the last runs of a robot with their stories; ?state=, ?before= for the next page."""
    robot = robot_or_404(robot_id)
    state, before = request.GET.get("state", ""), request.GET.get("before", "")
    state = state if state in RobotRun.State.values else ""
    cursor = int(before[:18]) if before.isdecimal() else None
    found = robot_runs(robot, state=state, before=cursor, limit=PAGE + 1)
    names = RobotNames(robot.item_type, robot.pipeline, reader=request.user)
    seen = visible(request, [run.item_id for run in found])
    context = {
        "robot": robot,
        "home": home_of(robot, request.GET.get("home", "")),
        "sentence": say(robot, names),
        "lines": [(run, tell(run, names), run.item_id in seen) for run in found[:PAGE]],
        "next": found[PAGE - 1].pk if len(found) > PAGE else None,
        "state": state,
        "states": RobotRun.State.choices,
    }
    more = cursor is not None and request.htmx and request.htmx.target != "slider"
    return render(request, "robots/_runs.html" if more else "robots/runs.html", context)


def visible(request: SignedInRequest, ids: list[int]) -> set[int]:
    """Return which of these cards the person may see. One SQL query."""
    seen = Item.objects.visible_to(request.user).filter(pk__in=ids)
    return set(seen.values_list("pk", flat=True))


@require_http_methods(["GET", "POST"])
@needs_right("setup")
def apply(request: SignedInRequest, robot_id: int) -> HttpResponse:
    """GET: how many cards are there and over how many days; POST: let the robot act on them."""
    robot = robot_or_404(robot_id)
    context = standing_context(robot)
    if request.method == "GET":
        return render(request, "robots/_apply.html", context)
    days = request.POST.get("days", "0")
    how = Publishing(
        _begin(tomorrow=request.POST.get("start") == "tomorrow"),
        int(days[:4]) if days.isdecimal() else -1,
        late="late" in request.POST,
    )
    try:
        publish_robot(robot_id, how, by=Actor.user(request.user))
    except DomainError as refusal:
        context |= {"error": refusal.detail, "days": how.days}
        return render(request, "robots/_apply.html", context, status=422)
    response = changed(_("The robot works off the cards that are here: %(name)s") % {"name": robot})
    return trigger_client_event(response, "dialog:close", {})


def _begin(*, tomorrow: bool) -> datetime:
    """Return now, or the beginning of tomorrow in the company's time; spreading finds work time."""
    now = timezone.now()
    if not tomorrow:
        return now
    local = now.astimezone(ZoneInfo(settings.TIME_ZONE)) + timedelta(days=1)
    return local.replace(hour=0, minute=0, second=0, microsecond=0)
