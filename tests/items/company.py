"""A company whose cards are watched: all that is stored, and what is true at all times."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from itertools import pairwise
from typing import Any

from django.db import transaction
from django.db.models import Sum
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
)

from tests.factories import SYSTEM, make_field, make_item_type, make_pipeline, make_reason
from tests.people.factories import make_role, make_user
from voronka.items import rules
from voronka.items.models import Item, ItemLink, LineItem, StageVisit, Tally
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.errors import DomainError
from voronka.kernel.worktime import WorkSchedule
from voronka.people.schedules import schedule_of
from voronka.pipelines.models import Stage
from voronka.timeline.models import Activity

QUIET = {"last_touch_at", "first_response_at", "version", "changed_at"}  # no version of their own


@dataclass
class World:
    """All that is stored about cards, read in one go after each step."""

    items: list[Item]
    rows: dict[int, dict[str, Any]]
    visits: dict[int, list[StageVisit]]
    with_lines: set[int]
    next_steps: dict[int, tuple[datetime | None, str, str]]
    converted: list[tuple[int, int]]  # lead, living deal
    entered: dict[int, int]  # the stage that the journal names last
    events: int

    @classmethod
    def read(cls) -> World:
        items = list(Item.objects.select_related("stage").order_by("pk"))
        visits: dict[int, list[StageVisit]] = defaultdict(list)
        for visit in StageVisit.objects.order_by("entered_at", "pk"):
            visits[visit.item_id].append(visit)
        planned = Activity.objects.filter(done_at=None, due_at__isnull=False)
        walked = Event.objects.filter(subject_type="item", diff__has_key="entered")
        made = ItemLink.objects.filter(kind="converted", child__deleted_at=None)
        return cls(
            items=items,
            rows={row["id"]: row for row in Item.objects.values()},
            visits=visits,
            with_lines=set(LineItem.objects.values_list("item_id", flat=True)),
            next_steps={
                a.item_id: (a.due_at, a.kind, a.title) for a in planned.order_by("-due_at", "-pk")
            },
            converted=list(made.values_list("parent_id", "child_id")),
            entered={
                e.subject_id: e.diff["entered"]
                for e in walked.exclude(verb="item.assigned").order_by("pk")
                if e.diff["entered"] is not None
            },
            events=Event.objects.count(),
        )


class Company(RuleBasedStateMachine):
    """A small company with funnels of leads and of deals, and what holds of it at all times."""

    world: World
    stages: dict[int, list[Stage]]  # by pipeline
    schedules: dict[int, WorkSchedule]  # by user

    def __init__(self) -> None:
        super().__init__()
        self._scene = transaction.atomic()
        self._scene.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self._scene.__exit__(None, None, None)

    @initialize()
    def open_the_company(self) -> None:
        self.head, self.anna = make_user(make_role(everything=True)), make_user("manager")
        self.boris = make_user("manager")
        self.people = {"head": self.head, "anna": self.anna, "boris": self.boris}
        lead, deal = make_item_type("lead"), make_item_type("deal")
        for kind in (lead, deal):
            make_field(kind, "budget", "money")
        self.leads = make_pipeline(lead, stages=3, reasons=True)
        self.deals = make_pipeline(deal, stages=4)
        make_reason(self.deals, needs_comment=True)
        make_reason(self.deals)
        self.after = make_pipeline(deal, stages=4, reasons=True)
        self.schedules = {user.pk: schedule_of(user.pk) for user in self.people.values()}
        stages = self.deals.stages
        stages.filter(code="s1").update(deadline_minutes=60, deadline_working=False)
        stages.filter(code="s2").update(deadline_minutes=240, required=["amount"])
        stages.filter(code="s3").update(
            required=["budget"],
            exit_criteria=[{"code": "agreed", "text": {"ru": "Да"}, "check": "manual"}],
        )
        stages.filter(code="s4").update(required=["lines"])
        self.leads.stages.filter(code="s2").update(deadline_minutes=30, required=["budget"])
        self.stages = {p.pk: list(p.stages.all()) for p in (self.leads, self.deals, self.after)}
        self.world = World.read()

    def actor(self, name: str) -> Actor:
        return SYSTEM if name == "system" else Actor.user(self.people[name])

    def attempt(self, command: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Do it; a refusal must leave nothing behind. Return what came of it, None if refused."""
        before = self.world
        try:
            done = command(*args, **kwargs)
        except DomainError as error:
            refusal = str(error)
        else:
            refusal = ""
        self.world = World.read()
        if refusal:
            assert self.world == before, f"refused, and yet something has changed: {refusal}"
            return None
        if self.world.rows != before.rows:
            assert self.world.events > before.events, "a card has changed without an event"
        for pk, was in before.rows.items():
            row = self.world.rows[pk]
            assert row["version"] >= was["version"]
            changed = {name for name in row if row[name] != was[name]}
            assert row["version"] > was["version"] or changed <= QUIET, changed
        return done

    @invariant()
    def the_base_is_true(self):
        self.every_card_has_one_open_visit_and_visits_follow_each_other()
        self.a_closed_card_says_when_and_a_lost_one_why()
        self.the_clock_of_a_card_is_that_of_its_stage_and_owner()
        self.no_card_stands_in_a_stage_without_its_facts()
        self.the_next_step_is_the_earliest_that_is_planned()
        self.a_lead_with_its_deal_is_won_and_has_but_one()
        self.the_journal_tells_where_every_card_stands()
        self.the_tally_is_the_count()

    def every_card_has_one_open_visit_and_visits_follow_each_other(self):
        for item in self.world.items:
            visits = self.world.visits[item.pk]
            last = visits[-1]
            assert [v.left_at for v in visits].count(None) == 1
            assert last.left_at is None
            assert not last.jump
            assert (last.stage_id, last.entered_at) == (item.stage_id, item.stage_entered_at)
            assert last.pipeline_id == item.pipeline_id == item.stage.pipeline_id
            for earlier, later in pairwise(visits):
                assert earlier.left_at == later.entered_at
                assert not earlier.jump or earlier.left_at == earlier.entered_at

    def a_closed_card_says_when_and_a_lost_one_why(self):
        for item in self.world.items:
            assert (item.closed_at is None) == item.stage.is_open
            assert item.closed_at in (None, item.stage_entered_at)
            assert (item.loss_reason_id is not None) == (item.stage.kind == "lost")

    def the_clock_of_a_card_is_that_of_its_stage_and_owner(self):
        for item in self.world.items:
            stalls_at = rules.stalls_at(
                item.stage,
                item.stage_entered_at,
                partial(self.schedules.__getitem__, item.owner_id),
                extra=item.stall_extra,
            )
            assert item.stalls_at == (None if item.paused_at else stalls_at)
            assert item.paused_at is None or item.stage.deadline is not None

    def no_card_stands_in_a_stage_without_its_facts(self):
        for item in self.world.items:
            has_lines = item.pk in self.world.with_lines
            facts = rules.Facts(item.values, rules.system_facts(item, lines=has_lines))
            codes = rules.required_codes(self.stages[item.pipeline_id], item.stage)
            assert not rules.missing(codes, facts)

    def the_next_step_is_the_earliest_that_is_planned(self):
        for item in self.world.items:
            first = self.world.next_steps.get(item.pk, (None, "", ""))
            assert first == (
                item.next_activity_at,
                item.next_activity_kind,
                item.next_activity_title,
            )

    def a_lead_with_its_deal_is_won_and_has_but_one(self):
        leads = [lead for lead, _deal in self.world.converted]
        assert len(leads) == len(set(leads)), "one lead, two deals"
        for item in self.world.items:
            if item.pk in leads:
                assert item.stage.kind == "won" or self.world.visits[item.pk][-1].correction

    def the_journal_tells_where_every_card_stands(self):
        for pk, entered in self.world.entered.items():
            assert self.world.rows[pk]["stage_id"] == entered

    def the_tally_is_the_count(self):
        counted: dict[tuple[int, int], list[Any]] = defaultdict(lambda: [0, Decimal(0)])
        for item in self.world.items:
            if item.closed_at is None and item.deleted_at is None:
                line = counted[item.stage_id, item.owner_id]
                line[0], line[1] = line[0] + 1, line[1] + item.amount
        lines = Tally.objects.values_list("stage_id", "owner_id")
        totals = {
            (stage, owner): [cards, amount]
            for stage, owner, cards, amount in lines.annotate(Sum("cards"), Sum("amount"))
            if cards or amount
        }
        assert totals == dict(counted)
