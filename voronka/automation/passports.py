"""The text that a stage's passport gives to its task, and its fingerprint. Pure (RB-1, F14)."""

from __future__ import annotations

import hashlib

from django.utils.translation import gettext as _
from django.utils.translation import override

from voronka.kernel.texts import LocalText
from voronka.pipelines.models import Stage


def title_of(stage: Stage, language: str) -> str:
    """Return what a stage's task is called: the goal of the stage, else the stage itself."""
    with override(language):
        goal = str(stage.goal).strip()
        return goal[:255] if goal else _("Work the stage “%(stage)s”") % {"stage": stage}


def text_of(stage: Stage, language: str) -> str:
    """Return the scenario of a stage as plain text, in one language."""
    with override(language):
        blocks = []
        if stage.steps:
            steps = [f"{n}. {LocalText.of(s)}" for n, s in enumerate(stage.steps, start=1)]
            blocks.append("\n".join(steps))
        if stage.exit_criteria:
            facts = [f"— {LocalText.of(c.get('text'))}" for c in stage.exit_criteria]
            blocks.append("\n".join([_("Done when:"), *facts]))
        if stage.sells_next:
            blocks.append(
                _("What the customer gets by moving on: %(text)s") % {"text": stage.sells_next}
            )
        if stage.objections:
            lines = [
                f"— {LocalText.of(o.get('objection'))}\n   {LocalText.of(o.get('answer'))}"
                for o in stage.objections
            ]
            blocks.append("\n".join([_("Answers to objections:"), *lines]))
        return "\n\n".join(blocks)


def fingerprint(stage: Stage) -> str:
    """Return 16 letters that change when the passport's text changes, in whatever language."""
    text = "\n".join(title_of(stage, code) + text_of(stage, code) for code in ("ru", "en"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
