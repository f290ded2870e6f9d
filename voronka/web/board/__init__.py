"""The board: a pipeline's open cards in columns by stage, moved by hand, alive."""
