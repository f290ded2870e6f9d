"""The work on a client itself: notes, files, tasks, calls and meetings without a card."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import retarget, trigger_client_event

from voronka.items.commands import attach_file, remove_file
from voronka.items.models import Attachment
from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError, InvalidInput, Sentence
from voronka.people.models import User
from voronka.people.requests import SignedInRequest
from voronka.timeline.commands import activities, notes
from voronka.timeline.models import Activity, Note
from voronka.web.card.answers import dialog, said
from voronka.web.card.moments import REMINDERS, moments
from voronka.web.card.work import owner_id_of, read_end, read_plan, refused, typed_of, written
from voronka.web.clients.page import ClientPage
from voronka.web.clients.views import client_or_404, feed_of, side_of
from voronka.web.toasts import toast


@login_required
@require_POST
def note(request: SignedInRequest, client_id: int) -> HttpResponse:
    """Write a note with its files; what was typed stays when it is refused."""
    page = client_or_404(request.user, client_id)
    by = Actor.user(request.user)
    try:
        with transaction.atomic():
            files = [
                attach_file(
                    file,
                    name=file.name or "file",
                    by=by,
                    client_id=client_id,
                    content_type=file.content_type or "",
                ).pk
                for file in request.FILES.getlist("files")
            ]
            notes.write_note(
                request.POST.get("text", ""), by=by, client_id=client_id, attachment_ids=files
            )
    except InvalidInput as refusal:
        return refused(refusal)
    return written(feed_of(request, page))


@login_required
@require_http_methods(["GET", "POST"])
def change_note(request: SignedInRequest, client_id: int, note_id: int) -> HttpResponse:
    """GET: the note's text as an input, or with ?show=1 as it stands; POST: save it."""
    page, found = _note_or_404(request.user, client_id, note_id)
    error: Sentence = ""
    text = found.text
    if request.method == "POST":
        text = request.POST.get("text", "")
        try:
            notes.edit_note(note_id, text, by=Actor.user(request.user))
        except InvalidInput as refusal:
            error = refusal.fields.get("text", refusal.detail)
        else:
            return feed_of(request, page)
    elif "show" in request.GET:
        return feed_of(request, page)
    context = {"note": found, "client": page.client, "text": text, "error": error}
    response = render(request, "clients/_note_input.html", context, status=422 if error else 200)
    return retarget(response, f"#note-{note_id} .note-text") if error else response


@login_required
@require_POST
def delete_note(request: SignedInRequest, client_id: int, note_id: int) -> HttpResponse:
    """Take one's own note out of the feed."""
    page, _found = _note_or_404(request.user, client_id, note_id)
    notes.delete_note(note_id, by=Actor.user(request.user))
    return feed_of(request, page)


@login_required
@require_POST
def pin_note(request: SignedInRequest, client_id: int, note_id: int) -> HttpResponse:
    """Keep a note at the top of the feed, or let it go."""
    page, found = _note_or_404(request.user, client_id, note_id)
    notes.pin_note(note_id, pinned=not found.pinned, by=Actor.user(request.user))
    return feed_of(request, page)


def _note_or_404(user: User, client_id: int, note_id: int) -> tuple[ClientPage, Note]:
    page = client_or_404(user, client_id)
    found = Note.objects.filter(pk=note_id, client_id=client_id, deleted_at=None).first()
    if found is None:
        raise Http404
    return page, found


@login_required
@require_POST
def plan(request: SignedInRequest, client_id: int) -> HttpResponse:
    """Plan a task, call or meeting from the composer."""
    page = client_or_404(request.user, client_id)
    try:
        activities.plan_activity(
            read_plan(request),
            by=Actor.user(request.user),
            client_id=client_id,
            owner_id=owner_id_of(request),
        )
    except InvalidInput as refusal:
        return refused(refusal)
    return written(feed_of(request, page))


@login_required
@require_http_methods(["GET", "POST"])
def finish(request: SignedInRequest, client_id: int, activity_id: int) -> HttpResponse:
    """Ask how it ended; what comes next may be planned at once."""
    page, activity = _activity_or_404(request.user, client_id, activity_id)
    context: dict[str, Any] = {
        "finish_url": reverse("clients:finish_activity", args=[client_id, activity_id]),
        "activity": activity,
        "outcomes": Activity.Outcome.choices,
        "kinds": Activity.Kind.choices,
        "moments": moments(),
        "typed": {"outcome": Activity.Outcome.DONE, "kind": Activity.Kind.CALL},
        "must_plan": page.may_change,
    }
    if request.method == "GET":
        return dialog(request, "card/_finish.html", context)
    by = Actor.user(request.user)
    try:
        activities.finish_activity(activity_id, **read_end(request), by=by)
    except InvalidInput as refusal:
        context |= {"refusal": refusal, "typed": request.POST}
        return dialog(request, "card/_finish.html", context, status=422)
    text = _("Done: %(title)s") % {"title": activity.title}
    return trigger_client_event(said(text), "client:read")


@login_required
@require_http_methods(["GET", "POST"])
def change(request: SignedInRequest, client_id: int, activity_id: int) -> HttpResponse:
    """Change a plan: what, when, who."""
    _page, activity = _activity_or_404(request.user, client_id, activity_id)
    context: dict[str, Any] = {
        "url": reverse("clients:change_activity", args=[client_id, activity_id]),
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
    return trigger_client_event(said(_("The plan is changed")), "client:read")


@login_required
@require_POST
def reopen(request: SignedInRequest, client_id: int, activity_id: int) -> HttpResponse:
    """Take "done" back."""
    page, _activity = _activity_or_404(request.user, client_id, activity_id)
    activities.reopen_activity(activity_id, by=Actor.user(request.user))
    return feed_of(request, page)


def _activity_or_404(user: User, client_id: int, activity_id: int) -> tuple[ClientPage, Activity]:
    page = client_or_404(user, client_id)
    rows = Activity.objects.filter(pk=activity_id, client_id=client_id, item_id__isnull=True)
    found = rows.select_related("owner").first()
    if found is None:
        raise Http404
    return page, found


@login_required
@require_POST
def upload(request: SignedInRequest, client_id: int) -> HttpResponse:
    """Keep files at the client; one that is refused does not stop the others."""
    page = client_or_404(request.user, client_id)
    refusals = []
    for file in request.FILES.getlist("files"):
        try:
            attach_file(
                file,
                name=file.name or "file",
                by=Actor.user(request.user),
                client_id=client_id,
                content_type=file.content_type or "",
            )
        except DomainError as refusal:
            refusals.append(f"{file.name}: {refusal.detail}")
    response = side_of(request, page)
    return toast(response, " ".join(refusals), kind="error") if refusals else response


@login_required
@require_POST
def remove_attachment(request: SignedInRequest, client_id: int, file_id: int) -> HttpResponse:
    """Take a file away from the client."""
    page = client_or_404(request.user, client_id)
    if not Attachment.objects.filter(pk=file_id, client_id=client_id, deleted_at=None).exists():
        raise Http404
    remove_file(file_id, by=Actor.user(request.user))
    return toast(side_of(request, page), _("The file is removed"))
