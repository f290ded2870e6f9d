"""What an address does with what it gets: which place goes where, and what comes of it (AP-3).

A target is a form's ("name", "phone", "item:<code>", "client:<column>" …) or one of an order's:
"title", "amount", "card_id" (the card's id there), "number" (of our card), "utm", "page"; "" is
kept with the message, "-" is left out.
"""

from __future__ import annotations

import re
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from voronka.channels.contract import ChannelSettings
from voronka.channels.providers.hook import paths
from voronka.channels.targets import COMMON, is_named_target

KEEP, LEAVE_OUT = "", "-"
PLAIN_TARGETS: dict[str, Promise] = {
    **COMMON,
    "title": gettext_lazy("Title of the card"),
    "amount": gettext_lazy("Amount"),
    "card_id": gettext_lazy("Its number in the other system"),
    "number": gettext_lazy("Number of our card"),
    "utm": gettext_lazy("Advertising mark, by its name"),
    "page": gettext_lazy("Page on the site"),
    KEEP: gettext_lazy("Keep with the message"),
    LEAVE_OUT: gettext_lazy("Leave out"),
}
KEYS: dict[str, str] = {  # by what a card is found -> the target that brings it
    "external": "card_id",
    "number": "number",
    "phone": "phone",
    "email": "email",
}
MAX_ROWS = 120
_HEADER = re.compile(r"[A-Za-z0-9-]{1,60}")


class Row(BaseModel):
    """One place, and where its value goes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str = Field(min_length=1, max_length=200)
    target: str = KEEP

    @field_validator("path")
    @classmethod
    def _path_is_one(cls, value: str) -> str:
        paths.compiled(value)
        return value

    @field_validator("target")
    @classmethod
    def _target_is_known(cls, value: str) -> str:
        if value not in PLAIN_TARGETS and not is_named_target(value):
            raise ValueError(_("Choose from the list."))
        return value


class Mapping(BaseModel):
    """Everything that is set on the mapping page. Without rows nothing has been mapped yet.

    `once`: the place whose value is the same when the sender repeats itself.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    rows: list[Row] = Field(default_factory=list, max_length=MAX_ROWS)
    effect: Literal["card", "signal"] = "card"
    key: Literal["external", "number", "phone", "email"] = "external"
    missing: Literal["wait", "ignore", "card"] = "wait"
    once: str = Field("", max_length=200)

    @field_validator("once")
    @classmethod
    def _once_is_a_path(cls, value: str) -> str:
        if value:
            paths.compiled(value)
        return value

    def has(self, target: str) -> bool:
        """Whether some place goes to a target."""
        return any(row.target == target for row in self.rows)


class Settings(ChannelSettings):
    """Drawn on the page of the channel; the mapping has a page of its own."""

    signed: bool = Field(
        False,
        title=gettext_noop("Take only signed calls"),
        description=gettext_noop("A call without the right signature is refused and not kept"),
    )
    signature_header: str = Field(
        "X-Signature", max_length=60, title=gettext_noop("Header with the signature")
    )
    algorithm: Literal["sha256", "sha1", "sha512"] = Field(
        "sha256",
        title=gettext_noop("How it is signed"),
        description=gettext_noop("HMAC of the whole body, in hex or Base64"),
        json_schema_extra={
            "labels": {
                "sha256": gettext_noop("HMAC SHA-256"),
                "sha1": gettext_noop("HMAC SHA-1"),
                "sha512": gettext_noop("HMAC SHA-512"),
            }
        },
    )
    secret: SecretStr = Field(SecretStr(""), title=gettext_noop("Signing secret"))
    once_header: str = Field(
        "",
        max_length=60,
        title=gettext_noop("Header with the call number"),
        description=gettext_noop(
            "Such as X-Request-Id: the same number again is no new enquiry. Idempotency-Key is"
            " known without saying"
        ),
    )
    answer: str = Field(
        "ok",
        max_length=200,
        title=gettext_noop("Answer to the other system"),
        description=gettext_noop("What it hears after a call that was taken"),
    )
    mapping: Mapping = Field(default_factory=Mapping)

    @field_validator("signature_header", "once_header")
    @classmethod
    def _header_is_one(cls, value: str) -> str:
        value = value.strip().rstrip(":")
        if value and not _HEADER.fullmatch(value):
            raise ValueError(_("Write a header's name, such as X-Signature."))
        return value

    @model_validator(mode="after")
    def _signed_with_something(self) -> Settings:
        if self.signed and not (self.secret.get_secret_value() and self.signature_header):
            raise ValueError(_("To check signatures, give the header and the secret."))
        return self
