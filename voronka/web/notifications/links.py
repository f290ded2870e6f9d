"""Whole addresses of pages, for letters to employees."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse


class Links:
    """Knows where notices lead."""

    def notice(self, notification_id: int) -> str:
        """Return where a notice leads to."""
        return settings.PUBLIC_URL.rstrip("/") + reverse("notifications:go", args=[notification_id])

    def settings(self) -> str:
        """Return where a person chooses how to be told."""
        return settings.PUBLIC_URL.rstrip("/") + reverse("notifications:settings")
