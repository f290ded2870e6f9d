"""Doing a writing request once, however often it is sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.api.models import IdempotentAnswer
from voronka.kernel.errors import Conflict

KEPT = timedelta(days=2)


class KeyReused(Conflict):
    """An idempotency key came back with another request."""

    code = "idempotency_key_reused"


@transaction.atomic
def once(
    token_id: int, key: str, fingerprint: str, do: Callable[[], tuple[int, Any]]
) -> tuple[int, Any]:
    """Call `do` unless this key was answered before; then return that answer.

    The key and what `do` writes commit together: a refused or crashed request leaves no key, so
    it may be sent again. Two requests with one key at once: the second waits for the first.

    Args:
        fingerprint: of method, path and body; the same key with another one is refused.
        do: makes the change, returns the HTTP status and the JSON-ready answer.
    Raises:
        KeyReused: the key was used for another request.
    """
    kept, made = IdempotentAnswer.objects.get_or_create(
        token_id=token_id,
        key=key,
        defaults={"fingerprint": fingerprint, "created_at": timezone.now()},
    )
    if not made:
        if kept.fingerprint != fingerprint:
            raise KeyReused(_("This idempotency key was used for another request. Take a new key."))
        return kept.status, kept.answer
    kept.status, kept.answer = do()
    kept.save(update_fields=["status", "answer"])
    return kept.status, kept.answer


def forget_old_answers(*, now: datetime | None = None) -> int:
    """Drop answers older than two days; returns how many."""
    old = IdempotentAnswer.objects.filter(created_at__lt=(now or timezone.now()) - KEPT)
    return old.delete()[0]
