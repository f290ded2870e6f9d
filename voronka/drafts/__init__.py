"""A funnel redrawn apart from the one that sells: edited freely, published as one change."""
