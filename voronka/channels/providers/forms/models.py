"""Forms, and the consents they ask for."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from voronka.kernel.texts import LocalTextField


class Form(models.Model):
    """A form of a channel: one form, one channel, so each has its own source, funnel and alarm.

    `fields` are `schema.FormField`; without any the form is a plain endpoint for a foreign form,
    whose fields are guessed by their names. `hosts`: sites that may embed it; any when empty.
    """

    channel = models.OneToOneField("channels.Channel", models.CASCADE, related_name="form")
    fields = models.JSONField(default=list)
    title = LocalTextField()
    intro = LocalTextField()
    button = LocalTextField()
    thanks = LocalTextField()
    redirect = models.URLField(max_length=500, blank=True)  # instead of the thanks
    hosts = models.JSONField(default=list)
    consent_needed = models.BooleanField(default=False)
    changed_at = models.DateTimeField()

    journal_type: ClassVar[str] = "form"

    def __str__(self) -> str:
        return self.channel.name


class ConsentText(models.Model):
    """A version of what is agreed to. Never changed: a consent of years ago names its version."""

    form = models.ForeignKey(Form, models.CASCADE, related_name="consents")
    version = models.PositiveIntegerField()
    text = LocalTextField()
    created_at = models.DateTimeField()
    author_id = models.BigIntegerField(null=True)

    class Meta:
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["form", "version"], name="consent_version_of_form")
        ]

    def __str__(self) -> str:
        return f"{self.form_id} v{self.version}"
