"""Wiring of the package."""

from django.apps import AppConfig


class ChannelsConfig(AppConfig):
    """Channels and the ledger."""

    name = "voronka.channels"

    def ready(self) -> None:
        from voronka.channels import queries
        from voronka.routing.facts import register_options

        register_options("channel", queries.channel_names)
        register_options("provider", queries.provider_names)
