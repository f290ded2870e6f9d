"""The request behind a log-in, for the faces' type annotations."""

from __future__ import annotations

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from voronka.people.models import User


class SignedInRequest(HttpRequest):
    """A request whose `user` is a real, signed-in person."""

    user: User
    htmx: HtmxDetails
