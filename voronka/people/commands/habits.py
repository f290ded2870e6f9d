"""What a person is used to on pages; nothing that others see or that the journal keeps."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from voronka.people.models import User

_MOST_PLACES = 200  # lists of one person; the oldest choice goes first


@transaction.atomic
def remember_columns(user: User, place: str, codes: Sequence[str]) -> None:
    """Keep which columns a person has chosen for a list, on whatever device they log in."""
    kept = dict(User.objects.select_for_update().get(pk=user.pk).list_columns)
    kept.pop(place, None)
    kept[place] = list(codes)
    for oldest in list(kept)[:-_MOST_PLACES]:
        del kept[oldest]
    user.list_columns = kept
    User.objects.filter(pk=user.pk).update(list_columns=kept)
