"""One planner per kind of row: it gives each row a verdict, and writes what the verdict allows."""
