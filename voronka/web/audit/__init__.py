"""The audit journal: who did what, when, and whether the record is whole."""
