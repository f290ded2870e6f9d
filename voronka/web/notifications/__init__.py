"""The bell, and the page with everything it has rung for."""
