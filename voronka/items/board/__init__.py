"""What a board shows: cards by columns, figures of the columns, how fast cards leave them.

    reach = reach_of(user, pipeline)                 # whose cards the person may see here
    pages = whole_pages(reach, stages)               # one SQL query for all columns
    pages = first_pages(cards, stages)               # the same of filtered cards
    page = page_of(cards, stage, after=page.after)   # one more page, by key, never by offset
    figures = open_figures(reach)                    # stage id -> cards, amount, past the deadline
    figures = figures_of(cards)                      # the same for filtered cards, counted
    pace = pace_of(pipeline).within(reach)           # how many cards leave a stage in a day

Source: docs/domain/board.md.
"""

from voronka.items.board.columns import (
    FIRST,
    MOST,
    BoardCard,
    Page,
    cards_by_id,
    first_pages,
    page_of,
    whole_pages,
)
from voronka.items.board.figures import (
    Figures,
    closed_figures,
    closed_in_month,
    figures_of,
    open_figures,
)
from voronka.items.board.pace import Pace, days_to_clear, is_pile_up, pace_of
from voronka.items.board.reach import Reach, reach_of

__all__ = [
    "FIRST",
    "MOST",
    "BoardCard",
    "Figures",
    "Pace",
    "Page",
    "Reach",
    "cards_by_id",
    "closed_figures",
    "closed_in_month",
    "days_to_clear",
    "figures_of",
    "first_pages",
    "is_pile_up",
    "open_figures",
    "pace_of",
    "page_of",
    "reach_of",
    "whole_pages",
]
