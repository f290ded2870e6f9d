"""No schedule of people's moves and edits and of robots' deeds leaves the base untrue."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule, run_state_machine_as_test

from tests.automation.factories import TELL, make_robot
from tests.factories import stage
from tests.items.company import World
from tests.items.test_state_machine import Cards
from voronka.automation.models import AutoTask, RobotRun, Wake
from voronka.automation.worker import drain

pytestmark = pytest.mark.django_db


class CardsAndRobots(Cards):
    """The same company, with robots that answer whatever people do."""

    @initialize()
    def open_the_company(self):
        Cards.open_the_company(self)
        deals, leads = self.deals.item_type, self.leads.item_type
        on = f"{self.after.code}/s1"
        make_robot(deals, "stage_entered", ("auto_task", {}))
        make_robot(leads, "stage_entered", ("auto_task", {"due": "1h"}), TELL)
        make_robot(deals, "deadline", ("escalate", {"to": f"user:{self.head.email}"}))
        make_robot(self.deals, "lost", ("ask_verdict", {"within": "4h calendar"}))
        make_robot(self.deals, "lost", ("tunnel", {"to": on}), delay="2h calendar")
        make_robot(
            self.deals,
            "field_changed",
            ("change_field", {"field": "title", "value": "{title}, {amount}"}),
            ("assign", {"to": f"user:{self.boris.email}"}),
            settings={"fields": ["amount"]},
        )
        make_robot(
            stage(self.deals, "s1"),
            "stage_entered",
            ("wait", {"event": "activity_done", "at_most": "3h calendar"}),
            ("move_stage", {"to": "s2"}),
            on_leave="keep",
        )
        make_robot(
            self.deals,
            "no_next_step",
            ("schedule_activity", {"title": "Шаг", "due": "1h calendar"}),
            settings={"after": "1h calendar"},
        )
        make_robot(self.after, "won", ("tunnel", {"to": f"{self.deals.code}/s1"}))
        make_robot(self.leads, "silence", ("stop_robots", {}), settings={"after": "1h calendar"})
        self.world = World.read()

    @rule(hours=st.sampled_from([0, 0, 0, 2, 30]))
    def robots_work(self, hours):
        drain(now=timezone.now() + timedelta(hours=hours))
        self.world = World.read()

    @invariant()
    def runs_and_tasks_are_what_they_say(self):
        open_runs = RobotRun.objects.filter(state__in=["pending", "waiting"])
        assert not open_runs.filter(ended_at__isnull=False).exists()
        over = RobotRun.objects.exclude(state__in=["pending", "waiting"])
        assert not over.filter(ended_at=None).exists()
        assert not over.filter(explanation={}).exists()
        if not Wake.objects.exists():
            still = AutoTask.objects.filter(closed_at=None, activity__done_at=None)
            gone = still.exclude(item__stage_entered_at=F("stay"))
            assert not gone.filter(by_leaving=True, item__deleted_at=None).exists()


def test_cards_stay_true_whatever_people_and_robots_do():
    run_state_machine_as_test(
        CardsAndRobots,
        settings=settings(
            max_examples=8,
            stateful_step_count=30,
            derandomize=True,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
