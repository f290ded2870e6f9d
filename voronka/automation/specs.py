"""What a robot should be: the typed input of `save_robot`. Rows are named by code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import Any, Self

from voronka.automation.models import Robot
from voronka.automation.spans import Span
from voronka.kernel.texts import LocalText


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One action of a robot with its parameters as plain data."""

    action: str
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Limits:
    """How often a robot may act in a day; None: as often as it is woken."""

    per_card: int | None = None
    per_client: int | None = None
    per_day: int | None = None


@dataclass(frozen=True, slots=True)
class Quiet:
    """Between these hours of company time a robot keeps still; both or none."""

    since: time | None = None
    until: time | None = None


NO_DELAY = Span()


@dataclass(frozen=True, slots=True)
class RobotSpec:
    """A robot. `pipeline` None: on all cards of the type; `stage` None: on all stages."""

    code: str
    name: LocalText
    item_type: str
    trigger: str
    actions: tuple[ActionSpec, ...]
    pipeline: str | None = None
    stage: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    conditions: Mapping[str, Any] = field(default_factory=dict)
    delay: Span = NO_DELAY
    on_leave: str = Robot.OnLeave.CANCEL
    quiet: Quiet = Quiet()
    limits: Limits = Limits()
    ready: bool = False
    enabled: bool = True

    @classmethod
    def of(cls, row: Robot) -> Self:
        """Read a robot back. Give it with its type, pipeline and stage to save queries."""
        return cls(
            code=row.code,
            name=row.name,
            item_type=row.item_type.code,
            trigger=row.trigger,
            actions=tuple(ActionSpec(a["action"], a.get("with", {})) for a in row.actions),
            pipeline=row.pipeline.code if row.pipeline else None,
            stage=row.stage.code if row.stage else None,
            settings=row.settings,
            conditions=row.conditions,
            delay=row.delay,
            on_leave=row.on_leave,
            quiet=Quiet(row.quiet_from, row.quiet_until),
            limits=Limits(row.per_card, row.per_client, row.per_day),
            ready=row.ready,
            enabled=row.enabled,
        )
