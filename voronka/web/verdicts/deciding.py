"""The three verdicts on a loss. They are given from the queue and from the card alike."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from voronka.automation.commands.verdicts import (
    ORDER_WITHIN,
    confirm_loss,
    correct_reason,
    return_to_work,
)
from voronka.automation.models import LossVerdict
from voronka.automation.verdict_queries import verdict_of
from voronka.journal.actors import Actor
from voronka.kernel.errors import InvalidInput
from voronka.people.requests import SignedInRequest
from voronka.pipelines.models import LossReason
from voronka.pipelines.queries import loss_tree
from voronka.web.card.answers import dialog, said
from voronka.web.rights import needs_right


@require_POST
@needs_right("control")
def confirm(request: SignedInRequest, verdict_id: int) -> HttpResponse:
    """The loss is right."""
    verdict = _verdict_or_404(request, verdict_id)
    try:
        confirm_loss(verdict.pk, by=Actor.user(request.user))
    except InvalidInput as refusal:
        return _read_again(said(str(refusal.detail), kind="warning"))
    return _decided(_("Confirmed: “%(title)s”"), verdict)


@require_http_methods(["GET", "POST"])
@needs_right("control")
def bring_back(request: SignedInRequest, verdict_id: int) -> HttpResponse:
    """Back to work: ask what was wrong with the loss and what to do now."""
    verdict = _verdict_or_404(request, verdict_id)
    causes = LossVerdict.Cause.choices
    context: dict[str, Any] = {"verdict": verdict, "causes": causes, "within": ORDER_WITHIN}
    if request.method == "GET":
        return dialog(request, "verdicts/_return.html", context)
    cause, words = request.POST.get("cause", ""), request.POST.get("said", "")
    errors: dict[str, str] = {}
    if cause not in LossVerdict.Cause.values:
        errors["cause"] = _("Choose what was wrong.")
    if len(words.strip()) < 3:
        errors["said"] = _("Write what to do now: it becomes a task of the responsible.")
    refusal = None
    if not errors:
        try:
            return_to_work(verdict.pk, cause=cause, said=words, by=Actor.user(request.user))
        except InvalidInput as refused:
            refusal = refused
        else:
            return _decided(_("Back in work: “%(title)s”"), verdict)
    context |= {"errors": errors, "refusal": refusal, "cause": cause, "said": words}
    return dialog(request, "verdicts/_return.html", context, status=422)


@require_http_methods(["GET", "POST"])
@needs_right("control")
def reason(request: SignedInRequest, verdict_id: int) -> HttpResponse:
    """Lost indeed, but for another reason of the funnel's tree."""
    verdict = _verdict_or_404(request, verdict_id)
    context: dict[str, Any] = {"verdict": verdict, "reasons": loss_tree(verdict.item.pipeline)}
    if request.method == "GET":
        return dialog(request, "verdicts/_reason.html", context)
    chosen = _reason_of(verdict, request.POST.get("reason", ""))
    comment = request.POST.get("comment", "")
    errors: dict[str, Any] = {}
    refusal = None
    if chosen is None:
        errors["reason"] = _("Choose the right reason.")
    else:
        by = Actor.user(request.user)
        try:
            correct_reason(verdict.pk, reason=chosen, comment=comment, by=by)
        except InvalidInput as refused:
            errors, refusal = dict(refused.fields), None if refused.fields else refused
        else:
            return _decided(_("Another reason: “%(title)s”"), verdict)
    context |= {
        "errors": errors,
        "refusal": refusal,
        "reason": request.POST.get("reason", ""),
        "comment": comment,
    }
    return dialog(request, "verdicts/_reason.html", context, status=422)


def _verdict_or_404(request: SignedInRequest, verdict_id: int) -> LossVerdict:
    verdict = verdict_of(request.user, verdict_id)
    if verdict is None:
        raise Http404
    return verdict


def _reason_of(verdict: LossVerdict, text: str) -> LossReason | None:
    if not text.isdecimal() or len(text) > 18:
        return None
    rows = LossReason.objects.filter(pipeline_id=verdict.item.pipeline_id, archived=False)
    return rows.filter(pk=int(text)).first()


def _decided(sentence: str, verdict: LossVerdict) -> HttpResponse:
    return _read_again(said(sentence % {"title": verdict.item.title}))


def _read_again(response: HttpResponse) -> HttpResponse:
    """Have the queue open the next loss, and a card beneath read itself again."""
    return trigger_client_event(
        trigger_client_event(response, "verdicts:read", {}), "card:read", {}
    )
