"""The recycle bin: what was deleted, by whom and when; bringing it back; deletions for two."""
