"""The list of sources, a source in a dialog, its order and its archive."""

from __future__ import annotations

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from voronka.items.queries import MOST_COUNTED, cards_by_source
from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError
from voronka.people.requests import SignedInRequest
from voronka.pipelines.codes import code_from
from voronka.pipelines.commands import sources
from voronka.pipelines.models import Source
from voronka.pipelines.specs import SourceSpec
from voronka.web.card.answers import dialog
from voronka.web.forms import refuse
from voronka.web.people.forms import NamesMixin, local_text
from voronka.web.rights import needs_right
from voronka.web.toasts import toast

ICONS = (
    "world", "forms", "phone", "phone-outgoing", "mail", "message-circle", "brand-telegram",
    "brand-whatsapp", "brand-vk", "brand-youtube", "ad-2", "search", "speakerphone", "news",
    "tag", "qrcode", "building-store", "building-pavilion", "map-pin", "heart-handshake",
    "users", "repeat", "calendar-event", "star",
)  # fmt: skip


class SourceForm(NamesMixin):
    """A source: its names and its icon."""

    icon = forms.SlugField(max_length=40, required=False)


@require_GET
@needs_right("setup")
def index(request: SignedInRequest) -> HttpResponse:
    """List the sources in their order, those in the archive below; for htmx only the list."""
    counts = cards_by_source()
    rows = []
    for source in Source.objects.all():
        cards = counts.get(source.pk, 0)
        rows.append((source, min(cards, MOST_COUNTED), cards > MOST_COUNTED))
    context = {
        "rows": [row for row in rows if not row[0].archived],
        "archived": [row for row in rows if row[0].archived],
    }
    in_place = request.htmx.target == "sources"
    return render(request, "sources/_list.html" if in_place else "sources/index.html", context)


@require_http_methods(["GET", "POST"])
@needs_right("setup")
def edit(request: SignedInRequest, code: str = "") -> HttpResponse:
    """Ask for names and icon in a dialog, and save them."""
    source = get_object_or_404(Source, code=code) if code else None
    names = {"name_ru": source.name.ru, "name_en": source.name.en} if source else {}
    icon = source.icon if source else ICONS[0]
    form = SourceForm(request.POST or None, initial={**names, "icon": icon})
    if request.method == "POST" and form.is_valid():
        name = local_text(form.cleaned_data)
        taken = list(Source.objects.values_list("code", flat=True))
        spec = SourceSpec(
            source.code
            if source
            else code_from(name.en or name.ru, taken=taken, fallback="source"),
            name,
            form.cleaned_data["icon"] or ICONS[0],
        )
        try:
            saved = sources.save_source(spec, by=Actor.user(request.user))
        except DomainError as error:
            refuse(form, error)
        else:
            response = _changed(_("Saved: %(name)s") % {"name": saved})
            return trigger_client_event(response, "dialog:close", {})
    chosen = form["icon"].value() or ICONS[0]
    icons = [*ICONS, *([chosen] if chosen not in ICONS else [])]
    context = {"form": form, "source": source, "icons": icons, "chosen": chosen}
    return dialog(request, "sources/_form.html", context, status=422 if form.errors else 200)


@require_POST
@needs_right("setup")
def order(request: SignedInRequest) -> HttpResponse:
    """Put the sources in the order of the page."""
    sources.reorder_sources(request.POST.getlist("order"), by=Actor.user(request.user))
    return HttpResponse(status=204)


@require_POST
@needs_right("setup")
def archive(request: SignedInRequest, code: str) -> HttpResponse:
    """Offer a source no more."""
    source = sources.archive_source(code, by=Actor.user(request.user))
    said = _("No longer offered: %(name)s. Cards keep it.") % {"name": source}
    return _changed(said, undo_url=reverse("sources:restore", args=[code]))


@require_POST
@needs_right("setup")
def restore(request: SignedInRequest, code: str) -> HttpResponse:
    """Offer a source again."""
    source = sources.restore_source(code, by=Actor.user(request.user))
    said = _("Offered again: %(name)s") % {"name": source}
    return _changed(said, undo_url=reverse("sources:archive", args=[code]))


def _changed(said: str, *, undo_url: str = "") -> HttpResponse:
    response = toast(HttpResponse(status=204), said, undo_url=undo_url)
    return trigger_client_event(response, "sources:read", {})
