"""Wiring of the package: tells the set-up below what cards know."""

from django.apps import AppConfig


class ItemsConfig(AppConfig):
    """Cards."""

    name = "voronka.items"

    def ready(self) -> None:
        from voronka.items import setup_hooks

        setup_hooks.register()
