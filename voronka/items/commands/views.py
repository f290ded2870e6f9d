"""Saved views: a filter, columns, an order and groups under a name, for oneself or for all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from voronka.items.models import SavedView
from voronka.items.saved_views import clean_params
from voronka.journal.actors import Actor
from voronka.journal.commands import record
from voronka.kernel.errors import Conflict, Forbidden, InvalidInput, NotFound
from voronka.people import access
from voronka.pipelines.models import ItemType, Pipeline

MOST_VIEWS = 50  # of one person in one place


@transaction.atomic
def save_view(
    name: str,
    *,
    item_type: ItemType,
    params: dict[str, Any],
    by: Actor,
    pipeline: Pipeline | None = None,
    shared: bool = False,
) -> SavedView:
    """Keep a filter, columns, an order and groups under a name; records `view.created`.

    Args:
        params: {"filters": {parameter: [values]}, "columns": [codes], "sort": "-amount",
            "group": code}.
        pipeline: the funnel it belongs to; None: all funnels of the type.
        shared: for everybody; needs the right "share_views".
    Raises:
        InvalidInput: no name, or one that is taken here.
        Forbidden: no right to share views.
        Conflict: too many views.
    """
    if by.user_id is None:
        raise Forbidden(_("A view belongs to a person."))
    if shared:
        access.require_right(by, "share_views")
    mine = SavedView.objects.filter(owner_id=by.user_id, item_type=item_type, pipeline=pipeline)
    count = mine.count()
    if count >= MOST_VIEWS:
        raise Conflict(_("That is a lot of views. Delete those that nobody opens."))
    view = SavedView(
        owner_id=by.user_id,
        item_type=item_type,
        pipeline=pipeline,
        name=_clean_name(name),
        shared=shared,
        params=clean_params(params),
        position=count,
    )
    _require_free(view)
    view.save()
    record("view.created", view, by=by, name=view.name, shared=shared)
    return view


@transaction.atomic
def change_view(
    view_id: int,
    *,
    by: Actor,
    name: str | None = None,
    params: dict[str, Any] | None = None,
    shared: bool | None = None,
    is_default: bool | None = None,
) -> SavedView:
    """Rename a view, keep another filter in it, share it, open it first; records `view.changed`.

    A shared view is changed by whoever may share views; an own one by its owner.

    Raises:
        NotFound: no such view, or somebody else's private one.
        Forbidden: it is shared, and the role may not share views.
        InvalidInput: no name, or one that is taken here.
    """
    view = _lock(view_id, by=by, share=bool(shared))
    if name is not None:
        view.name = _clean_name(name)
    if params is not None:
        view.params = clean_params(params)
    if shared is not None:
        view.shared = shared
    if is_default is not None:
        view.is_default = is_default
        if is_default:
            _others(view).filter(is_default=True).update(is_default=False)
    _require_free(view)
    view.save()
    record("view.changed", view, by=by, name=view.name, shared=view.shared)
    return view


@transaction.atomic
def delete_view(view_id: int, *, by: Actor) -> None:
    """Forget a view; the cards stay. Records `view.deleted`.

    Raises:
        NotFound, Forbidden: as `change_view`.
    """
    view = _lock(view_id, by=by)
    record("view.deleted", view, by=by, name=view.name, params=view.params)
    view.delete()


@transaction.atomic
def order_views(ids: Sequence[int], *, by: Actor) -> None:
    """Put views in an order. Those that the actor may not change keep their places."""
    rights = access.of_actor(by)
    sharing = rights is None or rights.has("share_views")
    changeable = Q(owner_id=by.user_id, shared=False)
    if sharing:
        changeable |= Q(shared=True)
    views = SavedView.objects.select_for_update().filter(changeable, pk__in=ids).order_by("pk")
    places = {pk: place for place, pk in enumerate(ids)}
    for view in views:
        view.position = places[view.pk]
        view.save(update_fields=["position"])


def _lock(view_id: int, *, by: Actor, share: bool = False) -> SavedView:
    view = SavedView.objects.select_for_update().filter(pk=view_id).first()
    if view is None or not (view.shared or by.user_id in (None, view.owner_id)):
        raise NotFound(_("There is no such view. It may have been deleted."))
    if view.shared or share:
        access.require_right(by, "share_views")
    return view


def _clean_name(name: str) -> str:
    clean = " ".join(name.replace("\x00", "").split())
    if not clean or len(clean) > 80:
        sentence = _("Give the view a name of up to 80 characters.")
        raise InvalidInput(sentence, fields={"name": sentence})
    return clean


def _others(view: SavedView) -> Any:
    """Return the views among which this one is chosen: the shared ones, or the owner's own."""
    same = SavedView.objects.filter(item_type=view.item_type_id, pipeline=view.pipeline_id)
    among = Q(shared=True) if view.shared else Q(owner=view.owner_id, shared=False)
    return same.filter(among).exclude(pk=view.pk)


def _require_free(view: SavedView) -> None:
    if _others(view).filter(name__iexact=view.name).exists():
        sentence = _("There is such a view already. Choose another name.")
        raise InvalidInput(sentence, fields={"name": sentence})
