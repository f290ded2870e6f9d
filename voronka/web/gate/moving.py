"""One move as a page asks for it: read what the dialog brought, ask the gate, answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_htmx.http import reswap, retarget, trigger_client_event

from voronka.automation.commands.closing import CLOSE, KEEP
from voronka.automation.leftovers import unfinished_elements, work_left
from voronka.items import gate, rules
from voronka.items.commands import move_item
from voronka.items.errors import BackwardRefused, CardClosed, GateClosed
from voronka.items.models import Item, ToldBy
from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError, InvalidInput, Sentence
from voronka.people.requests import SignedInRequest
from voronka.pipelines.criteria import FIELD_PREFIX, field_of, known_checks
from voronka.pipelines.models import LossReason, Stage
from voronka.pipelines.queries import loss_tree
from voronka.web.fields import PREFIX, Spec, carry_out, changes_of, draw, read, specs_of, values_of
from voronka.web.toasts import toast

MOST_SHOWN = 5  # open tasks that the dialog names; the rest are counted


@dataclass(frozen=True, slots=True)
class Check:
    """An open exit criterion as the dialog shows it."""

    code: str
    text: str
    proof: Sentence  # what would prove it without a word, e.g. "A call was made and answered"
    confirmed: bool
    held: tuple[rules.Held, ...] = ()  # elements that are not ready: no tick helps


def move(request: SignedInRequest, item: Item, to: Stage, *, url: str) -> Item | HttpResponse:
    """Move a card with what the dialog brought; return the card, or the dialog that asks.

    A card that may be closed, with people's work or elements still open, is asked about once.

    Args:
        url: where the dialog posts to: the view that called.
    Raises:
        DomainError: what no dialog can mend; the middleware makes a toast of it.
    """
    by = Actor.user(request.user)
    specs = asked_specs(request, item)
    typed = read(request.POST, request.FILES, specs.values())
    seen = request.POST.get("seen", "")
    try:
        with transaction.atomic():
            carry_out(item.pk, typed, specs, by=by)
            closing = item.stage.is_open and not to.is_open
            moved = move_item(
                item.pk,
                to=to,
                by=by,
                changes=changes_of(typed, specs, by=by, item_id=item.pk),
                confirmed=tuple(request.POST.getlist("confirm")),
                reason=_reason(request, item),
                comment=request.POST.get("comment", ""),
                told_by=request.POST.get("told_by", ""),
                seen_stage_id=int(seen) if seen.isdecimal() and len(seen) < 19 else None,
                work=work_choice(request),
            )
            if closing and "asked" not in request.POST and _leftovers(request, item, to):
                raise _ToAsk
            return moved
    except _ToAsk:
        return closed(request, item, to, None, url=url)
    except GateClosed as refusal:
        return closed(request, item, to, refusal, url=url, typed=typed)
    except InvalidInput as refusal:
        if not typed:
            raise
        return closed(request, item, to, refusal, url=url, typed=typed)
    except (BackwardRefused, CardClosed):
        item.refresh_from_db()
        if not (request.user.access.has("correct") and rules.is_backward(item.stage, to)):
            raise
        if not to.is_open:
            raise
        return correction(request, item, to)


def closed(
    request: SignedInRequest,
    item: Item,
    to: Stage,
    refusal: DomainError | None,
    *,
    url: str,
    typed: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """Answer 422 with the dialog that asks for exactly what is missing to enter `to`.

    What was typed stays; sentences appear at their fields once the person has been asked. Where
    the card would be closed it also asks what becomes of the work and elements that are left.

    Args:
        refusal: what the gate said; None where it is open and only the closing is asked about.
    """
    item = Item.objects.select_related("stage", "pipeline__item_type", "contact", "company").get(
        pk=item.pk
    )
    stages = list(item.pipeline.stages.all())
    verdict = gate.ask(item, to, stages, by=Actor.user(request.user))
    codes = list(verdict.missing)
    checks = []
    proofs = known_checks()
    confirmed = set(request.POST.getlist("confirm"))
    for criterion in verdict.criteria:
        code = field_of(criterion.check)
        if code is not None:
            codes.append(code)
            continue
        proof = "" if criterion.check == rules.MANUAL else proofs.get(criterion.check, "")
        if criterion.is_about_elements:
            proof = "" if criterion.held else _("there are no elements")
        ticked = criterion.code in confirmed
        checks.append(Check(criterion.code, str(criterion.text), proof, ticked, criterion.held))
    codes = list(dict.fromkeys([*codes, *(typed or {})]))
    specs = specs_of(item.pipeline.item_type, codes)
    asked = "asked" in request.POST
    errors = dict(refusal.fields) if asked and refusal else {}
    lost = to.kind == Stage.Kind.LOST
    context = {
        "item": item,
        "to": to,
        "url": url,
        "asked": asked,
        "refusal": refusal if asked or not isinstance(refusal, GateClosed) else None,
        "inputs": draw(
            specs.values(),
            values_of(item),
            user=request.user,
            typed=typed,
            errors=errors,
            required=codes,
            focus=True,
        ),
        "checks": checks,
        "held": any(check.held for check in checks),
        "unticked": asked and any(not (check.confirmed or check.held) for check in checks),
        "reasons": loss_tree(item.pipeline) if lost else [],
        "reason": request.POST.get("reason", ""),
        "comment": request.POST.get("comment", ""),
        "told_by": request.POST.get("told_by") or ToldBy.SELLER,
        "words": ToldBy.choices,
        "needs_reason": asked and isinstance(refusal, GateClosed) and refusal.needs_reason,
        "needs_comment": asked and isinstance(refusal, GateClosed) and refusal.needs_comment,
        "passed": verdict.passed,
        "seen": request.POST.get("seen") or item.stage_id,
        **(_leftovers(request, item, to) if item.stage.is_open and not to.is_open else {}),
    }
    return _in_dialog(render(request, "gate/_dialog.html", context, status=422))


def work_choice(request: SignedInRequest) -> str:
    """Return what the person wants to become of people's work on a card that closes."""
    work = request.POST.get("work", "")
    return work if work in (CLOSE, KEEP) else ""


class _ToAsk(Exception):
    """The way is free, but the person is asked something first: undo the move."""


def _leftovers(request: SignedInRequest, item: Item, to: Stage) -> dict[str, Any]:
    """Return what stays open on a card that is closed, for the dialog; empty when nothing does.

    People's work ends with a lost card unless one says otherwise; of a won one it stays.
    """
    found: dict[str, Any] = {}
    if work := list(work_left(item.pk)[: MOST_SHOWN + 1]):
        default = CLOSE if to.kind == Stage.Kind.LOST else KEEP
        count = work_left(item.pk).count()
        found["work"] = work[:MOST_SHOWN]
        found["work_count"], found["work_more"] = count, max(0, count - MOST_SHOWN)
        found["work_choice"] = work_choice(request) or default
    if to.kind == Stage.Kind.WON:
        unfinished = unfinished_elements(item.pk, request.user, most=MOST_SHOWN)
        if unfinished.count:
            found["unfinished"] = unfinished
    return found


def correction(
    request: SignedInRequest, item: Item, to: Stage, *, refusal: DomainError | None = None
) -> HttpResponse:
    """Answer 422 with the dialog that asks why a card returns (FS-7); it posts to card:correct."""
    context = {
        "item": item,
        "to": to,
        "why": request.POST.get("why", ""),
        "refusal": refusal,
        "error": refusal.fields.get("why", refusal.detail) if refusal else "",
    }
    return _in_dialog(render(request, "gate/_correction.html", context, status=422))


def tell(response: HttpResponse, item: Item, *, left: int | None = None) -> HttpResponse:
    """Let a page know that a card has moved: close the dialog, offer undo, fire `item:moved`."""
    kinds = {
        Stage.Kind.WON: _("Won: “%(title)s”"),
        Stage.Kind.LOST: _("Closed as lost: “%(title)s”"),
    }
    sentence = kinds.get(Stage.Kind(item.stage.kind), _("Moved to “%(stage)s”"))
    names = {"title": item.title, "stage": item.stage}
    response = toast(response, sentence % names, undo_url=reverse("card:undo_move", args=[item.pk]))
    moved = {"id": item.pk, "stage": item.stage_id, "left": left}
    response = trigger_client_event(response, "item:moved", moved)
    return trigger_client_event(response, "dialog:close", {})


def asked_specs(request: SignedInRequest, item: Item) -> dict[str, Spec]:
    """Return the specs of the fields that a posted form had."""
    names = [*request.POST, *request.FILES]
    codes = [n.removeprefix(PREFIX).split(".")[0] for n in names if n.startswith(PREFIX)]
    if not codes:
        return {}
    return specs_of(item.pipeline.item_type, list(dict.fromkeys(codes)))


def missing_sentence(verdict: gate.Verdict) -> str:
    """Say in a few words what a card still lacks for a stage: "Budget, 2 criteria"."""
    parts = [str(name) for name in verdict.missing.values()]
    fields = {c.check for c in verdict.criteria if c.check.startswith(FIELD_PREFIX)}
    words = [str(c.text) for c in verdict.criteria if c.check not in fields]
    if len(words) == 1:
        parts += words
    elif words:
        count = len(words)
        parts.append(
            ngettext("%(count)d criterion", "%(count)d criteria", count) % {"count": count}
        )
    parts += [str(c.text) for c in verdict.criteria if c.check in fields]
    return ", ".join(dict.fromkeys(parts))


def _reason(request: SignedInRequest, item: Item) -> LossReason | None:
    pk = request.POST.get("reason", "")
    if not pk.isdecimal() or len(pk) > 18:
        return None
    return LossReason.objects.filter(
        pk=int(pk), pipeline_id=item.pipeline_id, archived=False
    ).first()


def _in_dialog(response: HttpResponse) -> HttpResponse:
    return reswap(retarget(response, "#dialog"), "innerHTML")
