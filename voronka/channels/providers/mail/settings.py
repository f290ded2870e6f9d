"""What a mailbox must be told, with the servers of well-known services known by heart."""

from __future__ import annotations

import re
from typing import Any, Literal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from pydantic import Field, JsonValue, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from voronka.channels.contract import ChannelSettings
from voronka.kernel.errors import Sentence

Security = Literal["ssl", "starttls", "none"]
_ADDRESS = re.compile(r"[^@\s<>\"(),;:]+@[^@\s<>\"(),;:]+\.[^@\s<>\"(),;:.]+")
_HOST = re.compile(r"[\w.-]{1,253}|\[?[0-9a-f:]{2,45}\]?", re.IGNORECASE)
_HERE = {"localhost", "127.0.0.1", "::1"}
# domain of the address -> (IMAP, SMTP); all of them speak TLS on 993 and 465
_KNOWN = {
    **dict.fromkeys(
        ["yandex.ru", "ya.ru", "yandex.com", "yandex.by", "yandex.kz", "narod.ru"],
        ("imap.yandex.ru", "smtp.yandex.ru"),
    ),
    **dict.fromkeys(
        ["mail.ru", "bk.ru", "inbox.ru", "list.ru", "internet.ru"], ("imap.mail.ru", "smtp.mail.ru")
    ),
    **dict.fromkeys(["gmail.com", "googlemail.com"], ("imap.gmail.com", "smtp.gmail.com")),
}
_PORTS = {"imap": {"ssl": 993, "starttls": 143, "none": 143},
          "smtp": {"ssl": 465, "starttls": 587, "none": 25}}  # fmt: skip


_LABELS: dict[str, JsonValue] = {
    "labels": {
        "ssl": gettext_noop("SSL"),
        "starttls": "STARTTLS",
        "none": gettext_noop("None (only on this machine)"),
    }
}


class MailSettings(ChannelSettings):
    """A mailbox. Most need their address and password only; the rest has sensible defaults."""

    address: str = Field(
        title=gettext_noop("Address"),
        description=gettext_noop("Of the mailbox, e.g. sales@example.com"),
        max_length=200,
    )
    password: SecretStr = Field(
        title=gettext_noop("Password"),
        description=gettext_noop(
            "Yandex, Mail.ru and Gmail want one made for applications, not the usual one"
        ),
    )
    user: str = Field(
        "",
        max_length=200,
        title=gettext_noop("Log-in name"),
        description=gettext_noop("Empty: the address"),
    )
    from_name: str = Field(
        "",
        max_length=120,
        title=gettext_noop("Sender's name"),
        description=gettext_noop("As clients see it: the company's name"),
    )
    with_author: bool = Field(True, title=gettext_noop("Put the employee's name before it"))
    signature: str = Field(
        "",
        max_length=2000,
        title=gettext_noop("Signature"),
        description=gettext_noop("Under each letter"),
    )
    track: bool = Field(
        False,
        title=gettext_noop("Notice when letters are opened and their links followed"),
        description=gettext_noop(
            "Links lead through the address of this CRM, which clients must be able to reach"
        ),
    )
    imap_security: Security = Field(
        "ssl", title=gettext_noop("Encryption of incoming mail"), json_schema_extra=_LABELS
    )
    imap_host: str = Field(
        "",
        max_length=200,
        title=gettext_noop("Server of incoming mail (IMAP)"),
        description=gettext_noop("Known by itself for Yandex, Mail.ru and Gmail"),
    )
    imap_port: int = Field(
        0,
        ge=0,
        le=65535,
        title=gettext_noop("Port of incoming mail"),
        description=gettext_noop("0: the usual one"),
    )
    folder: str = Field("INBOX", max_length=200, title=gettext_noop("Folder that is read"))
    sent_folder: str = Field(
        "",
        max_length=200,
        title=gettext_noop("Folder of sent letters"),
        description=gettext_noop(
            "When given, answers written in other mail programs are put into the talk, too"
        ),
    )
    smtp_security: Security = Field(
        "ssl", title=gettext_noop("Encryption of outgoing mail"), json_schema_extra=_LABELS
    )
    smtp_host: str = Field(
        "",
        max_length=200,
        title=gettext_noop("Server of outgoing mail (SMTP)"),
        description=gettext_noop("Known by itself for Yandex, Mail.ru and Gmail"),
    )
    smtp_port: int = Field(
        0,
        ge=0,
        le=65535,
        title=gettext_noop("Port of outgoing mail"),
        description=gettext_noop("0: the usual one"),
    )
    smtp_user: str = Field(
        "",
        max_length=200,
        title=gettext_noop("Log-in name for sending"),
        description=gettext_noop("Empty: the same one"),
    )
    smtp_password: SecretStr = Field(
        SecretStr(""),
        title=gettext_noop("Password for sending"),
        description=gettext_noop("Empty: the same one"),
    )
    aliases: str = Field(
        "",
        max_length=2000,
        title=gettext_noop("Further addresses of ours"),
        description=gettext_noop("Letters from these make no cards; separate them by commas"),
    )
    from_days: int = Field(
        0,
        ge=0,
        le=30,
        title=gettext_noop("Take letters of the last days"),
        description=gettext_noop("At the first connection; 0: only letters that come from now on"),
    )
    newsletters: bool = Field(False, title=gettext_noop("Make cards of newsletters, too"))

    @field_validator("address", mode="after")
    @classmethod
    def _an_address(cls, value: str) -> str:
        if not _ADDRESS.fullmatch(value := value.strip()):
            raise _wrong(_("Write an address like sales@example.com."))
        return value

    @field_validator("password", mode="after")
    @classmethod
    def _a_password(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value():
            raise _wrong(_("Without a password nobody can look into the mailbox."))
        return value

    @field_validator("aliases", mode="after")
    @classmethod
    def _all_addresses(cls, value: str) -> str:
        for one in _listed(value):
            if not _ADDRESS.fullmatch(one):
                raise _wrong(
                    _("“%(word)s” is not an address. Separate addresses by commas.")
                    % {"word": one[:60]}
                )
        return ", ".join(_listed(value))

    @field_validator("imap_host", "smtp_host", mode="after")
    @classmethod
    def _a_host(cls, value: str, info: ValidationInfo) -> str:
        value = value.strip().strip("[]")
        known = _KNOWN.get(str(info.data.get("address", "")).rpartition("@")[2].lower())
        if not value and known:
            value = known[0 if info.field_name == "imap_host" else 1]
        if not value or not _HOST.fullmatch(value):
            raise _wrong(_("Write the server's name, as the mail service tells it."))
        security = info.data.get(f"{str(info.field_name)[:4]}_security")
        if security == "none" and value.lower() not in _HERE:
            raise _wrong(_("Without encryption others could read the password. Choose SSL."))
        return value

    @field_validator("from_name", "user", "smtp_user", "folder", "sent_folder", mode="after")
    @classmethod
    def _one_line(cls, value: str) -> str:
        return " ".join(value.split())

    @model_validator(mode="before")
    @classmethod
    def _check_defaults(cls, data: Any) -> Any:
        """Let hosts be looked up although nobody wrote any: defaults are not validated."""
        return {"imap_host": "", "smtp_host": "", **data} if isinstance(data, dict) else data

    @property
    def own(self) -> frozenset[str]:
        """All addresses that are ours, in lower case."""
        return frozenset(a.lower() for a in [self.address, *_listed(self.aliases)])

    @property
    def domain(self) -> str:
        """The part of the address behind its @, as ASCII."""
        domain = self.address.rpartition("@")[2]
        try:
            return domain.encode("idna").decode()
        except UnicodeError:
            return "localhost"

    def port(self, protocol: Literal["imap", "smtp"]) -> int:
        """Return the port of a server: the one that was given, or the usual one."""
        given: int = getattr(self, f"{protocol}_port")
        return given or _PORTS[protocol][getattr(self, f"{protocol}_security")]

    def log_in(self, protocol: Literal["imap", "smtp"]) -> tuple[str, str]:
        """Return the name and the password for a server."""
        user, password = self.user or self.address, self.password
        if protocol == "smtp":
            user = self.smtp_user or user
            password = self.smtp_password if self.smtp_password.get_secret_value() else password
        return user, password.get_secret_value()


def _listed(text: str) -> list[str]:
    return [one for one in re.split(r"[\s,;]+", text) if one]


def _wrong(why: Sentence) -> PydanticCustomError:
    return PydanticCustomError("mail", "{why}", {"why": str(why)})
