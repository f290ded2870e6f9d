"""Voronka: a CRM whose subject is the selling funnel."""
