"""What all pages of the sample mailbox begin with; there only while the demo's mailbox is."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from voronka.channels.models import Channel
from voronka.demo.post.mailbox import FOLDERS, Folder, Letter, letter
from voronka.demo.post.places import PostClosed, ports_of
from voronka.demo.queries import demo_mailbox

View = Callable[..., HttpResponseBase]


def of_the_demo(view: View) -> View:
    """Give a view the company's mailbox; 404 in a real company, a sentence while it is closed."""

    @wraps(view)
    def guarded(request: HttpRequest, *arguments: object, **named: object) -> HttpResponseBase:
        channel = demo_mailbox()
        if channel is None or named.get("folder", "inbox") not in FOLDERS:
            raise Http404
        try:
            return view(request, channel, *arguments, **named)
        except PostClosed as closed:
            return shut(request, closed)

    return guarded


def shut(request: HttpRequest, closed: PostClosed) -> HttpResponse:
    """Say that the server does not answer."""
    return render(request, "demo_mail/closed.html", {"closed": closed}, status=closed.status)


def letter_or_404(channel: Channel, folder: Folder, uid: int) -> Letter:
    """Return a letter of the sample mailbox."""
    found = letter(ports_of(channel), folder, uid)
    if found is None:
        raise Http404
    return found
