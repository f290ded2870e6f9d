"""The fields of a form: what the visitor sees, and where each answer goes.

A target is "name", "phone", "email", "account:<kind>", "company", "text", "product", "source",
"item:<code of a field>" of the card, "client:<column>" of the client, or "": kept with the message.
"""

from __future__ import annotations

import re
from typing import Any, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, ConfigDict, Field, field_validator

from voronka.channels.targets import COMMON, is_named_target
from voronka.kernel.texts import LocalText

PLAIN_TARGETS: dict[str, Promise] = {
    **COMMON,
    "": _("Keep with the message"),
}
KINDS = ("text", "textarea", "phone", "email", "number", "date", "select", "radio", "checkbox",
         "checkboxes", "file", "hidden")  # fmt: skip
Kind = Literal[
    "text", "textarea", "phone", "email", "number", "date", "select", "radio", "checkbox",
    "checkboxes", "file", "hidden",
]  # fmt: skip
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,59}")
MAX_FIELDS = 60
MAX_OPTIONS = 200


class Choice(BaseModel):
    """One choice of a list: what is posted, and what the visitor reads."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: str = Field(min_length=1, max_length=120)
    label: dict[str, str] = Field(default_factory=dict)

    @property
    def text(self) -> LocalText:
        """The label in the visitor's language; the value where there is none."""
        return LocalText.of(self.label or self.value)


class FormField(BaseModel):
    """One field of a form."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(description="What is posted, e.g. phone")
    kind: Kind = "text"
    target: str = ""
    label: dict[str, str] = Field(default_factory=dict)
    hint: dict[str, str] = Field(default_factory=dict)
    required: bool = False
    choices: list[Choice] = Field(default_factory=list, max_length=MAX_OPTIONS)
    default: str = Field("", max_length=500, description="Of a hidden field: its value")

    @field_validator("name")
    @classmethod
    def _name_is_plain(cls, value: str) -> str:
        if not _NAME.fullmatch(value):
            raise ValueError("Latin letters, digits, _ and -, beginning with a letter")
        return value

    @field_validator("target")
    @classmethod
    def _target_is_known(cls, value: str) -> str:
        if value not in PLAIN_TARGETS and not is_named_target(value):
            raise ValueError("unknown target")
        return value

    @property
    def text(self) -> LocalText:
        """The label in the visitor's language; the name where there is none."""
        return LocalText.of(self.label or self.name)

    @property
    def has_short_choices(self) -> bool:
        """Whether two of the choices fit side by side."""
        return all(len(str(choice.text)) <= 22 for choice in self.choices)

    @property
    def hint_text(self) -> LocalText:
        """The hint in the visitor's language."""
        return LocalText.of(self.hint)


def read_fields(raw: list[dict[str, Any]]) -> list[FormField]:
    """Return the fields of a stored form."""
    return [FormField.model_validate(one) for one in raw]


USUAL_FIELDS = [
    FormField(name="name", target="name", label={"ru": "Имя", "en": "Name"}),
    FormField(
        name="phone",
        kind="phone",
        target="phone",
        label={"ru": "Телефон", "en": "Phone"},
        required=True,
    ),
    FormField(
        name="message",
        kind="textarea",
        target="text",
        label={"ru": "Что вас интересует", "en": "What are you interested in"},
    ),
]
