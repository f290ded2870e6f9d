"""Saved views: keep, rename, share, open first, put in order, forget."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from voronka.items.commands.views import change_view, delete_view, order_views, save_view
from voronka.items.filters import CardFilter
from voronka.items.models import SavedView
from voronka.items.saved_views import views_of
from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError, InvalidInput
from voronka.people.requests import SignedInRequest
from voronka.web.filters.place import Place


@login_required
@require_http_methods(["GET", "POST"])
def save(request: SignedInRequest) -> HttpResponse:
    """Ask for a name, then keep the filter, columns, sort and groups of the page as a new view."""
    data = request.POST if request.method == "POST" else request.GET
    place = Place.read(data)
    asked = CardFilter.read(data)
    refusal: DomainError | None = None
    if request.method == "POST":
        wide = request.POST.get("wide") == "1"
        try:
            view = save_view(
                request.POST.get("name", ""),
                item_type=place.item_type,
                pipeline=None if wide else place.pipeline,
                params=_params(place, asked),
                shared=request.POST.get("shared") == "1",
                by=Actor.user(request.user),
            )
        except InvalidInput as refused:
            refusal = refused
        else:
            return HttpResponseClientRedirect(f"{place.path}?view={view.pk}")
    context = {
        "place": place,
        "hidden": [(n, v) for n, values in asked.query().items() for v in values],
        "name": request.POST.get("name", ""),
        "may_share": request.user.access.has("share_views"),
        "error": refusal.fields.get("name", refusal.detail) if refusal else "",
    }
    return render(request, "filters/_save.html", context, status=422 if refusal else 200)


@login_required
@require_http_methods(["GET", "POST"])
def edit(request: SignedInRequest, view_id: int) -> HttpResponse:
    """GET: the dialog with name, sharing and default; POST: change them."""
    data = request.POST if request.method == "POST" else request.GET
    place = Place.read(data)
    view = _view(request, place, view_id)
    refusal: DomainError | None = None
    if request.method == "POST":
        may_share = request.user.access.has("share_views")
        try:
            change_view(
                view.pk,
                name=request.POST.get("name", ""),
                shared=request.POST.get("shared") == "1" if may_share else None,
                is_default=request.POST.get("default") == "1",
                by=Actor.user(request.user),
            )
        except InvalidInput as refused:
            refusal = refused
        else:
            return HttpResponseClientRedirect(f"{place.path}?view={view.pk}")
    context = {
        "place": place,
        "view": view,
        "name": request.POST.get("name", view.name),
        "may_share": request.user.access.has("share_views"),
        "error": refusal.fields.get("name", refusal.detail) if refusal else "",
    }
    return render(request, "filters/_edit.html", context, status=422 if refusal else 200)


@login_required
@require_POST
def keep(request: SignedInRequest, view_id: int) -> HttpResponse:
    """Keep what the page shows now in the view that is open."""
    place = Place.read(request.POST)
    view = _view(request, place, view_id)
    asked = CardFilter.read(request.POST)
    params = {**view.params, **_params(place, asked)}
    change_view(view.pk, params=params, by=Actor.user(request.user))
    return HttpResponseClientRedirect(f"{place.path}?view={view.pk}")


@login_required
@require_POST
def delete(request: SignedInRequest, view_id: int) -> HttpResponse:
    """Forget a view."""
    place = Place.read(request.POST)
    view = _view(request, place, view_id)
    delete_view(view.pk, by=Actor.user(request.user))
    return HttpResponseClientRedirect(place.path)


@login_required
@require_POST
def move(request: SignedInRequest, view_id: int) -> HttpResponse:
    """Put a view one place to the left (step -1) or to the right (1) among the tabs."""
    place = Place.read(request.POST)
    view = _view(request, place, view_id)
    ids = [v.pk for v in views_of(request.user, place.item_type, place.pipeline)]
    at = ids.index(view.pk)
    to = at - 1 if request.POST.get("step") == "-1" else at + 1
    if 0 <= to < len(ids):
        ids[at], ids[to] = ids[to], ids[at]
        order_views(ids, by=Actor.user(request.user))
    return HttpResponseClientRedirect(f"{place.path}?view={view.pk}")


def _view(request: SignedInRequest, place: Place, view_id: int) -> SavedView:
    views = views_of(request.user, place.item_type, place.pipeline)
    return get_object_or_404(SavedView, pk=view_id if view_id in {v.pk for v in views} else 0)


def _params(place: Place, asked: CardFilter) -> dict[str, object]:
    """Return what a view keeps of a page: its filter, columns, sort and groups."""
    params: dict[str, object] = {"filters": asked.query()}
    if columns := place.keep.get("columns"):
        params["columns"] = columns[0].split(",")
    if sort := place.keep.get("sort"):
        params["sort"] = sort[0]
    if group := place.keep.get("group"):
        params["group"] = group[0].strip("-")
    return params
