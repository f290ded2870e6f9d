"""Goes one way or the other: if this holds, do these things, otherwise those (RB-6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from pydantic import AfterValidator, Field, ValidationError

from voronka.automation import chains, registry
from voronka.automation.checking import plain
from voronka.automation.judging import changes_of, judge_card
from voronka.automation.naming import RobotNames
from voronka.automation.params import Params
from voronka.automation.registry import Context, Effect, Result, Turn, robot_action
from voronka.automation.words import say_action
from voronka.items.models import Item
from voronka.kernel import conditions
from voronka.kernel.errors import DomainError


def _tidy_condition(raw: dict[str, Any]) -> dict[str, Any]:
    try:
        condition = conditions.parse(raw)
    except DomainError:
        return raw  # whoever saves a robot says what is wrong with it, and where
    return {} if condition == conditions.ALWAYS else conditions.dump(condition)


def _tidy_actions(listed: list[dict[str, dict[str, Any]]]) -> list[dict[str, dict[str, Any]]]:
    """Bring parameters into the one form in which they are kept."""
    if any(len(one) != 1 for one in listed):
        raise ValueError(_("Each action is one code with its parameters."))
    return [{code: _tidy(code, settings)} for one in listed for code, settings in one.items()]


def _tidy(code: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    action = registry.action(code)
    try:
        return plain(action.params.model_validate(dict(settings))) if action else dict(settings)
    except ValidationError:
        return dict(settings)  # whoever saves a robot says what is wrong with it, and where


Asked = Annotated[
    dict[str, Any],
    AfterValidator(_tidy_condition),
    Field(json_schema_extra={"x-ref": "conditions"}, description="docs/domain/conditions.md"),
]
Listed = Annotated[
    list[dict[str, dict[str, Any]]],
    AfterValidator(_tidy_actions),
    Field(json_schema_extra={"x-ref": "actions"}),
]


class Settings(Params):
    conditions: Asked = Field(default_factory=dict, title=gettext_noop("If"))
    then: Listed = Field(default_factory=list, title=gettext_noop("Then"))
    otherwise: Listed = Field(default_factory=list, title=gettext_noop("Otherwise"))


def _says(params: Settings, names: RobotNames) -> str:
    """Say it also while it is still being built: what is not there yet is "…"."""
    said = {
        "if": _condition(params, names),
        "then": _all(params.then, names),
        "otherwise": _all(params.otherwise, names),
    }
    if not params.otherwise:
        return _("if %(if)s, then %(then)s") % said
    if not params.then and params.otherwise:
        return _("unless %(if)s, %(otherwise)s") % said
    return _("if %(if)s, then %(then)s, otherwise %(otherwise)s") % said


def _condition(params: Settings, names: RobotNames) -> str:
    try:
        return conditions.describe(conditions.parse(params.conditions), names) or "…"
    except DomainError:
        return _("a condition that can't be read")


def _all(listed: list[dict[str, dict[str, Any]]], names: RobotNames) -> str:
    """Say a list, in brackets where it would not be seen where it ends."""
    pairs = [pair for one in listed for pair in one.items()]
    said = "; ".join(say_action(code, settings, names) for code, settings in pairs) or "…"
    return f"({said})" if len(pairs) > 1 or any(c == chains.BRANCH for c, _with in pairs) else said


def _causes(params: Settings) -> Iterable[Effect]:
    for one in (*params.then, *params.otherwise):
        for code, settings in one.items():
            action = registry.action(code)
            if action is not None:
                yield from action.causes(action.params.model_validate(settings))


@robot_action(
    chains.BRANCH,
    title=gettext_lazy("If … then … otherwise"),
    params=Settings,
    says=_says,
    causes=_causes,
    icon="git-branch",
    group=gettext_lazy("Course"),
)
def branch(item: Item, params: Settings, context: Context) -> Result:
    """Look at the card as it is now, with what the actions before have made of it."""
    condition = conditions.parse(params.conditions)
    judged = judge_card(condition, item, now=context.now, changes=changes_of(context.event))
    return Turn(judged.holds, judged.as_json())
