"""Robots on a card: their buttons, why they did and did not act, passes for large orders."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import trigger_client_event

from voronka.automation.commands.control import give_pass
from voronka.automation.commands.pressing import call_off, press_button
from voronka.automation.explaining import RunLine, card_robots, last_run
from voronka.automation.models import Robot, RobotRun
from voronka.automation.worker import is_stopped
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.kernel.errors import InvalidInput
from voronka.people.requests import SignedInRequest
from voronka.web.addresses import address
from voronka.web.card.answers import dialog
from voronka.web.card.buttons import label_of
from voronka.web.card.views import card_or_404
from voronka.web.rights import needs_right
from voronka.web.toasts import toast
from voronka.web.words import when

LOOKS = 12  # how often the page asks what came of a button, every 0.8 seconds
MARKS: dict[str, tuple[str, str | Promise]] = {
    "done": ("success", gettext_lazy("done")),
    "skipped": ("info", gettext_lazy("nothing was done, its conditions do not hold")),
    "cancelled": ("info", gettext_lazy("called off")),
    "failed": ("error", gettext_lazy("it did not work")),
}


@login_required
@require_GET
def why(request: SignedInRequest, item_id: int) -> HttpResponse:
    """Tell in a dialog what robots did, will do and have not done; `before` adds earlier runs."""
    card = card_or_404(request.user, item_id)
    before = _number(request.GET.get("before", ""))
    if not before:
        return _story(request, card.item)
    told = card_robots(card.item, reader=request.user, before=before)
    return render(request, "card/_robot_runs.html", {"item": card.item, "told": told})


@login_required
@require_POST
def press(request: SignedInRequest, item_id: int, code: str) -> HttpResponse:
    """Wake a robot; the answer goes on asking what came of it."""
    card = card_or_404(request.user, item_id)
    robot = get_object_or_404(Robot, code=code)
    before = RobotRun.objects.filter(item_id=item_id, robot=robot).order_by("-pk").first()
    try:
        press_button(item_id, code, by=Actor.user(request.user))
    except InvalidInput as refusal:
        return toast(HttpResponse(status=204), str(refusal.detail), kind="warning")
    return _look_again(request, card.item, robot, after=before.pk if before else 0, looks=0)


@login_required
@require_GET
def pressed(request: SignedInRequest, item_id: int, code: str) -> HttpResponse:
    """Say what came of a button, or ask once more in a moment."""
    card = card_or_404(request.user, item_id)
    robot = get_object_or_404(Robot, code=code)
    after, looks = (_number(request.GET.get(name, "")) for name in ("after", "looks"))
    line = last_run(card.item, robot, after=after)
    if line is not None and (not line.run.is_open or line.run.due_at > timezone.now()):
        kind, text = outcome(line)
        response = toast(HttpResponse(), f"{label_of(robot)}: {text}", kind=kind)
        return trigger_client_event(response, "card:read", {})
    if looks < LOOKS:
        return _look_again(request, card.item, robot, after=after, looks=looks + 1)
    stopped = is_stopped()
    text = (
        _("All robots stand still now; it acts when they go on.")
        if stopped
        else _("The robot has heard it and will act soon.")
    )
    return toast(
        HttpResponse(), f"{label_of(robot)}: {text}", kind="warning" if stopped else "info"
    )


def outcome(line: RunLine) -> tuple[str, str]:
    """Say what came of a run in few words, with the kind of a toast."""
    if line.run.is_open:
        return "info", _("it acts %(moment)s") % {"moment": when(line.run.due_at)}
    kind, word = MARKS[line.run.state]
    told = [action.text for action in line.story.actions if action.text]
    failing = [c.text for c in line.story.conditions if not c.holds][-1:]
    return kind, "; ".join(told) or line.story.why or ": ".join([str(word), *failing])


@require_POST
@needs_right("control")
def cancel(request: SignedInRequest, run_id: int) -> HttpResponse:
    """Call off what a robot was going to do, and tell the story again."""
    run = get_object_or_404(RobotRun, pk=run_id)
    item = card_or_404(request.user, run.item_id).item
    said, kind = _("Called off"), "success"
    try:
        call_off(run.pk, by=Actor.user(request.user))
    except InvalidInput as refusal:
        said, kind = str(refusal.detail), "warning"
    return toast(_story(request, item), said, kind=kind)


@require_POST
@needs_right("control")
def let_pass(request: SignedInRequest, item_id: int, stage_id: int) -> HttpResponse:
    """Let a large order enter a stage."""
    card = card_or_404(request.user, item_id)
    stage = next((s for s in card.stages if s.pk == stage_id), None)
    if stage is None:
        raise Http404
    give_pass(item_id, stage, by=Actor.user(request.user))
    response = toast(HttpResponse(status=204), _("Pass given: “%(stage)s”") % {"stage": stage})
    return trigger_client_event(response, "card:read", {})


def _story(request: SignedInRequest, item: Item) -> HttpResponse:
    may_set_up = request.user.access.has("setup")
    context = {
        "item": item,
        "told": card_robots(item, reader=request.user),
        "may_call_off": request.user.access.has("control"),
        "editor_url": address("robots:pipeline", item.pipeline_id) if may_set_up else "",
    }
    return dialog(request, "card/_robot_story.html", context)


def _look_again(
    request: SignedInRequest, item: Item, robot: Robot, *, after: int, looks: int
) -> HttpResponse:
    context = {"item": item, "robot": robot, "after": after, "looks": looks}
    return render(request, "card/_robot_wait.html", context)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0
