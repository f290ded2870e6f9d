"""Whether a robot can be saved: every part of its spec, with the place of each problem."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _
from pydantic import ValidationError

from voronka.automation import chains, registry
from voronka.automation.facts import fact_specs
from voronka.automation.models import Robot
from voronka.automation.params import Params
from voronka.automation.references import Known, problems
from voronka.automation.registry import Effect
from voronka.automation.rules import MAX_ACTIONS, Loopable
from voronka.automation.specs import RobotSpec
from voronka.kernel import conditions, unfit
from voronka.kernel.errors import InvalidInput, Sentence
from voronka.kernel.texts import LocalText
from voronka.pipelines.codes import is_code
from voronka.pipelines.models import ItemType, Pipeline, Stage


@dataclass(frozen=True, slots=True)
class Checked:
    """A spec that was read: its parts as models, and what is wrong with it by place."""

    problems: dict[str, Sentence]
    trigger: registry.Trigger | None
    settings: Params | None
    condition: conditions.Condition
    actions: list[tuple[registry.Action, Params]]

    @property
    def codes(self) -> frozenset[str]:
        """The codes of all actions, with those that lie in branches."""
        listed = [(action.code, params.model_dump(mode="json")) for action, params in self.actions]
        return frozenset(code for code, _settings in chains.everything(listed))

    @property
    def wakes_by(self) -> tuple[registry.Trigger, Params]:
        """The trigger and its settings, of a spec that is sound.

        Raises:
            ValueError: the trigger is unknown, or its settings do not fit: see `problems`.
        """
        if self.trigger is None or self.settings is None:
            raise ValueError("The trigger of this robot could not be read.")
        return self.trigger, self.settings


def check(
    spec: RobotSpec,
    *,
    item_type: ItemType,
    pipeline: Pipeline | None,
    stage: Stage | None,
    robots: frozenset[str] = frozenset(),
) -> Checked:
    """Read a spec and find everything that is wrong with it.

    Args:
        robots: codes of robots that are about to be saved as well and may be named.
    """
    wrong: dict[str, Sentence] = {}
    if not is_code(spec.code):
        wrong["code"] = _(
            "A code is small Latin letters, digits, “_” and “-”, begins with a letter"
            " and has at most 60 signs."
        )
    if problem := _name_problem(spec.name):
        wrong["name"] = problem
    if spec.on_leave not in Robot.OnLeave.values:
        wrong["on_leave"] = _("Choose from the list.")
    if (spec.quiet.since is None) != (spec.quiet.until is None):
        wrong["quiet"] = _("Quiet hours need a beginning and an end.")
    limits = (spec.limits.per_card, spec.limits.per_client, spec.limits.per_day)
    if any(limit is not None and not 1 <= limit <= 30_000 for limit in limits):
        wrong["limits"] = _("A limit is a number from 1 to 30 000.")
    known = Known(item_type, pipeline, robots | {spec.code})
    trigger = registry.trigger(spec.trigger)
    settings = None
    if trigger is None:
        no_such = _("There is no trigger “%(code)s”.") % {"code": spec.trigger}
        wrong["trigger"] = no_such if spec.trigger else _("Choose what wakes the robot.")
    else:
        settings = _params(trigger.params, spec.settings, "settings", known, wrong)
        if trigger.is_timer and spec.delay:
            wrong["delay"] = _("This trigger has a time of its own. Leave the delay empty.")
        if stage is not None and not trigger.own_stage and not stage.is_open:
            wrong["stage"] = _("Cards here are closed. Bind the robot to the funnel.")
    condition = _condition(spec.conditions, item_type, "conditions", wrong)
    listed = [(wanted.action, wanted.settings) for wanted in spec.actions]
    if not listed:
        wrong["actions"] = _("Say what the robot does.")
    actions = _actions(listed, "actions", known, wrong)
    return Checked(wrong, trigger, settings, condition, actions)


def _actions(
    listed: Sequence[chains.Listed],
    where: str,
    known: Known,
    wrong: dict[str, Sentence],
    depth: int = 0,
) -> list[tuple[registry.Action, Params]]:
    """Read the actions of one list; those in branches are checked with them."""
    found: list[tuple[registry.Action, Params]] = []
    if len(listed) > MAX_ACTIONS:
        wrong[where] = _("At most %(count)d actions. Make another robot.") % {"count": MAX_ACTIONS}
    for index, (code, settings) in enumerate(listed[:MAX_ACTIONS]):
        place = f"{where}.{index}"
        action = registry.action(code)
        if action is None:
            wrong[place] = _("There is no action “%(code)s”.") % {"code": code}
            continue
        params = _params(action.params, settings, place, known, wrong)
        if params is not None:
            found.append((action, params))
            if code == chains.BRANCH:
                _branch(params.model_dump(mode="json"), place, known, wrong, depth)
    return found


def _branch(
    settings: Mapping[str, Any], place: str, known: Known, wrong: dict[str, Sentence], depth: int
) -> None:
    if depth >= chains.DEEPEST:
        wrong[place] = _("Branches lie at most two deep. Make another robot.")
        return
    asked = _condition(settings["conditions"], known.item_type, f"{place}.conditions", wrong)
    if asked == conditions.ALWAYS:
        wrong.setdefault(f"{place}.conditions", _("Say what it depends on."))
    ways = dict(chains.inner(chains.BRANCH, settings))
    if not any(ways.values()):
        wrong[place] = _("Say what the robot does.")
    for way, listed in ways.items():
        _actions(listed, f"{place}.{way}", known, wrong, depth + 1)


def plain(params: Params) -> dict[str, Any]:
    """Return parameters as they are kept: without what equals the default."""
    return params.model_dump(mode="json", exclude_defaults=True)


def read(model: type[Params], kept: Mapping[str, Any]) -> Params:
    """Read kept parameters.

    Raises:
        InvalidInput: they do not fit any more: an older version wrote them, or a package is gone.
    """
    try:
        return model.model_validate(kept)
    except ValidationError as error:
        raise InvalidInput(
            _("The settings of this robot do not fit any more. Open it and save it again.")
        ) from error


def loopable(spec: RobotSpec, checked: Checked) -> Loopable:
    """Return what matters of a sound spec for finding circles."""
    trigger, settings = checked.wakes_by
    return Loopable(
        code=spec.code,
        name=str(spec.name),
        item_type=spec.item_type,
        pipeline=spec.pipeline or "",
        stage=f"{spec.pipeline}/{spec.stage}" if spec.stage else "",
        certain=(
            spec.enabled
            and not spec.delay
            and not trigger.is_timer
            and not checked.codes & {"wait", chains.BRANCH}
            and checked.condition == conditions.ALWAYS
        ),
        wakes=tuple(_whole(e, spec) for e in trigger.wakes(settings)),
        causes=tuple(
            _whole(e, spec) for action, params in checked.actions for e in action.causes(params)
        ),
    )


def _whole(effect: Effect, spec: RobotSpec) -> Effect:
    """Name the funnel of a stage that a robot calls by its code alone."""
    if effect.kind == "entered" and effect.what and "/" not in effect.what and spec.pipeline:
        return replace(effect, what=f"{spec.pipeline}/{effect.what}")
    return effect


def _name_problem(name: LocalText) -> Sentence | None:
    if not (name.ru.strip() or name.en.strip()):
        return _("Give it a name.")
    if max(len(name.ru), len(name.en)) > 80:
        return _("Too long: at most %(limit)d letters.") % {"limit": 80}
    return None


def _params(
    model: type[Params],
    raw: Mapping[str, Any],
    place: str,
    known: Known,
    wrong: dict[str, Sentence],
) -> Params | None:
    try:
        params = model.model_validate(dict(raw))
    except ValidationError as error:
        for problem in error.errors(include_url=False):
            where = ".".join(str(step) for step in problem["loc"])
            wrong[f"{place}.{where}" if where else place] = unfit.sentence(dict(problem))
        return None
    for where, sentence in problems(params, known).items():
        wrong[f"{place}.{where}"] = sentence
    return params


def _condition(
    raw: Mapping[str, Any], item_type: ItemType, place: str, wrong: dict[str, Sentence]
) -> conditions.Condition:
    try:
        condition = conditions.parse(raw)
    except InvalidInput as invalid:
        for where, sentence in invalid.fields.items():
            wrong[f"{place}.{where}"] = sentence
        if not invalid.fields:
            wrong[place] = invalid.detail
        return conditions.ALWAYS
    if condition != conditions.ALWAYS:
        for where, sentence in conditions.check(condition, fact_specs(item_type)).items():
            wrong[f"{place}.{where}"] = sentence
    return condition
