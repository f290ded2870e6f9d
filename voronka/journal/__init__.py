"""What happened: the append-only journal, who did it, and the list of those who wake on it."""
