"""Asking for the archive of the whole base, its progress, and the download."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import HttpResponseClientRefresh

from voronka.exports import commands, queries
from voronka.journal.actors import Actor
from voronka.kernel.errors import Conflict
from voronka.people.requests import SignedInRequest


@login_required
@require_http_methods(["GET", "POST"])
def index(request: SignedInRequest) -> HttpResponse:
    """List the archives; POST asks for a new one. For htmx only the list."""
    commands.require_export_all(Actor.user(request.user))
    error = ""
    if request.method == "POST":
        try:
            commands.ask_export(by=request.user, with_files="with_files" in request.POST)
        except Conflict as refusal:
            error = str(refusal)
        else:
            return redirect("exports:index")
    runs = queries.latest()
    busy = next((run for run in runs if run.is_busy), None)
    context = {"runs": runs, "busy": busy, "error": error, "now": timezone.now()}
    if request.htmx:
        if busy is None:
            return HttpResponseClientRefresh()
        return render(request, "exports/_list.html", context)
    return render(request, "exports/index.html", context, status=409 if error else 200)


@login_required
@require_GET
def file(request: SignedInRequest, run_id: int) -> FileResponse:
    """Hand an archive out while its day lasts."""
    run = commands.hand_out(run_id, by=request.user)
    name = f"voronka-{timezone.localtime(run.created_at):%Y-%m-%d}.zip"
    return FileResponse(run.file.open("rb"), as_attachment=True, filename=name)
