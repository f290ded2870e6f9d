"""A push service for tests, and a browser that really decrypts what it gets (RFC 8291)."""

from __future__ import annotations

import base64
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import http_ece
import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from voronka.people.commands import note_session
from voronka.people.models import User
from voronka.timeline.commands.notices.devices import open_device
from voronka.timeline.models import NoticeDevice


def text(raw: bytes) -> str:
    """URL-safe Base64 without its padding, as browsers write keys."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def raw(letters: str) -> bytes:
    """What `text` was made of."""
    return base64.urlsafe_b64decode(letters + "=" * (-len(letters) % 4))


class PushService:
    """Takes messages for its browsers and answers as it is told."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.answers: list[int] = []  # one for each message; 201 afterwards
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append((self.path, dict(self.headers), body))
                self.send_response(outer.answers.pop(0) if outer.answers else 201)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.server.server_port}"

    @contextmanager
    def running(self) -> Iterator[PushService]:
        thread = threading.Thread(target=self.server.serve_forever)
        thread.start()
        try:
            yield self
        finally:
            self.server.shutdown()
            thread.join()
            self.server.server_close()


class Browser:
    """One browser with its own keys, subscribed at a push service."""

    def __init__(self, service: PushService, name: str = "one") -> None:
        self.service, self.path = service, f"/send/{name}"
        self.endpoint = service.origin + self.path
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._auth = os.urandom(16)
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.p256dh, self.auth = text(point), text(self._auth)

    def sign_in(self, user: User, *, session_key: str = "") -> NoticeDevice:
        """Let the person be signed in here, and see notices."""
        session_key = session_key or f"session{self.path}"
        note_session(user, session_key, agent="Firefox, Linux")
        return open_device(
            user,
            session_key=session_key,
            endpoint=self.endpoint,
            p256dh=self.p256dh,
            auth=self.auth,
            agent="Firefox on Linux",
        )

    @property
    def shown(self) -> list[dict[str, Any]]:
        """What it has decrypted, in order."""
        return [
            json.loads(
                http_ece.decrypt(
                    body, private_key=self._key, auth_secret=self._auth, version="aes128gcm"
                )
            )
            for path, _headers, body in self.service.got
            if path == self.path
        ]

    def claims(self, number: int = -1) -> dict[str, Any]:
        """Who sends, as the service reads it: the token checked with the key it came with."""
        _path, headers, _body = self.service.got[number]
        scheme, _space, rest = headers["Authorization"].partition(" ")
        assert scheme == "vapid"
        parts = dict(part.strip().split("=", 1) for part in rest.split(","))
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw(parts["k"]))
        claims = jwt.decode(parts["t"], key, algorithms=["ES256"], options={"verify_aud": False})
        return {**claims, "k": parts["k"]}
