"""What visitors of a chat have agreed to."""

from __future__ import annotations

from django.db import models

from voronka.kernel.texts import LocalTextField


class ChatConsent(models.Model):
    """A version of a chat's consent. Never changed: a consent of years ago names its version."""

    channel = models.ForeignKey("channels.Channel", models.CASCADE, related_name="chat_consents")
    version = models.PositiveIntegerField()
    text = LocalTextField()
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["channel", "version"], name="consent_version_of_chat")
        ]

    def __str__(self) -> str:
        return f"{self.channel_id} v{self.version}"
