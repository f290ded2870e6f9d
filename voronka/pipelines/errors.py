"""Refusals of the set-up, in words."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from voronka.kernel.errors import DomainError, InvalidInput, NotFound, Sentence


class InvalidSetup(InvalidInput):
    """A spec breaks a rule; `fields` names the parts of the spec."""

    code = "invalid_setup"

    def __init__(self, problems: Mapping[str, Sentence]) -> None:
        only = next(iter(problems.values())) if len(problems) == 1 else None
        super().__init__(only or _("Some parts need another look."), fields=problems)


class NoSuchPart(NotFound):
    """A spec names a part of the set-up that does not exist."""

    code = "no_such_part"


class InUse(DomainError):
    """Cards or clients stand on what should go away or change its meaning."""

    code = "in_use"


class Unfinished(DomainError):
    """A funnel without a won stage or without a lost stage can't take cards."""

    code = "unfinished"


def refuse_if(problems: Mapping[str, Sentence]) -> None:
    """Raise InvalidSetup when there are problems."""
    if problems:
        raise InvalidSetup(problems)
