"""The base comes in from files: reading any table, mapping, trial run, import, undo."""
