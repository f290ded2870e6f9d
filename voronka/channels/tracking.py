"""Letters tell that they were opened and their links followed (RB-5).

A link leads to us first, and we send the reader on; a picture of one dot is asked for when the
letter is opened. An address of ours is signed and names the message and the number of the link in
it, never where it leads: nobody can make us send people elsewhere.

Source: docs/domain/mail.md, "opened and followed".
"""

from __future__ import annotations

import re

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.utils.html import linebreaks, urlize

from voronka.timeline.markup import clean_html

_SIGNER = Signer(salt="voronka.channels.tracking", sep=".")
_TARGET = re.compile(r"(\d{1,18})-(\d{1,4})")
_HTTP = re.compile(r"https?://", re.IGNORECASE)
OPENED = 0  # the number of the picture; links count from one


def tracked_html(message_id: int, *, text: str, html: str) -> str:
    """Return a letter's HTML with its links through us, and the picture; made of text if need be.

    Links to other things than pages (mailto:, tel:) stay as they are.
    """
    body, links = html or _html_of(text), links_of(text=text, html=html)

    def through_us(link: str) -> str:
        return _address(message_id, links.index(link) + 1) if link in links else link

    dot = f"{_address(message_id, OPENED)}.gif"
    return f'{clean_html(body, link=through_us)}<img src="{dot}" width="1" height="1" alt="">'


def links_of(*, text: str, html: str) -> list[str]:
    """Return the pages that a letter links to, each once, in their order."""
    found: dict[str, None] = {}

    def note(link: str) -> str:
        if _HTTP.match(link):
            found[link] = None
        return link

    clean_html(html or _html_of(text), link=note)
    return list(found)


def target_of(token: str) -> tuple[int, int] | None:
    """Return the message and the number that a signed token names; None when it is none of ours."""
    try:
        match = _TARGET.fullmatch(_SIGNER.unsign(token))
    except BadSignature:
        return None
    return (int(match[1]), int(match[2])) if match else None


def token_of(message_id: int, number: int) -> str:
    """Return the signed token of a link of a message, or of its picture (`OPENED`)."""
    return _SIGNER.sign(f"{message_id}-{number}")


def _address(message_id: int, number: int) -> str:
    return f"{settings.PUBLIC_URL}/t/{token_of(message_id, number)}"


def _html_of(text: str) -> str:
    return str(linebreaks(urlize(text, autoescape=True), autoescape=False))
