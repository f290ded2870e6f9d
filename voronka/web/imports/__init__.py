"""Bringing files in: upload, mapping, trial run, import, fix list, undo."""
