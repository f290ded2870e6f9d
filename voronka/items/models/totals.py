"""Totals that are kept while cards change, so that nobody has to count them."""

from __future__ import annotations

from datetime import timedelta

from django.db import models


class ClosedTally(models.Model):
    """A line of the running tally of closed cards, for reports on any number of them.

    Written by triggers and added up as `Tally` is; cards in the recycle bin do not count. Where a
    card has no source or loss reason, its line has 0.
    Source: docs/adr/0004-totals-of-the-board.md.
    """

    pipeline_id = models.BigIntegerField()
    stage_id = models.BigIntegerField()
    owner_id = models.BigIntegerField()
    source_id = models.BigIntegerField(default=0)
    loss_reason_id = models.BigIntegerField(default=0)
    month = models.DateField()  # the first day of the month of closing, UTC
    cards = models.IntegerField(default=0)
    amount = models.DecimalField(max_digits=20, decimal_places=2, default=0)  # company currency
    cycle = models.DurationField(default=timedelta)  # sum of the times from creation to closing

    class Meta:
        indexes = [
            # reports: the closed cards of some funnels in a span of months
            models.Index(fields=["pipeline_id", "month"], name="closed_tally_months"),
        ]

    def __str__(self) -> str:
        return f"{self.stage_id}, {self.month:%Y-%m}: {self.cards:+d}"


class Tally(models.Model):
    """A line of the running tally of open cards: the lines of a stage add up to its totals.

    Triggers on the cards write the lines (migration keep_tally), so no door can forget them, and
    as lines are only added, nobody waits for anybody; `commands.fold_tally` adds old ones up.
    Totals at a moment are the sums of all lines whose `counts_from` is not later.
    Source: docs/adr/0004-totals-of-the-board.md.
    """

    pipeline_id = models.BigIntegerField()
    stage_id = models.BigIntegerField()
    owner_id = models.BigIntegerField()
    counts_from = models.DateTimeField()  # for a deadline its moment, else 1970: at once
    cards = models.IntegerField(default=0)
    amount = models.DecimalField(max_digits=20, decimal_places=2, default=0)  # company currency
    stalled = models.IntegerField(default=0)  # cards past their deadline
    moments = models.BigIntegerField(default=0)  # sum of their deadlines, seconds from 1970

    class Meta:
        indexes = [
            # board: count, sum and overdue share of the columns, whatever their size
            models.Index(
                fields=["pipeline_id", "counts_from"],
                include=["stage_id", "owner_id", "cards", "amount", "stalled", "moments"],
                name="tally_totals",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stage_id}: {self.cards:+d}"
