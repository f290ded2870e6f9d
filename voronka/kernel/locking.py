"""Locking a row and reading it with its joins, so that a change by somebody else is seen whole."""

from __future__ import annotations

from functools import cache
from typing import TypeVar

from django.db.models import Model, QuerySet

from voronka.kernel.prepared import Prepared

M = TypeVar("M", bound=Model)


def lock_row(rows: QuerySet[M] | Prepared[M], pk: int) -> M | None:
    """Lock one row and read it from `rows`; None when it is not among them. Two SQL queries.

    Args:
        rows: where to read it from; prepared for its key if it is locked often.

    One query with joins would not do: whoever had to wait for the lock gets the row checked
    again against the joined rows as they were before, and a card that has been moved meanwhile
    would seem not to exist.
    """
    if _locking(rows.model).first(pk) is None:
        return None
    return rows.first(pk) if isinstance(rows, Prepared) else rows.filter(pk=pk).first()


@cache
def _locking(model: type[M]) -> Prepared[M]:
    rows = model._default_manager.select_for_update().only("pk").order_by()
    return Prepared(lambda pk: rows.filter(pk=pk), int, model=model)
