"""`make bench`: fill, measure, print a table. ARGS="--sizes 10k,100k,1m --write"."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import generator, house
from bench.floor import Floor
from bench.timing import Timing

if TYPE_CHECKING:
    import psutil

    from bench.company import Company
    from bench.robots import Robots
    from bench.scenarios import Pages, Wire

_SIZES = {"10k": 10_000, "100k": 100_000, "1m": 1_000_000}
_TABLE = Path(__file__).parent.parent / "docs" / "benchmarks.md"
_MARK = "<!-- measured -->"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; `aim` is the promise at the largest size."""

    what: str
    figure: str
    floor: str = ""
    ratio: str = ""
    queries: str = ""
    aim: str = ""

    def cells(self) -> list[str]:
        """The line as Markdown cells."""
        return [self.what, self.figure, self.floor, self.ratio, self.queries, self.aim]


def main() -> None:
    """Measure each size in a house of its own, so that no run warms another."""
    reader = argparse.ArgumentParser(prog="make bench", description=__doc__)
    reader.add_argument("--sizes", default="10k,100k,1m", help="of 10k, 100k, 1m")
    reader.add_argument("--write", action="store_true", help="keep the table in docs/benchmarks.md")
    reader.add_argument("--keep", default="", help="use and keep the house in this folder")
    chosen = reader.parse_args()
    sizes = [name.strip() for name in chosen.sizes.split(",")]
    if len(sizes) > 1:
        _each_in_its_own_process(sizes, write=chosen.write)
        return
    with house.house(chosen.keep) as home:
        text = _table(sizes[0], _measure(_SIZES[sizes[0]], home))
    print(text)
    if chosen.write:
        _write(sizes[0], text)


def _each_in_its_own_process(sizes: list[str], *, write: bool) -> None:
    import subprocess

    for size in sizes:
        command = [sys.executable, "-m", "bench", "--sizes", size, *(["--write"] if write else [])]
        subprocess.run(command, check=True)


def _measure(items: int, home: Path) -> list[Row]:
    import psycopg

    from bench.company import found
    from bench.robots import Robots
    from bench.scenarios import Pages, Wire, import_rate
    from voronka.cli.database import connection_arguments
    from voronka.items.models import Item
    from voronka.journal.actors import Actor
    from voronka.people.access import TOKEN_SCOPES
    from voronka.people.commands import create_token

    company = found()
    rows = [] if Item.objects.exists() else [_filled(items, company)]
    first = Item.objects.order_by("pk").values_list("pk", flat=True)[0] + generator.OPEN_EVERY - 1
    pages = Pages(company, first)
    with psycopg.connect(autocommit=True, **connection_arguments()) as plain:
        floor = Floor(plain, company.pipeline, company.stages, items, first)
        board = floor.board()
        rows += [
            _row("board, all cards", pages.board(), board, "25 / 60 ms, 12 queries"),
            _row("board, one seller's", pages.board(seller=True), board, "25 / 60 ms, 12 queries"),
            _row("list, filtered and sorted", pages.listing(), floor.listing(), "25 / 60 ms"),
            _row("card page", pages.card(), floor.card(), "60 ms"),
            _row("report by stage and seller", pages.report(), floor.report(), "150 ms"),
            _row(
                "search: name fragment",
                pages.palette("рихож"),
                floor.name_search("rikhozh"),
                "45 ms",
            ),
            _row(
                "search: phone part",
                pages.palette(phone := pages.phone_part()),
                floor.phone_search(phone),
                "8 ms",
            ),
            _row("move with history (command)", pages.move(), move_floor := floor.move(), "8 ms"),
        ]
        create_floor = floor.create()
        copy_rate = floor.load(20_000)
    rate = import_rate(company, 20_000)
    rows.append(
        Row(
            "import of 20,000 rows",
            f"{rate:,.0f} rows/s",
            f"{copy_rate:,.0f} rows/s",
            f"{copy_rate / rate:.1f}",
            aim="5,000 rows/s",
        )
    )
    rows.append(_timers(robots := Robots(company, first), pages, items))
    rows += _robots(robots, items)
    rows.append(_letters(company))
    _token, key = create_token(
        company.owner.pk, name="bench", scopes=list(TOKEN_SCOPES), by=Actor.system("bench")
    )
    port = house.free_port()
    with house.running(port) as (start, process):
        rows.append(Row("start of a prepared installation", f"{start:.1f} s"))
        house.let_go()
        rows.append(
            Row(
                "memory at rest, all processes",
                f"{house.memory(process, home):,.0f} MB",
                aim="600 MB",
            )
        )
        wire = Wire(company, port, key, first)
        wire.create(50, 8)  # warm
        rows.append(_chat(company, port))
        rows.append(_rate("API create, 1 client", wire.create(300, 1), create_floor))
        rows.append(_rate("API create, 8 clients", wire.create(1500, 8), create_floor, "300/s"))
        rows.append(_forms(company, port, create_floor))
        movable = Item.objects.filter(stage_id=company.stages[0], pk__gte=first)
        ids = list(movable.values_list("pk", flat=True)[:1500])
        plain = wire.move(ids[:700], 8)
        rows.append(_rate("API move, 8 clients", plain, move_floor, "270/s"))
        rows.append(_ruled(robots, wire, ids[700:], plain[0]))
        rows.append(_listeners(company, port, ids[:20], process, home))
    return rows


def _letters(company: Company) -> Row:
    """Raw letters to committed cards, in this process by one thread."""
    from bench.intake import letter_rate

    rate, missing = letter_rate(company, 200)
    figure = f"{rate:,.0f}/s; {missing} without a card"
    return Row("letters to cards, 1 in 10 with a file", figure, aim="50/s")


def _forms(company: Company, port: int, floor: Timing) -> Row:
    """Posts to a form; each is answered when its card is committed."""
    from bench.intake import form_rate

    result, missing = form_rate(company, port, 600, 8)
    row = _rate("form enquiries to cards, 8 clients", result, floor, "250/s")
    return replace(row, figure=f"{row.figure}; {missing} without a card")


def _listeners(
    company: Company, port: int, cards: list[int], process: psutil.Process, home: Path
) -> Row:
    """Open pages of one person; a change is timed from the command's call to each page."""
    from bench.intake import Listeners

    heard = Listeners(company, port, cards).measure(1000, process, home)
    return Row(
        "1,000 pages hear of a change",
        f"{heard.timing.p50:.0f} / {heard.timing.p95:.0f} ms, {heard.lost} lost;"
        f" {heard.megabytes:+,.0f} MB in all processes",
        aim="1 s (p95), 0",
    )


def _ruled(robots: Robots, wire: Wire, ids: list[int], plain: float) -> Row:
    """Moves onto a stage whose rule sets a task; the worker runs beside."""
    rule = robots.rule()
    rate, timing, _statuses = wire.move(ids, 8)
    after = robots.settled(rule, len(ids))
    robots.stop()
    return Row(
        "the same with a stage rule that sets a task",
        f"{rate:,.0f}/s ({rate / plain:.0%}), {timing.p50:.1f} / {timing.p95:.1f} ms;"
        f" all tasks {after:.1f} s after the last move",
        aim="80 %, 2 s",
    )


def _timers(robots: Robots, pages: Pages, items: int) -> Row:
    """The board's first screen without and with timers that wait, as many as there are cards."""
    without = pages.board()
    with robots.timers(items):
        figure = pages.board()
    return Row(
        f"board while {items:,} timers wait",
        f"{figure.p50:.1f} / {figure.p95:.1f} ms",
        f"{without.p50:.1f} ms without",
        f"{figure.p50 / without.p50:.2f}",
        str(figure.queries),
        "as without",
    )


def _robots(robots: Robots, items: int) -> list[Row]:
    """Robots inside the database, in this process, as the worker's one thread runs them."""
    count = min(2000, items // 40)
    rows = [
        Row("robots: a task from the passport", f"{robots.rate(count):,.0f} runs/s", aim="500/s")
    ]
    heap = min(20_000, items // 25)
    rate, late, wrong = robots.heap(heap, fresh=40)
    rows.append(
        Row(
            f"robots: {heap:,} due at once, fresh ones meanwhile",
            f"{rate:,.0f} runs/s; fresh ones late by {late:.2f} s (p95); {wrong} double or lost",
            aim="5 s, 0",
        )
    )
    robots.stop()
    return rows


def _chat(company: Company, port: int) -> Row:
    """A person's answer until the visitor's window has it; over HTTP, this process writes."""
    from bench.chat import Talk

    talk = Talk(company, port)
    talk.begin()
    timing = talk.delivery()
    figure = f"{timing.p50:.1f} / {timing.p95:.1f} ms"
    return Row("chat message delivery", figure, aim="300 ms (p95)")


def _filled(items: int, company: Company) -> Row:
    seconds = generator.fill(
        items,
        pipeline_id=company.pipeline,
        stages=company.stages,
        won=company.won,
        lost=company.lost,
        owner=company.first_seller,
    )
    return Row(f"fill: {items:,} cards, {items * 5:,} visits", f"{items / seconds:,.0f} cards/s")


def _row(what: str, mine: Timing, floor: Timing, aim: str) -> Row:
    return Row(
        what,
        f"{mine.p50:.1f} / {mine.p95:.1f} ms",
        f"{floor.p50:.2f} ms",
        f"{mine.p50 / floor.p50:.1f}",
        str(mine.queries),
        aim,
    )


def _rate(what: str, result: tuple[float, Timing, Any], floor: Timing, aim: str = "") -> Row:
    rate, timing, statuses = result
    good = sum(count for code, count in statuses.items() if code < 300)
    bad = "" if good == sum(statuses.values()) else f" ({dict(statuses)})"
    return Row(
        what,
        f"{rate:,.0f}/s, {timing.p50:.1f} / {timing.p95:.1f} ms{bad}",
        f"{1000 / floor.p50:,.0f}/s",
        f"{1000 / floor.p50 / rate:.1f}",
        aim=aim,
    )


def _table(size: str, rows: list[Row]) -> str:
    head = ["what", "p50 / p95", "raw SQL", "ratio", "SQL", "aim at 1m"]
    lines = [f"### {size}", "", "| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(row.cells()) + " |" for row in rows]
    return "\n".join(lines)


def _write(size: str, text: str) -> None:
    """Put the size's table in place of the one that was kept before."""
    kept = _TABLE.read_text(encoding="utf-8")
    before, _sep, after = kept.partition(f"### {size}\n")
    if _sep:
        rest = after.split("\n### ", 1)
        tail = f"\n### {rest[1]}" if len(rest) > 1 else ""
        _TABLE.write_text(f"{before}{text}\n{tail}", encoding="utf-8")
    else:
        _TABLE.write_text(f"{kept.rstrip()}\n\n{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
