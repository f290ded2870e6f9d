"""Wiring of the package."""

from django.apps import AppConfig


class ChannelsConfig(AppConfig):
    """Channels and the ledger."""

    name = "voronka.channels"

    def ready(self) -> None:
        from voronka.automation import references
        from voronka.channels import notices, queries, robots
        from voronka.routing.facts import register_options

        notices.register()
        register_options("channel", queries.channel_names)
        register_options("provider", queries.provider_names)
        references.register("channel", robots.ways.problem)
        references.register("way", robots.ways.way_problem)
        references.register("template", robots.ways.template_problem)
