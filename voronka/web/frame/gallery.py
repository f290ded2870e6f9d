"""Every component on one page, for those who build pages. Only in debug mode and in tests."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django_htmx.http import trigger_client_event

from voronka.people.requests import SignedInRequest
from voronka.pipelines.models import COLORS

PARTS = ("card", "dialog", "toast", "undo", "wrong")


class SampleForm(forms.Form):
    """A form with one field of every kind."""

    title = forms.CharField(label="Title", help_text="What the client wants, in a few words")
    amount = forms.DecimalField(label="Amount", min_value=0)
    source = forms.ChoiceField(
        label="Source", choices=[("", "—"), ("site", "Site"), ("call", "Call")]
    )
    note = forms.CharField(label="Note", widget=forms.Textarea, required=False)
    urgent = forms.BooleanField(label="Urgent", required=False)


@login_required
def page(request: SignedInRequest) -> HttpResponse:
    """Draw the gallery."""
    return render(request, "frame/gallery.html", _context(request))


@login_required
def part(request: SignedInRequest, part: str) -> HttpResponse:
    """Answer the gallery's live samples: the slider's page, the dialog, toasts, a wrong form."""
    if part not in PARTS:
        raise Http404
    if part in {"toast", "undo"}:
        said: dict[str, Any] = {"text": "Moved to “Quote sent”"}
        if part == "undo":
            said["undo_url"] = "/dev/gallery/toast"
        return trigger_client_event(HttpResponse(status=204), "toast", said)
    if part == "wrong":
        form = SampleForm(request.POST, prefix="dialog")
        form.is_valid()
        return render(request, "frame/_gallery_dialog.html", {"form": form}, status=422)
    context = _context(request) | {"form": SampleForm(prefix="dialog")}
    return render(request, f"frame/_gallery_{part}.html", context)


def _context(request: SignedInRequest) -> dict[str, Any]:
    now = timezone.now()
    return {
        "form": SampleForm(),
        "colors": COLORS,
        "now": now,
        "moments": [
            now,
            now - timedelta(days=1),
            now + timedelta(days=1),
            now - timedelta(days=40),
        ],
        "person": request.user,
        "steps": [(1, 240, "Not processed"), (0.62, 149, "Qualified"), (0.34, 82, "Measured")],
    }
