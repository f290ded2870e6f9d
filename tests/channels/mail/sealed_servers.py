"""Mail servers that speak TLS: from the first byte (ssl), after a word (starttls), or never."""

from __future__ import annotations

import asyncio
import ssl
import threading
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from proxyprotocol.reader import ProxyProtocolReader
from pymap.backend.dict import DictBackend
from pymap.imap import IMAPServer
from pysasl.hashing import BuiltinHash

from tests.channels.mail.conftest import ADDRESS, PASSWORD


@dataclass
class Sealed:
    """Where the servers listen, and what they have seen."""

    security: str
    imap_port: int = 0
    smtp_port: int = 0
    letters: list[tuple[bytes, bool]] = field(default_factory=list)  # (letter, came sealed)
    log_ins: list[bool] = field(default_factory=list)  # whether each came sealed

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.letters.append((envelope.content, session.ssl is not None or self.security == "ssl"))
        return "250 taken"

    def log_in(
        self, server: SMTP, session: Session, envelope: Envelope, way: str, data: Any
    ) -> AuthResult:
        self.log_ins.append(session.ssl is not None or self.security == "ssl")
        return AuthResult(success=data.password == PASSWORD.encode())


@contextmanager
def sealed_servers(security: str, certificate: Path) -> Iterator[Sealed]:
    """Serve IMAP and SMTP from a thread."""
    seen, ready, loop = Sealed(security), threading.Event(), asyncio.new_event_loop()
    closed = asyncio.Event()

    async def serve() -> None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
        at_once = context if security == "ssl" else None
        imap = await _imap(security, certificate, at_once)
        smtp = await loop.create_server(
            lambda: SMTP(
                seen,
                authenticator=seen.log_in,
                auth_required=True,
                auth_require_tls=security == "starttls",
                tls_context=context if security == "starttls" else None,
                require_starttls=security == "starttls",
                loop=loop,
            ),
            host="127.0.0.1",
            port=0,
            ssl=at_once,
        )
        seen.imap_port = imap.sockets[0].getsockname()[1]
        seen.smtp_port = smtp.sockets[0].getsockname()[1]
        ready.set()
        await closed.wait()
        imap.close()
        smtp.close()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    try:
        assert ready.wait(60)
        yield seen
    finally:
        loop.call_soon_threadsafe(closed.set)
        thread.join(10)


async def _imap(security: str, certificate: Path, at_once: ssl.SSLContext | None) -> asyncio.Server:
    arguments = Namespace(
        host=None, port=0, debug=False, cert=str(certificate), key=None,
        tls=security == "starttls", proxy_protocol=None, passlib_cfg=None,
        demo_data=False, demo_user=ADDRESS, demo_password=PASSWORD,
    )  # fmt: skip
    backend, config = await DictBackend.init(arguments, hash_context=BuiltinHash(rounds=1000))
    config.apply_context()
    answer = ProxyProtocolReader(config.proxy_protocol).get_callback(
        IMAPServer(backend.login, config)
    )
    return await asyncio.start_server(answer, host="127.0.0.1", port=0, ssl=at_once)
