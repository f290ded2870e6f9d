"""The work on the card: notes, tasks, calls, meetings, and the feed that shows them all."""
