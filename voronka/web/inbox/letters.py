"""What strangers have sent, shown so that it can do nothing: HTML letters and pictures.

A letter stands in a frame of its own, without scripts; pictures from elsewhere are fetched only
when the reader asks, for they tell the sender that the letter was opened.
"""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET

from voronka.people.requests import SignedInRequest
from voronka.timeline.markup import PICTURES
from voronka.web.inbox.pictures import inside
from voronka.web.inbox.sending import message_or_404
from voronka.web.paper import on_paper


@login_required
@require_GET
@xframe_options_sameorigin
def letter(request: SignedInRequest, message_id: int) -> HttpResponse:
    """Show an HTML letter for its frame, with the pictures that came in it.

    With ?images=1 pictures from elsewhere as well.
    """
    message = message_or_404(request.user, message_id)
    if not message.html:
        raise Http404
    kept = {
        content_id: reverse("inbox:picture", args=[message_id, file.pk])
        for content_id, file in inside(message).items()
    }
    here = request.build_absolute_uri(reverse("inbox:picture", args=[message_id, 0]))
    return on_paper(
        message.html,
        images="images" in request.GET,
        picture=kept.get,
        kept_at=here.removesuffix("0") if kept else "",
    )


@login_required
@require_GET
def picture(request: SignedInRequest, message_id: int, file_id: int) -> FileResponse:
    """Send a picture of a message to be shown in the thread."""
    message = message_or_404(request.user, message_id)
    files = message.attachments.filter(pk=file_id, deleted_at=None, content_type__in=PICTURES)
    found = files.first()
    if found is None:
        raise Http404
    try:
        content = found.file.open("rb")
    except FileNotFoundError:
        raise Http404 from None
    response = FileResponse(content, filename=found.name, content_type=found.content_type)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, max-age=3600"
    return response
