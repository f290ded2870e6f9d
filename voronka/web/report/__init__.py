"""The sales report on a page."""
