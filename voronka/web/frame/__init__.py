"""What every page shares: the template it extends, the rail, the person's theme."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django_htmx.middleware import HtmxDetails

from voronka.people.models import User
from voronka.timeline import queries
from voronka.web.frame import navigation
from voronka.web.frame.texts import for_scripts

PAGE = "frame/base.html"
SLIDER = "frame/slider.html"
PLACES_ON_PHONE = 5  # of the bottom bar, "More" included


@dataclass
class Frame:
    """The `frame` of templates. Fragments that do not ask for the rail do not pay for it."""

    request: HttpRequest

    @property
    def base(self) -> str:
        """The template that a page extends: the whole frame, or the slider's inside."""
        htmx: HtmxDetails | None = getattr(self.request, "htmx", None)
        return SLIDER if htmx and htmx.target == "slider" else PAGE

    @property
    def in_slider(self) -> bool:
        """Whether the page is being drawn inside the slider."""
        return self.base == SLIDER

    @property
    def user(self) -> User | None:
        """The signed-in person, or None."""
        user: AbstractBaseUser | AnonymousUser | None = getattr(self.request, "user", None)
        return user if isinstance(user, User) else None

    @property
    def viewing(self) -> bool:
        """Whether somebody looks with this person's eyes; nothing can be changed then."""
        return getattr(self.request, "viewer", None) is not None

    @property
    def language(self) -> str:
        """The language of the page: "ru" or "en"."""
        return (get_language() or settings.LANGUAGE_CODE)[:2]

    @property
    def theme(self) -> str:
        """The person's theme: "auto" follows the system."""
        return self.user.theme if self.user else "auto"

    @cached_property
    def rail(self) -> list[navigation.Link]:
        """The links of the rail."""
        return navigation.rail(self.user, self.request.path) if self.user else []

    @property
    def boards(self) -> list[navigation.Link]:
        """The boards this person may open, as the rail has them."""
        index = navigation.address("board:index")
        return next((link.children for link in self.rail if index and link.url == index), [])

    @cached_property
    def bottom(self) -> list[navigation.Link]:
        """The places of the phone's bottom bar; "More" takes the last one."""
        return [link for link in self.rail if link.phone][: PLACES_ON_PHONE - 1]

    @cached_property
    def unread(self) -> int:
        """How many notifications wait behind the bell. One SQL query, asked by whole pages only."""
        return queries.unread(self.user) if self.user else 0

    @property
    def texts(self) -> SafeString:
        """The sentences of the page's scripts, as JSON."""
        return for_scripts()

    @property
    def palette_url(self) -> str:
        """Where the command palette asks, or an empty string while there is no search."""
        return navigation.address("search:palette")

    @property
    def live_url(self) -> str:
        """The stream of changes; only signed-in people hear it."""
        return "/live" if self.user else ""


def context(request: HttpRequest) -> dict[str, Any]:
    """Give templates `frame`, `user` and the names of the pages the frame links to."""
    frame = Frame(request)
    return {"frame": frame, "user": frame.user, "LANGUAGE_CODE": frame.language}
