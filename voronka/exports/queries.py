"""Reads of exports."""

from __future__ import annotations

from voronka.exports.models import ExportRun

LATEST = 20


def latest() -> list[ExportRun]:
    """Return the last exports, the newest first. One query."""
    return list(ExportRun.objects.select_related("created_by")[:LATEST])
