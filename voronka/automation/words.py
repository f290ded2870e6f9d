"""Robots and their runs as sentences, in the language of the reader (RB-6, RB-9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from voronka.automation import registry
from voronka.automation.checking import read
from voronka.automation.models import Robot, RobotRun
from voronka.automation.naming import RobotNames
from voronka.kernel import conditions
from voronka.kernel.errors import DomainError, Sentence
from voronka.kernel.texts import LocalText

REASONS: dict[str, Sentence] = {
    "left": gettext_lazy("The card has left the stage."),
    "closed": gettext_lazy("The card was closed meanwhile."),
    "deleted": gettext_lazy("The card is in the recycle bin."),
    "off": gettext_lazy("The robot was switched off."),
    "removed": gettext_lazy("The robot was taken away."),
    "stopped": gettext_lazy("All robots stood still; what became due then was dropped."),
    "called_off": gettext_lazy("Another robot has called it off."),
    "by_hand": gettext_lazy("A person has called it off."),
    "unknown_trigger": gettext_lazy("Its trigger is not known here any more."),
    "unreadable": gettext_lazy("Its conditions do not fit any more: open the robot and save it."),
    "depth": gettext_lazy("Robots have woken each other too many times in a row: a circle."),
    "rate": gettext_lazy("Robots have acted on this card too often: perhaps a circle."),
    "per_card": gettext_lazy("It has acted on this card as often as it may in a day."),
    "per_day": gettext_lazy("It has acted as often as it may in a day."),
    "per_client": gettext_lazy("It has reached this client as often as it may in a day."),
    "budget": gettext_lazy("This client has had all messages of robots for today."),
    "database": gettext_lazy("The database refused it again and again."),
}


@dataclass(frozen=True, slots=True)
class RobotSentence:
    """A robot in words: each part is a clause without a capital and without a full stop."""

    when: str
    condition: str  # "" when there is none
    delay: str  # "" when it acts at once
    actions: list[str]

    def __str__(self) -> str:
        """Return one sentence: "When a card was made and “Amount” is …, after 3 days: tell …"."""
        said = {"when": self.when, "if": self.condition, "delay": self.delay}
        head = _("When %(when)s") % said
        if self.condition:
            head = _("When %(when)s, if %(if)s") % said
        if self.delay:
            head = _("%(head)s, %(delay)s later") % {"head": head, "delay": self.delay}
        return _("%(head)s: %(actions)s.") % {"head": head, "actions": "; ".join(self.actions)}


def say(robot: Robot, names: RobotNames) -> RobotSentence:
    """Put a robot into words. Reads only what `names` still has to read."""
    try:
        condition = conditions.describe(conditions.parse(robot.conditions), names)
    except DomainError:
        condition = _("a condition that can't be read")
    return RobotSentence(
        when=say_trigger(robot.trigger, robot.settings, names),
        condition=condition,
        delay=str(robot.delay) if robot.delay else "",
        actions=[say_action(a["action"], a.get("with", {}), names) for a in robot.actions],
    )


def say_trigger(code: str, settings: Mapping[str, Any], names: RobotNames) -> str:
    """Put a trigger into words: "a card came to the stage"."""
    trigger = registry.trigger(code)
    if trigger is None:
        return _("something happens that is not known here any more (%(code)s)") % {"code": code}
    try:
        params = read(trigger.params, settings)
    except DomainError:
        return str(trigger.title)
    return str(trigger.says(params, names) if trigger.says else trigger.title)


def say_action(code: str, settings: Mapping[str, Any], names: RobotNames) -> str:
    """Put an action into words: "tell the responsible person: …"."""
    action = registry.action(code)
    if action is None:
        return _("something that is not known here any more (%(code)s)") % {"code": code}
    try:
        params = read(action.params, settings)
    except DomainError:
        return str(action.title)
    return str(action.says(params, names) if action.says else action.title)


@dataclass(frozen=True, slots=True)
class ActionLine:
    """What one action of a run did. `until`: of a wait. `made`: ids by kind, "activity": 12."""

    title: str
    text: str
    ok: bool
    nothing: bool
    until: datetime | None
    made: dict[str, int]
    conditions: list[conditions.Line] = field(default_factory=list)  # of a branch: what each saw


@dataclass(frozen=True, slots=True)
class RunStory:
    """A run in words: what became of it and why (RB-7, RB-9)."""

    state: str
    label: str
    why: str
    conditions: list[conditions.Line] = field(default_factory=list)
    actions: list[ActionLine] = field(default_factory=list)


def tell(run: RobotRun, names: RobotNames) -> RunStory:
    """Tell a run, also months later: from its explanation, not from what is there today."""
    kept = run.explanation
    judged = kept.get("conditions")
    return RunStory(
        state=run.state,
        label=str(RobotRun.State(run.state).label),
        why=str(REASONS.get(kept.get("why", ""), "")),
        conditions=conditions.explain(judged, names) if judged else [],
        actions=[_action_line(line, names) for line in kept.get("actions", ())],
    )


def _action_line(line: Mapping[str, Any], names: RobotNames) -> ActionLine:
    action = registry.action(str(line["action"]))
    until = parse_datetime(line["until"]) if line.get("until") else None
    return ActionLine(
        title=str(action.title) if action else str(line["action"]),
        text=str(LocalText.of(line.get("text"))),
        ok=bool(line.get("ok")),
        nothing=bool(line.get("nothing")),
        until=until,
        made=dict(line.get("made") or {}),
        conditions=conditions.explain(line["judged"], names) if line.get("judged") else [],
    )
