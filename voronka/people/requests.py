"""The request behind a log-in, for the faces' type annotations."""

from __future__ import annotations

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from voronka.journal.actors import Actor
from voronka.people.models import User


class SignedInRequest(HttpRequest):
    """A request whose `user` is a real, signed-in person."""

    user: User
    htmx: HtmxDetails
    viewer: User | None  # who really looks, with somebody else's eyes (AC-1)


def reader(request: SignedInRequest) -> Actor:
    """Return whose eyes see what this request shows: the viewer's, not the borrowed ones'."""
    return Actor.user(getattr(request, "viewer", None) or request.user)
