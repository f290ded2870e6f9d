"""Bytes of letters become words: charsets, encoded headers, addresses, ids, dates. Pure.

Nothing here raises, whatever it is given: a broken letter is still somebody's letter.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as BadBase64
from codecs import lookup
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from quopri import decodestring

_ENCODED = re.compile(r"=\?([^?\s*]{1,60})(?:\*[^?]*)?\?([bBqQ])\?([^?]*)\?=")
_BETWEEN = re.compile(r"(?<=\?=)\s+(?==\?)")
_IDS = re.compile(r"<([^<>\s]{1,990})>")
_META = re.compile(rb"<meta[^>]{0,200}charset=[\"']?([a-z0-9_-]{2,40})", re.IGNORECASE)
_ADDRESS = re.compile(r"[^@\s<>\"(),;:]+@[^@\s<>\"(),;:]+")
_LONGEST_HEADER = 60_000  # characters
_ALIASES = {
    "ansi": "cp1251", "cp-1251": "cp1251", "win-1251": "cp1251", "windows1251": "cp1251",
    "x-cp1251": "cp1251", "win1251": "cp1251", "koi8r": "koi8-r", "koi8": "koi8-r",
    "utf8mb4": "utf-8", "utf_8": "utf-8", "unicode": "utf-8", "unicode-1-1-utf-7": "utf-7",
    "ks_c_5601-1987": "cp949", "x-mac-cyrillic": "mac-cyrillic", "iso-8859-8-i": "iso-8859-8",
}  # fmt: skip
_VAGUE = {"ascii", "iso8859-1", "cp1252", "utf-8"}  # often written by programs that do not know
_CYRILLIC = ("cp1251", "koi8-r", "cp866")


def decode(data: bytes, charset: str = "", *, html: bool = False) -> str:
    """Return bytes as text: by the charset that is named, if it fits; else by what they look like.

    Args:
        html: look into the text for a charset when none is named.
    """
    found = _META.search(data[:4096]) if html and not charset else None
    name = _codec(charset or (found[1].decode("ascii") if found else ""))
    if name and name not in _VAGUE:
        try:
            return data.decode(name)
        except (UnicodeError, ValueError):
            pass
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    guess = _guess(data, usual=name)
    return data.decode(guess, "replace")


def _codec(charset: str) -> str:
    """Return the name of Python's codec of text for a charset; "" when there is none."""
    name = charset.strip().strip("\"'").lower()
    try:
        found = lookup(_ALIASES.get(name, name))
    except (LookupError, ValueError):
        return ""
    try:
        "a".encode(found.name)  # codecs of bytes to bytes are no charsets
    except Exception:
        return ""
    return found.name


def _guess(data: bytes, *, usual: str) -> str:
    """Return the code page that makes most sense: Russian ones by their frequent letters."""
    high = [byte for byte in data if byte > 127]
    best, most = "", 0.0
    for name in _CYRILLIC:
        text = bytes(high[:5000]).decode(name, "replace")
        common = sum(letter in "оеаинтсрвлкмдпуяыьгзбчй" for letter in text)
        score = common / max(len(text), 1)
        if score > most:
            best, most = name, score
    words = len(re.findall(rb"[\x80-\xff]{3,}", data))
    if most > 0.6 and words:
        return best
    return usual if usual in ("iso8859-1", "cp1252") else "cp1252"


def words(raw: object) -> str:
    """Return a header's text in one line: encoded words decoded, raw bytes read, gaps closed."""
    text = str(raw if raw is not None else "")[:_LONGEST_HEADER]
    if not text.isascii():
        text = decode(text.encode("utf-8", "surrogateescape"))
    text = _BETWEEN.sub("", text)
    return " ".join("".join(_decoded(text)).split())


def _decoded(text: str) -> Iterator[str]:
    """Decode encoded words; neighbours of one charset together: letters may be cut in two."""
    at, pending, charset = 0, b"", ""
    for found in _ENCODED.finditer(text):
        if found.start() > at or found[1].lower() != charset:
            yield decode(pending, charset) if pending else ""
            pending = b""
            yield text[at : found.start()]
        charset, at = found[1].lower(), found.end()
        pending += _bytes_of(found[2].lower(), found[3])
    yield decode(pending, charset) if pending else ""
    yield text[at:]


def _bytes_of(encoding: str, text: str) -> bytes:
    data = text.encode("ascii", "ignore")
    if encoding == "q":
        return decodestring(data, header=True)
    try:
        return b64decode(data + b"=" * (-len(data) % 4))
    except (BadBase64, ValueError):
        return data


def raw_headers(letter: Message, name: str) -> list[str]:
    """Return the values of a header as they came: foreign bytes as lone surrogates."""
    wanted = name.lower()
    return [str(v)[:_LONGEST_HEADER] for k, v in letter.raw_items() if k.lower() == wanted]


def header(letter: Message, name: str) -> str:
    """Return a header in words; "" without one."""
    return words(next(iter(raw_headers(letter, name)), ""))


def addresses(letter: Message, *names: str) -> list[tuple[str, str]]:
    """Return (name, address) of everybody in these headers, addresses in lower case, in order."""
    found: dict[str, str] = {}
    for name in names:
        for text in raw_headers(letter, name):
            if not text.isascii():
                text = decode(text.encode("utf-8", "surrogateescape"))
            for called, address in _pairs(text):
                found.setdefault(address.lower(), words(called).strip("\"' "))
    return [(called, address) for address, called in found.items()]


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        pairs = getaddresses([text])
    except Exception:  # of the standard library's parser, for nonsense
        pairs = []
    good = [(name, address) for name, address in pairs if _ADDRESS.fullmatch(address)]
    if good:
        return good
    loose = [words(text)] if "@" not in text else [text]
    found = [one for part in loose for one in _ADDRESS.findall(part)]
    return [(text.partition("<")[0] if "<" in text else "", one.strip(".'")) for one in found]


def ids(letter: Message, name: str) -> list[str]:
    """Return the message ids of a header without their brackets, in order."""
    text = " ".join(raw_headers(letter, name))[:_LONGEST_HEADER]
    found = _IDS.findall(text)
    if not found and name.lower() != "in-reply-to":
        found = [one for one in text.split() if "@" in one]
    return [one.encode("ascii", "replace").decode() for one in found]


def moment(letter: Message) -> datetime | None:
    """Return the aware time of the Date header; None when there is none that can be true."""
    try:
        at = parsedate_to_datetime(str(letter.get("date", "")))
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return at.astimezone(UTC) if 1990 < at.year < 2100 else None
    except (ValueError, TypeError, OverflowError, IndexError, AttributeError):
        return None
