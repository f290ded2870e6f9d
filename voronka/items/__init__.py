"""THE CARD: Item, its stage visits, line items, links, watchers, files, and the one door."""
