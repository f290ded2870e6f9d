"""Locking a row and reading it with its joins, so that a change by somebody else is seen whole."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)


def lock_row(rows: QuerySet[M], pk: int) -> M | None:
    """Lock one row and read it from `rows`; None when it is not among them. Two SQL queries.

    One query with joins would not do: whoever had to wait for the lock gets the row checked
    again against the joined rows as they were before, and a card that has been moved meanwhile
    would seem not to exist.
    """
    locked = rows.model._default_manager.select_for_update().filter(pk=pk).order_by()
    if not locked.values_list("pk", flat=True).first():
        return None
    return rows.filter(pk=pk).first()
