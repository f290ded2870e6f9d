"""Who calls: the token, its scopes, and how often it may."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import override
from ninja.security import HttpBearer

from voronka.journal.actors import Actor
from voronka.kernel import masking
from voronka.kernel.buckets import Buckets
from voronka.kernel.errors import DomainError, Forbidden
from voronka.kernel.remembering import remembering
from voronka.people.commands import use_token
from voronka.people.models import ApiToken, User

P = ParamSpec("P")
R = TypeVar("R")


class TokenRequest(HttpRequest):
    """A request that came with a good token."""

    auth: ApiToken
    person: User  # whose token it is
    stamp: int  # of the set-up


class TooMany(DomainError):
    """The token has used up its requests for now."""

    code = "too_many_requests"
    status = 429

    def __init__(self, wait: float) -> None:
        self.wait = max(1, round(wait))
        super().__init__(
            _("Too many requests with this token. Try again in %(count)d s.") % {"count": self.wait}
        )


_buckets = Buckets()


class TokenAuth(HttpBearer):
    """`Authorization: Bearer vk_…`; answers 401 for anything but a good token."""

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        """Return the token's row, with its person and role, or None."""
        found = use_token(token)
        if found is not None and (wait := _buckets.take(found.pk, settings.API_RATE_PER_MINUTE)):
            raise TooMany(wait)
        if found is not None:
            known = cast(TokenRequest, request)
            known.person, known.stamp = found.user, cast(Any, found).setup_stamp
        return found


def scope(
    name: str,
) -> Callable[
    [Callable[Concatenate[TokenRequest, P], R]], Callable[Concatenate[TokenRequest, P], R]
]:
    """Let only tokens with this scope through; sentences are in the person's language."""

    def decorate(
        view: Callable[Concatenate[TokenRequest, P], R],
    ) -> Callable[Concatenate[TokenRequest, P], R]:
        @wraps(view)
        def guarded(request: TokenRequest, *args: P.args, **kwargs: P.kwargs) -> R:
            with (
                remembering(request.stamp),
                override(request.person.language),
                masking.hiding(request.person.access.hides_contacts),
            ):
                if name not in request.auth.scopes:
                    raise Forbidden(
                        _("This token lacks the scope “%(scope)s”. Make one that has it.")
                        % {"scope": name}
                    )
                return view(request, *args, **kwargs)

        return cast(Callable[Concatenate[TokenRequest, P], R], guarded)

    return decorate


def actor(request: TokenRequest) -> Actor:
    """Return the author of what this request changes."""
    return Actor.api(request.person)
