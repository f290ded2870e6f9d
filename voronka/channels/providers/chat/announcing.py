"""Tells the visitors' streams of every web process that there is something new: ids only."""

from __future__ import annotations

import json

from voronka.kernel.telling import Channel

NEWS = Channel("voronka_chat")


def announce_news(channel_id: int, visitor: str) -> None:
    """Wake the streams of one visitor after the commit."""
    NEWS.tell(json.dumps([channel_id, visitor]))
