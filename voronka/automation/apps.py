"""Wiring of the package: finds triggers and actions, tells the gate what it knows."""

from django.apps import AppConfig


class AutomationConfig(AppConfig):
    """Robots."""

    name = "voronka.automation"

    def ready(self) -> None:
        from voronka.automation import feed, large_orders, notices, outside, registry
        from voronka.automation.commands.control import require_pass
        from voronka.items.gate import register_guard

        registry.discover()
        outside.register()
        feed.register()
        notices.register()
        large_orders.register()
        register_guard(require_pass)
