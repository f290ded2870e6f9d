"""Cells in which name, phones and remarks stand together: "Иванов Иван (бухг.), 8-900-123-45-67".

Pure but for the dictionary of names. Nothing of a cell is lost: what is neither name nor contact
goes to the comment. Source: docs/import.md, "Name and contacts together" (IM-2).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from django.conf import settings
from phonenumbers import Leniency, PhoneNumberMatcher

from voronka.imports import names
from voronka.imports.names import Name
from voronka.kernel import phones

_EMAIL = re.compile(r"[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+")
_ACCOUNT = re.compile(
    r"(?:https?://)?(?:www\.)?(?:t\.me|wa\.me|vk\.com|max\.ru)/[^\s,;]+|(?<!\w)@[A-Za-z]\w{3,31}"
)
_LABEL = re.compile(
    r"(?<!\w)(?:тел(?:ефон)?|моб(?:ильный)?|сот(?:овый)?|раб(?:очий)?|дом(?:ашний)?|e-?mail|mail"
    r"|почта|эл\.?\s*почта|phone|mobile|tel|т|м)\.?\s*:?\s*$",
    re.IGNORECASE,
)
_CUT = re.compile(r"[,;|\n()\[\]<>\x00]|\s[—–-]\s|:\s")
_WORD = re.compile(r"(?:[А-ЯЁA-Z]\.)+|[^\W\d_]+(?:['’\-][^\W\d_]+)*")
_TRADER = re.compile(r"(?:ИП|Г-жа|Г-н|Mr\.?|Mrs\.?|Ms\.?)\s+")
_NO_INN = re.compile(r"(?:инн|огрн\w*|снилс|inn|№|заказ)\W*$", re.IGNORECASE)
_SHORTEST = 11  # signs of an E.164 number with its plus: shorter ones lack the area code


@dataclass(slots=True)
class Parts:
    """What stood in one cell."""

    name: Name = field(default_factory=lambda: Name(""))
    phones: list[str] = field(default_factory=list)
    emails: list[str] = field(default_factory=list)
    accounts: list[str] = field(default_factory=list)
    rest: str = ""
    person: bool = False  # `name` is a person's by its words, not only by its place

    @property
    def mixed(self) -> bool:
        """Whether a person's name and a way to reach them stood together."""
        return self.person and bool(self.phones or self.emails or self.accounts)

    def values(self) -> dict[str, str]:
        """Return the parts by the codes of clients' fields."""
        several = {"phone": self.phones, "email": self.emails, "account": self.accounts}
        found = {kind: "\n".join(texts) for kind, texts in several.items()}
        if self.name.parted:
            found |= {"last_name": self.name.last, "first_name": self.name.first}
            found["patronymic"] = self.name.patronymic
        found |= {"name": self.name.full, "comment": self.rest}
        return {code: text for code, text in found.items() if text}


def split(text: str, *, person: bool = True) -> Parts:
    """Take a cell apart into name, phones, e-mails, messenger accounts and the rest.

    Args:
        person: look for a person's name; else what stands first is the name of a company.
    """
    made = Parts()
    text = _take(text, ((m.start(), m.end()) for m in _EMAIL.finditer(text)), made.emails)
    text = _take(text, ((m.start(), m.end()) for m in _ACCOUNT.finditer(text)), made.accounts)
    text = _take(text, _phones(text), made.phones)
    pieces = [
        p for piece in _CUT.split(text) if (p := " ".join(piece.split()).strip(" ,-–—")).strip(".")
    ]
    rest: list[str] = []
    for piece in pieces:
        name, left = _name(piece) if person and not made.name.full else (None, piece)
        if name:
            made.name, made.person = name, True
        if left:
            rest.append(left)
    if not made.name.full and rest:
        made.name = Name(rest.pop(0))
    made.rest = ", ".join(rest)
    return made


def _phones(text: str) -> Iterable[tuple[int, int]]:
    for match in PhoneNumberMatcher(text, settings.COUNTRY, leniency=Leniency.POSSIBLE):
        phone = phones.parse(match.raw_string, country=settings.COUNTRY)
        if phone and len(phone.e164) >= _SHORTEST and not _NO_INN.search(text[: match.start]):
            yield match.start, match.end


def _take(text: str, spans: Iterable[tuple[int, int]], into: list[str]) -> str:
    """Move pieces of a text into a list; a sign that divides stays where they stood."""
    kept, at = [], 0
    for start, end in spans:
        into.append(text[start:end].strip(" ."))
        kept.append(_LABEL.sub("", text[at:start]))
        at = end
    kept.append(text[at:])
    return "\x00".join(kept)


def _name(piece: str) -> tuple[Name | None, str]:
    """Read a name at the beginning of a piece; return it and what follows."""
    words: list[str] = []
    trader = _TRADER.match(piece)
    at = start = trader.end() if trader else 0
    while match := _WORD.match(piece, at):
        if not _may_be_name(match[0]):
            break
        words.append(match[0])
        at = match.end()
        while at < len(piece) and piece[at] == " ":
            at += 1
    if not words or len(words) > 4 or (at < len(piece) and piece[at].isdigit()):
        return None, piece
    found = names.parts(words)
    if found.parted or _latin_person(words):
        return found, " ".join((piece[:start] + piece[at:]).split())
    return None, piece


@lru_cache(maxsize=20_000)
def _may_be_name(word: str) -> bool:
    if word.lower() in names.PARTICLES | names.TURKIC or re.fullmatch(r"(?:[А-ЯЁA-Z]\.)+", word):
        return True
    if names.kinds(word):
        return True
    # a foreign name that the dictionary does not have
    return word[0].isupper() and not word.isupper() and not names.known(word)


def _latin_person(words: Sequence[str]) -> bool:
    return 1 < len(words) < 4 and all(w.isascii() and w.istitle() for w in words)


def looks_mixed(cells: Iterable[str]) -> bool:
    """Whether at least half of a column's filled cells hold a name and contacts together."""
    filled = [cell for cell in cells if cell.strip()]
    return bool(filled) and sum(split(cell).mixed for cell in filled) * 2 >= len(filled)
