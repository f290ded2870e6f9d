"""One robot: its form, drawn again while it is being put together, and saved."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import reswap, retarget, trigger_client_event

from voronka.automation import commands
from voronka.automation.models import Robot
from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError, Forbidden
from voronka.people.requests import SignedInRequest
from voronka.pipelines.models import Pipeline
from voronka.web.rights import needs_right
from voronka.web.robots.form import FUNNEL, RobotForm
from voronka.web.robots.pages import (
    CHANGED,
    changed,
    funnel_or_404,
    home_of,
    robot_or_404,
    standing_context,
)
from voronka.web.robots.starters import offered, start
from voronka.web.toasts import toast


@require_http_methods(["GET", "POST"])
@needs_right("setup")
def new(request: SignedInRequest, pipeline_id: int) -> HttpResponse:
    """GET ?place=&starter=: an empty form, or one half filled in; POST: make the robot."""
    home = funnel_or_404(pipeline_id)
    if request.method == "POST":
        return _save(request, RobotForm.read(request.POST, home, None))
    form = RobotForm(home, request.GET.get("place", FUNNEL))
    idea = start(request.GET.get("starter", ""), home, form.where.stage, request.user)
    if idea is not None:
        place = form.place
        form = RobotForm.of(idea, home)
        form.place = place
    return render(request, "robots/edit.html", _context(request, form))


@require_http_methods(["GET", "POST"])
@needs_right("setup")
def edit(request: SignedInRequest, robot_id: int) -> HttpResponse:
    """Show a robot's form, and save it."""
    robot = robot_or_404(robot_id)
    if request.method == "POST":
        home = _home(request.POST, robot)
        return _save(request, RobotForm.read(request.POST, home, robot))
    form = RobotForm.of(robot, home_of(robot, request.GET.get("home", "")))
    return render(request, "robots/edit.html", _context(request, form))


@require_POST
@needs_right("setup")
def draw(request: SignedInRequest) -> HttpResponse:
    """Draw the form again after a choice that changes what is asked, or a button in it."""
    form = typed(request)
    form.act(request.POST.get("do", ""))
    did = request.POST.get("do") or request.htmx.trigger_name
    return render(request, "robots/_drawn.html", _context(request, form) | {"did": did or "draw"})


@require_POST
@needs_right("setup")
def sentence(request: SignedInRequest) -> HttpResponse:
    """Say the robot in words as it is being typed."""
    return render(request, "robots/_sentence.html", {"sentence": typed(request).sentence()})


def typed(request: SignedInRequest) -> RobotForm:
    """Read the form of a request that saves nothing."""
    number = request.POST.get("robot", "")
    robot = robot_or_404(int(number)) if number.isdecimal() else None
    return RobotForm.read(request.POST, _home(request.POST, robot), robot)


def _home(data: QueryDict, robot: Robot | None) -> Pipeline:
    wanted = data.get("home", "")
    if wanted.isdecimal():
        return funnel_or_404(int(wanted))
    return home_of(robot, "") if robot else get_object_or_404(Pipeline, pk=0)


def _context(request: SignedInRequest, form: RobotForm) -> dict[str, Any]:
    form.reader = request.user
    stage = form.where.stage
    return {
        "form": form,
        "robot": form.robot,
        "home": form.home,
        "sentence": form.sentence(),
        "starters": [] if form.robot or form.trigger else offered(stage),
    }


def _save(request: SignedInRequest, form: RobotForm) -> HttpResponse:
    robot = form.robot
    spec = form.spec(robot.code if robot else form.new_code())
    unfinished = dict(form.errors)
    try:
        if unfinished:
            form.general = _("Something is not finished yet: look at the marked places.")
        else:
            saved = commands.save_robot(spec, by=Actor.user(request.user))
            return _saved(request, form, saved)
    except Forbidden:
        raise
    except DomainError as refusal:
        form.errors = dict(refusal.fields)
        form.general = refusal.detail
    response = render(request, "robots/_form.html", _context(request, form), status=422)
    return reswap(retarget(response, "#robot-parts"), "innerHTML")


def _saved(request: SignedInRequest, form: RobotForm, saved: Robot) -> HttpResponse:
    """Close the slider; a new robot asks about the cards that are there already (RB-7)."""
    if not request.POST.get("in_slider"):
        messages.success(request, _("Saved: %(name)s") % {"name": saved})
        url = reverse("robots:pipeline", args=[form.home.pk])
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    context = standing_context(saved)
    if form.robot is None and saved.enabled and context["cards"]:
        context["fresh"] = True
        response = render(request, "robots/_apply.html", context)
        response = reswap(retarget(response, "#dialog"), "innerHTML")
        response = toast(response, _("Saved: %(name)s") % {"name": saved})
        response = trigger_client_event(response, CHANGED, {})
        # later than usual: the form must still be there when its answer goes into the dialog
        return trigger_client_event(response, "slider:close", {}, after="swap")
    response = changed(_("Saved: %(name)s") % {"name": saved})
    return trigger_client_event(response, "slider:close", {})
