"""What somebody has written themselves, without the letters that they quote. Pure.

Only for previews: the whole text stays in the message.
"""

from __future__ import annotations

import re

_BEGINS = (
    re.compile(r"^\s*[-_*]{3,}\s*(original message|forwarded message|begin forwarded|исходное"
               r"|пересылаемое|пересланное|оригинальное|цитата)", re.IGNORECASE),
    re.compile(r"^\s*(on|le|am)\b.{6,200}\b(wrote|a écrit|schrieb)\s*:\s*$", re.IGNORECASE),
    re.compile(r"^.{0,200}(пишет|пишете|написал|написала|писал|писала|написал\(а\))\s*:\s*$",
               re.IGNORECASE),
    re.compile(r"^\s*\S.{0,150}<[^<>@\s]+@[^<>@\s]+>.{0,40}:\s*$"),
    re.compile(r"^-- ?$"),
    re.compile(r"^_{20,}\s*$"),
)  # fmt: skip
_FROM = re.compile(r"^\s*\*?(from|от|от кого)\*?\s*:\s*\S", re.IGNORECASE)
_SENT = re.compile(r"^\s*\*?(sent|date|to|отправлено|дата|кому|когда)\*?\s*:", re.IGNORECASE)
_SEARCHED = 400  # lines; a preview needs the first ones


def own_words(text: str) -> str:
    """Return a letter's own words; all of it when nothing else is left."""
    kept: list[str] = []
    lines = text.splitlines()[:_SEARCHED]
    for number, line in enumerate(lines):
        after = lines[number + 1] if number + 1 < len(lines) else ""
        two = f"{line} {after.strip()}"  # the line before a quote is often broken in two
        if any(begin.match(line[:400]) for begin in _BEGINS):
            break
        if _FROM.match(line) and _SENT.match(after):
            break
        if line.lower().startswith(("on ", "le ", "am ")) and _BEGINS[1].match(two[:400]):
            break
        if not line.lstrip().startswith(">"):
            kept.append(line)
    return "\n".join(kept).strip() or text.strip()
