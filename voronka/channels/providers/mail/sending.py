"""A message becomes a letter and goes out by SMTP; refusals are told in sentences."""

from __future__ import annotations

import mimetypes
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape

from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.channels.contract import Delivery, FileOut, NotSent, Outgoing, Refused, TryAgain
from voronka.channels.providers.mail.marks import message_id
from voronka.channels.providers.mail.proof import unproved
from voronka.channels.providers.mail.settings import MailSettings

TIMEOUT = 30.0  # seconds without a word from the server
_POLICY = SMTP.clone(raise_on_defect=False)


def send_letter(message: Outgoing, settings: MailSettings) -> Delivery:
    """Send a message as a letter; called outside of any transaction.

    Its Message-ID is made of `message.key`: a retry after a broken connection has the same one.

    Raises:
        TryAgain, Refused: it was not sent; the sentence says why.
    """
    own_id = message_id(message.key, settings.domain)
    to = _ascii(message.to[1])
    letter = write_letter(message, settings, own_id=own_id, to=to)
    with _in_words(settings), connected(settings) as server:
        server.sendmail(_ascii(settings.address), [to], letter)
    return Delivery(own_id, timezone.now())


def write_letter(message: Outgoing, settings: MailSettings, *, own_id: str, to: str) -> bytes:
    """Return the letter as it goes over the wire."""
    letter = EmailMessage(policy=_POLICY)
    try:
        letter["From"] = Address(
            _sender_name(message, settings), addr_spec=_ascii(settings.address)
        )
        letter["To"] = Address("", addr_spec=to)
    except (HeaderParseError, ValueError, IndexError) as error:
        raise Refused(
            _("“%(address)s” is not an address that letters can be sent to.") % {"address": to[:80]}
        ) from error
    letter["Subject"] = subject_of(message, settings)
    letter["Date"] = format_datetime(timezone.localtime())
    automatic = bool(message.meta.get("automatic"))  # to an employee: nobody signs it
    if automatic:
        letter["Auto-Submitted"] = "auto-generated"
    signature = "" if automatic else settings.signature.strip()
    text = message.text.rstrip() + (f"\n\n-- \n{signature}" if signature else "")
    letter.set_content(text + "\n", cte="quoted-printable")
    if message.html:
        html = message.html
        if signature:
            html += f"<p>-- <br>{escape(signature).replace(chr(10), '<br>')}</p>"
        page = f"<!doctype html><html><body>{html}</body></html>\n"
        letter.add_alternative(page, subtype="html", cte="quoted-printable")
    for file in message.files:
        _attach(letter, file)
    return _thread_headers(message, own_id) + letter.as_bytes()


def _thread_headers(message: Outgoing, own_id: str) -> bytes:
    """Return the headers of ids; written by hand, for the library would break long ids in two."""
    lines = [f"Message-ID: <{own_id}>"]
    known = [one for one in message.reply_to if one.isascii() and not set(one) & set(" <>\r\n\t")]
    if known:
        lines.append(f"In-Reply-To: <{known[0]}>")
        lines.append("References: " + "\r\n ".join(f"<{one}>" for one in reversed(known)))
    return ("\r\n".join(lines) + "\r\n").encode("ascii")


def subject_of(message: Outgoing, settings: MailSettings) -> str:
    """Return the subject line: an answer starts with "Re:", and none stays without one."""
    subject = " ".join(message.subject.split())
    if not subject:
        sender = settings.from_name or settings.address
        subject = _("A letter from %(sender)s") % {"sender": sender}
    if message.reply_to and not subject.lower().startswith(("re:", "re[", "на:", "отв:")):
        subject = f"Re: {subject}"
    return subject[:300]


def _sender_name(message: Outgoing, settings: MailSettings) -> str:
    author = message.author if settings.with_author else ""
    return ", ".join(" ".join(part.split()) for part in (author, settings.from_name) if part)


def _attach(letter: EmailMessage, file: FileOut) -> None:
    try:
        content = file.path.read_bytes()
    except OSError as error:
        raise Refused(
            _("The file “%(name)s” is not there any more.") % {"name": file.name}
        ) from error
    kind = file.content_type or mimetypes.guess_type(file.name)[0] or ""
    main, _slash, sub = kind.partition(";")[0].strip().partition("/")
    if not (main and sub) or main in ("message", "multipart"):
        main, sub = "application", "octet-stream"
    letter.add_attachment(content, maintype=main, subtype=sub, filename=" ".join(file.name.split()))


def _ascii(address: str) -> str:
    """Return an address with a domain of other letters (почта.рф) in the post's spelling."""
    local, _at, domain = address.strip().rpartition("@")
    with suppress(UnicodeError):
        domain = domain.encode("idna").decode()
    if not (local and domain) or not local.isascii() or set(address) & set("\r\n <>"):
        raise Refused(
            _("“%(address)s” is not an address that letters can be sent to.")
            % {"address": address[:80]}
        )
    return f"{local}@{domain}"


@contextmanager
def connected(settings: MailSettings) -> Iterator[smtplib.SMTP]:
    """Open a connection to the mailbox's SMTP server and log in."""
    context = ssl.create_default_context()
    host, port = settings.smtp_host, settings.port("smtp")
    server: smtplib.SMTP
    if settings.smtp_security == "ssl":
        server = smtplib.SMTP_SSL(
            host, port, local_hostname=settings.domain, timeout=TIMEOUT, context=context
        )
    else:
        server = smtplib.SMTP(host, port, local_hostname=settings.domain, timeout=TIMEOUT)
    try:
        if settings.smtp_security == "starttls":
            server.starttls(context=context)
        server.ehlo_or_helo_if_needed()
        if server.has_extn("auth"):
            server.login(*settings.log_in("smtp"))
        yield server
    finally:
        with suppress(smtplib.SMTPException, OSError):
            server.quit()


def check_sending(settings: MailSettings) -> None:
    """Log in to the SMTP server and out again.

    Raises:
        TryAgain, Refused: that does not work; the sentence says why.
    """
    with _in_words(settings), connected(settings):
        pass


@contextmanager
def _in_words(settings: MailSettings) -> Iterator[None]:
    """Turn what SMTP says into what a person can do about it."""
    host = {"host": f"{settings.smtp_host}:{settings.port('smtp')}"}
    try:
        yield
    except NotSent:
        raise
    except smtplib.SMTPAuthenticationError as error:
        said = _said(error)
        if 400 <= error.smtp_code < 500:
            raise TryAgain(_("The mail server does not let us in now: %(said)s") % said) from error
        raise Refused(
            _("The mail server refuses the log-in name or password of %(address)s: %(said)s")
            % {"address": settings.address, **said}
        ) from error
    except smtplib.SMTPRecipientsRefused as error:
        code, words = next(iter(error.recipients.values()), (550, b""))
        said = {"said": _plain(words)}
        if 400 <= code < 500:
            raise TryAgain(_("The mail server does not take it now: %(said)s") % said) from error
        raise Refused(_("The mail server refuses this address: %(said)s") % said) from error
    except smtplib.SMTPNotSupportedError as error:
        raise Refused(
            _("The mail server can't do what the settings ask for. Choose another encryption.")
        ) from error
    except smtplib.SMTPServerDisconnected as error:
        raise TryAgain(_("The mail server has broken off the connection.")) from error
    except smtplib.SMTPResponseException as error:
        said = _said(error)
        if 400 <= error.smtp_code < 500:
            raise TryAgain(_("The mail server does not take it now: %(said)s") % said) from error
        raise Refused(_("The mail server refuses the letter: %(said)s") % said) from error
    except ssl.SSLCertVerificationError as error:
        raise TryAgain(unproved(error, **host)) from error
    except ssl.SSLError as error:
        raise TryAgain(
            _("No safe connection to %(host)s: check its name, its port and the encryption.") % host
        ) from error
    except (OSError, smtplib.SMTPException) as error:
        raise TryAgain(
            _("The mail server %(host)s does not answer. Check its name and port.") % host
        ) from error


def _said(error: smtplib.SMTPResponseException) -> dict[str, str]:
    return {"said": f"{error.smtp_code} {_plain(error.smtp_error)}".strip()}


def _plain(words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return " ".join(text.split())[:300]
