"""`voronka report`: the sales report on the command line, as a table or JSON."""

import json
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from voronka.cli.words import gettext as _

if TYPE_CHECKING:
    from decimal import Decimal

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
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Closed on this day or later; open ones: made"),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Closed before this day; open ones: made"),
    ] = None,
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
    """Print the figures whole, whatever the width: labels wrap instead."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    heads = {
        "stage": _("stage"),
        "agent": _("agent"),
        "product": _("product"),
        "quarter": _("quarter"),
        "month": _("month"),
        "source": _("source"),
        "pipeline": _("funnel"),
        "reason": _("reason"),
    }
    table = Table(box=box.SIMPLE, pad_edge=False, padding=(0, 1, 0, 0))
    for name in by:
        table.add_column(heads.get(name, name), overflow="fold")
    for name in (
        *(_("in all"), _("in work"), _("won"), _("lost")),
        *(_("won sum"), _("win rate"), _("average"), _("cycle, days")),
    ):
        table.add_column(name.replace(" ", "\n"), justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*row.labels, *_figures(row))
    Console().print(table)


def _figures(row: "ReportRow") -> list[str]:
    days = row.cycle.total_seconds() / 86400 if row.cycle else None
    return [
        *(str(count) for count in (row.cards, row.open, row.won, row.lost)),
        _money(row.won_sum),
        f"{row.win_rate:.1%}" if row.win_rate is not None else "—",
        _money(row.average) if row.average is not None else "—",
        f"{days:.1f}" if days is not None else "—",
    ]


def _money(amount: "Decimal") -> str:
    """Write whole units; the JSON has the rest."""
    return f"{amount:,.0f}".replace(",", " ")
