"""The overview and the columns of a funnel: switching, moving, copying, taking away."""

from __future__ import annotations

from dataclasses import replace

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from voronka.automation import commands, registry
from voronka.automation.commands.publishing import reaches_present, standing
from voronka.automation.models import Robot
from voronka.automation.queries import engine_state
from voronka.automation.specs import RobotSpec
from voronka.journal.actors import Actor
from voronka.people.requests import SignedInRequest
from voronka.pipelines.codes import code_from
from voronka.pipelines.models import Pipeline
from voronka.web.rights import needs_right
from voronka.web.robots.columns import RobotTable, blocks, new_order
from voronka.web.robots.form import FUNNEL, TYPE
from voronka.web.toasts import toast

SPREADS = (0, 1, 3, 5, 10, 20)  # working days over which a robot reaches the cards that are there
CHANGED = "robots:changed"  # what the page underneath listens to


def funnel_or_404(pipeline_id: int) -> Pipeline:
    """Find a funnel with its type."""
    return get_object_or_404(Pipeline.objects.select_related("item_type"), pk=pipeline_id)


def robot_or_404(robot_id: int) -> Robot:
    """Find a robot with its place."""
    rows = Robot.objects.alive().select_related("item_type", "pipeline__item_type", "stage")
    return get_object_or_404(rows, pk=robot_id)


def home_of(robot: Robot, wanted: str) -> Pipeline:
    """Return the funnel on whose page a robot is shown: its own, or where the person came from."""
    if robot.pipeline is not None:
        return robot.pipeline
    rows = Pipeline.objects.filter(item_type=robot.item_type).select_related("item_type")
    home = rows.filter(pk=int(wanted)).first() if wanted.isdecimal() else None
    return home or get_object_or_404(rows.order_by("archived", "position", "pk")[:1])


def standing_context(robot: Robot) -> dict[str, object]:
    """Return what the dialog about the cards that are there already asks of."""
    trigger = registry.trigger(robot.trigger)
    return {
        "robot": robot,
        "cards": standing(robot).count() if reaches_present(robot) else 0,
        "reaches": reaches_present(robot),
        "is_timer": bool(trigger and trigger.is_timer),
        "spreads": SPREADS,
        "days": 0,
    }


@require_GET
@needs_right("setup")
def index(request: SignedInRequest) -> HttpResponse:
    """Show the funnels and how the engine does."""
    context = {"blocks": blocks(), "engine": engine_state()}
    if request.htmx.target == "robots":
        return render(request, "robots/_overview.html", context)
    return render(request, "robots/index.html", context)


@require_GET
@needs_right("setup")
def pipeline(request: SignedInRequest, pipeline_id: int) -> HttpResponse:
    """Show a funnel's robots as columns; for htmx only the columns."""
    funnel = funnel_or_404(pipeline_id)
    if request.htmx.target == "robots":
        return redrawn(request, funnel)
    siblings = Pipeline.objects.filter(archived=False).select_related("item_type")
    context = {
        "funnel": funnel,
        "table": RobotTable(funnel, request.user),
        "stopped": engine_state().stopped_at,
        "siblings": siblings.order_by("item_type__position", "item_type_id", "position", "id"),
    }
    return render(request, "robots/pipeline.html", context)


def redrawn(request: SignedInRequest, funnel: Pipeline) -> HttpResponse:
    """Answer with the columns as they are now."""
    context = {
        "funnel": funnel,
        "table": RobotTable(funnel, request.user),
        "stopped": engine_state().stopped_at,
    }
    return render(request, "robots/_table.html", context)


@require_POST
@needs_right("setup")
def switch(request: SignedInRequest, robot_id: int) -> HttpResponse:
    """Switch a robot on or off."""
    on = "on" in request.POST
    robot = commands.switch_robot(robot_id, on=on, by=Actor.user(request.user))
    said = _("Works: %(name)s") if on else _("Switched off: %(name)s. What was due is cancelled.")
    return changed(said % {"name": robot})


@require_POST
@needs_right("setup")
def arrange(request: SignedInRequest, pipeline_id: int) -> HttpResponse:
    """Put the robots of one column in order; a moved one may come from another column, or a copy.

    POST: `moved` code, `column` where it came to, `order` codes of that column, `copy`.
    """
    funnel = funnel_or_404(pipeline_id)
    by = Actor.user(request.user)
    code, column = request.POST.get("moved", ""), request.POST.get("column", FUNNEL)
    rows = Robot.objects.alive().filter(item_type=funnel.item_type)
    robot = get_object_or_404(rows.select_related("item_type", "pipeline", "stage"), code=code)
    order = request.POST.getlist("order")
    spec = RobotSpec.of(robot)
    placed = _placed(spec, column, funnel)
    with transaction.atomic():
        if "copy" in request.POST:
            placed = _copied(placed)
            commands.save_robot(placed, by=by)
            order = [placed.code if one == code else one for one in order]
        elif placed != spec:
            commands.save_robot(placed, by=by)
        everything = list(rows.values_list("code", flat=True))
        commands.reorder_robots(funnel.item_type.code, new_order(order, everything), by=by)
    return redrawn(request, funnel)


@require_http_methods(["GET", "POST"])
@needs_right("setup")
def copy(request: SignedInRequest, robot_id: int) -> HttpResponse:
    """GET: ask to which stage; POST: copy or move the robot there."""
    robot = robot_or_404(robot_id)
    home = home_of(robot, request.GET.get("home", "") or request.POST.get("home", ""))
    if request.method == "GET":
        place = robot.stage.code if robot.stage else FUNNEL if robot.pipeline else TYPE
        context = {"robot": robot, "home": home, "stages": home.stages.all(), "place": place}
        return render(request, "robots/_copy.html", context)
    spec = _placed(RobotSpec.of(robot), request.POST.get("column", FUNNEL), home)
    move = request.POST.get("how") == "move"
    saved = commands.save_robot(spec if move else _copied(spec), by=Actor.user(request.user))
    said = _("Moved: %(name)s") if move else _("Copied: %(name)s")
    response = changed(said % {"name": saved})
    return trigger_client_event(response, "dialog:close", {})


@require_POST
@needs_right("setup")
def remove(request: SignedInRequest, robot_id: int) -> HttpResponse:
    """Take a robot away; saving it again brings it back."""
    robot = robot_or_404(robot_id)
    commands.remove_robot(robot_id, by=Actor.user(request.user))
    undo = reverse("robots:restore", args=[robot_id])
    said = _("Taken away: %(name)s. Its past runs stay explained.") % {"name": robot}
    return trigger_client_event(changed(said, undo_url=undo), "slider:close", {})


@require_POST
@needs_right("setup")
def restore(request: SignedInRequest, robot_id: int) -> HttpResponse:
    """Bring a robot back that was taken away."""
    rows = Robot.objects.select_related("item_type", "pipeline", "stage")
    robot = get_object_or_404(rows, pk=robot_id)
    saved = commands.save_robot(RobotSpec.of(robot), by=Actor.user(request.user))
    return changed(_("Back again: %(name)s") % {"name": saved})


def changed(said: str, *, undo_url: str = "") -> HttpResponse:
    """Answer with a toast; the page underneath reads itself anew."""
    response = toast(HttpResponse(status=204), said, undo_url=undo_url)
    return trigger_client_event(response, CHANGED, {})


def _placed(spec: RobotSpec, column: str, funnel: Pipeline) -> RobotSpec:
    """Return a robot bound to another column of a funnel's page."""
    if column == TYPE:
        return replace(spec, pipeline=None, stage=None)
    return replace(spec, pipeline=funnel.code, stage=column or None)


def _copied(spec: RobotSpec) -> RobotSpec:
    """Return a robot of its own: a copy is no ready chain, the doctor does not miss it."""
    taken = list(Robot.objects.values_list("code", flat=True))
    code = code_from(spec.name.en or spec.name.ru, taken=taken, fallback="robot")
    return replace(spec, code=code, ready=False)
