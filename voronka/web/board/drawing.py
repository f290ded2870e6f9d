"""Cards as HTML. A board draws hundreds, so a card is one string and not a template.

Whatever people wrote goes through `escape`; everything else is ours, a number, or drawn by tags.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cached_property, lru_cache
from html import escape
from typing import NamedTuple

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from voronka.items.board import BoardCard, Reach
from voronka.kernel.texts import LocalText
from voronka.pipelines.models import ItemType, Stage
from voronka.web import words
from voronka.web.addresses import path_of
from voronka.web.answer_clock import AnswerClock, ring
from voronka.web.stage_clock import StageClock
from voronka.web.templatetags.voronka import avatar, icon

_LONG = 56  # letters; a longer title may be cut, so it is whole on hover
_STEP_ICONS = {"call": "phone", "meeting": "users", "task": "checkbox"}
_CLOCK = '<span class="clock {}" style="--spent:{:.2f}" role="img" title="{}"></span>'
_RING = '<span class="clock {}" style="--spent:{:.2f}" {} role="img" title="{}"></span>'
_ANSWER = '<span class="next-step answer{}" {}>{}</span>'
_STEP = '<span class="next-step{}" title="{}">{}{}</span>'


class _Owner(NamedTuple):
    """What an avatar needs of a person."""

    pk: int
    name: str

    def __str__(self) -> str:
        return self.name


class Drawer:
    """Draws cards for one person at one moment; keeps what many cards share."""

    def __init__(
        self,
        kind: ItemType,
        stages: Mapping[int, Stage],
        *,
        movable: Reach,
        now: datetime | None = None,
    ) -> None:
        """Get ready to draw.

        Args:
            movable: the cards that the person may move; the others can't be dragged.
        """
        self.now = now or timezone.now()
        self.stages = stages
        self.has_amount = kind.has_amount
        self.movable = movable
        self._before, self._behind = path_of("card:show", 0).split("0")
        self._sources: dict[str | None, str] = {None: ""}
        self._owners: dict[int, str] = {}
        self._grades: dict[str, str] = {"": ""}
        self._units = words.duration_units()
        self._days = words.Days(self.now)

    def cards(self, cards: Iterable[BoardCard]) -> SafeString:
        """Draw cards one after the other."""
        return SafeString("".join(map(self._card, cards)))

    def _card(self, card: BoardCard) -> str:
        is_open = card.closed_at is None
        answer = AnswerClock.of(card.asked_at, card.answer_due, self.now) if is_open else None
        late = is_open and card.stalls_at is not None and card.stalls_at <= self.now
        stage = self.stages[card.stage_id]
        movable = is_open and self.movable.holds(card.owner_id)
        css = " key" if stage.key else ""
        if late and stage.critical:
            css += " critical"
        if not movable:
            css += " fixed"
        title = escape(card.title)
        hint = f' title="{title}"' if len(title) > _LONG else ""
        amount = words.money(card.amount) if self.has_amount and card.amount else ""
        return (
            f'<article class="board-card{css}" id="item-{card.pk}"'
            f' data-at="{card.stage_id}/{card.place}">'
            f'<a class="title" href="{self._before}{card.pk}{self._behind}" data-slider{hint}>'
            f"{title}</a>{self._ring(card, answer, late=late) if is_open else ''}"
            f'<div class="line"><span class="client">{escape(card.client)}</span>'
            f'<span class="amount">{amount}</span></div><div class="meta">'
            f"{self._owners.get(card.owner_id) or self._owner(card)}{self._marks(card)}"
            f"{self._closed(card.closed_at) if card.closed_at else self._step(card, answer)}"
            f"{self._move_button if movable else ''}</div></article>"
        )

    def _marks(self, card: BoardCard) -> str:
        grade = self._grades.get(card.grade)
        if grade is None:
            grade = self._grades[card.grade] = _grade(card.grade)
        source = self._sources.get(card.source_name)
        if source is None:
            source = self._sources[card.source_name] = _source(card)
        return grade + source + (self._repeat if card.repeat else "")

    def _ring(self, card: BoardCard, answer: AnswerClock | None, *, late: bool) -> str:
        """Draw the five-minute clock while it runs, else the stage's."""
        if answer is None:
            return self._clock(card, late=late)
        return _RING.format(answer.css, answer.spent, answer.moments, self._unanswered)

    def _clock(self, card: BoardCard, *, late: bool) -> str:
        clock = StageClock.of(card.entered_at, card.stalls_at, self.now)
        if clock is None:
            return self._paused if card.paused_at else ""
        if late:
            span = words.duration(clock.overrun, units=self._units)
            return _CLOCK.format(ring(1, late=True), 1, self._late % span)
        span = words.duration(clock.left, units=self._units)
        return _CLOCK.format(clock.css, clock.spent, self._left % span)

    def _step(self, card: BoardCard, answer: AnswerClock | None) -> str:
        if answer is not None:
            tone = f" text-{answer.tone}" if answer.tone else ""
            return _ANSWER.format(tone, answer.moments, escape(answer.text))
        at = card.step_at
        if at is None:
            return self._no_step
        local = self._days.local(at)
        css = " overdue" if at < self.now else " today" if local.date() == self._days.today else ""
        mark, kind = self._kinds.get(card.step_kind) or self._kinds["task"]
        return _STEP.format(css, escape(card.step_title), mark, f"{kind} {self._days.when(local)}")

    def _closed(self, at: datetime) -> str:
        local = self._days.local(at)
        return _STEP.format("", words.full(at), self._closed_mark, self._days.when(local))

    def _owner(self, card: BoardCard) -> str:
        drawn = avatar(_Owner(card.owner_id, card.owner_name), "avatar-sm")
        self._owners[card.owner_id] = drawn
        return drawn

    @cached_property
    def _kinds(self) -> dict[str, tuple[str, str]]:
        names = {
            "call": pgettext("next step", "call"),
            "meeting": pgettext("next step", "meeting"),
            "task": pgettext("next step", "task"),
        }
        return {kind: (icon(_STEP_ICONS[kind]), escape(name)) for kind, name in names.items()}

    @cached_property
    def _no_step(self) -> str:
        hint, text = escape(_("No next step is planned")), escape(_("no step"))
        return _STEP.format(" none", hint, icon("alert-circle"), text)

    @cached_property
    def _paused(self) -> str:
        return icon("player-pause", "clock-paused", _("The stage's clock stands still"))

    @cached_property
    def _unanswered(self) -> str:
        return escape(_("The client waits for the first answer"))

    @cached_property
    def _closed_mark(self) -> str:
        return icon("circle-check")

    @cached_property
    def _repeat(self) -> str:
        return icon("refresh", "", _("Has bought before"))

    @cached_property
    def _move_button(self) -> str:
        label = escape(_("Move to another stage"))
        return f'<button type="button" class="card-move" aria-label="{label}"></button>'

    @cached_property
    def _late(self) -> str:
        return escape(_("past the deadline by %s"))

    @cached_property
    def _left(self) -> str:
        return escape(_("%s left until the deadline"))


def _source(card: BoardCard) -> str:
    return icon(card.source_icon or "", "", str(LocalText.of(json.loads(card.source_name or "{}"))))


def _grade(letter: str) -> str:
    safe, title = escape(letter), escape(_("Grade %(letter)s") % {"letter": letter})
    return f'<span class="grade grade-{safe.lower()}" title="{title}">{safe}</span>'


class _Named(NamedTuple):
    """What the short form of a new card needs of a stage."""

    pk: int
    name: str

    def __str__(self) -> str:
        return self.name


def quick_add(kind: ItemType, stage: Stage, *, first: bool) -> SafeString:
    """Draw the closed short form of a new card, remembering how the same one looked."""
    draw = _quick_add.__wrapped__ if settings.DEBUG else _quick_add
    named = _Named(stage.pk, str(stage.name))
    return draw(stage.pipeline_id, named, first, kind.has_client, get_language())


@lru_cache(maxsize=512)  # of 1 KB
def _quick_add(
    pipeline_id: int, stage: _Named, first: bool, has_client: bool, _language: str | None
) -> SafeString:
    shown = {"board": {"kind": {"has_client": has_client}}, "pipeline": {"pk": pipeline_id}}
    return render_to_string("board/_quick_add.html", {**shown, "stage": stage, "first": first})
