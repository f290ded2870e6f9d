"""Wiring of the package."""

from django.apps import AppConfig


class RoutingConfig(AppConfig):
    """Routing and distribution."""

    name = "voronka.routing"
