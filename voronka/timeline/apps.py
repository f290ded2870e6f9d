"""Wiring of the package: what it knows of the work on cards becomes proof for the gate."""

from django.apps import AppConfig


class TimelineConfig(AppConfig):
    """Notes and activities."""

    name = "voronka.timeline"

    def ready(self) -> None:
        from voronka.clients.merging import register_mover
        from voronka.timeline import proofs, setup_hooks
        from voronka.timeline.commands import client_merging
        from voronka.timeline.notices import kinds

        kinds.register()
        setup_hooks.register()
        proofs.register()
        register_mover("timeline", client_merging.move_to_keeper, client_merging.move_back)
