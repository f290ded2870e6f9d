"""Search: the command palette over every page, and a page of all that was found."""
