"""Channels: the ways in and out, how each is doing, and what repeat enquiries do."""
