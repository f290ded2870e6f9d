"""Wiring of the package: tells the filters of cards how a text is found."""

from django.apps import AppConfig


class SearchConfig(AppConfig):
    """Search."""

    name = "voronka.search"

    def ready(self) -> None:
        from voronka.items.filters import register_text
        from voronka.search.filtering import cards_with

        register_text(cards_with)
