"""Refusals of the card's door, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from voronka.kernel.errors import Conflict, DomainError, Sentence

if TYPE_CHECKING:
    from voronka.items.rules import Criterion
    from voronka.pipelines.models import Stage


class WrongPipeline(DomainError):
    """The stage belongs to another pipeline; only a tunnel may cross over."""

    code = "wrong_pipeline"

    def __init__(self, stage: Stage) -> None:
        super().__init__(
            _("“%(stage)s” is a stage of another funnel. Choose a stage of the card's own funnel.")
            % {"stage": stage}
        )


class BackwardRefused(DomainError):
    """The pipeline goes forward only (F5)."""

    code = "backward"

    def __init__(self, stage: Stage) -> None:
        super().__init__(
            _(
                "The funnel goes forward only, so the card can't return to “%(stage)s”. "
                "The head of sales can return it as a correction, with a reason."
            )
            % {"stage": stage}
        )


class GateClosed(DomainError):
    """The stage wants something first: facts, met criteria, or a loss reason.

    `fields` names what is missing, `criteria` the open exit criteria, `needs_reason` and
    `needs_comment` tell that a loss has to be explained.
    """

    code = "gate"

    def __init__(
        self,
        stage: Stage,
        *,
        missing: Mapping[str, Sentence],
        criteria: Sequence[Criterion] = (),
        needs_reason: bool = False,
        needs_comment: bool = False,
    ) -> None:
        self.stage = stage
        self.missing = list(missing)
        self.criteria = list(criteria)
        self.needs_reason = needs_reason
        self.needs_comment = needs_comment
        parts = []
        if missing:
            names = ", ".join(str(name) for name in missing.values())
            parts.append(
                ngettext("fill the field: %(names)s", "fill the fields: %(names)s", len(missing))
                % {"names": names}
            )
        if criteria:
            texts = "; ".join(str(_in_words(c)) for c in criteria)
            parts.append(_("meet the exit criteria: %(texts)s") % {"texts": texts})
        if needs_reason:
            parts.append(_("give the loss reason"))
        if needs_comment:
            parts.append(_("write a comment to this reason"))
        super().__init__(
            _("To move to “%(stage)s”: %(steps)s.") % {"stage": stage, "steps": "; ".join(parts)},
            fields={code: _("Fill this to move on.") for code in missing},
        )


_MOST_NAMED = 5  # elements that a refusal names


def _in_words(criterion: Criterion) -> Sentence:
    """Say a criterion, and which elements hold it back."""
    if not criterion.held:
        return str(criterion.text)
    seen = [f"{one.title} ({one.stage})" for one in criterion.held if one.item_id][:_MOST_NAMED]
    more = len(criterion.held) - len(seen)
    if more:
        words = ngettext("%(count)d more", "%(count)d more", more) % {"count": more}
        seen.append(str(words))
    return _("%(text)s, but not yet: %(elements)s") % {
        "text": criterion.text,
        "elements": ", ".join(seen),
    }


class CardChanged(Conflict):
    """Somebody else has changed the card since it was read."""

    def __init__(self) -> None:
        super().__init__(
            _("Somebody has changed this card in the meantime. Look at it again and repeat.")
        )


class CardClosed(DomainError):
    """A won or lost card does not move; it can be returned as a correction."""

    code = "closed"

    def __init__(self) -> None:
        super().__init__(
            _("The card is closed. The head of sales can return it as a correction, with a reason.")
        )


class SecondPersonNeeded(DomainError):
    """So many cards are deleted by two people: one asks, another agrees (AC-7)."""

    code = "second_person"

    def __init__(self, alone: int) -> None:
        super().__init__(
            ngettext(
                "More than %(count)d card an hour needs a second person. Ask somebody to agree.",
                "More than %(count)d cards an hour need a second person. Ask somebody to agree.",
                alone,
            )
            % {"count": alone}
        )
