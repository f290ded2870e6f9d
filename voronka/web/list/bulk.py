"""Many cards at once: choose, see what would happen, do it, read the verdict of each, take it back.

The dialog posts to itself: without `go` it shows what would happen with what is chosen so far,
with `go` it does it. The cards are named once, in `ids`, so that what was shown is what is done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.db.models import Model
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST
from django_htmx.http import reswap, retarget, trigger_client_event

from voronka.automation.commands.closing import CLOSE, KEEP
from voronka.automation.leftovers import work_left_on
from voronka.items.commands.bulk import (
    MOST_CARDS,
    BulkAction,
    start_bulk,
)
from voronka.items.commands.mass_deleting import ask_to_delete
from voronka.items.foreseeing import Forecast, foresee_move
from voronka.items.models import Item, MassDeletion, ToldBy
from voronka.items.second_person import Consent, consent_to_delete
from voronka.journal.actors import Actor
from voronka.kernel.errors import InvalidInput, Sentence
from voronka.people.models import User
from voronka.people.queries import holders
from voronka.people.requests import SignedInRequest
from voronka.pipelines.models import LossReason, Pipeline, Stage
from voronka.pipelines.queries import loss_tree
from voronka.web.fields import Spec, changes_of, draw, read
from voronka.web.gate.moving import work_choice
from voronka.web.list.bulk_report import MOVE_HOURS, answer
from voronka.web.list.page import ListPage
from voronka.web.toasts import toast

ACTIONS = {"move": "move", "assign": "change", "edit": "change", "delete": "delete"}
NOT_IN_BULK = ("title", "file", "item")  # nonsense for many cards, or a file for each


@login_required
@require_POST
def of_pipeline(request: SignedInRequest, pipeline_id: int, kind: str) -> HttpResponse:
    """Act on cards of a funnel's list."""
    return _asked(request, ListPage.of_pipeline(request, pipeline_id), kind)


@login_required
@require_POST
def of_type(request: SignedInRequest, code: str, kind: str) -> HttpResponse:
    """Act on cards of a type's list."""
    return _asked(request, ListPage.of_type(request, code), kind)


@dataclass
class Bulk:
    """What the dialog shows: the cards, what may be done to them, and what is chosen so far."""

    page: ListPage
    kind: str
    ids: list[int]
    allowed: int  # of them, to how many the person may do it

    @property
    def count(self) -> int:
        """How many cards were chosen."""
        return len(self.ids)

    @property
    def forbidden(self) -> int:
        """How many of them the role does not let change so."""
        return self.count - self.allowed

    @property
    def ids_text(self) -> str:
        """The cards, for the hidden input."""
        return ",".join(str(pk) for pk in self.ids)

    @property
    def url(self) -> str:
        """Where the dialog posts to."""
        return self.page.action_url("bulk", self.kind)


def _asked(request: SignedInRequest, page: ListPage, kind: str) -> HttpResponse:
    if kind not in ACTIONS:
        raise Http404
    try:
        ids = _chosen(request, page)
    except InvalidInput as refusal:
        return reswap(toast(HttpResponse(), str(refusal), kind="warning"), "none")
    allowed = Item.objects.visible_to(request.user, ACTIONS[kind]).filter(pk__in=ids).count()
    bulk = Bulk(page, kind, ids, allowed)
    error: Sentence = ""
    by = Actor.user(request.user)
    consent = consent_to_delete(len(ids), by=by) if kind == "delete" else Consent.NONE
    if "go" in request.POST and consent is Consent.NEEDED:
        return _asks(ask_to_delete(ids, by=by), request.user)
    if "go" in request.POST:
        try:
            with transaction.atomic():  # a client named in the dialog is made with the rest
                run = start_bulk(ids, _action(request, bulk), by=by)
        except InvalidInput as refusal:
            error = next(iter(refusal.fields.values()), refusal.detail)
        else:
            return answer(request, run)
    context = {"bulk": bulk, "error": error, "consent": consent, **_choices(request, bulk)}
    template = f"list/_bulk_{kind}.html"
    response = render(request, template, context, status=422 if error else 200)
    return reswap(retarget(response, "#dialog"), "innerHTML")


def _chosen(request: SignedInRequest, page: ListPage) -> list[int]:
    """Return the ids of the cards, of those the person sees: ticked ones, or all that pass."""
    if request.POST.get("all") == "1":
        ids = list(page.cards.order_by("pk").values_list("pk", flat=True)[: MOST_CARDS + 1])
    else:
        texts = ",".join(request.POST.getlist("ids")).split(",")[: MOST_CARDS + 1]
        wanted = {int(text) for text in texts if text.isdecimal() and len(text) < 19}
        seen = Item.objects.visible_to(request.user).filter(pk__in=wanted)
        ids = list(seen.order_by("pk").values_list("pk", flat=True))
    if not ids:
        raise InvalidInput(_("Choose at least one card."))
    if len(ids) > MOST_CARDS:
        raise InvalidInput(
            ngettext(
                "At most %(count)d card at once. Narrow the filter.",
                "At most %(count)d cards at once. Narrow the filter.",
                MOST_CARDS,
            )
            % {"count": MOST_CARDS}
        )
    return ids


def _choices(request: SignedInRequest, bulk: Bulk) -> dict[str, Any]:
    """Return what the dialog of this kind offers, and what would happen with what is chosen."""
    if bulk.kind == "move":
        return _move_choices(request, bulk)
    if bulk.kind == "assign":
        people = User.objects.filter(is_active=True).select_related("department")
        return {"people": people, "chosen": request.POST.get("owner", "")}
    if bulk.kind == "edit":
        specs = _specs(bulk.page)
        spec = specs.get(request.POST.get("field", ""))
        drawn = None
        if spec:
            typed = read(request.POST, request.FILES, [spec])
            drawn = draw([spec], user=request.user, typed=typed, focus=True)[0]
        return {"specs": specs.values(), "spec": spec, "input": drawn}
    return {}


def _move_choices(request: SignedInRequest, bulk: Bulk) -> dict[str, Any]:
    cards = list(Item.objects.filter(pk__in=bulk.ids).select_related("stage", "pipeline"))
    pipelines = {card.pipeline_id for card in cards}
    if len(pipelines) != 1:
        return {"several": True}
    pipeline = Pipeline.objects.get(pk=pipelines.pop())
    stages = list(pipeline.stages.all())
    to = _one(request, "stage", stages)
    forecast: Forecast | None = None
    if to is not None:
        to.pipeline = pipeline
        forecast = foresee_move(cards, to)
    lost = to is not None and to.kind == Stage.Kind.LOST
    left, chosen = 0, ""
    if to is not None and not to.is_open:
        left = work_left_on([card.pk for card in cards if card.stage.is_open]).count()
        chosen = work_choice(request) if request.POST.get("work_of") == to.kind else ""
    return {
        "stages": stages,
        "to": to,
        "forecast": forecast,
        "undo_hours": MOVE_HOURS,
        "reasons": loss_tree(pipeline) if lost else [],
        "reason": request.POST.get("reason", ""),
        "comment": request.POST.get("comment", ""),
        "told_by": request.POST.get("told_by") or ToldBy.SELLER,
        "words": ToldBy.choices,
        "work_count": left,
        "work_choice": chosen or (CLOSE if lost else KEEP),
    }


def _action(request: SignedInRequest, bulk: Bulk) -> BulkAction:
    """Read what is to be done.

    Raises:
        InvalidInput: nothing was chosen, or a value can't be read.
    """
    if bulk.kind == "delete":
        return BulkAction(delete=True)
    if bulk.kind == "assign":
        owner = _one(request, "owner", list(User.objects.filter(is_active=True)))
        if owner is None:
            raise InvalidInput(_("Choose a person."))
        return BulkAction(owner=owner)
    if bulk.kind == "move":
        to = _one(request, "stage", list(Stage.objects.select_related("pipeline")))
        if to is None:
            raise InvalidInput(_("Choose a stage."))
        reasons = LossReason.objects.filter(pipeline=to.pipeline, archived=False)
        reason = _one(request, "reason", list(reasons))
        if to.kind == Stage.Kind.LOST and reason is None and reasons.exists():
            raise InvalidInput(_("Choose the reason."))
        comment = request.POST.get("comment", "").strip()
        if reason is not None and reason.needs_comment and not comment:
            raise InvalidInput(_("This reason asks for a few words."))
        return BulkAction(
            to=to,
            reason=reason,
            comment=comment,
            told_by=request.POST.get("told_by", ""),
            work=work_choice(request),
        )
    specs = _specs(bulk.page)
    spec = specs.get(request.POST.get("field", ""))
    if spec is None:
        raise InvalidInput(_("Choose a field."))
    typed = read(request.POST, request.FILES, [spec])
    if spec.code not in typed:
        raise InvalidInput(_("Give the new value."))
    return BulkAction(changes=changes_of(typed, specs, by=Actor.user(request.user)))


def _specs(page: ListPage) -> dict[str, Spec]:
    """Return the fields that can be given one value in many cards."""
    specs = {code: column.spec for code, column in page.columns.items() if column.editable}
    return {
        code: spec
        for code, spec in specs.items()
        if spec and code not in NOT_IN_BULK and spec.kind not in NOT_IN_BULK
    }


def _one(request: SignedInRequest, name: str, rows: Sequence[Any]) -> Any:
    chosen = request.POST.get(name, "")
    return next((row for row in rows if isinstance(row, Model) and str(row.pk) == chosen), None)


def _asks(asked: MassDeletion, user: User) -> HttpResponse:
    """Answer that others were asked to agree to the deletion."""
    names = ", ".join(str(person) for person in holders("recycle") if person.pk != user.pk)
    text = _("Asked to agree: %(names)s. Until then the cards stay where they are.")
    response = toast(HttpResponse(status=204), text % {"names": names}, kind="info")
    return trigger_client_event(response, "dialog:close", {})
