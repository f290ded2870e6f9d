"""The ledger: everything that came in, what became of it, and what was lost."""
