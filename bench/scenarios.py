"""What is measured: pages and commands in this process, moves and creations over HTTP."""

from __future__ import annotations

import csv
import json
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from bench import load
from bench.company import Company
from bench.generator import OPEN_EVERY
from bench.timing import CountQueries, Timing, timed


@dataclass(slots=True)
class Pages:
    """Server time of pages and searches, by Django's own handler on the filled base."""

    company: Company
    first: int  # id of the first generated card

    def board(self, *, seller: bool = False) -> Timing:
        """The first screen of the board: all columns with their figures."""
        return self._get(f"/board/{self.company.pipeline}/", seller=seller)

    def listing(self) -> Timing:
        """Fifty open cards of one seller, the dearest first."""
        owner = self.company.first_seller
        path = f"/list/{self.company.pipeline}/?owner={owner}&sort=-amount"
        return self._get(path)

    def card(self) -> Timing:
        """The page of an open card, another one each time."""
        return self._get("/cards/{}/")

    def palette(self, text: str) -> Timing:
        """What the search answers, with its rights, reasons and order."""
        from voronka.search.queries import search

        return self._counted(lambda _n: search(self.company.owner, text))

    @staticmethod
    def phone_part() -> str:
        """Seven figures of a client's phone: the search finds the client and the cards."""
        from voronka.clients.models import ContactPoint

        phones = ContactPoint.objects.filter(kind="phone").order_by("pk")
        return phones.values_list("value", flat=True)[1000][-7:]

    def report(self) -> Timing:
        """Counts, sums, win rate and cycle by stage and seller."""
        from voronka.analytics.queries import sales_report

        return self._counted(
            lambda _n: sales_report(user=self.company.owner, by=("stage", "agent")), times=8
        )

    def move(self) -> Timing:
        """The command, from lock to commit, with visits, journal and live announcement."""
        from voronka.items.commands import move_item
        from voronka.journal.actors import Actor
        from voronka.pipelines.models import Stage

        to = Stage.objects.get(pk=self.company.won)
        by = Actor.user(self.company.owner)
        return self._counted(
            lambda n: (
                move_item(self.first + (4000 + n) * OPEN_EVERY, to=to, by=by)
                if self._open(4000 + n)
                else None
            )
        )

    def _open(self, n: int) -> bool:
        from voronka.items.models import Item

        return Item.objects.filter(pk=self.first + n * OPEN_EVERY, closed_at=None).exists()

    def _get(self, path: str, *, seller: bool = False) -> Timing:
        from django.test import Client

        client = Client(HTTP_HOST="127.0.0.1")
        client.force_login(self.company.seller if seller else self.company.owner)

        def ask(n: int) -> None:
            answer = client.get(path.format(self.first + (n + 50) * OPEN_EVERY))
            assert answer.status_code == 200, (path, answer.status_code)

        return self._counted(ask)

    @staticmethod
    def _counted(call: Any, *, times: int = 40) -> Timing:
        from django.db import connection

        timing = timed(call, times=times)
        counter = CountQueries()
        with connection.execute_wrapper(counter):
            call(times + 10)
        return Timing(timing.p50, timing.p95, counter.count)


@dataclass(slots=True)
class Wire:
    """The API over HTTP, with a real key, against the running installation."""

    company: Company
    port: int
    key: str
    first: int

    def create(self, count: int, clients: int) -> tuple[float, Timing, Counter[int]]:
        """Make cards, each of its own title."""
        return self._drive(
            lambda n: self._post(
                "/api/v1/items", {"pipeline": "sales", "title": f"Bench {clients}/{n}"}
            ),
            count,
            clients,
        )

    def move(self, cards: Iterable[int], clients: int) -> tuple[float, Timing, Counter[int]]:
        """Move open cards to the last open stage, each once."""
        ids = list(cards)
        return self._drive(
            lambda n: self._post(f"/api/v1/items/{ids[n]}/move", {"stage": "s6"}), len(ids), clients
        )

    def _drive(self, make: Any, count: int, clients: int) -> tuple[float, Timing, Counter[int]]:
        return load.drive(self.port, make, count=count, clients=clients)

    def _post(self, path: str, body: dict[str, Any]) -> bytes:
        headers = {"Authorization": f"Bearer {self.key}"}
        return load.request(self.port, "POST", path, json.dumps(body).encode(), headers)


def import_rate(company: Company, rows: int) -> float:
    """Import deals with dates, stage, owner and amount; return rows/s, verdicts included."""
    import time

    from django.core.files import File

    from voronka.imports import commands
    from voronka.imports.commands.preparing import take_file
    from voronka.imports.mapping import read_yaml
    from voronka.imports.models import ImportRun
    from voronka.journal.actors import Actor

    rules = read_yaml(_MAPPING)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "deals.csv"
        _write_deals(path, rows)
        with path.open("rb") as stream:
            run = take_file(
                File(stream), name="deals.csv", entity="item", user=company.owner, pipeline="sales"
            )
        commands.prepare_import(run, mapping=rules)
        commands.start_import(run.pk, "run", by=Actor.user(company.owner), background=False)
        began = time.perf_counter()
        run = commands.work_on(run.pk)
        seconds = time.perf_counter() - began
    assert run.state == ImportRun.State.DONE, run.error
    assert run.counts == {"new": rows}, run.counts
    return rows / seconds


_MAPPING = """
entity: item
pipeline: sales
key: [external_id]
fields:
  external_id: number
  title: title
  owner: seller
  stage:
    column: stage
    replace: {One: s1, Paid: won, Refused: lost}
  created_at: created
  closed_at: closed
  amount: amount
"""


def _write_deals(path: Path, rows: int) -> None:
    with path.open("w", newline="", encoding="utf-8") as stream:
        out = csv.writer(stream)
        out.writerow(["number", "title", "seller", "stage", "created", "closed", "amount"])
        for n in range(rows):
            stage = ("One", "Paid", "Refused")[n % 3]
            born = date(2025, 1 + n % 12, 1 + n % 28)
            closed = "" if stage == "One" else date(2026, 1 + n % 9, 1 + n % 28).isoformat()
            seller = f"Seller {n % 20}"
            out.writerow(
                [f"B{n}", f"Заказ {n}", seller, stage, born.isoformat(), closed, 1000 + n % 9000]
            )
