"""What a list or a board shows: one filter, read from an address, applied to cards, told in words.

    filter = CardFilter.read(request.GET)         # never fails; what can't be read: filter.refused
    cards = filter.apply(Item.objects.visible_to(user), user)
    filter.query()                                # {"owner": ["3"], …}: address, saved view
    filter.without("owner"), filter.with_(mine=True)   # other filters, for the links of chips
    for mark in marks(filter, user): mark.title, mark.text, mark.param   # "Owner", "Anna, Boris"

`apply` narrows, it never widens: rights come first, by `visible_to`. Without a word about the
state it shows open cards, unless a closed stage, a closing date or a loss reason is asked for; a
column of a board asks for its own stage with `filter.apply(cards, user, any_state=True)`.
It costs no query, but for departments, stages, loss reasons and custom fields: one each; a text
costs four.

Parameters, repeated where several may be chosen: docs/domain/filters.md.
"""

from voronka.items.filters.card_filter import CardFilter
from voronka.items.filters.marks import Mark, marks
from voronka.items.filters.periods import PRESETS, Period
from voronka.items.filters.texts import register_text

__all__ = ["PRESETS", "CardFilter", "Mark", "Period", "marks", "register_text"]
