"""The mailbox of the demo company's clients: to read its letters and to write to it."""
