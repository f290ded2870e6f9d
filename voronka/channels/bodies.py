"""What a site or a program posts: JSON, urlencoded or multipart. Pure.

Nothing here raises for a strange body but BadEvent for one that can't be read at all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage, Message
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl

from django.utils.translation import gettext as _

from voronka.channels.contract import BadEvent, FileIn

_MOST_PAIRS = 500
_DEEPEST = 8
_CHARSET = re.compile(r"charset=\"?([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)


@dataclass(slots=True)
class Posted:
    """What was posted: name -> its values in order, and files by the name of their field."""

    values: dict[str, list[str]] = field(default_factory=dict)
    files: list[tuple[str, FileIn]] = field(default_factory=list)

    def first(self, name: str) -> str:
        """Return the first value of a field that is not blank; "" without one."""
        return next((v for v in self.values.get(name, []) if v.strip()), "")

    def add(self, name: str, value: str) -> None:
        """Keep one more value."""
        if len(self.values) < _MOST_PAIRS or name in self.values:
            self.values.setdefault(name.strip(), []).append(value)


def read_body(body: bytes, content_type: str) -> Posted:
    """Read what a site posted. The type is believed where it fits, else the body is looked at.

    Raises:
        BadEvent: it is of none of the three kinds.
    """
    kind = content_type.partition(";")[0].strip().lower()
    posted = Posted()
    if kind == "multipart/form-data":
        for name, value in _multipart(body, content_type):
            if isinstance(value, FileIn):
                posted.files.append((name, value))
            else:
                posted.add(name, value)
        return posted
    text = _decode(body, content_type)
    if kind.endswith("json") or text.lstrip()[:1] in ("{", "["):
        for name, value in _json(text):
            posted.add(name, value)
        return posted
    if kind in ("application/x-www-form-urlencoded", "text/plain", ""):
        if "=" not in text and text.strip():
            raise BadEvent(_("The form has sent neither fields nor JSON."))
        for name, value in _urlencoded(body, content_type):
            posted.add(name, value)
        return posted
    raise BadEvent(_("The form has sent something of a kind that is not known: %(kind)s.")
                   % {"kind": kind[:60]})  # fmt: skip


def read_tree(body: bytes, content_type: str) -> tuple[Any, list[tuple[str, FileIn]]]:
    """Read what a program posted with its nesting kept: JSON as it is, fields as one mapping.

    A field that came several times is a list.

    Raises:
        BadEvent: it is of none of the three kinds.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        text = _decode(body, content_type)
        if kind.endswith("json") or text.lstrip()[:1] in ("{", "["):
            try:
                return json.loads(text), []
            except (ValueError, RecursionError):
                raise BadEvent(_("What was sent is JSON that can't be read.")) from None
    posted = read_body(body, content_type)
    return {k: v[0] if len(v) == 1 else v for k, v in posted.values.items()}, posted.files


def _decode(body: bytes, content_type: str) -> str:
    """Return the text: by its charset, else UTF-8, else the code page of old Russian sites."""
    named = _CHARSET.search(content_type)
    for charset in [*([named[1]] if named else []), "utf-8", "cp1251"]:
        try:
            return body.decode(charset)
        except (UnicodeDecodeError, LookupError):
            continue
    return body.decode("utf-8", "replace")


def _urlencoded(body: bytes, content_type: str) -> Iterator[tuple[str, str]]:
    text = body.decode("ascii", "replace") if body.isascii() else _decode(body, content_type)
    named = _CHARSET.search(content_type)
    for charset in [*([named[1]] if named else []), "utf-8", "cp1251"]:
        try:
            yield from parse_qsl(
                text, keep_blank_values=True, encoding=charset, errors="strict",
                max_num_fields=_MOST_PAIRS,
            )  # fmt: skip
            return
        except (UnicodeDecodeError, LookupError):
            continue
        except ValueError:
            raise BadEvent(_("The form has sent too many fields.")) from None
    yield from parse_qsl(text, keep_blank_values=True, errors="replace")


def _json(text: str) -> Iterator[tuple[str, str]]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise BadEvent(_("The form has sent JSON that can't be read.")) from None
    if isinstance(data, list) and all(_is_pair(one) for one in data):
        data = {one["name"]: one["value"] for one in data}  # as jQuery's serializeArray has it
    if not isinstance(data, dict):
        raise BadEvent(_("The form has sent neither fields nor JSON."))
    yield from _flat(data, "", 0)


def _is_pair(one: Any) -> bool:
    return isinstance(one, dict) and isinstance(one.get("name"), str) and "value" in one


def _flat(data: Any, path: str, depth: int) -> Iterator[tuple[str, str]]:
    """Yield what lies inside; {"client": {"phone": 1}} is "client.phone"."""
    if depth > _DEEPEST:
        yield path, json.dumps(data, ensure_ascii=False)
    elif isinstance(data, dict):
        for name, value in data.items():
            yield from _flat(value, f"{path}.{name}" if path else str(name), depth + 1)
    elif isinstance(data, list):
        for value in data:
            yield from _flat(value, path, depth + 1)
    elif isinstance(data, bool):
        yield path, "1" if data else ""
    elif data is not None:
        yield path, str(data)


def _multipart(body: bytes, content_type: str) -> Iterator[tuple[str, str | FileIn]]:
    head = f"Content-Type: {content_type.strip()}\r\nMIME-Version: 1.0\r\n\r\n"
    message = BytesParser(policy=HTTP).parsebytes(head.encode("latin-1", "replace") + body)
    if not message.is_multipart():
        raise BadEvent(_("The form's parts can't be told from each other."))
    for part in message.walk():
        if part.is_multipart():
            continue
        name = part.get_param("name", header="content-disposition")
        if not isinstance(name, str):
            continue
        content = part.get_payload(decode=True)
        data = content if isinstance(content, bytes) else b""
        filename = _filename(part)
        if filename is None:
            yield name, _decode(data, str(part.get("Content-Type") or ""))
        elif filename or data:
            yield name, FileIn(filename or "file", data, part.get_content_type())


def _filename(part: Message | EmailMessage) -> str | None:
    try:
        return part.get_filename()
    except (ValueError, TypeError, LookupError):
        return "file"
