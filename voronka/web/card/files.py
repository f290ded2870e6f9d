"""Files of a card or a client: up, down, away. The right to see is asked at every download."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from voronka.clients.models import Client
from voronka.items import commands
from voronka.items.models import Attachment, Item
from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError
from voronka.people.models import User
from voronka.people.requests import SignedInRequest
from voronka.web.card.views import card_or_404
from voronka.web.toasts import toast


@login_required
@require_POST
def upload(request: SignedInRequest, item_id: int) -> HttpResponse:
    """Keep files in the card; one that is refused does not stop the others."""
    card = card_or_404(request.user, item_id)
    refusals = []
    for file in request.FILES.getlist("files"):
        try:
            commands.attach_file(
                file,
                name=file.name or "file",
                by=Actor.user(request.user),
                item_id=item_id,
                content_type=file.content_type or "",
            )
        except DomainError as refusal:
            refusals.append(f"{file.name}: {refusal.detail}")
    response = render(request, "card/_side.html", {"card": card, "item": card.item})
    return toast(response, " ".join(refusals), kind="error") if refusals else response


@login_required
@require_GET
def download(request: SignedInRequest, file_id: int) -> HttpResponse | FileResponse:
    """Send a file as a download, never to be opened as a page of ours."""
    found = _file_or_404(request.user, file_id)
    try:
        content = found.file.open("rb")
    except FileNotFoundError:
        raise Http404 from None
    response = FileResponse(
        content, as_attachment=True, filename=found.name, content_type="application/octet-stream"
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, max-age=300"
    return response


@login_required
@require_POST
def remove(request: SignedInRequest, file_id: int) -> HttpResponse:
    """Take a file out of its card."""
    found = _file_or_404(request.user, file_id)
    commands.remove_file(file_id, by=Actor.user(request.user))
    if found.item_id is None:
        return toast(HttpResponse(status=204), _("The file is removed"))
    card = card_or_404(request.user, found.item_id)
    response = render(request, "card/_side.html", {"card": card, "item": card.item})
    return toast(response, _("The file is removed"))


def _file_or_404(user: User, file_id: int) -> Attachment:
    """Return a file whose card or client the person may see."""
    found = get_object_or_404(Attachment, pk=file_id, deleted_at=None)
    if found.item_id is not None:
        seen = Item.objects.visible_to(user).filter(pk=found.item_id).exists()
    else:
        seen = Client.objects.visible_to(user).filter(pk=found.client_id or 0).exists()
    if not seen:
        raise Http404
    return found
