"""kill -9 of web, worker, database and a program, in the middle of everything at once.

One ordeal, then a look at the base: nothing half-done, nothing lost that was answered, the import
at its end without doubles.
"""

import http.client
import json
import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.faults.house import Installation, wait_for
from tests.faults.scene import MANY, ROWS

STAGES = ("s1", "s2", "s3", "s4", "won")


@dataclass
class Ordeal:
    """The installation after it, and what people had been told during it."""

    house: Installation
    made: dict[str, Any]
    run: int
    answered: dict[int, str] = field(
        default_factory=dict
    )  # card -> the stage of a move that was told
    told: list[tuple[str, int]] = field(default_factory=list)  # what the killed program had said

    def sql(self, statement: str) -> Any:
        return self.house.sql(statement)


class Movers(threading.Thread):
    """Somebody who moves cards over HTTP, whatever happens to the server."""

    def __init__(self, ordeal: Ordeal, cards: list[int]) -> None:
        super().__init__(daemon=True)
        self.ordeal, self.cards = ordeal, cards
        self.stop = threading.Event()

    def run(self) -> None:
        for to in STAGES[1:]:
            for card in self.cards:
                while not self.stop.is_set() and not self._move(card, to):
                    time.sleep(0.05)  # the server is away

    def _move(self, card: int, to: str) -> bool:
        asked = http.client.HTTPConnection("127.0.0.1", self.ordeal.house.port, timeout=20)
        headers = {"Authorization": f"Bearer {self.ordeal.made['token']}"}
        headers["Content-Type"] = "application/json"
        try:
            path = f"/api/v1/items/{card}/move"
            asked.request("POST", path, json.dumps({"stage": to}), headers)
            answer = asked.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            asked.close()
        if answer.status == 200:
            self.ordeal.answered[card] = to
        return answer.status == 200


@pytest.fixture(scope="module")
def ordeal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ordeal]:
    house = Installation(tmp_path_factory.mktemp("middle"), migrated=True)
    try:
        house.start()
        ordeal = _begin(house)
        _go_through(ordeal)
        yield ordeal
    finally:
        house.clear_away()


def _begin(house: Installation) -> Ordeal:
    made = json.loads(_output(house, "prepare"))
    run, made["action"] = json.loads(_output(house, "import", json.dumps(made)))
    return Ordeal(house, made, run)


def _output(house: Installation, *arguments: str) -> str:
    script = house.script(*arguments)
    output, errors = script.communicate(timeout=60)
    assert script.returncode == 0, errors
    return output


def _go_through(ordeal: Ordeal) -> None:
    dice, house = random.Random(7), ordeal.house
    cards = ordeal.made["moved"]
    movers = [Movers(ordeal, cards[::2]), Movers(ordeal, cards[1::2])]
    wait_for(lambda: _progress(ordeal) >= 1000)
    house.child("worker").kill()
    stopped = _progress(ordeal)
    for mover in movers:
        mover.start()
    while True:  # until the new worker has taken the import up
        _kill_a_program_and_the_web(ordeal, after=dice.uniform(0.2, 1.0))
        if _progress(ordeal) > stopped:
            break
    os.kill(house.postmaster(), signal.SIGKILL)
    wait_for(house.healthy)
    _kill_a_program_and_the_web(ordeal, after=dice.uniform(0.2, 1.0))
    for mover in movers:
        mover.join(timeout=120)
        mover.stop.set()
    wait_for(lambda: _state(ordeal) == "done", within=120)
    wait_for(lambda: _verdicts(ordeal) == MANY, within=120)


def _kill_a_program_and_the_web(ordeal: Ordeal, *, after: float) -> None:
    """Any moment will do: both are in the middle of something."""
    hammer = ordeal.house.script("hammer", json.dumps(ordeal.made))
    first = hammer.stdout.readline()
    time.sleep(after)
    if web := ordeal.house.child("web"):
        web.kill()
    hammer.kill()
    rest, errors = hammer.communicate()
    assert first, errors
    ordeal.told += [_said(line) for line in (first + rest).splitlines() if line.count(" ") == 1]


def _said(line: str) -> tuple[str, int]:
    what, number = line.split()
    return what, int(number)


def _progress(ordeal: Ordeal) -> int:
    return int(ordeal.sql(f"SELECT done FROM imports_importrun WHERE id = {ordeal.run}"))


def _verdicts(ordeal: Ordeal) -> int:
    """For how many cards the worker has done what it was left."""
    action = f"FROM items_bulkrun WHERE id = {ordeal.made['action']}"
    return int(ordeal.sql(f"SELECT jsonb_array_length(report) {action}"))


def _state(ordeal: Ordeal) -> str:
    return str(ordeal.sql(f"SELECT state FROM imports_importrun WHERE id = {ordeal.run}"))


def test_every_card_has_exactly_one_open_visit_and_stands_in_it(ordeal):
    assert not ordeal.sql(
        "SELECT count(*) FROM items_item i WHERE (SELECT count(*) FROM items_stagevisit v"
        " WHERE v.item_id = i.id AND v.left_at IS NULL AND v.stage_id = i.stage_id) <> 1"
    )


def test_visits_follow_each_other_without_gaps(ordeal):
    assert not ordeal.sql(
        "SELECT count(*) FROM (SELECT left_at, lead(entered_at) OVER"
        " (PARTITION BY item_id ORDER BY entered_at, id) AS next FROM items_stagevisit) v"
        " WHERE left_at IS DISTINCT FROM next"
    )


def test_closed_cards_say_when_and_open_ones_do_not(ordeal):
    assert not ordeal.sql(
        "SELECT count(*) FROM items_item i JOIN pipelines_stage s ON s.id = i.stage_id"
        " WHERE (i.closed_at IS NULL) <> (s.kind = 'open')"
    )


def test_no_move_that_was_answered_is_lost(ordeal):
    assert len(ordeal.answered) == len(ordeal.made["moved"])
    assert set(ordeal.answered.values()) == {"won"}
    for card, to in ordeal.answered.items():
        stands = "SELECT s.code FROM items_item i JOIN pipelines_stage s ON s.id = i.stage_id"
        assert ordeal.sql(f"{stands} WHERE i.id = {card}") == to
        # Asked again after a lost answer, a move that had happened did not happen twice.
        assert ordeal.sql(f"SELECT count(*) FROM items_stagevisit WHERE item_id = {card}") == len(
            STAGES
        )


def test_the_import_went_on_to_its_end_without_a_double(ordeal):
    pipeline = ordeal.made["imported"]
    assert _state(ordeal) == "done"
    assert _progress(ordeal) == ROWS
    counted = "SELECT count(*) || ' ' || count(DISTINCT external_id) FROM items_item"
    assert ordeal.sql(f"{counted} WHERE pipeline_id = {pipeline}") == f"{ROWS} {ROWS}"
    verdicts = (
        f"SELECT count(*) FROM imports_importrow WHERE run_id = {ordeal.run} AND verdict = 'new'"
    )
    assert ordeal.sql(verdicts) == ROWS


def test_what_the_worker_was_left_went_on_to_its_end_without_a_double(ordeal):
    cards = ", ".join(map(str, ordeal.made["many"]))
    moves = "SELECT count(*) || ' ' || count(DISTINCT subject_id) FROM journal_event"
    moved = ordeal.sql(f"{moves} WHERE verb = 'item.moved' AND subject_id IN ({cards})")
    assert moved == f"{MANY} {MANY}"
    action = f"FROM items_bulkrun WHERE id = {ordeal.made['action']}"
    assert ordeal.sql(f"SELECT state {action}") == "done"
    assert _verdicts(ordeal) == MANY
    done = "SELECT count(*) FROM journal_event WHERE verb = 'bulk.done' AND subject_id ="
    assert ordeal.sql(f"{done} {ordeal.made['action']}") == 1


def test_a_bulk_action_is_whole_or_not_at_all(ordeal):
    told = [number for what, number in ordeal.told if what == "bulk"]
    assert told
    for run in told:  # what was told is there
        assert ordeal.sql(f"SELECT count(*) FROM items_bulkrun WHERE id = {run}") == 1
    cards = ", ".join(map(str, ordeal.made["bulk"]))
    assert ordeal.sql(f"SELECT count(DISTINCT stage_id) FROM items_item WHERE id IN ({cards})") == 1
    moves = "SELECT count(*) FROM journal_event WHERE verb = 'item.moved' AND subject_id IN"
    keys = "SELECT sum((SELECT count(*) FROM jsonb_object_keys(before))) FROM items_bulkrun"
    changed = f"{keys} WHERE id <> {ordeal.made['action']}"
    assert ordeal.sql(f"{moves} ({cards})") == ordeal.sql(changed)


def test_a_merge_is_whole_or_not_at_all(ordeal):
    assert any(what == "merged" for what, _number in ordeal.told)
    for keeper, absorbed in ordeal.made["pairs"]:
        merged = ordeal.sql(f"SELECT merged_into_id FROM clients_client WHERE id = {absorbed}")
        of = "SELECT count(*) FROM clients_contactpoint WHERE client_id ="
        assert merged in (None, keeper)
        assert ordeal.sql(f"{of} {absorbed}") == (0 if merged else 1)
        assert ordeal.sql(f"{of} {keeper}") == (2 if merged else 1)
        standing = "SELECT count(*) FROM clients_merge WHERE undone_at IS NULL AND absorbed_id ="
        assert ordeal.sql(f"{standing} {absorbed}") == (1 if merged else 0)


def test_a_lead_is_won_exactly_when_it_has_its_deal(ordeal):
    leads = ", ".join(map(str, ordeal.made["leads"]))
    assert not ordeal.sql(
        "SELECT count(*) FROM items_item i JOIN pipelines_stage s ON s.id = i.stage_id"
        f" WHERE i.id IN ({leads}) AND (s.kind = 'won') <> EXISTS (SELECT 1 FROM items_itemlink l"
        " JOIN items_item d ON d.id = l.child_id"
        " WHERE l.parent_id = i.id AND l.kind = 'converted' AND d.deleted_at IS NULL)"
    )


def test_the_tally_of_the_board_is_the_count(ordeal):
    assert ordeal.sql("SELECT sum(cards) FROM items_tally") == ordeal.sql(
        "SELECT count(*) FROM items_item WHERE closed_at IS NULL AND deleted_at IS NULL"
    )
