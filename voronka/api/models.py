"""Answers kept for repeated requests."""

from __future__ import annotations

from django.db import models


class IdempotentAnswer(models.Model):
    """What a writing request with an `Idempotency-Key` was answered; a repeat gets the same."""

    token = models.ForeignKey("people.ApiToken", models.CASCADE, related_name="answers")
    key = models.CharField(max_length=120)
    fingerprint = models.CharField(max_length=64)  # of method, path and body
    answer = models.JSONField(null=True)
    status = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["token", "key"], name="idempotent_once")]
        indexes = [models.Index(fields=["created_at"], name="idempotent_by_age")]

    def __str__(self) -> str:
        return self.key
