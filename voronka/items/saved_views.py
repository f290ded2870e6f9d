"""Saved views that a person may open: their own and the shared ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Q

from voronka.items.filters import CardFilter
from voronka.items.filters.card_filter import Params
from voronka.items.models import SavedView
from voronka.kernel.prepared import Prepared
from voronka.people.models import User
from voronka.pipelines.models import ItemType, Pipeline

MOST_COLUMNS = 40
_LONGEST_SORT = 70


def views_of(user: User, item_type: ItemType, pipeline: Pipeline | None) -> list[SavedView]:
    """Return the views for one place, in order; of the type as a whole, they fit every funnel.

    One query.
    """
    return _VIEWS.all(user.pk, item_type.pk, pipeline.pk if pipeline else 0)


_VIEWS = Prepared(
    lambda user, kind, pipeline: SavedView.objects.select_related("owner").filter(
        Q(pipeline=None) | Q(pipeline_id=pipeline),
        Q(owner_id=user) | Q(shared=True),
        item_type_id=kind,
    ),
    int,
    int,
    int,
    model=SavedView,
)


def default_view(views: Sequence[SavedView], user: User) -> SavedView | None:
    """Return the view that opens first: one's own default, else the shared one."""
    chosen = [view for view in views if view.is_default]
    own = [view for view in chosen if view.owner_id == user.pk]
    return next(iter(own or chosen), None)


def filter_of(view: SavedView) -> CardFilter:
    """Return the filter that a view keeps."""
    return CardFilter.read(Params(view.params.get("filters") or {}))


def clean_params(params: dict[str, Any]) -> dict[str, Any]:
    """Return what a view may keep: {"filters", "columns", "sort", "group"}, each in one form."""
    columns = [str(code)[:60] for code in params.get("columns") or []][:MOST_COLUMNS]
    return {
        "filters": CardFilter.read(Params(params.get("filters") or {})).query(),
        "columns": list(dict.fromkeys(columns)),
        "sort": str(params.get("sort") or "")[:_LONGEST_SORT],
        "group": str(params.get("group") or "")[:_LONGEST_SORT],
    }
