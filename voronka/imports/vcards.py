"""Contact cards of phones and mail programs (vCard 2.1, 3.0, 4.0) as a table.

A reader of our own, because none fits: vobject, the usual one, has no types, knows no 4.0 and ends
the whole file at a line that old phones write (quoted-printable of 2.1); the readers of RFC 6350
know 4.0 alone. What a table of clients needs of the format is small, and bad cards are the rule.

Source: vCard 2.1 (versit, 1996), RFC 2426 (3.0), RFC 6350 (4.0); docs/import.md.
"""

from __future__ import annotations

import binascii
import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from voronka.kernel.errors import Sentence

SUFFIXES = {".vcf", ".vcard"}
LEFT_OUT = "left out"
# The columns, by names that a mapping file keeps in every language; titles are for people.
COLUMNS: dict[str, Sentence] = {
    "name": _("Full name"),
    "last name": _("Last name"),
    "first name": _("First name"),
    "middle name": _("Patronymic"),
    "phone": _("Phone"),
    "email": _("E-mail"),
    "messenger": _("Messenger account"),
    "company": _("Company"),
    "job title": _("Job title"),
    "address": _("Address"),
    "website": _("Website"),
    "birthday": _("Birthday"),
    "categories": _("Groups"),
    "note": _("Note"),
    "id": _("Key in the old system"),
    LEFT_OUT: _("Left out"),
}
_PROPERTY = re.compile(rb"(?:[\w-]+\.)?([A-Za-z][\w-]*)((?:;(?:\"[^\"]*\"|[^:;\"])*)*):(.*)", re.S)
_PARAM = re.compile(r';((?:"[^"]*"|[^;"])*)')
_ESCAPED = re.compile(r"\\(.)", re.S)
_PARTS = re.compile(r"(?<!\\)((?:\\\\)*);")
_DAY = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(?:[T ].*)?$")
_DAY_ONLY = re.compile(r"--(\d\d)-?(\d\d)$")
_MESSENGERS = {
    "X-SKYPE": "skype:", "X-SKYPE-USERNAME": "skype:", "X-JABBER": "xmpp:", "X-ICQ": "icq:",
    "X-TELEGRAM": "tg:", "X-WHATSAPP": "whatsapp:", "X-SOCIALPROFILE": "", "IMPP": "",
}  # fmt: skip
_TECHNICAL = {"VERSION", "REV", "PRODID", "MAILER", "TZ", "CLASS", "SOURCE", "PROFILE", "KIND"}
_TECHNICAL |= {"SORT-STRING", "CLIENTPIDMAP", "X-ABLABEL", "X-ABADR", "X-ABSHOWAS", "LABEL", "GEO"}
_TECHNICAL |= {"END", "BEGIN", "GENDER", "LANG", "XML"}


@dataclass(slots=True)
class Property:
    """One line of a card: its name in capitals, its parameters in capitals, its value as bytes."""

    name: str
    params: dict[str, str]
    raw: bytes
    encoding: str  # of the file

    def texts(self) -> list[str]:
        """Return the parts between semicolons, decoded."""
        raw = self.raw.decode("latin-1")
        if self.quoted and not _PARTS.search(raw):
            raw = self._unquoted(self.raw).decode("latin-1")
            return [self._text(part.encode("latin-1")) for part in _cut(raw)]
        parts = [part.encode("latin-1") for part in _cut(raw)]
        return [self._text(self._unquoted(p) if self.quoted else p) for p in parts]

    def text(self) -> str:
        """Return the value as one text."""
        return self._text(self._unquoted(self.raw) if self.quoted else self.raw)

    @property
    def quoted(self) -> bool:
        """Whether the value is quoted-printable."""
        return self.params.get("ENCODING") == "QUOTED-PRINTABLE"

    @property
    def binary(self) -> bool:
        """Whether the value is a picture, a sound or a key."""
        return self.params.get("ENCODING") in ("B", "BASE64")

    def _unquoted(self, raw: bytes) -> bytes:
        return binascii.a2b_qp(raw)

    def _text(self, raw: bytes) -> str:
        # where cards of several programs were put into one file, UTF-8 shows itself
        text = raw.decode(self.encoding, "replace")
        for charset in (self.params.get("CHARSET", ""), "utf-8"):
            try:
                text = raw.decode(charset)
                break
            except (UnicodeError, LookupError, ValueError):
                continue
        text = _ESCAPED.sub(lambda m: "\n" if m[1] in "nN" else m[1], text)
        return text.replace("\x00", "").replace("\r\n", "\n").strip()


@dataclass(slots=True)
class _Card:
    """What a card says, column by column; several values of a column are kept in order."""

    values: dict[str, list[str]] = field(default_factory=dict)

    def add(self, column: str, text: str) -> None:
        """Add a value once."""
        known = self.values.setdefault(column, [])
        if text and text not in known:
            known.append(text)

    def row(self) -> list[str]:
        """Return the cells in the order of `COLUMNS`."""
        between = {"address": "; ", "categories": ", ", "job title": ", ", LEFT_OUT: ", "}
        first_only = ("name", "company", "website", "id")
        for further in self.values.get("website", [])[1:]:
            self.add("note", further)
        for further in self.values.get("company", [])[1:]:
            self.add("note", further)
        cells = []
        for column in COLUMNS:
            texts = self.values.get(column, [])
            texts = texts[:1] if column in first_only else texts
            cells.append(between.get(column, "\n").join(texts))
        return cells


def looks_like_cards(sample: bytes) -> bool:
    """Whether a file whose ending says nothing begins as contact cards do."""
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        sample = sample.decode("utf-16", "ignore").encode()
    return sample.removeprefix(codecs.BOM_UTF8).lstrip()[:11].upper() == b"BEGIN:VCARD"


def read_cards(path: Path, encoding: str) -> Iterator[list[str]]:
    """Read the cards of a file one by one, as rows under `COLUMNS`.

    A card without an end, a line that is no property, an unknown charset: what can be read is.
    Pictures, sounds and what no column takes are named in the column "left out".

    Args:
        encoding: of the file where a property names none.
    """
    card: _Card | None = None
    agent, within = False, 0  # a card within a card (AGENT of 2.1) is left out
    for found in _properties(path, encoding):
        edge = found.name if found.raw.strip().upper() == b"VCARD" else ""
        if edge == "BEGIN" and (agent or within):
            agent, within = False, within + 1
        elif edge == "END" and within:
            within -= 1
        elif edge == "BEGIN":
            if card is not None:
                yield card.row()
            card = _Card()
        elif card is None or within:
            continue
        elif edge == "END":
            yield card.row()
            card = None
        else:
            agent = found.name == "AGENT"
            _take(card, found)
    if card is not None:
        yield card.row()


def _properties(path: Path, encoding: str) -> Iterator[Property]:
    current: Property | None = None
    lines = _lines(path, encoding)
    inner = "utf-8" if encoding.startswith("utf-16") else encoding
    for line in lines:
        if current is not None:
            if current.binary:
                if line[:1] in b" \t" or not re.search(rb"[:;]", line):
                    continue  # the rest of a picture
            elif current.quoted and current.raw.endswith(b"="):
                current.raw = current.raw[:-1] + line.lstrip(b" \t")
                continue
            elif line[:1] in (b" ", b"\t"):
                current.raw += line[1:]
                continue
        if not line.strip():
            continue
        if match := _PROPERTY.fullmatch(line):
            if current is not None:
                yield current
            name, params, raw = match.groups()
            current = Property(name.decode().upper(), _params(params), raw, inner)
            if current.binary:
                current.raw = b""
        elif current is not None and not current.binary:
            current.raw += b"\\n" + line  # a note whose line ends were not escaped
    if current is not None:
        yield current


def _lines(path: Path, encoding: str) -> Iterator[bytes]:
    """Read the lines as bytes: a fold may cut a letter, and each property has its charset."""
    if encoding.startswith("utf-16"):
        with path.open(encoding=encoding, errors="replace") as file:
            yield from (line.lstrip("\ufeff").rstrip("\n").encode() for line in file)
        return
    with path.open("rb") as file:
        first = True
        for line in file:
            yield (line.removeprefix(codecs.BOM_UTF8) if first else line).rstrip(b"\r\n")
            first = False


def _params(raw: bytes) -> dict[str, str]:
    """Read parameters; bare words of 2.1 stand for their names."""
    params: dict[str, str] = {}
    for text in _PARAM.findall(raw.decode("latin-1")):
        name, sign, value = text.partition("=")
        word = (value if sign else name).strip().strip('"').upper()
        if sign:
            params[name.strip().upper()] = word
        elif word in ("QUOTED-PRINTABLE", "BASE64", "B"):
            params["ENCODING"] = word
    return params


def _cut(text: str) -> list[str]:
    """Cut at semicolons that are not escaped."""
    return _PARTS.sub(lambda m: m[1] + "\x1f", text).split("\x1f")


def _take(card: _Card, found: Property) -> None:
    """Put what a property says into its column."""
    name = found.name
    if found.binary or name in ("PHOTO", "LOGO", "SOUND", "KEY", "AGENT"):
        card.add(LEFT_OUT, name)
    elif name == "N":
        columns = ("last name", "first name", "middle name")
        for column, text in zip(columns, found.texts(), strict=False):
            card.add(column, " ".join(text.replace(",", " ").split()))
    elif name == "ORG":
        company, *rest = found.texts()
        card.add("company", company)
        for department in rest:
            card.add("job title", department)
    elif name == "ADR":
        box, more, street, city, region, code, country = (*found.texts(), *[""] * 7)[:7]
        parts = (code, country, region, city, street, more, box)
        card.add("address", ", ".join(" ".join(p.split()) for p in parts if p.strip()))
    elif name == "TEL":
        card.add("phone", _phone(found.text()))
    elif name == "BDAY":
        card.add("birthday", _day(found.text()))
    elif name in _MESSENGERS:
        card.add("messenger", _account(found.text(), _MESSENGERS[name]))
    elif plain := _PLAIN.get(name):
        card.add(plain, found.text().removeprefix("mailto:"))
    elif name not in _TECHNICAL and found.raw.strip(b"; "):
        card.add(LEFT_OUT, name)


_PLAIN = {
    "FN": "name",
    "EMAIL": "email",
    "TITLE": "job title",
    "ROLE": "job title",
    "URL": "website",
    "CATEGORIES": "categories",
    "NOTE": "note",
    "NICKNAME": "note",
    "UID": "id",
}


def _phone(text: str) -> str:
    """A number of 4.0 is an address: tel:+7-916-123-45-67;ext=5."""
    number, _sign, rest = text.removeprefix("tel:").partition(";")
    extension = re.search(r"ext=(\d+)", rest)
    return f"{number} ext. {extension[1]}" if extension else number


def _account(text: str, scheme: str) -> str:
    """Return an account as clients have it: tg:anna is @anna, whatsapp:+7… is wa.me/7…."""
    if not text or "://" in text:
        return text
    known, _sign, name = (text if ":" in text else scheme + text).partition(":")
    if known in ("tg", "telegram"):
        return "@" + name.lstrip("@")
    if known == "whatsapp":
        return "wa.me/" + re.sub(r"\D", "", name)
    return text if ":" in text else scheme + text


def _day(text: str) -> str:
    """Return a birthday as 1985-04-12; without a year as 12.04; else as it is written."""
    if match := _DAY.match(text):
        try:
            return date(int(match[1]), int(match[2]), int(match[3])).isoformat()
        except ValueError:
            return text
    if match := _DAY_ONLY.match(text):
        return f"{match[2]}.{match[1]}"
    return text
