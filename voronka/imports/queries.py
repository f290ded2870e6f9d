"""Reads of imports."""

from __future__ import annotations

from django.db.models import QuerySet

from voronka.imports.models import ImportRun
from voronka.people.models import User


def visible_runs(user: User) -> QuerySet[ImportRun]:
    """Return the imports a person may see: one's own, and all for those who set the CRM up."""
    runs = ImportRun.objects.select_related("created_by")
    return runs if user.access.has("setup") else runs.filter(created_by=user)
