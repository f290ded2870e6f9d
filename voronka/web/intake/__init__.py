"""Doors for strangers: site forms and the webhooks of channels. Nobody signs in here."""
