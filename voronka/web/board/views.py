"""Showing the board: the page, more of a column, and what has changed meanwhile."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from voronka.items.filters import CardFilter
from voronka.people.requests import SignedInRequest
from voronka.web.board.page import BoardPage, board_or_404
from voronka.web.filters import FilterBar
from voronka.web.frame import navigation

LAST = "board"  # the cookie that remembers the board opened last
_YEAR = 365 * 24 * 3600  # seconds
_MOST_CHANGED = 200  # cards in one question for changes


@login_required
@require_GET
def index(request: SignedInRequest) -> HttpResponse:
    """Lead to the board opened last, else to the first one the person sees."""
    boards = navigation.pipelines(request.user, request.path)
    if not boards:
        return render(request, "board/none.html")
    last = request.COOKIES.get(LAST, "")
    wanted = (link.url for link in boards if link.url.endswith(f"/{last}/"))
    return redirect(next(wanted, boards[0].url))


@login_required
@require_GET
def pipeline(request: SignedInRequest, pipeline_id: int) -> HttpResponse:
    """Draw the board of a pipeline; for htmx into #board only what is inside it."""
    board = _board(request, pipeline_id)
    board.bar = FilterBar.of(request, board.kind, board.pipeline, region="#cards", stages=False)
    board.asked = board.bar.asked
    fragment = request.headers.get("HX-Target") == "board"
    template = "board/_columns.html" if fragment else "board/index.html"
    response = render(
        request, template, {"board": board, "pipeline": board.pipeline, "bar": board.bar}
    )
    if request.COOKIES.get(LAST) != str(pipeline_id):
        response.set_cookie(LAST, str(pipeline_id), max_age=_YEAR, httponly=True, samesite="Lax")
    return response


@login_required
@require_GET
def column(request: SignedInRequest, pipeline_id: int, stage_id: int) -> HttpResponse:
    """Draw a page of one column, from `after` on, `size` cards."""
    board = _board(request, pipeline_id)
    stage = next((stage for stage in board.stages if stage.pk == stage_id), None)
    if stage is None:
        raise Http404
    page = board.page_of(stage, after=request.GET.get("after", ""), size=board.size)
    return HttpResponse(board.drawn(stage, page))


@login_required
@require_GET
def changes(request: SignedInRequest, pipeline_id: int) -> HttpResponse:
    """Draw the cards `id` as they are now, and the heads of all columns.

    A card that is not in the answer no longer belongs on this board: it has gone elsewhere, does
    not pass the filter, or the person may not see it any more.
    """
    board = _board(request, pipeline_id)
    ids = [int(pk) for pk in request.GET.getlist("id")[:_MOST_CHANGED] if _is_id(pk)]
    cards = board.drawer.cards(board.changed(ids)) if ids else ""
    return render(request, "board/_changes.html", {"board": board, "cards": cards})


def _board(request: SignedInRequest, pipeline_id: int) -> BoardPage:
    size = request.GET.get("size", "")
    return board_or_404(
        request.user,
        pipeline_id,
        CardFilter.read(request.GET),
        size=int(size) if size.isdecimal() and len(size) < 6 else 0,
    )


def _is_id(text: str) -> bool:
    return text.isdecimal() and len(text) < 19
