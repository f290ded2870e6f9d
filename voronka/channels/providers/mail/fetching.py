"""Letters are fetched by IMAP: told by IDLE where the server can, else asked each minute.

Nothing in the mailbox is changed: no flag, no move, no deletion. A letter is stored before the
cursor moves past it. The cursor is {folder: {"validity": …, "uid": …}}; when a server numbers its
letters anew, the last days are read again, and what was stored already is known by its id.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import CapabilityError, IMAPClientError, LoginError

from voronka.channels.contract import ChannelFacts, Ears, NotHeard, NotSent
from voronka.channels.providers.mail.events import event_of
from voronka.channels.providers.mail.proof import unproved
from voronka.channels.providers.mail.sending import check_sending
from voronka.channels.providers.mail.settings import MailSettings
from voronka.kernel.errors import Sentence

POLL_EVERY = 30.0  # seconds, without IDLE, and for other folders than the main one
_IDLE_FOR = 45.0  # seconds; some servers do not tell of what came just before IDLE began
_LOOK_AGAIN = 300.0  # seconds; whether sending works now, while it does not
_TICK = 1.0  # seconds; how soon a listener hears that it should stop
_TIMEOUT = SocketTimeout(connect=20, read=60)
_ANEW = timedelta(days=3)  # read again when the server has numbered its letters anew
_LARGEST = 60 * 1024 * 1024  # bytes; of a larger letter only so much is taken
_AT_ONCE = 200  # letters whose sizes are asked in one go


def listen(channel: ChannelFacts, ears: Ears) -> None:
    """Fetch letters until told to stop.

    Raises:
        NotHeard: the server can't be reached, or does not let us in, or has broken off.
    """
    settings: MailSettings = channel.settings
    with _in_words(settings), logged_in(settings) as server:
        folders = [settings.folder, *([settings.sent_folder] if settings.sent_folder else [])]
        for folder in folders:
            _fetch(server, folder, settings, ears)
        problem, looked = _sending_problem(settings), monotonic()
        ears.well(problem)
        while not ears.wait(0):
            if problem and monotonic() - looked > _LOOK_AGAIN:
                problem, looked = _sending_problem(settings), monotonic()
                ears.well(problem)
            for folder in reversed(folders):  # the main one is selected last: IDLE is about it
                _fetch(server, folder, settings, ears)
            if _idles(server):
                _idle(server, ears, alone=len(folders) == 1)
            elif not ears.wait(POLL_EVERY):
                server.noop()


def check(settings: MailSettings) -> Sentence:
    """Log in to both servers and look for the folders; "" or a sentence of what is wrong."""
    try:
        with _in_words(settings), logged_in(settings) as server:
            for folder in (settings.folder, settings.sent_folder):
                if folder:
                    _select(server, folder)
    except NotHeard as failure:
        return failure.why
    return _sending_problem(settings)


def _sending_problem(settings: MailSettings) -> Sentence:
    try:
        check_sending(settings)
    except NotSent as failure:
        return failure.why
    return ""


@contextmanager
def logged_in(settings: MailSettings) -> Iterator[IMAPClient]:
    """Open a connection to the mailbox's IMAP server and log in."""
    context = ssl.create_default_context()
    server = IMAPClient(
        settings.imap_host,
        settings.port("imap"),
        ssl=settings.imap_security == "ssl",
        ssl_context=context,
        timeout=_TIMEOUT,
    )
    with server:
        server.normalise_times = False
        if settings.imap_security == "starttls":
            server.starttls(context)
        server.login(*settings.log_in("imap"))
        yield server


def _idles(server: IMAPClient) -> bool:
    return bool(server.has_capability("IDLE"))


def _idle(server: IMAPClient, ears: Ears, *, alone: bool) -> None:
    """Wait until the server tells of something, it is time to ask anyway, or we should stop."""
    until = monotonic() + (_IDLE_FOR if alone else POLL_EVERY)
    ears.wait(0.001)  # lets go of the database
    server.idle()
    try:
        while monotonic() < until and not ears.wait(0):
            asked = monotonic()
            if any(_is_news(told) for told in server.idle_check(timeout=_TICK)):
                break
            if monotonic() - asked < _TICK / 2 and ears.wait(_TICK / 2):
                break  # a broken connection answers at once; `idle_done` will say so
    finally:
        server.idle_done()


def _is_news(told: Any) -> bool:
    return isinstance(told, tuple) and len(told) > 1 and told[1] in (b"EXISTS", b"RECENT")


def _select(server: IMAPClient, folder: str) -> dict[bytes, Any]:
    try:
        found: dict[bytes, Any] = server.select_folder(folder, readonly=True)
    except IMAPClientError as error:
        if isinstance(error, IMAPClient.AbortError):
            raise
        raise NotHeard(
            _("There is no folder “%(folder)s” in the mailbox.") % {"folder": folder}
        ) from error
    return found


def _fetch(server: IMAPClient, folder: str, settings: MailSettings, ears: Ears) -> None:
    """Store the letters of a folder that are new since the cursor, one after another."""
    facts = _select(server, folder)
    validity = int(facts.get(b"UIDVALIDITY", 0))
    known = ears.cursor.get(folder)
    if known is None:
        uids = _of_last(server, timedelta(days=settings.from_days)) if settings.from_days else []
        last = _newest(server, facts) if not uids else 0
    elif known["validity"] != validity:
        uids, last = _of_last(server, _ANEW + _since(known)), 0
    else:
        last = int(known["uid"])
        uids = [uid for uid in server.search(["UID", f"{last + 1}:*"]) if uid > last]
    if not uids:
        if known is None or known["validity"] != validity:
            last = last or _newest(server, facts)
            _move(ears, folder, validity, last)
        return
    uids.sort()
    for start in range(0, len(uids), _AT_ONCE):
        part = uids[start : start + _AT_ONCE]
        sizes = server.fetch(part, ["RFC822.SIZE", "INTERNALDATE"])
        for uid in part:
            if ears.wait(0):
                return
            if uid in sizes:  # else somebody has deleted it meanwhile
                _take(server, folder, uid, sizes[uid], ears)
            last = max(last, uid)
            if known is not None and known["validity"] == validity:
                _move(ears, folder, validity, last)
    _move(ears, folder, validity, last)


def _newest(server: IMAPClient, facts: dict[bytes, Any]) -> int:
    """Return the number of the newest letter there is."""
    if b"UIDNEXT" in facts:
        return int(facts[b"UIDNEXT"]) - 1
    return max(server.search(["ALL"]), default=0)


def _of_last(server: IMAPClient, days: timedelta) -> list[int]:
    since = timezone.now() - days - timedelta(days=1)  # the server's day may be another one
    return list(server.search(["SINCE", since.date()]))


def _since(known: dict[str, Any]) -> timedelta:
    """Return how long ago the cursor was moved last."""
    try:
        moved = datetime.fromisoformat(str(known.get("at")))
    except ValueError:
        return timedelta(days=30)
    return max(timedelta(0), timezone.now() - moved)


def _move(ears: Ears, folder: str, validity: int, uid: int) -> None:
    now = timezone.now().isoformat(timespec="seconds")
    place = {"validity": validity, "uid": uid, "at": now}
    ears.move({**ears.cursor, folder: place})


def _take(server: IMAPClient, folder: str, uid: int, facts: dict[bytes, Any], ears: Ears) -> None:
    """Store one letter."""
    size = int(facts.get(b"RFC822.SIZE", 0))
    item = "BODY.PEEK[]" if size <= _LARGEST else f"BODY.PEEK[]<0.{_LARGEST}>"
    found = server.fetch([uid], [item]).get(uid)
    if found is None:  # somebody has deleted it just now
        return
    raw = next((v for k, v in found.items() if k.startswith(b"BODY[") and v is not None), None)
    if raw is None:
        raise NotHeard(_("The mail server does not hand out a letter. We go on asking for it."))
    at = facts.get(b"INTERNALDATE")
    if isinstance(at, datetime) and at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    extra = {"cut": str(size)} if size > _LARGEST else {}
    ears.hear(event_of(bytes(raw), at=at, folder=folder, uid=str(uid), **extra))


@contextmanager
def _in_words(settings: MailSettings) -> Iterator[None]:
    """Turn what IMAP says into what a person can do about it."""
    host = {"host": f"{settings.imap_host}:{settings.port('imap')}"}
    try:
        yield
    except LoginError as error:
        said = " ".join(str(error).split())[:200]
        raise NotHeard(
            _("The mail server refuses the log-in name or password of %(address)s: %(said)s")
            % {"address": settings.address, "said": said}
        ) from error
    except CapabilityError as error:
        raise NotHeard(
            _("The mail server can't do what the settings ask for. Choose another encryption.")
        ) from error
    except ssl.SSLCertVerificationError as error:
        raise NotHeard(unproved(error, **host)) from error
    except ssl.SSLError as error:
        raise NotHeard(
            _("No safe connection to %(host)s: check its name, its port and the encryption.") % host
        ) from error
    except IMAPClient.AbortError as error:
        raise NotHeard(_("The mail server has broken off the connection.")) from error
    except IMAPClientError as error:
        said = " ".join(str(error).split())[:200]
        raise NotHeard(_("The mail server answers: %(said)s") % {"said": said}) from error
    except OSError as error:
        raise NotHeard(
            _("The mail server %(host)s does not answer. Check its name and port.") % host
        ) from error
