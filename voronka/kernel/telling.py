"""Short messages between the processes of the house, over NOTIFY, after the commit (ADR 14)."""

from __future__ import annotations

from typing import ClassVar

from django.db import connection, transaction

LOOK_ANEW = ""  # a message may have been lost: whoever hears it looks at everything


class Channel:
    """One kind of messages; `name` is what the database calls it.

    A message is sent after the commit of the transaction that it belongs to, so that nobody looks
    too early, and by a statement of its own: NOTIFY inside a transaction would make all commits of
    the database wait for each other, each for the disk. A process that dies in between leaves it
    unsaid; the process that takes its place says `LOOK_ANEW` (`begin_anew`).
    """

    known: ClassVar[list[Channel]] = []

    def __init__(self, name: str) -> None:
        self.name = name
        Channel.known.append(self)

    def tell(self, *messages: str) -> None:
        """Send messages after the commit; at once outside of a transaction.

        Those of one transaction go in one statement, each text once.
        """
        bundle = _waiting()
        bundle.messages |= dict.fromkeys((self.name, message) for message in messages)
        if not bundle.planned:
            bundle.planned = True
            transaction.on_commit(bundle, robust=True)


def begin_anew() -> None:
    """Have all listeners look anew: a process begins, perhaps in the place of one that died."""
    for channel in Channel.known:
        channel.tell(LOOK_ANEW)


class _Bundle:
    """Messages of one transaction, or of one savepoint: they fall with it."""

    __qualname__ = "telling"  # Django names what failed by it

    def __init__(self) -> None:
        self.messages: dict[tuple[str, str], None] = {}
        self.planned = False

    def __call__(self) -> None:
        channels, messages = map(list, zip(*self.messages, strict=True))
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(pg_notify(channel, message))"
                " FROM unnest(%s::text[], %s::text[]) told (channel, message)",
                [channels, messages],
            )


def _waiting() -> _Bundle:
    """Return the bundle that falls or goes with what is written now."""
    inside = set(connection.savepoint_ids)
    for planned in reversed(connection.run_on_commit):
        if isinstance(planned[1], _Bundle) and planned[0] == inside:
            return planned[1]
    return _Bundle()
