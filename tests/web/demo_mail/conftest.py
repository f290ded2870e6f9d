"""The demo company's mailbox at a post office of one's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.demo.post.factories import make_company, open_office
from voronka.channels.models import Channel
from voronka.demo.post.serving import move_mailbox


@pytest.fixture
def mailbox(tmp_path: Path, db: Any) -> Iterator[Channel]:
    with open_office(tmp_path / "mail") as ports:
        yield move_mailbox(make_company(), ports)
