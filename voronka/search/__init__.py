"""Finding anything by a piece of what one remembers (UI-10)."""
