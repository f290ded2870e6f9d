"""Who a session belongs to: read with the role, because every page asks for the rights."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest

from voronka.kernel.prepared import Prepared
from voronka.people.models import User


class Backend(BaseBackend):
    """Loads the person of a session in one query; a closed account is signed out."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> None:
        """Let nobody in: people.commands.log_in does, with its rate limit."""
        return

    def get_user(self, user_id: int) -> User | None:
        """Return the working person with the role, or None."""
        return _USER.first(user_id)


_USER = Prepared(
    lambda pk: User.objects.select_related("role").filter(pk=pk, is_active=True), int, model=User
)
