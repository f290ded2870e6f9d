"""What we sell: the price list."""
