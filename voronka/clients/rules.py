"""How names, e-mails, messenger accounts and taxpayer numbers are read. Pure; no database.

Source: docs/domain/clients.md, "one spelling".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import parse_qs, urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from voronka.kernel import phones
from voronka.kernel.errors import Sentence

MESSENGERS = ("telegram", "whatsapp", "vk", "avito", "max", "other")
MAX_VALUE = 254  # characters of a contact point

_HOSTS = {
    "t.me": "telegram",
    "telegram.me": "telegram",
    "telegram.dog": "telegram",
    "wa.me": "whatsapp",
    "api.whatsapp.com": "whatsapp",
    "web.whatsapp.com": "whatsapp",
    "vk.com": "vk",
    "vk.ru": "vk",
    "vkontakte.ru": "vk",
    "avito.ru": "avito",
    "max.ru": "max",
    "web.max.ru": "max",
}
_SCHEMES = {"tg": "telegram", "whatsapp": "whatsapp", "vk": "vk"}
_HANDLES = {
    "telegram": re.compile(r"[a-z][a-z0-9_]{3,31}|\d{5,15}"),
    "vk": re.compile(r"[a-z][a-z0-9_.]{1,31}|\d{1,12}"),
    "max": re.compile(r"[a-z0-9_.\-]{2,120}"),
}
_EXAMPLES: dict[str, Sentence] = {
    "telegram": _("“%(value)s” is not a Telegram account. Write it like @name or t.me/name."),
    "whatsapp": _("“%(value)s” is not a WhatsApp number. Write the whole phone number."),
    "vk": _("“%(value)s” is not a VK page. Write it like vk.com/name or id123."),
    "max": _("“%(value)s” is not a MAX account. Write its name or phone number."),
    "avito": _("Write the Avito account: its address or number."),
    "other": _("Write the account."),
    "phone": _(
        "“%(value)s” is not a phone number. Write it with the area code, "
        "for example +7 916 123-45-67."
    ),
    "email": _("“%(value)s” is not an e-mail address. Write it like name@company.com."),
}


class Unreadable(ValueError):
    """Something that was typed cannot be read; `sentence` says how to write it."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Point:
    """One way to reach a client, in its one spelling. `raw` is how it was written."""

    kind: str
    value: str
    raw: str = ""
    extension: str = ""
    label: str = ""


@dataclass(slots=True)
class Points:
    """What could be read, each once and in order, and what could not, by field code."""

    read: list[Point] = field(default_factory=list)
    refused: dict[str, Sentence] = field(default_factory=dict)


def words(text: str) -> str:
    """Collapse white space; a text of several lines becomes one."""
    return " ".join(text.replace("\u00a0", " ").split())


@lru_cache(maxsize=4096)
def email(raw: str) -> str | None:
    """Return the address in lower case, without `mailto:` and name; None when it is none."""
    text = raw.strip().strip("<>;,").removeprefix("mailto:")
    if "<" in text:
        text = text.rsplit("<", 1)[1].rstrip("> ")
    text = text.lower()
    try:
        validate_email(text)
    except ValidationError:
        return None
    return text if len(text) <= MAX_VALUE else None


def account(raw: str, kind: str = "", *, country: str = "RU") -> tuple[str, str] | None:
    """Read a messenger account however it was copied: @name, a link, an id, a phone.

    Args:
        kind: which messenger; recognised from the link when empty.
    Returns:
        (kind, value) or None. An account of `other` is kept as written.
    """
    text = words(raw)
    if not text or len(text) > MAX_VALUE:
        return None
    linked, handle = _from_link(text)
    kind = kind or linked or ("telegram" if text.startswith("@") else "other")
    if kind in ("other", "avito"):
        return kind, (handle if kind == "avito" and linked == "avito" else text)
    if linked and linked != kind:
        return None
    handle = (handle if linked else text).lstrip("@")
    if kind == "whatsapp" or (kind in ("telegram", "max") and re.match(r"[+\d(]", handle)):
        phone = phones.parse(handle if handle.startswith("+") else _plus(handle), country=country)
        if phone:
            return kind, phone.e164
        if kind == "whatsapp":
            return None
    handle = handle.lower()
    if kind == "vk" and handle.isdigit():
        handle = f"id{handle}"
    return (kind, handle) if _HANDLES[kind].fullmatch(handle) else None


def _plus(handle: str) -> str:
    """A bare international number of a link, such as wa.me/79161234567, gets its plus."""
    digits = re.sub(r"\D", "", handle)
    return f"+{digits}" if len(digits) > 10 and not digits.startswith("8") else handle


def _from_link(text: str) -> tuple[str, str]:
    """Return the messenger and the account of a link; ("", "") when it is none we know."""
    if "/" not in text and ":" not in text:
        return "", ""
    try:
        link = urlsplit(text if "://" in text else f"https://{text}")
    except ValueError:
        return "", ""
    asked = {k: v[0] for k, v in parse_qs(link.query).items()}
    by_query = asked.get("phone") or asked.get("domain") or ""
    if link.scheme in _SCHEMES:
        return _SCHEMES[link.scheme], by_query or link.netloc
    host = (link.hostname or "").removeprefix("www.").removeprefix("m.")
    kind = _HOSTS.get(host, "")
    parts = [p for p in link.path.split("/") if p]
    if kind == "whatsapp":
        return kind, by_query or "".join(parts[:1])
    if kind == "avito":
        parts = [p for p in parts if p not in ("user", "brands", "profile", "all")]
        return kind, "/".join(parts[:1]) or text
    if kind == "max":
        return kind, "".join(parts[1:2] if parts[:1] == ["u"] else parts[:1])
    return kind, "".join(parts[:1])


def point(kind: str, raw: str, *, label: str = "", country: str = "RU") -> Point:
    """Read one contact point.

    Raises:
        Unreadable: it is not a phone, an address or an account of that kind.
    """
    written = words(raw)[:MAX_VALUE]
    if kind == "phone":
        phone = phones.parse(raw, country=country)
        if phone:
            return Point(kind, phone.e164, written, phone.extension[:12], label)
    elif kind == "email":
        if address := email(raw):
            return Point(kind, address, written, "", label)
    elif found := account(raw, kind, country=country):
        return Point(found[0], found[1], written, "", label)
    raise Unreadable(_EXAMPLES[kind if kind in _EXAMPLES else "other"] % {"value": written})


def points(
    *,
    phones: Iterable[str] = (),
    emails: Iterable[str] = (),
    accounts: Iterable[str | tuple[str, str]] = (),
    country: str = "RU",
) -> Points:
    """Read the contact points of one client. A cell may hold several phones or e-mails.

    Args:
        accounts: links or @names, or (kind, account) pairs.
    """
    result = Points()
    wanted: list[tuple[str, str]] = []
    wanted += [("phone", part) for cell in phones for part in _split_phones(cell)]
    wanted += [("email", part) for cell in emails for part in re.split(r"[;,\s]+", cell) if part]
    wanted += [("", a) if isinstance(a, str) else a for a in accounts]
    seen: set[tuple[str, str]] = set()
    for kind, raw in wanted:
        if not raw.strip():
            continue
        try:
            made = point(kind, raw, country=country)
        except Unreadable as refusal:
            result.refused.setdefault(kind or "account", refusal.sentence)
            continue
        if (made.kind, made.value) not in seen:
            seen.add((made.kind, made.value))
            result.read.append(made)
    return result


_BETWEEN_PHONES = re.compile(r"[;/\n|]|,(?=\s*[+\d(])| и | or ", re.IGNORECASE)


def _split_phones(cell: str) -> Sequence[str]:
    return [part for part in _BETWEEN_PHONES.split(cell) if part.strip()]


_INN_10 = (2, 4, 10, 3, 5, 9, 4, 6, 8)
_INN_11 = (7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
_INN_12 = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)


def _control(digits: str, weights: Sequence[int]) -> int:
    return sum(int(d) * w for d, w in zip(digits, weights, strict=False)) % 11 % 10


def inn(raw: str) -> str:
    """Return the digits of a taxpayer number; empty input stays empty.

    10 digits for a company, 12 for a person; the check digits are those of the Federal Tax
    Service's order of 29.06.2012 № ММВ-7-6/435@.

    Raises:
        Unreadable: a wrong length, or a check digit that does not fit.
    """
    text = re.sub(r"[\s\-]", "", raw)
    if not text:
        return ""
    if not (text.isascii() and text.isdigit()) or len(text) not in (10, 12):
        raise Unreadable(
            _("A taxpayer number (INN) has 10 digits for a company and 12 for a person.")
        )
    if len(text) == 10:
        good = _control(text, _INN_10) == int(text[9])
    else:
        good = _control(text, _INN_11) == int(text[10]) and _control(text, _INN_12) == int(text[11])
    if not good:
        raise Unreadable(_("The check digit of this taxpayer number (INN) does not fit. A typo?"))
    return text


def website(raw: str) -> str:
    """Return an http(s) address, `https://` added when missing; empty input stays empty.

    Raises:
        Unreadable: it is no web address.
    """
    text = raw.strip()
    if not text:
        return ""
    address = text if "://" in text else f"https://{text}"
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        host = ""
    if " " in address or "." not in host or parts.scheme not in ("http", "https"):
        raise Unreadable(_("This is not a web address. Write it like company.com."))
    return address


_PUBLIC_MAIL = """
gmail.com googlemail.com mail.ru bk.ru inbox.ru list.ru internet.ru xmail.ru yandex.ru ya.ru
yandex.com yandex.by yandex.kz narod.ru rambler.ru lenta.ru autorambler.ru myrambler.ru
outlook.com hotmail.com live.com msn.com yahoo.com icloud.com me.com mac.com aol.com
gmx.com gmx.de web.de proton.me protonmail.com zoho.com vk.com tut.by ukr.net mail.kz
"""
PUBLIC_MAIL = frozenset(_PUBLIC_MAIL.split())  # half of the customers write from these
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,62}")


def mail_domain(raw: str) -> str:
    """Return the domain of an address or of a domain, in lower case and ASCII.

    Raises:
        Unreadable: it is no domain, or one of a public mail service.
    """
    text = raw.strip().lower().rsplit("@", 1)[-1].strip(".")
    try:
        text = text.encode("idna").decode()
    except UnicodeError:
        text = ""
    if not _DOMAIN.fullmatch(text):
        raise Unreadable(_("This is not a mail domain. Write it like company.com."))
    if text in PUBLIC_MAIL:
        raise Unreadable(
            _("Customers write from this public mail service too. Exclude the whole address.")
        )
    return text


def mail_domains(address: str) -> list[str]:
    """Return the domain of an e-mail address and those above it: a.b.com gives a.b.com, b.com."""
    labels = address.rsplit("@", 1)[-1].lower().split(".")
    return [".".join(labels[n:]) for n in range(len(labels) - 1)][:5]
