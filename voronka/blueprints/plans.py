"""The plan: what applying a blueprint would change, in words, before anything is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from voronka.blueprints import checks
from voronka.blueprints.addresses import restored
from voronka.blueprints.comparing import Difference, Key, compare, overlay
from voronka.blueprints.effects import Effect, effects
from voronka.blueprints.errors import BrokenBlueprint, Problem
from voronka.blueprints.queries import current
from voronka.blueprints.schema import Blueprint
from voronka.blueprints.strangers import without_strangers
from voronka.kernel.texts import LocalText

SIGNS = {"added": "+", "changed": "~", "removed": "-", "moved": "↕"}
KINDS: dict[str, Promise] = {
    "calendar": gettext_lazy("working calendar"),
    "role": gettext_lazy("role"),
    "department": gettext_lazy("department"),
    "source": gettext_lazy("source"),
    "item_type": gettext_lazy("item type"),
    "section": gettext_lazy("section"),
    "field": gettext_lazy("field"),
    "pipeline": gettext_lazy("funnel"),
    "stage": gettext_lazy("stage"),
    "loss_reason": gettext_lazy("loss reason"),
    "product": gettext_lazy("product"),
    "robot": gettext_lazy("robot"),
    "template": gettext_lazy("message template"),
    "group": gettext_lazy("group of people"),
    "channel": gettext_lazy("channel"),
    "route": gettext_lazy("row of the routing table"),
    "webhook": gettext_lazy("webhook"),
    "notice": gettext_lazy("notices"),
    "protection": gettext_lazy("alarm limits"),
}
ORDERS: dict[str, Promise] = {
    "role": gettext_lazy("order of the roles"),
    "department": gettext_lazy("order of the departments"),
    "source": gettext_lazy("order of the sources"),
    "item_type": gettext_lazy("order of the item types"),
    "section": gettext_lazy("order of the sections"),
    "field": gettext_lazy("order of the fields"),
    "pipeline": gettext_lazy("order of the funnels"),
    "stage": gettext_lazy("order of the stages"),
    "loss_reason": gettext_lazy("order of the loss reasons"),
    "robot": gettext_lazy("order of the robots"),
    "route": gettext_lazy("order of the routing table"),
}
LABELS: dict[str, Promise] = {
    "name": gettext_lazy("name"),
    "plural": gettext_lazy("plural name"),
    "hours": gettext_lazy("hours"),
    "country": gettext_lazy("holidays of"),
    "region": gettext_lazy("region"),
    "days_off": gettext_lazy("days off"),
    "days_on": gettext_lazy("working days"),
    "default": gettext_lazy("the company's"),
    "matrix": gettext_lazy("rights on cards"),
    "rights": gettext_lazy("settings rights"),
    "everything": gettext_lazy("may do everything"),
    "contacts": gettext_lazy("contacts of clients"),
    "head": gettext_lazy("head"),
    "inside": gettext_lazy("stands in"),
    "icon": gettext_lazy("icon"),
    "kind": gettext_lazy("kind"),
    "prefix": gettext_lazy("number prefix"),
    "client": gettext_lazy("has a client"),
    "amount": gettext_lazy("has an amount"),
    "lines": gettext_lazy("has products"),
    "revenue": gettext_lazy("counts as revenue"),
    "success": gettext_lazy("success means"),
    "grade": gettext_lazy("ABC grade"),
    "pipelines": gettext_lazy("shown in funnels"),
    "help": gettext_lazy("hint"),
    "options": gettext_lazy("choices"),
    "rules": gettext_lazy("limits"),
    "important": gettext_lazy("important"),
    "type": gettext_lazy("item type"),
    "purpose": gettext_lazy("purpose"),
    "naming": gettext_lazy("naming"),
    "why": gettext_lazy("why it is separate"),
    "forward_only": gettext_lazy("forward only"),
    "calendar": gettext_lazy("calendar"),
    "color": gettext_lazy("colour"),
    "critical": gettext_lazy("critical"),
    "key": gettext_lazy("key stage"),
    "goal": gettext_lazy("goal"),
    "sells_next": gettext_lazy("sells the next stage by"),
    "steps": gettext_lazy("steps"),
    "exit_criteria": gettext_lazy("exit criteria"),
    "objections": gettext_lazy("objections and answers"),
    "responsible": gettext_lazy("responsible"),
    "deadline": gettext_lazy("deadline"),
    "required": gettext_lazy("required fields"),
    "formula": gettext_lazy("formula"),
    "target": gettext_lazy("counts as an enquiry"),
    "needs_comment": gettext_lazy("asks for a comment"),
    "group": gettext_lazy("group"),
    "unit": gettext_lazy("unit"),
    "price": gettext_lazy("price"),
    "pipeline": gettext_lazy("funnel"),
    "stage": gettext_lazy("stage"),
    "trigger": gettext_lazy("trigger"),
    "settings": gettext_lazy("settings of the trigger"),
    "conditions": gettext_lazy("conditions"),
    "delay": gettext_lazy("delay"),
    "actions": gettext_lazy("actions"),
    "on_leave": gettext_lazy("when the card leaves"),
    "quiet": gettext_lazy("quiet hours"),
    "per_card": gettext_lazy("runs a day on a card"),
    "per_client": gettext_lazy("runs a day for a client"),
    "per_day": gettext_lazy("runs a day"),
    "ready": gettext_lazy("ready chain"),
    "enabled": gettext_lazy("switched on"),
    "high_value": gettext_lazy("large orders"),
    "repeat": gettext_lazy("repeat enquiries"),
    "subject": gettext_lazy("subject"),
    "text": gettext_lazy("text"),
    "strategy": gettext_lazy("how cards are given out"),
    "sticky": gettext_lazy("previous manager first"),
    "capacity": gettext_lazy("open cards at most"),
    "after_hours": gettext_lazy("out of hours"),
    "duty": gettext_lazy("on duty"),
    "members": gettext_lazy("people"),
    "provider": gettext_lazy("kind of channel"),
    "source": gettext_lazy("source"),
    "owner": gettext_lazy("responsible"),
    "usual_pause": gettext_lazy("usual silence"),
    "title": gettext_lazy("title"),
    "intro": gettext_lazy("words before the questions"),
    "questions": gettext_lazy("questions"),
    "button": gettext_lazy("button"),
    "thanks": gettext_lazy("thanks"),
    "redirect": gettext_lazy("page instead of thanks"),
    "hosts": gettext_lazy("sites"),
    "consent": gettext_lazy("consent"),
    "consent_needed": gettext_lazy("consent is needed"),
    "when": gettext_lazy("when"),
    "url": gettext_lazy("address"),
    "events": gettext_lazy("events"),
    "reading_limit": gettext_lazy("openings an hour before an alarm"),
    "deletion_limit": gettext_lazy("cards an hour deleted by one person"),
    "modes": gettext_lazy("how each kind is told"),
    "night": gettext_lazy("rings in quiet hours"),
    "quiet_from": gettext_lazy("quiet from"),
    "quiet_until": gettext_lazy("quiet until"),
    "digest": gettext_lazy("digest at"),
    "push": gettext_lazy("on devices"),
    "letters": gettext_lazy("by e-mail"),
}
_OF_KIND: dict[tuple[str, str], Promise] = {("channel", "settings"): gettext_lazy("settings")}
_LONGEST = 90  # letters of a value in the plan


@dataclass(frozen=True, slots=True)
class Detail:
    """One attribute before and after, as people read it."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the plan with what belongs to it.

    Attributes:
        inner: what comes or goes with it, counted: "11 stages".
    """

    difference: Difference
    details: list[Detail] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    inner: str = ""

    @property
    def sign(self) -> str:
        """+ ~ - ↕"""
        return SIGNS[self.difference.kind]

    @property
    def kind(self) -> str:
        """Added, changed, removed or moved."""
        return self.difference.kind

    @property
    def blocked(self) -> bool:
        """Whether this can't be applied as the file stands."""
        return any(effect.blocks for effect in self.effects)

    @property
    def title(self) -> str:
        """What it is about: stage “Quote sent” (retail_office/quote_sent)."""
        node, group = self.difference.node, self.difference.group
        if group is not None:
            place = "/".join(part for part in group[1:] if part)
            return f"{ORDERS[node.kind]} ({place})" if place else str(ORDERS[node.kind])
        code = f"{node.owner}/{node.code}" if node.owner else node.code
        return _("%(kind)s “%(name)s” (%(code)s)") % {
            "kind": KINDS[node.kind],
            "name": node.name,
            "code": code,
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """What applying would do. Empty when the set-up is already what the file says."""

    wanted: Blueprint
    changes: list[Change]
    notes: list[str] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self.changes

    @property
    def blocking(self) -> list[Effect]:
        """What forbids applying the file as it stands."""
        return [effect for change in self.changes for effect in change.effects if effect.blocks]

    def count(self, kind: str) -> int:
        """How many lines of the plan are of a kind."""
        return sum(change.kind == kind for change in self.changes)

    def as_text(self) -> str:
        """The plan for a terminal or a pull request."""
        if self.is_empty:
            return "\n".join(
                [_("Nothing to change: the set-up is what the file says."), *self.notes]
            )
        lines = [line for change in self.changes for line in _lines(change)]
        total = _("%(added)s added, %(changed)s changed, %(removed)s removed.") % {
            "added": self.count("added"),
            "changed": self.count("changed") + self.count("moved"),
            "removed": self.count("removed"),
        }
        return "\n".join([*lines, "", total, *self.notes])


def plan(wanted: Blueprint, *, file: str = "blueprint.yaml") -> Plan:
    """Compare a blueprint with the set-up and count what it touches. Writes nothing.

    Raises:
        BrokenBlueprint: it does not fit to the sections that it leaves alone.
    """
    now = current(products=wanted.products is not None, people=True)
    whole = overlay(now, wanted)
    if found := list(checks.mistakes(whole)):
        problems = [Problem(file, 0, ".".join(map(str, path)), text) for path, text in found]
        raise BrokenBlueprint(problems)
    wanted, notes = without_strangers(wanted)
    wanted, incomplete = restored(wanted, now)
    notes = [*notes, *incomplete]
    differences = compare(now, wanted)
    shown: list[Change] = []
    grown = {d.node.key for d in differences if d.kind in ("added", "removed")}
    inner: dict[Key, Counter[str]] = {}
    for difference in differences:
        above = difference.node.umbrella
        if difference.kind in ("added", "removed") and above in grown and above is not None:
            inner.setdefault(above, Counter())[difference.node.kind] += 1
        elif difference.kind != "moved" or above not in grown:
            shown.append(_change(difference, whole))
    return Plan(wanted, [_with_inner(change, inner) for change in shown], notes)


def _change(difference: Difference, whole: Blueprint) -> Change:
    details = []
    if difference.kind == "moved":
        details = [Detail("", "", ", ".join(difference.order))]
    elif difference.before is not None and difference.after is not None:
        old, new = difference.before.attrs, difference.after.attrs
        kind = difference.node.kind
        details = [
            Detail(str(_OF_KIND.get((kind, name), LABELS[name])), *shown(old[name], new[name]))
            for name in difference.attrs
        ]
    return Change(difference, details, effects(difference, whole))


def _with_inner(change: Change, inner: dict[Key, Counter[str]]) -> Change:
    parts = inner.get(change.difference.node.key)
    if not parts or change.kind == "moved":
        return change
    words = ", ".join(f"{KINDS[kind]}: {count}" for kind, count in parts.items())
    return Change(change.difference, change.details, change.effects, words)


def shown(before: Any, after: Any) -> tuple[str, str]:
    """Write two values so that the difference is seen: only what came, went or is changed."""
    if isinstance(before, list) and isinstance(after, list):
        return _shown_lists(before, after)
    if _is_text(before) and _is_text(after):
        old, new = LocalText.of(before), LocalText.of(after)
        if str(old) == str(new):  # only the other language differs
            return _short(f"{old.ru} / {old.en}"), _short(f"{new.ru} / {new.en}")
    elif isinstance(before, dict) and isinstance(after, dict):
        same = {key for key in before if key in after and before[key] == after[key]}
        before, after = (
            {key: value for key, value in whole.items() if key not in same}
            for whole in (before, after)
        )
    return _word(before), _word(after)


def _shown_lists(before: list[Any], after: list[Any]) -> tuple[str, str]:
    old, new = _by_code(before), _by_code(after)
    both = [code for code in old if code in new and old[code] != new[code]]
    changed = {code: shown(old[code], new[code]) for code in both}
    gone = [_word(x) for x in before if x not in after and not (_coded(x) and x[0] in changed)]
    come = [_word(x) for x in after if x not in before and not (_coded(x) and x[0] in changed)]
    for code, (was, is_now) in changed.items():
        name = _word((code, new[code]))
        gone.append(f"{name} ({was})")
        come.append(f"{name} ({is_now})")
    if gone or come:
        return "; ".join(gone) or "—", "; ".join(come) or "—"
    return _("former order"), _("new order")


def _coded(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], dict)


def _by_code(values: list[Any]) -> dict[str, dict[str, Any]]:
    return {value[0]: value[1] for value in values if _coded(value)}


def _is_text(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"ru", "en"}


def _word(value: Any) -> str:
    if value is None or value in ("", [], {}):
        return "—"
    if value is True or value is False:
        return str(_YES if value else _NO)
    if _is_text(value):
        return _short(str(LocalText.of(value))) or "—"
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    if _coded(value):  # a choice, a criterion, a question, a person, each with its code
        words = [_word(value[1].get(name)) for name in ("name", "text", "label")]
        return next((word for word in words if word != "—"), str(value[0]))
    if isinstance(value, dict):
        pairs = (f"{key}: {_word(inner)}" for key, inner in value.items() if inner is not None)
        return _short(", ".join(pairs)) or "—"
    if isinstance(value, list):
        return _short("; ".join(_word(inner) for inner in value))
    return _short(str(value))


_YES = pgettext_lazy("value", "yes")
_NO = pgettext_lazy("value", "no")


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _lines(change: Change) -> Iterable[str]:
    inner = f": {change.inner}" if change.inner else ""
    yield f"{change.sign} {change.title}{inner}"
    for detail in change.details:
        if detail.label:
            yield f"    {detail.label}: {detail.before} → {detail.after}"
        else:
            yield f"    {detail.after}"
    for effect in change.effects:
        yield f"    {'!' if effect.blocks else '·'} {effect.sentence}"
