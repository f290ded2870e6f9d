"""Pages that need a settings right."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from voronka.journal.actors import Actor
from voronka.people import access
from voronka.people.requests import SignedInRequest

P = ParamSpec("P")
View = Callable[Concatenate[SignedInRequest, P], HttpResponseBase]
PlainView = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def needs_right(right: str) -> Callable[[View[P]], PlainView[P]]:
    """Open a page to those who have a right of `access.RIGHTS`; others are refused in words."""

    def decorate(view: View[P]) -> PlainView[P]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            signed_in = cast(SignedInRequest, request)
            access.require_right(Actor.user(signed_in.user), right)
            return view(signed_in, *args, **kwargs)

        return cast("PlainView[P]", login_required(guarded))

    return decorate
