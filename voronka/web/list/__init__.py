"""The list of cards: chosen columns, sorting, saved views, editing in place, bulk, export."""
