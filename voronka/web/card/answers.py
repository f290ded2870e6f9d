"""Answers that every part of the card gives: a sentence where something was refused."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django_htmx.http import reswap, retarget, trigger_client_event

from voronka.people.requests import SignedInRequest
from voronka.web.toasts import toast


def said(text: str, *, undo_url: str = "", kind: str = "success") -> HttpResponse:
    """Answer without content, closing the dialog, with a toast."""
    response = toast(HttpResponse(status=204), text, undo_url=undo_url, kind=kind)
    return trigger_client_event(response, "dialog:close", {})


def dialog(
    request: SignedInRequest, template: str, context: dict[str, object], *, status: int = 200
) -> HttpResponse:
    """Answer with a dialog, whatever the request's target was."""
    response = render(request, template, context, status=status)
    return reswap(retarget(response, "#dialog"), "innerHTML")


def open_slider(response: HttpResponse, url: str) -> HttpResponse:
    """Have the page open a card over itself and close the dialog."""
    response = trigger_client_event(response, "slider:open", {"url": url})
    return trigger_client_event(response, "dialog:close", {})
