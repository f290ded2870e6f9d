"""Wiring of the package."""

from django.apps import AppConfig


class ChatConfig(AppConfig):
    """Chat on the site."""

    name = "voronka.channels.providers.chat"
    label = "chat"
