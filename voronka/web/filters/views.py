"""The dialog with every filter of a page."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from voronka.items.filters import CardFilter
from voronka.people.requests import SignedInRequest
from voronka.web.filters.bar import address
from voronka.web.filters.inputs import groups
from voronka.web.filters.place import Place


@login_required
@require_http_methods(["GET", "POST"])
def dialog(request: SignedInRequest) -> HttpResponse:
    """GET: the dialog with what is set; POST: go to the page with what was chosen.

    A value that can't be read sends the dialog back with a sentence, all of it as typed.
    """
    data = request.POST if request.method == "POST" else request.GET
    place = Place.read(data)
    asked = CardFilter.read(data)
    if request.method == "POST" and not asked.refused:
        keep = dict(place.keep)
        if not asked and keep.get("view"):
            keep["view"] = ["all"]
        return HttpResponseClientRedirect(address(place.path, asked, keep))
    context = {
        "place": place,
        "text": data.get("q", ""),
        "mine": data.get("mine") == "1",
        "groups": groups(data, request.user, place.item_type, place.pipeline, stages=place.stages),
        "refused": asked.refused if request.method == "POST" else (),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "filters/_dialog.html", context, status=status)
