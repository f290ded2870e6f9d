"""The live stream: who hears what, when it ends, and that it never grows without bound."""

import asyncio
import contextlib
import json
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client as Browser

from tests.factories import make_item, make_pipeline
from tests.people.factories import make_role, make_user
from voronka.items.commands import assign_owner
from voronka.journal.actors import Actor
from voronka.people import commands as people
from voronka.timeline.commands.handover import dismiss_user
from voronka.timeline.commands.notifications import notify as notify_person
from voronka.web.live.hub import Client, Hub, event
from voronka.web.live.stream import LiveStream

SYSTEM = Actor.system()
PATIENCE = 10.0  # seconds; reached only when something is broken


class Stream:
    """A browser's end of one stream, as an ASGI server would hold it."""

    def __init__(
        self, live: LiveStream, cookie: str, *, host: str = "localhost", query: bytes = b""
    ) -> None:
        self.status = 0
        self.ended = asyncio.Event()
        self._frames: asyncio.Queue[str] = asyncio.Queue()
        self._left = asyncio.Event()
        headers = [(b"host", host.encode()), (b"cookie", cookie.encode())]
        scope = {"type": "http", "method": "GET", "path": "/live", "headers": headers}
        scope["query_string"] = query
        self.task = asyncio.create_task(live(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        elif message.get("more_body"):
            await self._frames.put(message["body"].decode())
        else:
            self.ended.set()

    async def next(self) -> str:
        return await asyncio.wait_for(self._frames.get(), PATIENCE)

    async def change(self) -> dict[str, Any]:
        frame = await self.next()
        assert frame.startswith("event: change\n"), frame
        return json.loads(frame.split("data: ")[1])

    async def leave(self) -> None:
        self._left.set()
        await asyncio.wait_for(self.task, PATIENCE)


def cookie_of(user: Any) -> str:
    browser = Browser()
    browser.force_login(user)
    return "; ".join(f"{name}={morsel.value}" for name, morsel in browser.cookies.items())


def play(story: Callable[[LiveStream], Any]) -> None:
    """Run a story inside an event loop with an open live stream."""

    async def whole() -> None:
        live = LiveStream()
        live.open()
        try:
            await story(live)
        finally:
            await live.close()

    in_own_thread(whole())


def in_own_thread(story: Coroutine[Any, Any, None]) -> None:
    """Run to the end in a thread of its own: Playwright's loop may live in this one."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, story).result()


async def in_thread(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    def call() -> Any:
        try:
            return function(*args, **kwargs)
        finally:
            connections.close_all()

    return await asyncio.to_thread(call)


async def opened(live: LiveStream, user: Any) -> Stream:
    """Open a stream and see that the database is listened to: a ping comes through."""
    stream = Stream(live, await in_thread(cookie_of, user))
    assert (await stream.next()).startswith("retry:")
    return stream


async def listening(live: LiveStream) -> None:
    """Wait until announcements of the database arrive here."""
    heard = asyncio.Event()
    probe = Client(0, "", lambda _: heard.set() or True)
    live.hub.add(probe)
    while not heard.is_set():
        probe.stale = False  # what came before may have put its rights in doubt
        await in_thread(notify, {"v": "probe.sent", "s": "probe", "i": 0})
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(heard.wait(), 0.2)
    live.hub.remove(probe)


def notify(message: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify('voronka_live', %s)", [json.dumps(message)])


@pytest.mark.django_db(transaction=True)
def test_a_person_hears_of_own_cards_and_not_of_those_of_others():
    async def story(live: LiveStream) -> None:
        await listening(live)
        anna, boris = await in_thread(make_user), await in_thread(make_user)
        pipeline = await in_thread(make_pipeline)
        stream = await opened(live, anna)
        await in_thread(make_item, pipeline, owner=boris)
        mine = await in_thread(make_item, pipeline, owner=anna)
        said = await stream.change()
        assert (said["s"], said["i"]) == ("item", mine.pk)
        assert set(said) == {"v", "s", "i", "p", "o"}  # ids only, no content
        await stream.leave()

    play(story)


@pytest.mark.django_db(transaction=True)
def test_a_card_that_is_handed_over_is_told_to_its_former_owner_as_well():
    async def story(live: LiveStream) -> None:
        await listening(live)
        anna, boris = await in_thread(make_user), await in_thread(make_user)
        card = await in_thread(make_item, owner=anna)
        for owner in (anna, boris):
            stream = await opened(live, owner)
            to = boris if owner is anna else anna
            await in_thread(assign_owner, card.pk, to=to, by=SYSTEM)
            said = await stream.change()
            assert (said["v"], said["i"]) == ("item.assigned", card.pk)
            await stream.leave()

    play(story)


@pytest.mark.django_db(transaction=True)
def test_a_page_hears_what_was_changed_while_it_was_on_its_way():
    async def story(live: LiveStream) -> None:
        await listening(live)
        anna, boris = await in_thread(make_user), await in_thread(make_user)
        pipeline = await in_thread(make_pipeline)
        before = await opened(live, anna)
        await listening(live)  # what makes people and funnels is past
        drawn = time.monotonic()
        await in_thread(make_item, pipeline, owner=boris)
        mine = await in_thread(make_item, pipeline, owner=anna)
        assert (await before.change())["i"] == mine.pk
        cookie = await in_thread(cookie_of, anna)
        late = Stream(live, cookie, query=f"age={1000 * (time.monotonic() - drawn):.0f}".encode())
        assert (await late.next()).startswith("retry:")
        assert (await late.change())["i"] == mine.pk  # and not the card of somebody else
        new = await opened(live, anna)
        await in_thread(assign_owner, mine.pk, to=boris, by=SYSTEM)
        assert (await new.change())["v"] == "item.assigned"  # its page is newer than the card
        for stream in (before, late, new):
            await stream.leave()

    play(story)


@pytest.mark.django_db(transaction=True)
def test_a_page_drawn_before_rights_changed_reads_all_anew():
    async def story(live: LiveStream) -> None:
        await listening(live)
        anna = await in_thread(make_user)
        await in_thread(make_user)  # another person's own data moves nothing
        await listening(live)
        drawn = time.monotonic()
        await in_thread(notify, {"v": "pipeline.changed", "s": "pipeline", "i": 1})
        await listening(live)
        cookie = await in_thread(cookie_of, anna)
        late = Stream(live, cookie, query=f"age={1000 * (time.monotonic() - drawn):.0f}".encode())
        assert (await late.next()).startswith("retry:")
        assert (await late.next()).startswith("event: resync")
        await late.leave()

    play(story)


@pytest.mark.parametrize("query", [b"age=61000", b"age=99999999999"])
@pytest.mark.django_db(transaction=True)
def test_a_page_that_was_long_on_its_way_reads_all_anew(query):
    async def story(live: LiveStream) -> None:
        stream = Stream(live, await in_thread(lambda: cookie_of(make_user())), query=query)
        assert (await stream.next()).startswith("retry:")
        assert (await stream.next()).startswith("event: resync")
        await stream.leave()

    play(story)


@pytest.mark.parametrize("query", [b"age=-1", b"age=1e3", b"age=\xb2", b"age", b"\xff=&age=x"])
@pytest.mark.django_db(transaction=True)
def test_an_age_that_makes_no_sense_is_none(query):
    async def story(live: LiveStream) -> None:
        stream = Stream(live, await in_thread(lambda: cookie_of(make_user())), query=query)
        assert (await stream.next()).startswith("retry:")
        live.hub.resync()
        assert (await stream.next()).startswith("event: resync")
        await stream.leave()

    play(story)


@pytest.mark.django_db(transaction=True)
def test_without_a_session_there_is_no_stream():
    async def story(live: LiveStream) -> None:
        for cookie in ("", "voronka_session=invented"):
            stream = Stream(live, cookie)
            await asyncio.wait_for(stream.ended.wait(), PATIENCE)
            assert stream.status == 401

    play(story)


@pytest.mark.django_db(transaction=True)
def test_a_foreign_host_name_is_refused():
    async def story(live: LiveStream) -> None:
        stream = Stream(live, await in_thread(lambda: cookie_of(make_user())), host="evil.example")
        await asyncio.wait_for(stream.ended.wait(), PATIENCE)
        assert stream.status == 400

    play(story)


@pytest.mark.django_db(transaction=True)
def test_the_stream_ends_when_the_person_is_dismissed():
    async def story(live: LiveStream) -> None:
        await listening(live)
        anna, heir = await in_thread(make_user), await in_thread(make_user)
        stream = await opened(live, anna)
        await in_thread(dismiss_user, anna.pk, heirs=[heir.pk], by=SYSTEM)
        await asyncio.wait_for(stream.ended.wait(), PATIENCE)

    play(story)


@pytest.mark.django_db(transaction=True)
def test_wider_rights_are_heard_at_once():
    async def story(live: LiveStream) -> None:
        await listening(live)
        role = await in_thread(make_role, matrix={"*": {"see": "own"}})
        anna, boris = await in_thread(make_user, role), await in_thread(make_user)
        pipeline = await in_thread(make_pipeline)
        stream = await opened(live, anna)
        await in_thread(
            people.save_role,
            role.pk,
            code=role.code,
            name=role.name,
            matrix={"*": {"see": "all"}},
            rights=[],
            everything=False,
            by=SYSTEM,
        )
        assert (await stream.next()).startswith("event: resync")
        theirs = await in_thread(make_item, pipeline, owner=boris)
        assert (await stream.change())["i"] == theirs.pk
        await stream.leave()

    play(story)


@pytest.mark.django_db(transaction=True)
def test_a_lost_database_connection_is_made_anew_and_everybody_reads_again():
    async def story(live: LiveStream) -> None:
        await listening(live)
        anna, pipeline = await in_thread(make_user), await in_thread(make_pipeline)
        stream = await opened(live, anna)
        await in_thread(_cut_listeners)
        assert (await stream.next()).startswith("event: resync")
        mine = await in_thread(make_item, pipeline, owner=anna)
        while (said := await stream.change())["s"] != "item":
            pass
        assert said["i"] == mine.pk

    play(story)


@pytest.mark.django_db(transaction=True)
def test_cards_of_a_funnel_that_came_after_the_stream_opened_are_heard():
    async def story(live: LiveStream) -> None:
        await listening(live)
        anna = await in_thread(make_user)
        stream = await opened(live, anna)
        pipeline = await in_thread(make_pipeline)  # written without an event
        first = await in_thread(make_item, pipeline, owner=anna)
        assert (await stream.next()).startswith("event: resync")  # read anew: the card is there
        second = await in_thread(make_item, pipeline, owner=anna)
        heard = await stream.change()
        while heard["i"] == first.pk:  # its later announcements may follow the resync
            heard = await stream.change()
        assert heard["i"] == second.pk
        await stream.leave()

    play(story)


@pytest.mark.django_db(transaction=True)
def test_a_bell_rings_only_at_home_and_makes_nobody_read_the_page_anew():
    async def story(live: LiveStream) -> None:
        await listening(live)
        anna, boris = await in_thread(make_user), await in_thread(make_user)
        stream = await opened(live, anna)
        await in_thread(notify_person, boris.pk, "mention", "Помогите дожать")
        await in_thread(notify_person, anna.pk, "mention", "Посмотрите КП")
        said = await stream.change()
        assert (said["v"], said["s"], said["i"]) == ("user.notified", "user", anna.pk)
        await stream.leave()

    play(story)


def _cut_listeners() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE query LIKE 'LISTEN%' AND datname = current_database()"
        )


def test_a_browser_that_lags_is_told_to_read_anew_instead_of_growing_a_queue():
    async def story() -> None:
        hub, client = Hub(), Client(1, "", lambda _: True)
        hub.add(client)
        for number in range(500):
            hub.publish(json.dumps({"v": "item.moved", "s": "item", "i": number}))
        frames = []
        with contextlib.suppress(TimeoutError):
            while True:
                frames.append(await client.next(0.01))
        assert len(frames) <= 200
        assert event("resync") in frames

    in_own_thread(story())


def test_nothing_is_told_while_the_rights_are_in_doubt():
    async def story() -> None:
        hub, client = Hub(), Client(1, "", lambda _: True)
        hub.add(client)
        hub.publish(json.dumps({"v": "role.changed", "s": "role", "i": 3}))
        hub.publish(json.dumps({"v": "item.moved", "s": "item", "i": 5}))
        assert await client.next(1) == b""  # only woken
        with pytest.raises(TimeoutError):
            await client.next(0.01)
        client.trust()
        assert await client.next(1) == event("resync")

    in_own_thread(story())
