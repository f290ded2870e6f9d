"""The body of a letter: its words, its HTML and its files. Pure."""

from __future__ import annotations

import mimetypes
from base64 import b64decode
from binascii import Error as BadBase64
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.message import Message
from email.policy import compat32
from html import escape

from voronka.channels.contract import FileIn
from voronka.channels.providers.mail.wording import decode, header, words
from voronka.timeline.markup import text_of

_DEEPEST = 30  # multiparts inside each other
_MOST_PARTS = 500
_LONGEST = 400_000  # characters of words that are kept


@dataclass(slots=True)
class _Block:
    """A piece of a letter in its two shapes; either may be missing."""

    text: str = ""
    html: str = ""


@dataclass(slots=True)
class Body:
    """What a letter says and brings along. `html` is as it came."""

    text: str = ""
    html: str = ""
    files: list[FileIn] = field(default_factory=list)


def read_body(letter: Message) -> Body:
    """Read all parts. HTML is given only when the sender wrote some; words always, if there are.

    Words that stand beside HTML, not instead of it, are put into the HTML as well.
    """
    reader = _Reader()
    blocks = reader.blocks(letter, 0)
    texts = [b.text or text_of(b.html) for b in blocks]
    body = Body("\n\n".join(t.strip("\r\n") for t in texts if t.strip())[:_LONGEST], "")
    if any(b.html for b in blocks):
        shapes = [b.html or f"<p>{escape(b.text).replace(chr(10), '<br>')}</p>" for b in blocks]
        body.html = "\n".join(shapes)[: 2 * _LONGEST]
    body.files = reader.files
    return body


class _Reader:
    def __init__(self) -> None:
        self.files: list[FileIn] = []
        self._parts = 0

    def blocks(self, part: Message, depth: int) -> list[_Block]:
        """Return the readable pieces of a part in order; keep its files."""
        self._parts += 1
        if self._parts > _MOST_PARTS or depth > _DEEPEST:
            return []
        kind = part.get_content_type()
        inside = part.get_payload()
        if kind == "message/rfc822" and isinstance(inside, list):
            self.files.append(_letter_file(inside))
            return []
        if isinstance(inside, list):
            found = [self.blocks(p, depth + 1) for p in inside if isinstance(p, Message)]
            if kind == "multipart/alternative":
                return _one_of(found)
            return [block for blocks in found for block in blocks]
        name = file_name(part)
        disposition = str(part.get("content-disposition", "")).strip().lower()
        is_words = kind in ("text/plain", "text/html") and not disposition.startswith("attach")
        if is_words and not (name and disposition):
            text = text_in(part)
            return [_Block(html=text) if kind == "text/html" else _Block(text=text)]
        content = content_of(part)
        if content or name:
            self.files.append(_file(part, name, kind, content))
        return []


def _one_of(found: list[list[_Block]]) -> list[_Block]:
    """Join the shapes of one piece: the last of plain text and the last of HTML."""
    flat = [block for blocks in found for block in blocks]
    html = [b.html for b in flat if b.html]
    text = [b.text for b in flat if b.text]
    return [_Block(text[-1] if text else "", html[-1] if html else "")] if flat else []


def text_in(part: Message) -> str:
    """Return the words of a part of text, with line ends of one kind."""
    try:
        charset = str(part.get_param("charset", "") or "")
    except Exception:  # of the standard library, for a broken header
        charset = ""
    data = content_of(part)
    text = decode(data, charset, html=part.get_content_subtype() == "html")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def content_of(part: Message) -> bytes:
    """Return the bytes of a part; the encoding's own letters when it is broken."""
    payload = part.get_payload()
    if not isinstance(payload, str):
        return b""
    try:
        data = part.get_payload(decode=True)
    except Exception:  # an encoding that lies
        data = None
    if isinstance(data, bytes):
        encoding = str(part.get("content-transfer-encoding", "")).strip().lower()
        return _whole(data, payload) if encoding == "base64" else data
    return payload.encode("utf-8", "surrogateescape")


def _whole(data: bytes, payload: str) -> bytes:
    """Return base64 read with its broken end forgiven."""
    if data and not data.isascii():
        return data
    try:
        clean = "".join(payload.split())
        return b64decode(clean + "=" * (-len(clean) % 4)) or data
    except (BadBase64, ValueError):
        return data


def file_name(part: Message) -> str:
    """Return the name a file was sent with; "" without one."""
    try:
        return words(part.get_filename()) if part.get_filename() else ""
    except Exception:  # of the standard library, for a broken header
        return ""


def _file(part: Message, name: str, kind: str, content: bytes) -> FileIn:
    if not name:
        ending = mimetypes.guess_extension(kind) or ".bin"
        name = f"{'image' if kind.startswith('image/') else 'file'}{ending}"
    content_id = header(part, "content-id").strip("<> ")
    return FileIn(name.replace("/", "_").replace("\\", "_")[-150:], content, kind, content_id)


def _letter_file(inside: Sequence[object]) -> FileIn:
    """Keep a letter that was sent inside another one as a file."""
    letter = inside[0] if inside and isinstance(inside[0], Message) else None
    if letter is None:
        return FileIn("letter.eml", b"", "message/rfc822")
    try:
        content = letter.as_bytes(policy=compat32)
    except Exception:  # the generator is less patient than the parser
        content = letter.as_string().encode("utf-8", "replace") if _prints(letter) else b""
    name = header(letter, "subject")[:80].replace("/", "_") or "letter"
    return FileIn(f"{name}.eml", content, "message/rfc822")


def _prints(letter: Message) -> bool:
    try:
        letter.as_string()
    except Exception:
        return False
    return True
