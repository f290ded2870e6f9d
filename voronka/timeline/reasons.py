"""Why an enquiry went where it did, in words for the feed."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from voronka.journal.models import Event
from voronka.kernel.errors import Sentence

_DECISIONS: dict[str, Sentence] = {
    "first": gettext_lazy("a new client"),
    "rule_new": gettext_lazy("a new card, as the funnel's rule for repeat enquiries says"),
    "too_long_ago": gettext_lazy("a new card: the open one has been quiet for too long"),
    "bought_before": gettext_lazy("a new card: the client has bought before"),
    "closed_before": gettext_lazy("a new card: the earlier ones are closed"),
    "was_resting": gettext_lazy("a new card: takes over from one that rested"),
    "open_card": gettext_lazy("turned to us again: joined, because the card is open"),
    "refused_before": gettext_lazy("turned to us again: the refused card returns to work"),
    "rest_returned": gettext_lazy("turned to us again: the card that rested returns to sales"),
    "told": gettext_lazy("another system told of a card that is here"),
    "thread_closed": gettext_lazy("an answer in the thread of a closed card"),
}
_OWNER_WHY: dict[str, Sentence] = {
    "rule": gettext_lazy("by the routing table"),
    "by_turn": gettext_lazy("by turn"),
    "least_loaded": gettext_lazy("to the least loaded"),
    "sticky": gettext_lazy("to the client's previous manager"),
    "after_hours": gettext_lazy("for the next working hours"),
    "duty": gettext_lazy("to the person on duty"),
    "nobody_fits": gettext_lazy("to the person on duty: nobody fitted"),
    "nobody_left": gettext_lazy("to the owner of the company: the channel's person has left"),
}


def enquiry_text(event: Event) -> str:
    """Say why an enquiry is in this card, and why it went to whom it did (IN-12, IN-13)."""
    diff = event.diff
    text = decided(diff.get("decision"), diff.get("owner_why"), diff.get("rules") or ())
    channel = str(diff.get("channel") or "")
    return f"{channel}: {text}" if text else channel


def decided(decision: str | None, owner_why: str | None = "", rules: Iterable[object] = ()) -> str:
    """Say a decision of intake by its codes, and the names of the routing rules; "" if unknown."""
    parts = [_DECISIONS.get(decision or ""), _OWNER_WHY.get(owner_why or "")]
    if names := ", ".join(map(str, rules)):
        parts.append(_("rule: %(names)s") % {"names": names})
    return "; ".join(str(part) for part in parts if part)
