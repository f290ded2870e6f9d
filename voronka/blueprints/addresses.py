"""Addresses outside in a blueprint: their keys never leave, and are not lost when it comes back.

The file has `***` for what may be a secret (`kernel.outgoing.without_secrets`). Over a set-up
that knows the address, it leaves the address as it is. Elsewhere it stays incomplete and off,
until somebody types the rest. Which parameters of an action are meant its model says: `x-secret` is
"address" for a web address, "pairs" for keys and values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from voronka.automation import chains, registry
from voronka.blueprints.schema import Blueprint, RobotSpec
from voronka.kernel.outgoing import HIDDEN, is_incomplete, without_secrets

_SECRET_NAME = re.compile(r"key|token|secret|pass|pwd|auth|sign|ключ|парол", re.IGNORECASE)
Change = Callable[[str, Any], Any]  # (kind of a marked parameter, its value) -> another value


def hidden(blueprint: Blueprint) -> Blueprint:
    """Return a blueprint without the keys in its addresses."""
    webhooks = {
        code: part.model_copy(update={"url": without_secrets(part.url)})
        for code, part in (blueprint.webhooks or {}).items()
    }
    robots = {
        code: _with_actions(part, [_changed(wanted, _hide) for wanted in part.actions])
        for code, part in (blueprint.robots or {}).items()
    }
    return blueprint.model_copy(
        update={
            "webhooks": blueprint.webhooks and webhooks,
            "robots": blueprint.robots and robots,
        }
    )


def restored(wanted: Blueprint, now: Blueprint) -> tuple[Blueprint, list[str]]:
    """Put back what the file left out and the set-up knows; return what is said of the rest.

    Robots whose addresses stay incomplete are switched off.
    """
    notes: list[str] = []
    webhooks = dict(wanted.webhooks or {})
    for code, part in webhooks.items():
        kept = (now.webhooks or {}).get(code)
        if kept is not None and part.url == without_secrets(kept.url):
            webhooks[code] = part.model_copy(update={"url": kept.url})
        elif is_incomplete(part.url):
            said = _("Webhook “%(name)s”: complete its address on its page, then switch it on.")
            notes.append(said % {"name": part.name})
    robots = dict(wanted.robots or {})
    for code, robot in robots.items():
        robots[code] = _restored(robot, (now.robots or {}).get(code))
        if _lacks(robots[code]):
            robots[code] = robots[code].model_copy(update={"enabled": False})
            said = _("Robot “%(name)s”: complete the address it calls, then switch it on.")
            notes.append(said % {"name": robot.name.local})
    update = {"webhooks": wanted.webhooks and webhooks, "robots": wanted.robots and robots}
    return wanted.model_copy(update=update), notes


def _restored(robot: RobotSpec, kept: RobotSpec | None) -> RobotSpec:
    if kept is None or not _lacks(robot):
        return robot
    actions = list(robot.actions)
    for number, (wanted, known) in enumerate(zip(robot.actions, kept.actions, strict=False)):
        if _changed(wanted, _hide) == _changed(known, _hide):
            actions[number] = known
    return _with_actions(robot, actions)


def _lacks(robot: RobotSpec) -> bool:
    found: list[bool] = []

    def look(kind: str, value: Any) -> Any:
        texts = value.values() if isinstance(value, Mapping) else [value]
        found.extend(is_incomplete(str(text)) for text in texts)
        return value

    for wanted in robot.actions:
        _changed(wanted, look)
    return any(found)


def _hide(kind: str, value: Any) -> Any:
    if kind == "address":
        return without_secrets(str(value))
    return {
        name: HIDDEN if _SECRET_NAME.search(name) and "{" not in str(text) else text
        for name, text in dict(value).items()
    }


def _changed(wanted: Mapping[str, Any], change: Change) -> dict[str, Any]:
    """Return an action ({code: settings}) with its marked parameters changed."""
    return {code: _settings(code, settings, change) for code, settings in wanted.items()}


def _settings(code: str, settings: Any, change: Change) -> Any:
    action = registry.action(code)
    if action is None or not isinstance(settings, Mapping):
        return settings
    if code == chains.BRANCH:
        ways = {
            way: [{one: _settings(one, with_, change)} for one, with_ in listed]
            for way, listed in chains.inner(code, settings)
            if way in settings
        }
        return {**settings, **ways}
    fields = action.params.model_json_schema().get("properties", {})
    marked = {name: field["x-secret"] for name, field in fields.items() if "x-secret" in field}
    return {
        name: change(marked[name], value) if name in marked and value else value
        for name, value in settings.items()
    }


def _with_actions(robot: RobotSpec, actions: list[dict[str, Any]]) -> RobotSpec:
    return robot.model_copy(update={"actions": actions})
