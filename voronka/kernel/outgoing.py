"""HTTP out of the company: no private addresses, no redirects, short patience, signed.

The host is looked up once and the connection goes to the address that was checked, so a name that
changes its address between the two can't lead inside. Source: docs/domain/robots.md, "Outside".
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import ipaddress
import json
import re
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.utils.translation import gettext as _

from voronka.kernel.errors import InvalidInput

TIMEOUT = 10.0  # seconds, for each of connecting and reading
MOST_BYTES = 64 * 1024  # of an answer that are read
SCHEMES = ("http", "https")
HIDDEN = "***"  # what stands for a part of an address that may be a secret
_KEY = re.compile(r"^(?=.*\d)(?=.*[A-Za-z]).{12,}$")
METHODS = ("POST", "GET", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said. `error` is a short sentence when it could not be reached."""

    status: int = 0
    body: str = ""
    error: str = ""

    @property
    def is_good(self) -> bool:
        """Whether the other side has taken it: a status of 200 to 299."""
        return 200 <= self.status < 300

    @property
    def is_final(self) -> bool:
        """Whether trying again makes no sense: taken, or refused for good (4xx but 408 and 429)."""
        return self.is_good or (400 <= self.status < 500 and self.status not in (408, 425, 429))


def check_url(url: str, *, private: bool = False) -> None:
    """Refuse an address that can't be called. Looks nothing up.

    Args:
        private: addresses inside the company's own network are allowed.
    Raises:
        InvalidInput: not http(s), no host, a user or a password in it, or a private address.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise InvalidInput(_("This is not a web address.")) from None
    if parts.scheme not in SCHEMES or not parts.hostname or port == 0:
        raise InvalidInput(_("Give a web address that begins with http:// or https://."))
    if parts.username or parts.password:
        raise InvalidInput(_("Leave the name and the password out of the address."))
    literal = _literal(parts.hostname)
    if not private and literal is not None and not _is_public(literal):
        raise InvalidInput(_("This address lies inside a private network."))


def without_secrets(url: str) -> str:
    """Return an address with `***` for whatever may be a key: where it goes stays readable.

    Hidden are all values of the query, and pieces of the path that look like keys: twelve
    characters or more with a digit and a letter among them, as messengers and CRMs hand out.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return HIDDEN
    host = parts.netloc.rpartition("@")[2]
    path = "/".join(HIDDEN if _KEY.search(piece) else piece for piece in parts.path.split("/"))
    pairs = [pair.partition("=") for pair in parts.query.split("&") if pair]
    query = "&".join(f"{name}={HIDDEN}" if eq else HIDDEN for name, eq, _value in pairs)
    return urlunsplit((parts.scheme, host, path, query, ""))


def is_incomplete(text: str) -> bool:
    """Whether something was left out of an address by `without_secrets`."""
    return HIDDEN in text


def send(
    url: str,
    *,
    method: str = "POST",
    data: Mapping[str, Any] | None = None,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    secret: str = "",
    private: bool = False,
    timeout: float = TIMEOUT,
) -> Answer:
    """Call an address once and return what came back; never raises for what the network does.

    Args:
        body: sent as it is when there is no `data`; its headers say what it is.
        data: sent as JSON; signed with `secret` in X-Voronka-Signature (see `signature`).
        private: addresses inside the company's own network are allowed.
    """
    try:
        check_url(url, private=private)
    except InvalidInput as refusal:
        return Answer(error=str(refusal))
    sent = {"User-Agent": "Voronka", "Accept": "application/json", **(headers or {})}
    if data is not None and method != "GET":
        body = json.dumps(data, ensure_ascii=False, sort_keys=True).encode()
        sent["Content-Type"] = "application/json"
    if secret:
        moment = int(time.time())
        sent["X-Voronka-Signature"] = f"t={moment},v1={signature(secret, moment, body)}"
    try:
        return _call(url, method, body, sent, private, timeout)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Answer(error=f"{type(error).__name__}: {error}"[:300])


def signature(secret: str, moment: int, body: bytes) -> str:
    """Return the hex HMAC-SHA256 of "moment.body": how a receiver knows that it was us."""
    return hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()


def _call(
    url: str,
    method: str,
    body: bytes,
    headers: Mapping[str, str],
    private: bool,
    timeout: float,
) -> Answer:
    parts = urlsplit(url)
    host = parts.hostname or ""
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    address = _address(host, port, private)
    if address is None:
        return Answer(error=_("This address lies inside a private network."))
    connection: http.client.HTTPConnection
    if secure:
        connection = _PinnedHTTPS(host, address, port, timeout)
    else:
        connection = http.client.HTTPConnection(address, port, timeout=timeout)
    path = parts.path or "/"
    if parts.query:
        path += "?" + parts.query
    default = parts.port is None
    named = f"[{host}]" if ":" in host else host
    try:
        connection.request(
            method, path, body or None, {"Host": named if default else f"{named}:{port}", **headers}
        )
        response = connection.getresponse()
        text = response.read(MOST_BYTES).decode("utf-8", "replace")
        return Answer(response.status, text)
    finally:
        connection.close()


class _PinnedHTTPS(http.client.HTTPSConnection):
    """HTTPS to an address that was checked, with the certificate of the name."""

    def __init__(self, host: str, address: str, port: int, timeout: float) -> None:
        super().__init__(host, port, timeout=timeout)
        self._address = address
        self._tls = ssl.create_default_context()

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), self.timeout)
        self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)


def _address(host: str, port: int, private: bool) -> str | None:
    """Return the first address of a host if all of them may be called; None otherwise."""
    found = [str(row[4][0]) for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not found:
        return None
    if not private and not all(_is_public(ipaddress.ip_address(a.split("%")[0])) for a in found):
        return None
    return found[0]


def _literal(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address.is_global and not address.is_multicast
