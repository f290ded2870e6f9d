"""What kind of letter it is: a client's, a machine's, a bounce, our own. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message

from django.utils.translation import gettext as _

from voronka.channels.contract import DeliveryNews
from voronka.channels.providers.mail.marks import our_ids
from voronka.channels.providers.mail.reading import content_of
from voronka.channels.providers.mail.wording import addresses, decode, header, ids, words

_POSTMAN = re.compile(r"(mailer-daemon|postmaster|mail-daemon|mdaemon)@.*", re.IGNORECASE)
_MACHINE = re.compile(
    r"(no-?reply|do-?not-?reply|donotreply|noreply\b.*|robot|notifications?|mailer|info-noreply)"
    r"([+._-][^@]*)?@.*",
    re.IGNORECASE,
)
_AUTO_SUBJECT = re.compile(
    r"(automatic reply|auto(matic)?[ -]?reply|autoreply|out of office|автоответ(чик)?\b"
    r"|автоматический ответ|вне офиса)",
    re.IGNORECASE,
)
_AUTO_HEADERS = ("x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply-from")
_MOST_WORDS = 200_000  # bytes of a bounce that are searched for our ids


def is_auto_reply(letter: Message) -> bool:
    """Whether a machine answers a letter of ours: out of office, "we have received your letter"."""
    submitted = header(letter, "auto-submitted").partition(";")[0].strip().lower()
    if submitted == "auto-replied" or any(letter.get(name) for name in _AUTO_HEADERS):
        return True
    if header(letter, "precedence").lower() == "auto_reply":
        return True
    if submitted == "auto-generated" and ids(letter, "in-reply-to"):
        return True
    return bool(_AUTO_SUBJECT.match(header(letter, "subject")))


def is_newsletter(letter: Message) -> bool:
    """Whether it was sent to many: by the headers of lists, unless it answers something."""
    if ids(letter, "in-reply-to") or ids(letter, "references"):
        return False
    sent_to_many = header(letter, "precedence").lower() in ("bulk", "list", "junk")
    return sent_to_many or bool(letter.get("list-unsubscribe") or letter.get("list-id"))


def is_machine(address: str) -> bool:
    """Whether nobody reads what is sent to an address: noreply@ and the like."""
    return bool(_MACHINE.fullmatch(address) or _POSTMAN.fullmatch(address))


def is_bounce(letter: Message) -> bool:
    """Whether the post reports about a letter: its delivery, or that it was read."""
    if letter.get_content_type() == "multipart/report":
        kind = _parameter(letter, "report-type")
        return kind in ("delivery-status", "disposition-notification", "") or _has_report(letter)
    sender = [address for _name, address in addresses(letter, "from")]
    failed = header(letter, "x-failed-recipients")
    return bool(failed) or any(_POSTMAN.fullmatch(address) for address in sender)


def _parameter(letter: Message, name: str) -> str:
    try:
        return str(letter.get_param(name, "") or "").lower()
    except Exception:  # of the standard library, for a broken header
        return ""


def _has_report(letter: Message) -> bool:
    return any(p.get_content_type() == "message/delivery-status" for p in letter.walk())


def news_of(letter: Message, raw: bytes) -> list[DeliveryNews]:
    """Return what became of letters of ours, as a bounce tells it.

    The post of the world writes reports in many ways; what is sure are our own ids, which carry
    our mark: they are looked for in the returned headers, else anywhere.
    """
    state, why = _verdict(letter)
    if not state:
        return []
    returned = [i for part in _returned(letter) for i in our_ids(part)]
    mentioned = returned or our_ids(_header_ids(letter) + decode(raw[:_MOST_WORDS]))
    return [DeliveryNews(one, state, error=why) for one in dict.fromkeys(mentioned)]


def _header_ids(letter: Message) -> str:
    return " ".join(f"<{i}>" for name in ("in-reply-to", "references") for i in ids(letter, name))


def _returned(letter: Message) -> Iterator[str]:
    """Yield the headers of the letter that comes back."""
    for part in letter.walk():
        kind, inside = part.get_content_type(), part.get_payload()
        first = inside[0] if isinstance(inside, list) and inside else None
        if kind == "message/rfc822" and isinstance(first, Message):
            yield f"<{header(first, 'message-id').strip('<>')}>"
        elif kind in ("text/rfc822-headers", "message/rfc822-headers"):
            yield decode(content_of(part))
        elif kind == "message/disposition-notification":
            yield str(part)[:_MOST_WORDS]


def _verdict(letter: Message) -> tuple[str, str]:
    """Return the state that a report tells and why; "" when it is not final."""
    reports = [p for p in letter.walk() if p.get_content_type() == "message/delivery-status"]
    groups = [group for report in reports for group in _groups(report)]
    actions = {header(group, "action").lower(): group for group in groups if group.get("action")}
    for action in ("failed", "delayed", "delivered", "relayed", "expanded"):
        if action in actions:
            if action == "failed":
                return "failed", _reason(actions[action])
            return ("delivered", "") if action == "delivered" else ("", "")
    for part in letter.walk():
        if part.get_content_type() == "message/disposition-notification":
            told = words(str(part.get_payload()))
            return ("read", "") if "displayed" in told.lower() else ("", "")
    if re.search(r"delayed|warning|задерж", header(letter, "subject"), re.IGNORECASE):
        return "", ""
    return "failed", ""


def _groups(report: Message) -> list[Message]:
    inside = report.get_payload()
    return (
        [group for group in inside if isinstance(group, Message)]
        if isinstance(inside, list)
        else []
    )


def _reason(group: Message) -> str:
    """Return in words why a letter came back: whose mailbox, and what the other side said."""
    recipient = header(group, "final-recipient").rpartition(";")[2].strip()
    said = header(group, "diagnostic-code").partition(";")[2].strip() or header(group, "status")
    if not recipient:
        return said[:400]
    return (_("%(address)s did not get the letter: %(why)s")
            % {"address": recipient[:100], "why": said[:300] or "—"})  # fmt: skip
