"""The composer and what it makes: notes with files and mentions, tasks, calls, meetings."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import retarget, trigger_client_event

from voronka.items.commands import attach_file
from voronka.items.gate import wants_next_step
from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError, InvalidInput, Sentence
from voronka.people.models import User
from voronka.people.requests import SignedInRequest
from voronka.pipelines.values import BadValue, parse_datetime
from voronka.timeline.commands import activities, notes
from voronka.timeline.commands.activities import Plan
from voronka.timeline.models import Activity, Note
from voronka.web.card.answers import dialog, said
from voronka.web.card.moments import REMINDERS, moments
from voronka.web.card.page import CardPage
from voronka.web.card.views import card_or_404, feed_of
from voronka.web.toasts import toast

MOST_PEOPLE = 8


@login_required
@require_GET
def people(request: SignedInRequest) -> JsonResponse:
    """Answer people to mention by a few letters of the name: [{"id", "name"}]."""
    text = request.GET.get("q", "").strip()[:60]
    found = User.objects.filter(is_active=True)
    for word in text.split()[:3]:
        found = found.filter(Q(name__icontains=word) | Q(email__istartswith=word))
    rows = [{"id": p.pk, "name": str(p)} for p in found.order_by("name")[:MOST_PEOPLE]]
    return JsonResponse(rows, safe=False)


@login_required
@require_POST
def note(request: SignedInRequest, item_id: int) -> HttpResponse:
    """Write a note with its files; what was typed stays when it is refused."""
    card = card_or_404(request.user, item_id)
    by = Actor.user(request.user)
    try:
        with transaction.atomic():
            files = [
                attach_file(
                    file,
                    name=file.name or "file",
                    by=by,
                    item_id=item_id,
                    content_type=file.content_type or "",
                ).pk
                for file in request.FILES.getlist("files")
            ]
            notes.write_note(
                request.POST.get("text", ""), by=by, item_id=item_id, attachment_ids=files
            )
    except InvalidInput as refusal:
        return refused(refusal)
    return written(feed_of(request, card))


@login_required
@require_POST
def plan(request: SignedInRequest, item_id: int) -> HttpResponse:
    """Plan a task, call or meeting from the composer."""
    card = card_or_404(request.user, item_id)
    try:
        activities.plan_activity(
            read_plan(request),
            by=Actor.user(request.user),
            item_id=item_id,
            owner_id=owner_id_of(request),
        )
    except InvalidInput as refusal:
        return refused(refusal)
    return written(feed_of(request, card))


def written(response: HttpResponse) -> HttpResponse:
    """Tell the composer that it may be emptied."""
    return trigger_client_event(response, "composer:done", {})


def refused(refusal: DomainError) -> HttpResponse:
    """Say why nothing was written; the composer keeps what was typed."""
    sentences = [str(s) for s in refusal.fields.values()] or [str(refusal.detail)]
    response = toast(HttpResponse(status=204), " ".join(dict.fromkeys(sentences)), kind="error")
    return trigger_client_event(response, "composer:refused", {"fields": list(refusal.fields)})


@login_required
@require_http_methods(["GET", "POST"])
def change_note(request: SignedInRequest, note_id: int) -> HttpResponse:
    """GET: the note's text as an input, or with ?show=1 as it stands; POST: save it."""
    found, card = _note_or_404(request.user, note_id)
    error: Sentence = ""
    text = found.text
    if request.method == "POST":
        text = request.POST.get("text", "")
        try:
            notes.edit_note(note_id, text, by=Actor.user(request.user))
        except InvalidInput as refusal:
            error = refusal.fields.get("text", refusal.detail)
        else:
            return feed_of(request, card)
    elif "show" in request.GET:
        return feed_of(request, card)
    context = {"note": found, "item": card.item, "text": text, "error": error}
    response = render(request, "card/_note_input.html", context, status=422 if error else 200)
    return retarget(response, f"#note-{note_id} .note-text") if error else response


@login_required
@require_POST
def delete_note(request: SignedInRequest, note_id: int) -> HttpResponse:
    """Take one's own note out of the feed."""
    _found, card = _note_or_404(request.user, note_id)
    notes.delete_note(note_id, by=Actor.user(request.user))
    return feed_of(request, card)


@login_required
@require_POST
def pin_note(request: SignedInRequest, note_id: int) -> HttpResponse:
    """Keep a note at the top of the feed, or let it go."""
    found, card = _note_or_404(request.user, note_id)
    notes.pin_note(note_id, pinned=not found.pinned, by=Actor.user(request.user))
    return feed_of(request, card)


def _note_or_404(user: User, note_id: int) -> tuple[Note, CardPage]:
    found = Note.objects.filter(pk=note_id, deleted_at=None).first()
    if found is None or found.item_id is None:
        raise Http404
    return found, card_or_404(user, found.item_id)


@login_required
@require_http_methods(["GET", "POST"])
def finish(request: SignedInRequest, activity_id: int) -> HttpResponse:
    """Ask how it ended and what comes next; both are saved together (TL-6)."""
    activity, card = _activity_or_404(request.user, activity_id)
    if request.method == "GET":
        return dialog(request, "card/_finish.html", _finish_context(activity, card))
    by = Actor.user(request.user)
    try:
        activities.finish_activity(activity_id, **read_end(request), by=by)
    except InvalidInput as refusal:
        context = _finish_context(activity, card) | {"refusal": refusal, "typed": request.POST}
        return dialog(request, "card/_finish.html", context, status=422)
    return trigger_client_event(said(_("Done: %(title)s") % {"title": activity.title}), "card:read")


def _finish_context(activity: Activity, card: CardPage) -> dict[str, Any]:
    return {
        "activity": activity,
        "outcomes": Activity.Outcome.choices,
        "kinds": Activity.Kind.choices,
        "moments": moments(),
        "typed": {"outcome": Activity.Outcome.DONE, "kind": Activity.Kind.CALL},
        "must_plan": not card.item.is_closed,
        "step_wanted": wants_next_step(card.item),
    }


@login_required
@require_http_methods(["GET", "POST"])
def change(request: SignedInRequest, activity_id: int) -> HttpResponse:
    """Change a plan: what, when, who."""
    activity, _card = _activity_or_404(request.user, activity_id)
    context: dict[str, Any] = {
        "url": reverse("card:change_activity", args=[activity.pk]),
        "activity": activity,
        "kinds": Activity.Kind.choices,
        "reminders": REMINDERS.items(),
        "people": User.objects.filter(Q(is_active=True) | Q(pk=activity.owner_id)),
        "moments": moments(),
        "typed": typed_of(activity),
    }
    if request.method == "GET":
        return dialog(request, "card/_plan.html", context)
    try:
        activities.change_activity(
            activity_id,
            read_plan(request),
            by=Actor.user(request.user),
            owner_id=owner_id_of(request),
        )
    except InvalidInput as refusal:
        context |= {"refusal": refusal, "typed": request.POST}
        return dialog(request, "card/_plan.html", context, status=422)
    return trigger_client_event(said(_("The plan is changed")), "card:read")


@login_required
@require_POST
def reopen(request: SignedInRequest, activity_id: int) -> HttpResponse:
    """Take "done" back."""
    _activity, card = _activity_or_404(request.user, activity_id)
    activities.reopen_activity(activity_id, by=Actor.user(request.user))
    return feed_of(request, card)


def _activity_or_404(user: User, activity_id: int) -> tuple[Activity, CardPage]:
    found = Activity.objects.select_related("owner").filter(pk=activity_id).first()
    if found is None or found.item_id is None:
        raise Http404
    return found, card_or_404(user, found.item_id)


def read_end(request: SignedInRequest) -> dict[str, Any]:
    """Read how an activity ended and, if something is said of it, what comes next.

    Raises:
        InvalidInput: the moment of the next step can't be read.
    """
    goes_on = request.POST.get("title", "").strip() or request.POST.get("due")
    return {
        "outcome": request.POST.get("outcome", ""),
        "result": request.POST.get("result", ""),
        "answer": request.POST.get("answer", ""),
        "then": read_plan(request) if goes_on else None,
    }


def read_plan(request: SignedInRequest) -> Plan:
    """Read kind, title, due, remind, minutes and text of a form.

    A call or a meeting may go without a title: its kind says enough.

    Raises:
        InvalidInput: the moment can't be read.
    """
    kind = request.POST.get("kind", "")
    due = _moment(request.POST.get("due", ""))
    titles = {"call": _("Call"), "meeting": _("Meeting")}
    title = request.POST.get("title", "").strip() or titles.get(kind, "")
    before = request.POST.get("remind", "")
    early = timedelta(minutes=int(before)) if before and before in REMINDERS else None
    minutes = request.POST.get("minutes", "")
    return Plan(
        kind,
        title,
        due,
        text=request.POST.get("text", ""),
        minutes=int(minutes) if minutes.isdecimal() and 0 < int(minutes[:6]) < 1500 else None,
        remind_at=due - early if due and early is not None else None,
    )


def _moment(text: str) -> datetime | None:
    if not text.strip():
        return None
    try:
        return parse_datetime(text)
    except BadValue as bad:
        raise InvalidInput(bad.sentence, fields={"due": bad.sentence}) from None


def owner_id_of(request: SignedInRequest) -> int | None:
    pk = request.POST.get("owner", "")
    return int(pk) if pk.isdecimal() and len(pk) < 19 else None


def typed_of(activity: Activity) -> dict[str, Any]:
    due, remind = activity.due_at, activity.remind_at
    before = str(int((due - remind).total_seconds() // 60)) if due and remind else ""
    return {
        "kind": activity.kind,
        "title": activity.title,
        "text": activity.text,
        "due": f"{timezone.localtime(due):%Y-%m-%dT%H:%M}" if due else "",
        "remind": before,
        "minutes": activity.minutes or "",
        "owner": str(activity.owner_id),
    }
