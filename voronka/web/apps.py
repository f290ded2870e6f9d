"""Wiring of the pages: their sentences, and where links in letters to employees lead."""

from typing import Any

from django.apps import AppConfig

from voronka.kernel.catalogs import join_alike


class WebConfig(AppConfig):
    """The pages."""

    name = "voronka.web"

    def __init__(self, *args: Any) -> None:
        join_alike()  # here: models, which come next, read the first sentences
        super().__init__(*args)

    def ready(self) -> None:
        from voronka.timeline.notices.letters import register_links
        from voronka.web.notifications.links import Links

        register_links(Links())
