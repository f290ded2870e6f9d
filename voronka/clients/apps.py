"""Wiring of the package: tells the set-up below what clients know."""

from django.apps import AppConfig


class ClientsConfig(AppConfig):
    """Persons and companies."""

    name = "voronka.clients"

    def ready(self) -> None:
        from voronka.clients import setup_hooks

        setup_hooks.register()
