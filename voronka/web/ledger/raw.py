"""What came in, as text that can do no harm: nothing of it is ever markup."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import parse_qsl

LONGEST = 100_000  # characters that are shown
_SECRET = re.compile(r"authorization|cookie|token|secret|signature|api-?key", re.IGNORECASE)
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_HIDDEN = "•••"


def headers_text(headers: Mapping[str, str]) -> str:
    """Return the headers one in a line; keys and cookies are hidden."""
    lines = [f"{n}: {_HIDDEN if _SECRET.search(n) else v}" for n, v in headers.items()]
    return _plain("\n".join(lines))


def body_text(body: bytes, content_type: str) -> str:
    """Return a body to be read by a person: JSON and forms laid out, anything else as it is."""
    text = body[: 4 * LONGEST].decode("utf-8", "replace")
    kind = content_type.partition(";")[0].strip().lower()
    if kind.endswith("json"):
        with suppress(ValueError, RecursionError):
            text = json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    elif kind == "application/x-www-form-urlencoded":
        pairs = parse_qsl(text, keep_blank_values=True)
        text = "\n".join(f"{name} = {value}" for name, value in pairs) or text
    return _plain(text)


def _plain(text: str) -> str:
    """Show what can't be seen, such as marks that turn the direction of the text, as a lozenge."""
    text = text[:LONGEST].replace("\r\n", "\n").encode("utf-8", "replace").decode()
    return _UNSEEN.sub("\ufffd", text)
