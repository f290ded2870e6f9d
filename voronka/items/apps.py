"""Wiring of the package: tells the set-up below what cards know."""

from django.apps import AppConfig


class ItemsConfig(AppConfig):
    """Cards."""

    name = "voronka.items"

    def ready(self) -> None:
        from voronka.clients.merging import register_mover
        from voronka.items import setup_hooks
        from voronka.items.commands import client_merging

        setup_hooks.register()
        register_mover("items", client_merging.move_to_keeper, client_merging.move_back)
