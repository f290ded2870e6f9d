"""Look back: reports over cards and their stage visits. Reads only."""
