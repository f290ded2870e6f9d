"""Prepared queries whose rows are values and not models (ADR 8)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Model, QuerySet

from voronka.kernel.prepared import Prepared


class PreparedRows:
    """A `values_list` that is asked often, with other values each time; see `Prepared`.

    Example:
        >>> _titles = PreparedRows(lambda pk: Item.objects.filter(pk=pk).values_list("title"), int)
        >>> _titles.all(item.pk)
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Any]], *kinds: type) -> None:
        self._query: Prepared[Any] = Prepared(build, *kinds, model=Model)

    def all(self, *values: object) -> list[tuple[Any, ...]]:
        """Return the rows for these values, in the query's order. One SQL query."""
        return self._query.all(*values)
