"""Wiring of the package."""

from django.apps import AppConfig


class FormsConfig(AppConfig):
    """Site forms."""

    name = "voronka.channels.providers.forms"
    label = "forms"
