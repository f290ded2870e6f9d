"""Two workers come to the same cap at the same moment: it holds, and nothing is lost (RB-10)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections, transaction
from django.utils import timezone

from tests.automation.factories import TELL, make_robot
from tests.channels.factories import PAPER, make_channel, write_in
from tests.clients.factories import make_client
from tests.factories import make_item, make_pipeline
from voronka.automation.commands.running import run_due
from voronka.automation.commands.waking import turn_wakes
from voronka.automation.models import RobotRun
from voronka.automation.specs import Limits
from voronka.automation.worker import drain
from voronka.items.models import Item
from voronka.timeline.models import Message

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def paper():
    PAPER.sent.clear()
    PAPER.failures.clear()


def drain_elsewhere():
    """Let another worker, on a connection of its own, do all it can now."""

    def work():
        try:
            return drain()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as threads:
        return threads.submit(work).result(timeout=30)


def race(first):
    """Let one worker do up to `first` runs, another all others before the first has committed."""
    while turn_wakes():
        pass
    with transaction.atomic():
        assert run_due(limit=first)
        drain_elsewhere()
    drain(now=timezone.now() + timedelta(minutes=1))
    states = [(run.state, run.explanation.get("why", "")) for run in RobotRun.objects.all()]
    assert {state for state, _why in states} == {"done", "cancelled"}
    return [why for _state, why in states]


def test_a_clients_cap_of_messages_holds_when_two_workers_reach_it():
    channel = make_channel()
    write_in(channel, "Здравствуйте", thread_key="chat", name="Анна")
    person = Item.objects.get().contact
    drain()
    make_robot(channel.pipeline, "created", ("send_message", {"text": "Здравствуйте!"}))
    for _n in range(6):
        make_item(channel.pipeline, contact=person.pk)
    assert race(first=2).count("budget") == 3
    assert Message.objects.filter(direction="out").count() == 3


@pytest.mark.parametrize("cap", ["per_client", "per_day"])
def test_a_robots_own_cap_holds_when_two_workers_reach_it(cap):
    pipeline, person = make_pipeline(), make_client()
    make_robot(pipeline, "created", TELL, limits=Limits(**{cap: 2}))
    for _n in range(5):
        make_item(pipeline, contact=person.pk)
    assert race(first=1).count(cap) == 3
    assert RobotRun.objects.filter(state="done").count() == 2
