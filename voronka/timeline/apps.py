"""Wiring of the package: tells the set-up below what the work on cards can prove."""

from django.apps import AppConfig


class TimelineConfig(AppConfig):
    """Notes and activities."""

    name = "voronka.timeline"

    def ready(self) -> None:
        from voronka.timeline import setup_hooks

        setup_hooks.register()
