"""What is stored about cards."""

from voronka.items.models.belongings import Attachment, ItemLink, LineItem, SavedView
from voronka.items.models.bulk import BulkRun, MassDeletion
from voronka.items.models.card import (
    NO_GRADE,
    Item,
    ItemQuerySet,
    ToldBy,
    Watch,
    allowed,
    allowed_by_scope,
)
from voronka.items.models.response_clock import ResponseClock, ResponseClockQuerySet
from voronka.items.models.sources import SourceCost, Touch
from voronka.items.models.totals import ClosedTally, Tally
from voronka.items.models.way import ClockChange, Passage, StageVisit

__all__ = [
    "NO_GRADE",
    "Attachment",
    "BulkRun",
    "ClockChange",
    "ClosedTally",
    "Item",
    "ItemLink",
    "ItemQuerySet",
    "LineItem",
    "MassDeletion",
    "Passage",
    "ResponseClock",
    "ResponseClockQuerySet",
    "SavedView",
    "SourceCost",
    "StageVisit",
    "Tally",
    "ToldBy",
    "Touch",
    "Watch",
    "allowed",
    "allowed_by_scope",
]
