"""What every page shares: the template it extends, the rail, the person's theme."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django_htmx.middleware import HtmxDetails

from voronka.people.models import User
from voronka.timeline.counters import Waiting, waiting
from voronka.web.frame import navigation
from voronka.web.frame.counters import with_counters
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
    def may_audit(self) -> bool:
        """Whether the person may see who reads what."""
        return self.user is not None and self.user.access.has("audit")

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
        if self.user is None:
            return []
        return navigation.rail(self.user, self.request.path, navigation.funnels(self.request))

    @property
    def boards(self) -> tuple[navigation.Link, ...]:
        """The boards this person may open, as the rail has them."""
        index = navigation.address("board:index")
        return next((link.children for link in self.rail if index and link.url == index), ())

    @cached_property
    def waiting(self) -> Waiting:
        """What waits for the person. One SQL query, asked by whole pages only."""
        return waiting(self.user) if self.user else Waiting()

    @property
    def unread(self) -> int:
        """How many notifications wait behind the bell."""
        return self.waiting.notices

    @property
    def rail_html(self) -> SafeString:
        """The rail, drawn, with its counters; see `drawn`."""
        return with_counters(drawn("frame/_rail.html", self.rail), self.waiting)

    @property
    def bottom_html(self) -> SafeString:
        """The bar at the bottom of phones, drawn, with its counters; see `drawn`."""
        if not self.user:
            return SafeString()
        return with_counters(drawn("frame/_bottom_bar.html", self.rail), self.waiting)

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

    @property
    def now(self) -> int:
        """The moment of drawing in milliseconds from 1970: a visitor's own clock may be wrong."""
        return int(time.time() * 1000)


def drawn(template_name: str, links: list[navigation.Link]) -> SafeString:
    """Draw links, remembering how the same links looked: a person walks the same few pages.

    What the links are is found out by the person's rights each time; only their HTML is kept.
    """
    draw = _drawn.__wrapped__ if settings.DEBUG else _drawn
    return draw(template_name, get_language(), tuple(links))


@lru_cache(maxsize=256)  # of 15 KB
def _drawn(
    template_name: str, _language: str | None, links: tuple[navigation.Link, ...]
) -> SafeString:
    bottom = [link for link in links if link.phone][: PLACES_ON_PHONE - 1]
    return render_to_string(template_name, {"links": links, "bottom": bottom})


def context(request: HttpRequest) -> dict[str, Any]:
    """Give templates `frame`, `user` and the names of the pages the frame links to."""
    frame = Frame(request)
    return {"frame": frame, "user": frame.user, "LANGUAGE_CODE": frame.language}
