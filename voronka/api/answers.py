"""Refusals as JSON: {"code", "detail", "fields"}, and what a closed gate asks for."""

from __future__ import annotations

from voronka.api.schemas.common import ErrorOut
from voronka.items.errors import GateClosed
from voronka.kernel.errors import DomainError

REFUSALS = dict.fromkeys((400, 401, 403, 404, 409, 422, 429), ErrorOut)


def refusal(error: DomainError) -> ErrorOut:
    """Return a refusal in machine form, in the language that is active."""
    out = ErrorOut(
        code=error.code,
        detail=str(error.detail),
        fields={code: str(sentence) for code, sentence in error.fields.items()},
    )
    if isinstance(error, GateClosed):
        out.missing = error.missing
        out.criteria = [c.code for c in error.criteria]
        out.needs_reason, out.needs_comment = error.needs_reason, error.needs_comment
    return out
