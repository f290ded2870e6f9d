"""Webhooks: addresses outside that are told of events, their secrets and their log."""
