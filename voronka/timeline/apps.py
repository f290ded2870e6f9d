"""Wiring of the package: what it knows of the work on cards becomes proof for the gate."""

from django.apps import AppConfig


class TimelineConfig(AppConfig):
    """Notes and activities."""

    name = "voronka.timeline"

    def ready(self) -> None:
        from voronka.timeline import proofs, setup_hooks

        setup_hooks.register()
        proofs.register()
