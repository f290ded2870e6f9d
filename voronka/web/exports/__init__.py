"""The page of the export of the whole base."""
