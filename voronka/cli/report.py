"""`voronka report`: the sales report on the command line, as a table or JSON."""

import json
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from voronka.analytics.queries import ReportRow


class Format(StrEnum):
    """How the report is printed."""

    table = "table"
    json = "json"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(report)


def report(
    by: Annotated[
        list[str] | None,
        typer.Option(help="stage, agent, product, quarter, month, source, pipeline, reason"),
    ] = None,
    pipeline: Annotated[list[str] | None, typer.Option(help="Codes of funnels")] = None,
    item_type: Annotated[str, typer.Option(help="Code of an item type")] = "",
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])] = None,
    until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])] = None,
    user: Annotated[str, typer.Option(help="E-mail of a user: with their rights only")] = "",
    output: Annotated[Format, typer.Option("--format", help="How to print it")] = Format.table,
) -> None:
    """Count and sum cards: by stage, agent, product, quarter …; --by may be given twice."""
    from voronka.cli.session import ready

    with ready():
        from django.utils import timezone

        from voronka.analytics.queries import sales_report
        from voronka.cli.person import person

        rows = sales_report(
            user=person(user) if user else None,
            by=by or [],
            pipelines=pipeline or [],
            item_type=item_type,
            since=timezone.make_aware(since) if since else None,
            until=timezone.make_aware(until) if until else None,
        )
        if output == Format.json:
            print(json.dumps([_plain(row, by or []) for row in rows], ensure_ascii=False, indent=1))
        else:
            _print_table(rows, by or [])


def _plain(row: "ReportRow", by: list[str]) -> dict[str, Any]:
    return {
        **dict(zip(by, row.labels, strict=True)),
        "cards": row.cards,
        "open": row.open,
        "won": row.won,
        "lost": row.lost,
        "won_sum": str(row.won_sum),
        "open_sum": str(row.open_sum),
        "win_rate": round(row.win_rate, 4) if row.win_rate is not None else None,
        "average": str(row.average) if row.average is not None else None,
        "cycle_days": round(row.cycle.total_seconds() / 86400, 2) if row.cycle else None,
    }


def _print_table(rows: "list[ReportRow]", by: list[str]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table()
    for name in by:
        table.add_column(name)
    for name in ("cards", "open", "won", "lost", "won sum", "win rate", "average", "cycle, days"):
        table.add_column(name, justify="right")
    for row in rows:
        plain = _plain(row, by)
        rate = f"{row.win_rate:.1%}" if row.win_rate is not None else "—"
        figures = [
            plain["cards"],
            plain["open"],
            plain["won"],
            plain["lost"],
            f"{row.won_sum:,.2f}",
        ]
        figures += [rate, plain["average"] or "—", plain["cycle_days"] or "—"]
        table.add_row(*row.labels, *(str(f) for f in figures))
    Console().print(table)
