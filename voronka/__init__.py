"""Voronka: a CRM whose subject is the selling funnel."""

__version__ = "0.1.0"
