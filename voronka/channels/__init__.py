"""How we talk: channels, the ledger of everything that came in, and the way from it to a card."""
