"""The floor: what PostgreSQL alone needs for the same rows, over one plain connection."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import psycopg

from bench.generator import OPEN_EVERY
from bench.timing import Timing, timed


@dataclass(slots=True)
class Floor:
    """Raw statements on the filled base; each method returns the timing of one act."""

    connection: psycopg.Connection[Any]
    pipeline: int
    stages: list[int]
    items: int
    first: int

    def _ask(self, sql: str, *params: object) -> list[Any]:
        return self.connection.execute(sql, params, prepare=True).fetchall()

    def board(self) -> Timing:
        """The first 30 cards of every column, and count, sum and late count of each."""
        cards = """SELECT c.* FROM unnest(%s::bigint[]) s(id), LATERAL (
            SELECT i.id, i.title, i.amount, i.owner_id, i.contact_id, i.stalls_at, k.name
            FROM items_item i LEFT JOIN clients_client k ON k.id = i.contact_id
            WHERE i.stage_id = s.id AND i.closed_at IS NULL AND i.deleted_at IS NULL
            ORDER BY i.grade_order, i.stage_entered_at DESC, i.id DESC LIMIT 30) c"""
        totals = """SELECT stage_id, count(*), sum(amount),
            count(*) FILTER (WHERE stalls_at < now()) FROM items_item
            WHERE pipeline_id = %s AND closed_at IS NULL AND deleted_at IS NULL
            GROUP BY stage_id"""
        return timed(lambda _n: (self._ask(cards, self.stages), self._ask(totals, self.pipeline)))

    def card(self) -> Timing:
        """A card with its client, visits and the newest thirty events."""

        def ask(n: int) -> None:
            pk = self.first + n * OPEN_EVERY
            self._ask("SELECT * FROM items_item WHERE id = %s", pk)
            self._ask("SELECT * FROM items_stagevisit WHERE item_id = %s", pk)
            self._ask(
                "SELECT * FROM journal_event WHERE subject_type = 'item' AND subject_id = %s"
                " ORDER BY id DESC LIMIT 30",
                pk,
            )

        return timed(ask)

    def listing(self) -> Timing:
        """Fifty open cards of one seller, the dearest first."""
        sql = """SELECT i.*, k.name FROM items_item i
            LEFT JOIN clients_client k ON k.id = i.contact_id
            WHERE i.pipeline_id = %s AND i.owner_id = %s AND i.closed_at IS NULL
            AND i.deleted_at IS NULL ORDER BY i.amount DESC, i.id DESC LIMIT 50"""
        owner = self._ask("SELECT owner_id FROM items_item WHERE id = %s", self.first)[0][0]
        return timed(lambda _n: self._ask(sql, self.pipeline, owner))

    def name_search(self, word: str) -> Timing:
        """The eight newest cards whose title holds a word, by the index of fragments."""
        sql = """SELECT i.id, i.title FROM search_cardtext t JOIN items_item i ON i.id = t.item_id
            WHERE t.vector @@ %s::tsquery ORDER BY i.id DESC LIMIT 8"""
        return timed(lambda _n: self._ask(sql, f"'{word}':*"))

    def phone_search(self, digits: str) -> Timing:
        """Clients by a piece of their phone."""
        sql = """SELECT c.id, c.name FROM clients_contactpoint p JOIN clients_client c
            ON c.id = p.client_id WHERE voronka_fragments(p.value) @@ %s::tsquery LIMIT 8"""
        return timed(lambda _n: self._ask(sql, f"'{digits}':*"))

    def report(self) -> Timing:
        """Counts and sums by stage and seller, by reading every card."""
        sql = """SELECT stage_id, owner_id, count(*), sum(amount) FROM items_item
            WHERE pipeline_id = %s AND deleted_at IS NULL GROUP BY stage_id, owner_id"""
        return timed(lambda _n: self._ask(sql, self.pipeline), times=5, warm=1)

    def move(self) -> Timing:
        """One transaction: lock, change the card, close a visit, open one, write the event."""

        def act(n: int) -> None:
            pk = self.first + (n + 2000) * OPEN_EVERY
            with self.connection.transaction():
                run = self.connection.execute
                run("SELECT * FROM items_item WHERE id = %s FOR UPDATE", (pk,))
                run("UPDATE items_item SET stage_entered_at = now() WHERE id = %s", (pk,))
                run(
                    "UPDATE items_stagevisit SET left_at = now()"
                    " WHERE item_id = %s AND left_at IS NULL",
                    (pk,),
                )
                self._visit(pk)
                self._event("item.moved", pk)

        return timed(act)

    def create(self) -> Timing:
        """One transaction of three inserts: card, visit, event."""

        def act(n: int) -> None:
            with self.connection.transaction():
                row = self.connection.execute(
                    """INSERT INTO items_item (pipeline_id, stage_id, title, owner_id, utm, amount,
                    "values", checks, grade, grade_order, repeat, created_at, changed_at,
                    stage_entered_at, next_activity_kind, next_activity_title, loss_comment,
                    external_id, version)
                    SELECT pipeline_id, %s, 'raw ' || %s, owner_id, '{}', 100, '{}', '{}', '', 9,
                    false, now(), now(), now(), '', '', '', '', 1 FROM items_item WHERE id = %s
                    RETURNING id""",
                    (self.stages[0], n, self.first),
                ).fetchone()
                assert row is not None
                self._visit(row[0])
                self._event("item.created", row[0])

        return timed(act)

    def _visit(self, pk: int) -> None:
        self.connection.execute(
            "INSERT INTO items_stagevisit (item_id, stage_id, pipeline_id, owner_id, entered_at,"
            " how, jump, correction) SELECT id, stage_id, pipeline_id, owner_id, now(), 'user',"
            " false, false FROM items_item WHERE id = %s",
            (pk,),
        )

    def _event(self, verb: str, pk: int) -> None:
        self.connection.execute(
            "INSERT INTO journal_event (verb, subject_type, subject_id, pipeline_id, actor_kind,"
            " actor_name, diff, at) VALUES (%s, 'item', %s, %s, 'user', '', %s, now())",
            (verb, pk, self.pipeline, json.dumps({"entered": self.stages[0]})),
        )

    def load(self, rows: int) -> float:
        """COPY cards with a visit and an event each; return rows/s."""
        import time

        began = time.perf_counter()
        with self.connection.transaction():
            top = self._ask("SELECT max(id) FROM items_item")[0][0]
            names = (
                '(id, pipeline_id, stage_id, title, owner_id, utm, amount, "values", checks, grade,'
                " grade_order, repeat, created_at, changed_at, stage_entered_at,"
                " next_activity_kind, next_activity_title, loss_comment, external_id, version)"
            )
            owner = self._ask("SELECT owner_id FROM items_item WHERE id = %s", self.first)[0][0]
            when = "2025-03-01 10:00+00"
            with self.connection.cursor().copy(f"COPY items_item {names} FROM STDIN") as copy:
                for n in range(1, rows + 1):
                    row = [top + n, self.pipeline, self.stages[0], f"Card {n}", owner, "{}", 100]
                    row += ["{}", "{}", "", 9, False, when, when, when, "", "", "", "", 1]
                    copy.write_row(row)
            with self.connection.cursor().copy(
                "COPY items_stagevisit (item_id, stage_id, pipeline_id, owner_id, entered_at, how,"
                " jump, correction) FROM STDIN"
            ) as copy:
                for n in range(1, rows + 1):
                    copy.write_row(
                        [top + n, self.stages[0], self.pipeline, owner, when, "user", False, False]
                    )
            with self.connection.cursor().copy(
                "COPY journal_event (verb, subject_type, subject_id, pipeline_id, actor_kind,"
                " actor_name, diff, at) FROM STDIN"
            ) as copy:
                for n in range(1, rows + 1):
                    copy.write_row(
                        ["item.created", "item", top + n, self.pipeline, "user", "", "{}", when]
                    )
            self.connection.execute("SELECT setval('items_item_id_seq', %s)", (top + rows,))
        return rows / (time.perf_counter() - began)
