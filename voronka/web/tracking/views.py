"""Send the reader of a letter on to where its link leads, and hand out the dot in it.

HEAD is asked by programs that look links over, so it counts for nothing.
"""

from __future__ import annotations

import base64
import logging

from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from voronka.channels import tracking
from voronka.kernel.errors import DomainError
from voronka.timeline.commands.tracking import note_followed, note_opened
from voronka.timeline.models import Message

log = logging.getLogger(__name__)
_DOT = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


@require_safe
@never_cache
def follow(request: HttpRequest, token: str) -> HttpResponse:
    """Lead to the page that the letter links to; that it could not be noted stops nobody."""
    message_id, number = _target(token)
    row = Message.objects.filter(pk=message_id).values_list("text", "html").first()
    links = tracking.links_of(text=row[0], html=row[1]) if row else []
    if not 0 < number <= len(links):
        raise Http404
    link = links[number - 1]
    if request.method == "GET":
        try:
            note_followed(message_id, link, at=timezone.now())
        except (DatabaseError, DomainError):
            log.exception("a followed link of message %s was not noted", message_id)
    answer = HttpResponseRedirect(link)
    answer["Referrer-Policy"] = "no-referrer"
    return answer


@require_safe
@never_cache
def picture(request: HttpRequest, token: str) -> HttpResponse:
    """Hand out a dot; the letter has been opened. It is handed out whatever could be noted."""
    message_id, number = _target(token)
    if number != tracking.OPENED:
        raise Http404
    if request.method == "GET":
        try:
            note_opened(message_id, at=timezone.now())
        except (DatabaseError, DomainError):
            log.exception("that message %s was opened was not noted", message_id)
    return HttpResponse(_DOT, content_type="image/gif")


def _target(token: str) -> tuple[int, int]:
    found = tracking.target_of(token)
    if found is None:
        raise Http404
    return found
