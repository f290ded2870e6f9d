"""Losses that the head of sales checks, what came of it, and what norms say of themselves."""
