"""The two servers: IMAP by pymap, SMTP by aiosmtpd, in one event loop and on loopback only."""

from __future__ import annotations

import asyncio
import logging
import socket
from argparse import Namespace
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from django.utils import timezone
from proxyprotocol.reader import ProxyProtocolReader
from pymap.backend.dict import Config, DictBackend, Identity, Login
from pymap.backend.dict.mailbox import MailboxData
from pymap.concurrent import Subsystem
from pymap.imap import IMAPServer
from pymap.parsing.message import AppendMessage
from pymap.user import UserMetadata
from pysasl.hashing import BuiltinHash

from voronka.demo.cast import DOMAIN
from voronka.demo.post.places import (
    CLIENTS,
    COMPANY,
    HERE,
    INBOX,
    LARGEST,
    NOBODY,
    SENT,
    WORD,
)
from voronka.demo.post.shelf import Shelf

_FOLDERS = ((COMPANY, INBOX), (CLIENTS, INBOX), (CLIENTS, SENT))
_NUDGES = (1.0, 4.0)  # seconds after a letter
_HOST = f"mail.{DOMAIN}"


# aiosmtpd warns of its own deprecation at each log-in
logging.getLogger("mail.log").setLevel(logging.ERROR)


class _Config(Config):
    """pymap's configuration without a look-up of this machine's name."""

    @property
    def greeting(self) -> bytes:
        return f"{_HOST} is ready".encode()


@dataclass
class Office:
    """The mailboxes and their servers, which answer on sockets that listen already."""

    home: Path  # of the letters
    imap: socket.socket
    smtp: socket.socket

    async def open(self, stack: AsyncExitStack) -> None:
        """Bring the letters back and answer until the stack is closed."""
        config = _config()
        config.apply_context()
        backend = DictBackend(Login(config), config)
        self._boxes: dict[tuple[str, str], MailboxData] = {}
        self._shelves = {(who, folder): Shelf(self.home / who / folder) for who, folder in _FOLDERS}
        self._soon: set[asyncio.Task[None]] = set()
        for who in (COMPANY, CLIENTS):
            await self._register(backend.login, who)
        for place, shelf in self._shelves.items():
            for came, raw in shelf.letters():
                await self._show(place, came, raw)
        reader = ProxyProtocolReader(config.proxy_protocol)
        answer = reader.get_callback(IMAPServer(backend.login, config))
        stack.callback((await asyncio.start_server(answer, sock=self.imap)).close)
        loop = asyncio.get_running_loop()
        post = await loop.create_server(lambda: _smtp(_Postman(self), loop), sock=self.smtp)
        stack.callback(post.close)

    async def _register(self, login: Login, who: str) -> None:
        """Give somebody a mailbox with its folders."""
        identity = Identity(who, login, None, frozenset({"admin"}))
        secret = login.config.hash_context.hash(WORD)
        await identity.set(UserMetadata(login.config, who, password=secret))
        async with identity.new_session() as session:
            for owner, folder in _FOLDERS:
                if owner != who:
                    continue
                if folder != INBOX:
                    await session.mailbox_set.add_mailbox(folder)
                self._boxes[who, folder] = await session.mailbox_set.get_mailbox(folder)

    async def take(self, places: list[tuple[str, str]], raw: bytes) -> None:
        """Put a letter into folders: on the disk first, then before the eyes of IMAP."""
        for place in places:
            await self._show(place, self._shelves[place].put(raw), raw)
            nudging = asyncio.create_task(self._nudge(self._boxes[place]))
            self._soon.add(nudging)
            nudging.add_done_callback(self._soon.discard)

    async def _show(self, place: tuple[str, str], came: datetime, raw: bytes) -> None:
        await self._boxes[place].append(AppendMessage(raw, came))

    async def _nudge(self, box: MailboxData) -> None:
        """Wake whoever waits once more: pymap tells nothing of what came just before IDLE began."""
        for pause in _NUDGES:
            await asyncio.sleep(pause)
            await box.delete([])  # of nothing; those who wait look again


class _Postman:
    """What the SMTP server does with a letter. aiosmtpd finds the methods by their names."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not _is_ours(address):
            if not session.authenticated:
                return "550 5.7.1 Only the company writes to others by this server; log in first"
            if address.lower().startswith(f"{NOBODY}@"):
                return f"550 5.1.1 <{address}>: there is no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        raw = content if isinstance(content, bytes) else (content or "").encode()
        received = f"Received: from {session.host_name} by {_HOST} with ESMTP;\r\n"
        received += f" {format_datetime(timezone.localtime())}\r\n"
        places = []
        if any(_is_ours(address) for address in envelope.rcpt_tos):
            places.append((COMPANY, INBOX))
        if not all(_is_ours(address) for address in envelope.rcpt_tos):
            places.append((CLIENTS, INBOX))
        if not session.authenticated:
            places.append((CLIENTS, SENT))  # as many services do for whoever sends by them
        await self._office.take(places, received.encode("ascii", "replace") + raw)
        return "250 2.0.0 Taken"


def _is_ours(address: str) -> bool:
    return address.rpartition("@")[2].lower() == DOMAIN


def _log_in(server: SMTP, session: Session, envelope: Envelope, way: str, data: Any) -> AuthResult:
    known = isinstance(data, LoginPassword) and data.login == COMPANY.encode()
    right = known and data.password == WORD.encode()
    return AuthResult(success=right, handled=False)


def _smtp(postman: _Postman, loop: asyncio.AbstractEventLoop) -> SMTP:
    return SMTP(
        postman,
        data_size_limit=LARGEST,
        enable_SMTPUTF8=True,
        hostname=_HOST,
        ident="the sample post office",
        authenticator=_log_in,
        auth_require_tls=False,  # it never leaves this machine
        loop=loop,
    )


def _config() -> _Config:
    here = Subsystem.for_asyncio()
    return _Config(
        Namespace(proxy_protocol=None, passlib_cfg=None),
        demo_data=False,
        demo_user=CLIENTS,
        demo_password=WORD,
        host=HERE,
        port=0,
        tls_enabled=False,
        hash_context=BuiltinHash(rounds=1000),  # the word is public: nothing to be slow for
        subsystem=here,
        cpu_subsystem=here,
        max_append_len=LARGEST,
    )
