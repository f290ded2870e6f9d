"""Real mail servers on loopback: IMAP by pymap, SMTP by aiosmtpd."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from itertools import count
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from imapclient import IMAPClient

ADDRESS, PASSWORD = "sales@svetlodom.example", "s3cret-word"
_folders = count(1)
_SERVER = "from pymap.main import main; main()"


@dataclass
class ImapServer:
    """A folder of an IMAP server in memory; each test has its own."""

    port: int
    folder: str
    other: IMAPClient  # somebody else's mail program

    def put(self, *letters: bytes, folder: str = "") -> None:
        """Let letters lie in a folder."""
        if folder and not self.other.folder_exists(folder):
            self.other.create_folder(folder)
        for letter in letters:
            self.other.append(folder or self.folder, letter)


@pytest.fixture(scope="session")
def imap_client() -> Iterator[IMAPClient]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    arguments = ["--host", "127.0.0.1", "--port", str(port), "--no-tls", "dict"]
    arguments += ["--demo-user", ADDRESS, "--demo-password", PASSWORD]
    with subprocess.Popen([sys.executable, "-c", _SERVER, *arguments]) as process:
        try:
            _wait_for(port, process)
            with IMAPClient("127.0.0.1", port, ssl=False, timeout=30) as client:
                client.login(ADDRESS, PASSWORD)
                yield client
        finally:
            process.kill()


@pytest.fixture
def imap(imap_client: IMAPClient) -> ImapServer:
    folder = f"Letters {next(_folders)}"
    imap_client.create_folder(folder)
    return ImapServer(imap_client.port, folder, imap_client)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            continue
        return
    raise AssertionError("pymap has ended")


@dataclass
class Post:
    """An SMTP server that keeps what it takes; `refusal` answers a recipient instead of "250"."""

    letters: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    refusal: str = ""
    port: int = 0

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.refusal:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        self.raw.append(content)
        letter = message_from_bytes(content, policy=default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        return "250 taken"


def _log_in(server: SMTP, session: Session, envelope: Envelope, way: str, data: Any) -> AuthResult:
    right = isinstance(data, LoginPassword) and data.password == PASSWORD.encode()
    return AuthResult(success=right, handled=right)


@pytest.fixture
def post() -> Iterator[Post]:
    handler = Post()
    controller = Controller(
        handler, hostname="127.0.0.1", port=0, authenticator=_log_in,
        auth_require_tls=False, auth_required=True,
    )  # fmt: skip
    with socket.create_server(("127.0.0.1", 0)) as probe:
        controller.port = probe.getsockname()[1]
    controller.start()
    try:
        handler.port = controller.port
        yield handler
    finally:
        controller.stop()


@pytest.fixture
def servers(imap: ImapServer, post: Post) -> dict[str, Any]:
    """Settings of a mailbox at both servers."""
    return {
        **{"imap_host": "127.0.0.1", "imap_port": imap.port, "imap_security": "none"},
        "folder": imap.folder,
        **{"smtp_host": "127.0.0.1", "smtp_port": post.port, "smtp_security": "none"},
    }
