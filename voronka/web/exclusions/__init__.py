"""Exclusions: from whom no card is made, why, and taking that back."""
