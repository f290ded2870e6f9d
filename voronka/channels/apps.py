"""Wiring of the package."""

from django.apps import AppConfig


class ChannelsConfig(AppConfig):
    """Channels and the ledger."""

    name = "voronka.channels"
