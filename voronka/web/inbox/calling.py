"""A call instead of a message: where no channel leads to the client, a call is the answer."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django_htmx.http import trigger_client_event

from voronka.journal.actors import Actor
from voronka.kernel.errors import InvalidInput
from voronka.people.requests import SignedInRequest
from voronka.timeline.commands.activities import Plan, finish_activity, plan_activity
from voronka.timeline.commands.conversations import close_conversation
from voronka.timeline.models import Activity
from voronka.web.card.answers import dialog, said
from voronka.web.inbox.panel import Talk, place_or_404, talk_or_404

OUTCOMES = (Activity.Outcome.DONE, Activity.Outcome.NO_ANSWER)


@login_required
@require_http_methods(["GET", "POST"])
def call(request: SignedInRequest, kind: str, subject_id: int) -> HttpResponse:
    """Ask how a call to the client of a card ("item") or to a client ended, and keep it as done."""
    place = place_or_404(request.user, kind, subject_id)
    asked = request.GET.get("talk", "")
    talk = talk_or_404(request.user, int(asked)) if asked.isdecimal() and len(asked) < 19 else None
    context: dict[str, object] = {
        "url": request.get_full_path(),
        "talk": talk,
        "outcomes": [(outcome.value, outcome.label) for outcome in OUTCOMES],
        "typed": {"outcome": Activity.Outcome.DONE, "close": True},
    }
    if request.method == "GET":
        return dialog(request, "inbox/_call.html", context)
    try:
        _keep(request, place, talk)
    except InvalidInput as refusal:
        context |= {"refusal": refusal, "typed": request.POST}
        return dialog(request, "inbox/_call.html", context, status=422)
    return trigger_client_event(said(_("The call is in the history")), "talk:read", {})


@transaction.atomic
def _keep(request: SignedInRequest, place: Talk, talk: Talk | None) -> None:
    by = Actor.user(request.user)
    made = plan_activity(
        Plan(Activity.Kind.CALL, _("Call"), timezone.now()),
        by=by,
        item_id=place.item.pk if place.item else None,
        client_id=None if place.item else place.client_id,
        owner_id=request.user.pk,
    )
    outcome = request.POST.get("outcome", "")
    result = request.POST.get("result", "")[:5000]
    finish_activity(made.pk, outcome=outcome, result=result, by=by, unplanned=True)
    if talk is not None and talk.conversation is not None and "close" in request.POST:
        close_conversation(talk.conversation.pk, by=by)
