"""The list's page, its further rows, and the choice of columns."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from voronka.items.saved_views import MOST_COLUMNS
from voronka.people.requests import SignedInRequest
from voronka.web.list.columns import remember, usual
from voronka.web.list.page import ListPage

MORE = "list-more"  # what asks for further rows


@login_required
@require_GET
def of_pipeline(request: SignedInRequest, pipeline_id: int) -> HttpResponse:
    """Show the cards of a funnel."""
    return _shown(request, ListPage.of_pipeline(request, pipeline_id))


@login_required
@require_GET
def of_type(request: SignedInRequest, code: str) -> HttpResponse:
    """Show the cards of all funnels of a type."""
    return _shown(request, ListPage.of_type(request, code))


def _shown(request: SignedInRequest, page: ListPage) -> HttpResponse:
    if request.htmx and "row" in request.GET:  # cards anew: without those that no longer pass
        return render(request, "list/_rows.html", {"page": page, "rows": page.named})
    if request.htmx and request.htmx.target == MORE:
        return render(request, "list/_rows.html", {"page": page, "rows": page.rows})
    return render(request, "list/index.html", {"page": page})


@login_required
@require_http_methods(["GET", "POST"])
def pipeline_columns(request: SignedInRequest, pipeline_id: int) -> HttpResponse:
    """Choose the columns of a funnel's list."""
    return _columns(request, ListPage.of_pipeline(request, pipeline_id))


@login_required
@require_http_methods(["GET", "POST"])
def type_columns(request: SignedInRequest, code: str) -> HttpResponse:
    """Choose the columns of a type's list."""
    return _columns(request, ListPage.of_type(request, code))


def _columns(request: SignedInRequest, page: ListPage) -> HttpResponse:
    """GET: the dialog; POST `column`, in order: remember them and show the list with them."""
    if request.method == "POST":
        codes = [c for c in request.POST.getlist("column") if c in page.columns][:MOST_COLUMNS]
        codes = codes or usual(page.columns)
        remember(request, page.place, codes)
        return HttpResponseClientRedirect(page.list_url(columns=",".join(codes)))
    shown = [column.code for column in page.shown]
    rest = [column for code, column in page.columns.items() if code not in shown]
    context = {"page": page, "shown": page.shown, "rest": rest}
    return render(request, "list/_columns.html", context)


@login_required
@require_GET
def pipeline_groups(request: SignedInRequest, pipeline_id: int) -> HttpResponse:
    """Show what a funnel's list can be grouped by, as the entries of its menu."""
    page = ListPage.of_pipeline(request, pipeline_id)
    return render(request, "list/_groups.html", {"page": page})


@login_required
@require_GET
def type_groups(request: SignedInRequest, code: str) -> HttpResponse:
    """Show what a type's list can be grouped by."""
    return render(request, "list/_groups.html", {"page": ListPage.of_type(request, code)})
