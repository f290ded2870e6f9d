"""Refusals in words. Every rule that says no raises a DomainError; the faces translate it."""

from collections.abc import Mapping

from django.utils.functional import Promise

Sentence = str | Promise  # a translatable sentence; `str()` gives it in the person's language


class DomainError(Exception):
    """A refusal that a person can act on.

    Args:
        detail: a full sentence that says what happened and how to go on.
        fields: field code -> sentence, for refusals that belong to single fields.

    `code` is stable and machine-readable; the API sends it as it is.
    """

    code = "refused"
    status = 422  # what HTTP faces answer

    def __init__(self, detail: Sentence, *, fields: Mapping[str, Sentence] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.fields: dict[str, Sentence] = dict(fields or {})

    def __str__(self) -> str:
        return str(self.detail)


class InvalidInput(DomainError):
    """What was typed can't be used; `fields` says where and why."""

    code = "invalid"


class Forbidden(DomainError):
    """The person's role does not allow this action on something they may see."""

    code = "forbidden"
    status = 403


class NotFound(DomainError):
    """No such thing, or the person may not see it: both look the same."""

    code = "not_found"
    status = 404


class Conflict(DomainError):
    """Somebody else was faster; the world has moved on since the page was drawn."""

    code = "conflict"
    status = 409
