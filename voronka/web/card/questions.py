"""Questions on a card: asked in a dialog, answered where they stand (SP-4)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import retarget, trigger_client_event

from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.kernel.errors import InvalidInput
from voronka.people.models import Role, User
from voronka.people.requests import SignedInRequest
from voronka.pipelines.values import BadValue, parse_datetime
from voronka.timeline.commands import questions
from voronka.timeline.models import Question
from voronka.web.card.answers import dialog, said
from voronka.web.card.moments import moments
from voronka.web.card.views import card_or_404, feed_of


@login_required
@require_http_methods(["GET", "POST"])
def ask(request: SignedInRequest, item_id: int) -> HttpResponse:
    """Ask in a dialog what to ask, whom, and by when; what was typed stays when it is refused."""
    card = card_or_404(request.user, item_id)
    people = _who_see(card.item, but=request.user)
    context: dict[str, Any] = {
        "item": card.item,
        "roles": Role.objects.filter(pk__in={one.role_id for one in people}),
        "people": people,
        "moments": moments(),
        "typed": {"due": moments()[1].value},
        "wrong": {},
    }
    if request.method == "GET":
        return dialog(request, "card/_ask.html", context)
    try:
        questions.ask_question(
            item_id,
            request.POST.get("text", ""),
            to=request.POST.get("to", ""),
            due_at=_moment(request.POST.get("due", "")),
            by=Actor.user(request.user),
        )
    except InvalidInput as refusal:
        context |= {"typed": request.POST, "wrong": refusal.fields}
        return dialog(request, "card/_ask.html", context, status=422)
    return trigger_client_event(said(_("Asked. You will be told of the answer.")), "card:read")


@login_required
@require_http_methods(["GET", "POST"])
def reply(request: SignedInRequest, question_id: int) -> HttpResponse:
    """GET: a place for the answer, or with ?hide=1 the feed without it; POST: keep it."""
    question, card_id = _question_or_404(request, question_id)
    card = card_or_404(request.user, card_id)
    if request.method == "GET" and "hide" in request.GET:
        return feed_of(request, card)
    context: dict[str, Any] = {"question": question, "item": card.item}
    if request.method == "POST":
        text = request.POST.get("text", "")
        try:
            questions.reply(question_id, text, by=Actor.user(request.user))
        except InvalidInput as refusal:
            context |= {"text": text, "error": refusal.fields.get("text", refusal.detail)}
            response = render(request, "card/_reply.html", context, status=422)
            return retarget(response, f"#question-{question_id} .question-do")
        return feed_of(request, card)
    return render(request, "card/_reply.html", context)


@login_required
@require_POST
def close(request: SignedInRequest, question_id: int) -> HttpResponse:
    """Take one's own question back."""
    _question, card_id = _question_or_404(request, question_id)
    questions.close_question(question_id, by=Actor.user(request.user))
    return feed_of(request, card_or_404(request.user, card_id))


def _question_or_404(request: SignedInRequest, question_id: int) -> tuple[Question, int]:
    """Return a question on a card that the person sees, and the card in whose feed it is read.

    The feed may be that of the deal whose element is asked about (`card`).
    """
    seen = Item.objects.visible_to(request.user)
    found = Question.objects.filter(pk=question_id, item__in=seen.values("pk")).first()
    if found is None:
        raise Http404
    asked = request.GET.get("card", "")
    return found, int(asked) if asked.isdecimal() and len(asked) < 19 else found.item_id


def _who_see(item: Item, *, but: User) -> list[User]:
    """Return the working people who see a card. Two SQL queries."""
    kind, pipeline = item.pipeline.item_type, item.pipeline
    rows = User.objects.filter(is_active=True).exclude(pk=but.pk).select_related("role")
    return [
        one
        for one in rows.order_by("name")
        if one.access.may("see", kind.code, pipeline.code, owner_id=item.owner_id)
    ]


def _moment(text: str) -> datetime | None:
    if not text.strip():
        return None
    try:
        return parse_datetime(text)
    except BadValue as bad:
        raise InvalidInput(bad.sentence, fields={"due": bad.sentence}) from None
