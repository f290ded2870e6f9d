"""The form of a robot: its state from a robot or from what was typed, drawn and written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import time
from functools import cached_property
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from voronka.automation import chains, registry
from voronka.automation.facts import fact_specs
from voronka.automation.models import Robot
from voronka.automation.naming import RobotNames
from voronka.automation.spans import Span
from voronka.automation.specs import ActionSpec, Limits, Quiet, RobotSpec
from voronka.automation.words import RobotSentence, say
from voronka.kernel.conditions import FactSpec
from voronka.kernel.errors import Sentence
from voronka.kernel.texts import LocalText
from voronka.people.models import User
from voronka.pipelines.codes import code_from
from voronka.pipelines.models import ItemType, Pipeline, Stage
from voronka.web.robots import asks, conditions, deeds, rows
from voronka.web.robots.asks import Ask, SpanParts
from voronka.web.robots.choices import Choices, Group, Option
from voronka.web.robots.deeds import Deed, DrawnList

TYPE, FUNNEL = "*", ""  # places that are no stage: all of the type, the whole funnel


@dataclass(frozen=True, slots=True)
class Place:
    """Where a robot works: a stage, a funnel, or everything of a type."""

    item_type: ItemType
    pipeline: Pipeline | None
    stage: Stage | None = None

    @property
    def code(self) -> str:
        """As forms and columns name it."""
        return self.stage.code if self.stage else FUNNEL if self.pipeline else TYPE


@dataclass
class RobotForm:
    """What the form says. Everything stays as typed, also what can't be saved.

    Args:
        home: the funnel on whose page the form was opened; its stages can be chosen.
        reader: who looks at it: clients and cards in conditions are named as they may see them.
    """

    home: Pipeline
    place: str
    robot: Robot | None = None
    name: LocalText = field(default_factory=LocalText)
    enabled: bool = True
    trigger: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    tree: rows.Row = field(default_factory=lambda: rows.Row("all"))
    delay: SpanParts = field(default_factory=SpanParts)
    deeds: list[Deed] = field(default_factory=list)
    on_leave: str = Robot.OnLeave.CANCEL
    quiet: tuple[str, str] = ("", "")
    limits: tuple[str, str, str] = ("", "", "")
    errors: dict[str, Sentence] = field(default_factory=dict)
    general: Sentence = ""
    reader: User | None = None

    @classmethod
    def of(cls, robot: Robot, home: Pipeline) -> RobotForm:
        """Show a saved robot, or one that is only an idea yet."""
        limits = (robot.per_card, robot.per_client, robot.per_day)
        return cls(
            home,
            Place(robot.item_type, robot.pipeline, robot.stage).code,
            robot if robot.pk else None,
            robot.name,
            robot.enabled,
            robot.trigger,
            robot.settings,
            rows.from_json(robot.conditions),
            SpanParts.of(robot.delay.write()),
            deeds.of(chains.kept(robot.actions)),
            robot.on_leave,
            (_clock(robot.quiet_from), _clock(robot.quiet_until)),
            (_number(limits[0]), _number(limits[1]), _number(limits[2])),
        )

    @classmethod
    def read(cls, data: QueryDict, home: Pipeline, robot: Robot | None) -> RobotForm:
        """Read what was typed."""
        trigger = data.get("trigger", "")
        known = registry.trigger(trigger)
        same = data.get("trigger_drawn", trigger) == trigger  # else its inputs are another's
        form = cls(
            home,
            data.get("place", FUNNEL),
            robot,
            LocalText(data.get("name.ru", "").strip(), data.get("name.en", "").strip()),
            "enabled" in data,
            trigger,
            asks.read(known.params, data, "t") if known and same else {},
            rows.read(data),
            SpanParts.read(data, "delay"),
            deeds.read(data),
            data.get("on_leave", Robot.OnLeave.CANCEL),
            (data.get("quiet_from", ""), data.get("quiet_until", "")),
            (
                data.get("per_card", "").strip(),
                data.get("per_client", "").strip(),
                data.get("per_day", "").strip(),
            ),
        )
        for _place, tree in form.trees:
            form.builder.settle(tree)
        return form

    def act(self, what: str) -> None:
        """Do what a button asks: "c.add:0", "a.add:notify", "a.drop:a1" …

        In a branch: "c.add:a0.if/0", "a.add:notify/a0.then".
        """
        verb, _colon, where = what.partition(":")
        if verb.startswith("c."):
            base, _slash, path = where.rpartition("/")
            for _place, tree in self.trees:
                if tree.base == (base or rows.CARD):
                    rows.change(tree, verb[2:], path)
        elif verb == "a.add":
            code, _slash, listed = where.partition("/")
            deeds.add(self.deeds, code, listed or deeds.ROBOT)
        elif verb == "a.drop":
            deeds.drop(self.deeds, where)

    # -- what it means ------------------------------------------------------------------

    @cached_property
    def item_type(self) -> ItemType:
        """The type of the cards it works on."""
        return self.home.item_type

    @cached_property
    def where(self) -> Place:
        """The place that was chosen; an unknown one is the funnel."""
        if self.place == TYPE:
            return Place(self.item_type, None)
        stage = next((s for s in self.stages if s.code == self.place), None)
        return Place(self.item_type, self.home, stage)

    @cached_property
    def stages(self) -> list[Stage]:
        """The stages of the funnel."""
        return list(self.home.stages.all())

    @cached_property
    def facts(self) -> Mapping[str, FactSpec]:
        """What conditions and texts may ask for."""
        return fact_specs(self.item_type)

    @property
    def trees(self) -> list[tuple[str, rows.Row]]:
        """The conditions of the robot and of its branches, with where refusals name them."""
        return [("conditions", self.tree), *deeds.trees(self.deeds)]

    @cached_property
    def builder(self) -> conditions.Builder:
        """Writes conditions down."""
        return conditions.Builder(self.facts, {}, self.reader)

    def spec(self, code: str) -> RobotSpec:
        """Write the form down; problems that only the form knows go to `errors`."""
        for where, tree in self.trees:
            unfinished = self.builder.to_json(tree)[1]
            self.errors |= {f"{where}.{place}": text for place, text in unfinished.items()}
        quiet = [_time(text) for text in self.quiet]
        if any(text and found is None for text, found in zip(self.quiet, quiet, strict=True)):
            self.errors["quiet"] = _("Give the time as 21:00.")
        limits = [int(text) if text.isdecimal() else None for text in self.limits]
        if any(text and not text.isdecimal() for text in self.limits):
            self.errors["limits"] = _("A limit is a number from 1 to 30 000.")
        return RobotSpec(
            code=code,
            name=self.name,
            item_type=self.item_type.code,
            trigger=self.trigger,
            actions=tuple(ActionSpec(d.code, d.settings(self.builder)) for d in self.deeds),
            pipeline=self.where.pipeline.code if self.where.pipeline else None,
            stage=self.where.stage.code if self.where.stage else None,
            settings=self.settings,
            conditions=self.builder.to_json(self.tree)[0],
            delay=self._delay() if self.has_delay else Span(),
            on_leave=self.on_leave,
            quiet=Quiet(quiet[0], quiet[1]),
            limits=Limits(*limits),
            ready=bool(self.robot and self.robot.ready),
            enabled=self.enabled,
        )

    def _delay(self) -> Span:
        try:
            return Span.read(self.delay.write())
        except ValueError:
            self.errors["delay"] = _("Give a whole number, at most ten years.")
            return Span()

    def new_code(self) -> str:
        """Return a code made of the name, unlike all others."""
        name = self.name.en or self.name.ru
        return code_from(name, taken=list(Robot.objects.values_list("code", flat=True)),
                         fallback="robot")  # fmt: skip

    def unsaved(self) -> Robot:
        """Return the robot as the form says it, not saved: for words and trials."""
        shadow = replace(self, errors={})
        spec = shadow.spec(self.robot.code if self.robot else "new-robot")
        return Robot(
            code=spec.code,
            name=spec.name,
            item_type=self.item_type,
            pipeline=self.where.pipeline,
            stage=self.where.stage,
            trigger=spec.trigger,
            settings=dict(spec.settings),
            conditions=self.builder.finished(self.tree),
            delay_seconds=spec.delay.seconds,
            delay_working=spec.delay.working,
            actions=[
                {"action": d.code, "with": d.settings(self.builder, finished=True)}
                for d in self.deeds
            ],
        )

    @property
    def unfinished(self) -> bool:
        """Whether conditions say nothing yet, which trials leave out."""
        return any(self.builder.to_json(tree)[1] for _place, tree in self.trees)

    def sentence(self) -> RobotSentence | None:
        """Say the robot in words as far as it is typed; None before a trigger was chosen."""
        if not self.trigger:
            return None
        names = RobotNames(self.item_type, self.where.pipeline, self.facts, self.reader)
        return say(self.unsaved(), names)

    # -- what the template draws ---------------------------------------------------------

    @cached_property
    def choices(self) -> Choices:
        """What parameters may name."""
        return Choices(self.item_type, self.where.pipeline)

    @property
    def has_delay(self) -> bool:
        """Whether it may wait: timers have a time of their own."""
        trigger = registry.trigger(self.trigger)
        return trigger is None or not trigger.is_timer

    @property
    def places(self) -> list[Option]:
        """Where it may work."""
        pairs = [
            (TYPE, _("All funnels: %(type)s") % {"type": self.item_type.plural}),
            (FUNNEL, _("The whole funnel “%(funnel)s”") % {"funnel": self.home}),
            *((s.code, _("Stage “%(stage)s”") % {"stage": s}) for s in self.stages),
        ]
        return [Option(code, text, code == self.where.code) for code, text in pairs]

    @property
    def triggers(self) -> list[Group]:
        """What may wake it, by groups."""
        return deeds.by_group(registry.triggers().values(), self.trigger)

    @property
    def trigger_asks(self) -> list[Ask]:
        """The inputs of the trigger."""
        trigger = registry.trigger(self.trigger)
        if trigger is None:
            return []
        return asks.draw(
            trigger.params, self.settings, "t", self.choices, self._errors_at("settings")
        )

    @property
    def drawn_deeds(self) -> DrawnList:
        """The actions in order."""
        builder = conditions.Builder(self.facts, {}, self.reader)
        return deeds.Drawing(self.choices, builder, self.errors).draw(self.deeds)

    @property
    def condition(self) -> conditions.Drawn:
        """The tree of conditions."""
        builder = conditions.Builder(self.facts, self._errors_at("conditions"), self.reader)
        builder.settle(self.tree)
        return builder.draw(self.tree)

    @property
    def leaving(self) -> list[Option]:
        """What becomes of what is due when the card leaves."""
        return [Option(c, str(t), c == self.on_leave) for c, t in Robot.OnLeave.choices]

    @property
    def placeholders(self) -> list[Group]:
        """Facts that texts may name in braces."""
        found: dict[str, list[Option]] = {}
        for code, spec in self.facts.items():
            if spec.kind != "related":
                found.setdefault(str(spec.group), []).append(Option(code, str(spec.name)))
        return [Group(title, tuple(options)) for title, options in found.items()]

    @property
    def more_open(self) -> bool:
        """Whether the guards are unfolded: something is set there, or wrong."""
        wrong = {"quiet", "limits", "on_leave"} & self.errors.keys()
        changed = self.on_leave != Robot.OnLeave.CANCEL
        return bool(wrong or changed or any(self.quiet) or any(self.limits))

    def _errors_at(self, prefix: str) -> dict[str, Sentence]:
        return deeds.errors_at(self.errors, prefix)


def _clock(value: time | None) -> str:
    return f"{value:%H:%M}" if value else ""


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _time(text: str) -> time | None:
    try:
        return time.fromisoformat(text) if text else None
    except ValueError:
        return None
