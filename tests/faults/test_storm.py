"""A storm of enquiries while processes are killed at random: as many cards as people wrote.

300 enquiries and 3 kills by default; `STORM=10000 .venv/bin/pytest tests/faults/test_storm.py`
for the large one, with a kill in every 500.
"""

import http.client
import json
import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.house import Installation, wait_for

ENQUIRIES = int(os.environ.get("STORM", "300"))
KILLS = max(3, ENQUIRIES // 500)
SITES = 6  # that post at the same time
AGAIN = 0.1  # of the enquiries are sent once more although they were answered
GIVES_UP = 60 + ENQUIRIES / 5  # seconds; reached only when something is broken


class Storm:
    """Sites that post to one form over HTTP, each enquiry again and again until it is answered."""

    def __init__(self, house: Installation, key: str) -> None:
        self.house, self.path = house, f"/f/{key}"
        self.numbers = iter(range(ENQUIRIES))
        self.lock = threading.Lock()
        self.answered = self.refused = 0
        self.deadline = time.monotonic() + GIVES_UP
        self.sites = [
            threading.Thread(target=self._site, args=(random.Random(n),), daemon=True)
            for n in range(SITES)
        ]

    def begin(self) -> None:
        for site in self.sites:
            site.start()

    def end(self) -> None:
        for site in self.sites:
            site.join()
        assert self.answered == ENQUIRIES

    def _site(self, dice: random.Random) -> None:
        while (number := self._next()) is not None:
            self._insist(number)
            with self.lock:
                self.answered += 1
            if dice.random() < AGAIN:
                self._insist(number)

    def _next(self) -> int | None:
        with self.lock:
            return next(self.numbers, None)

    def _insist(self, number: int) -> None:
        while not self._post(number):
            assert time.monotonic() < self.deadline, f"nobody answered {number}"
            self.refused += 1
            time.sleep(0.05)  # the server is away

    def _post(self, number: int) -> bool:
        body = {
            "name": f"Person {number}",
            "phone": f"+7 495 1{number:06}",
            "email": f"person-{number}@example.com",
            "message": "How much is a kitchen?",
        }
        headers = {"Content-Type": "application/json", "Idempotency-Key": f"storm-{number}"}
        asked = http.client.HTTPConnection("127.0.0.1", self.house.port, timeout=10)
        try:
            asked.request("POST", self.path, json.dumps(body), headers)
            answer = asked.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            asked.close()
        assert answer.status == 200 or answer.status >= 500, answer.status  # never turned away
        return answer.status == 200


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    house = Installation(tmp_path_factory.mktemp("storm"), migrated=True)
    try:
        house.start()
        storm = Storm(house, _scene(house, "form"))
        storm.begin()
        _kill_meanwhile(storm)
        storm.end()
        assert storm.refused  # or no kill was noticed by anybody
        wait_for(house.healthy)
        yield house
    finally:
        house.clear_away()


def _kill_meanwhile(storm: Storm) -> None:
    """Kill something each time another part of the people has been answered."""
    dice, house = random.Random(1703), storm.house
    for turn in range(KILLS):
        due = ENQUIRIES * (turn + 1) // (KILLS + 1)
        wait_for(lambda due=due: storm.answered >= due, within=GIVES_UP)
        time.sleep(dice.uniform(0, 0.1))  # any moment will do
        victim = ("web", "database", dice.choice(["worker", "nursery"]))[turn % 3]
        if victim == "database":
            wait_for(house.postmaster)
            os.kill(house.postmaster(), signal.SIGKILL)
        else:
            wait_for(lambda name=victim: house.child(name))
            house.child(victim).kill()


def _scene(house: Installation, *arguments: str) -> str:
    script = house.script(*arguments)
    output, errors = script.communicate(timeout=120)
    assert script.returncode == 0, errors
    return output.strip()


def _count(house: Installation, rows: str) -> Any:
    return house.sql(f"SELECT count(*) FROM {rows}")


def test_a_storm_with_kills_makes_exactly_as_many_cards_as_people_wrote(house):
    assert _count(house, "channels_enquiry") == ENQUIRIES
    _scene(house, "sweep")  # what the worker does a minute later
    unfinished = "channels_enquiry WHERE state <> 'carded'"
    wait_for(lambda: not _count(house, unfinished))
    assert _count(house, "(SELECT DISTINCT item_id FROM channels_enquiry) e") == ENQUIRIES
    assert _count(house, "items_item") == ENQUIRIES
    assert _count(house, "clients_client") == ENQUIRIES
    assert _count(house, "timeline_message") == ENQUIRIES
    assert not _count(
        house,
        "items_item i WHERE (SELECT count(*) FROM items_stagevisit v WHERE v.item_id = i.id"
        " AND v.left_at IS NULL AND v.stage_id = i.stage_id) <> 1",
    )
    assert house.sql("SELECT sum(cards) FROM items_tally") == ENQUIRIES
