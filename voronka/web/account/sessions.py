"""Where sessions are kept: Django's own table, read with a query whose SQL is written once."""

from __future__ import annotations

from datetime import datetime

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from voronka.kernel.prepared import Prepared


class SessionStore(DatabaseStore):
    """Asked at every request of every page."""

    def _get_session_from_db(self) -> Session | None:
        found = _SESSION.first(self.session_key or "", timezone.now())
        if found is None:
            self._session_key = None
        return found


_SESSION = Prepared(
    lambda key, now: Session.objects.filter(session_key=key, expire_date__gt=now),
    str,
    datetime,
    model=Session,
)
