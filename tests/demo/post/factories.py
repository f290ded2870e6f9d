"""The smallest demo company that has a mailbox, and a post office for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.factories import make_item_type, make_pipeline
from tests.people.factories import make_user
from voronka.channels.models import Channel
from voronka.demo.cast import DOMAIN
from voronka.demo.doors import connect_mailbox
from voronka.demo.post.places import Ports
from voronka.demo.post.serving import Keeper
from voronka.demo.post.writing import Draft, written
from voronka.demo.queries import demo_mailbox
from voronka.journal.actors import Actor


@contextmanager
def open_office(path: Path) -> Iterator[Ports]:
    """Keep servers open at free ports."""
    keeper = Keeper(path, Ports(0, 0))
    with keeper.open():
        yield keeper.ports


def make_company() -> Channel:
    """A manager, a funnel of leads, and the mailbox whose letters come to them."""
    make_pipeline(make_item_type("lead"), reasons=True)
    make_user("manager", name="Анна Соколова", email=f"manager@{DOMAIN}")
    connect_mailbox(by=Actor.system("demo"))
    channel = demo_mailbox()
    assert channel is not None
    return channel


def letter(text: str = "Нужна кухня", *, address: str = "elena@mail.example") -> bytes:
    """What somebody writes to the company."""
    draft = Draft("Елена", address, f"sales@{DOMAIN}", "Кухня", text)
    return written(draft)
