"""A sample post office of one's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.demo.post.factories import open_office
from voronka.demo.post.places import Ports


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Ports]:
    """Servers at free ports; the letters lie in a folder of the test."""
    with open_office(tmp_path / "mail") as ports:
        yield ports
