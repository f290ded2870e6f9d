"""Reading the sample mailbox: the list, a letter on paper, its files."""

from __future__ import annotations

from io import BytesIO

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET

from voronka.channels.models import Channel
from voronka.demo.post.mailbox import Folder, letters, news_mark
from voronka.demo.post.places import address_of, ports_of
from voronka.web.demo_mail.post import letter_or_404, of_the_demo
from voronka.web.paper import on_paper

_FOUND_OUT = "done"  # of an address: what has just been done


@require_GET
@of_the_demo
def index(request: HttpRequest, channel: Channel, folder: Folder) -> HttpResponse:
    """Show the letters of a folder; asked with ?seen=, answer only when there are others."""
    mark = news_mark(ports_of(channel))
    if request.GET.get("seen") == mark:
        return HttpResponse(status=204)
    context = {
        "address": address_of(channel),
        "channel": channel,
        "done": request.GET.get(_FOUND_OUT, ""),
        "folder": folder,
        "letters": letters(ports_of(channel), folder),
        "mark": mark,
    }
    part = "_list" if "seen" in request.GET else "index"
    return render(request, f"demo_mail/{part}.html", context)


@require_GET
@xframe_options_sameorigin
@of_the_demo
def paper(request: HttpRequest, channel: Channel, folder: Folder, uid: int) -> HttpResponse:
    """Show an HTML letter for its frame.

    Of pictures from elsewhere only the dot of our own letters: it tells that they were opened, as
    it does in a mail program that shows pictures.
    """
    found = letter_or_404(channel, folder, uid)
    if not found.html:
        raise Http404
    return on_paper(found.html, own=f"{settings.PUBLIC_URL}/t/")


@require_GET
@of_the_demo
def file(
    request: HttpRequest, channel: Channel, folder: Folder, uid: int, number: int
) -> FileResponse:
    """Send a file of a letter as a download, never to be opened as a page of ours."""
    files = letter_or_404(channel, folder, uid).files
    if number >= len(files):
        raise Http404
    response = FileResponse(
        BytesIO(files[number].content),
        as_attachment=True,
        filename=files[number].name,
        content_type="application/octet-stream",
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
