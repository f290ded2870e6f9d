"""What is stored about cards."""

from voronka.items.models.card import (
    NO_GRADE,
    Attachment,
    BulkRun,
    ClockChange,
    Item,
    ItemLink,
    ItemQuerySet,
    LineItem,
    MassDeletion,
    Passage,
    SavedView,
    StageVisit,
    Tally,
    Watch,
    allowed,
)
from voronka.items.models.response_clock import ResponseClock, ResponseClockQuerySet
from voronka.items.models.sources import SourceCost, Touch

__all__ = [
    "NO_GRADE",
    "Attachment",
    "BulkRun",
    "ClockChange",
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
    "Touch",
    "Watch",
    "allowed",
]
