"""The building blocks of parameters: forms, the API and the blueprint are drawn from them.

A parameter that names something of the set-up carries `x-ref` in its schema: what kind of thing it
is. `references.problems` checks it when a robot is saved, a form offers a choice instead of a text.
Titles and descriptions are English sources (`gettext_noop`), which a form translates.
"""

from __future__ import annotations

from typing import Annotated, Any

from django.utils.translation import gettext_noop
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    model_serializer,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from voronka.automation.spans import PATTERN, Span
from voronka.kernel.texts import LocalText

WHO = (
    r"^(owner|author|head|head_of_head|watchers|stage"
    r"|(role|department):[a-z][a-z0-9_-]{0,39}|user:\S{3,254})$"
)


class Params(BaseModel):
    """Parameters of a trigger or an action; an unknown key is an error, never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NoParams(Params):
    """Nothing to set."""


def choices(**titles: str) -> dict[str, Any]:
    """Say what the values of a choice are called: English sources under `gettext_noop`."""
    return {"x-titles": titles}


def columns(key: str, value: str) -> dict[str, Any]:
    """Say what stands left and right in a table of pairs."""
    return {"x-columns": [key, value]}


LONG: dict[str, Any] = {"x-long": True}  # words of several lines
ACTIVITY_KINDS = choices(
    task=gettext_noop("Task"), call=gettext_noop("Call"), meeting=gettext_noop("Meeting")
)
FIELDS_ALONG = columns(gettext_noop("Field there (code)"), gettext_noop("Field here"))


def _span(text: str) -> str:
    return Span.read(text).write()


def _ref(kind: str, **more: Any) -> Any:
    return Field(json_schema_extra={"x-ref": kind, **more}, max_length=255)


Duration = Annotated[
    str,
    Field(
        pattern=f"^$|{PATTERN}",
        description="30m, 4h, 2d in working time (a day is 8 hours), or 3d calendar (24 hours)",
        json_schema_extra={"x-ref": "span"},
    ),
    AfterValidator(_span),
]
FieldRef = Annotated[str, _ref("field")]  # a system or custom field of the robot's item type
WrittenRef = Annotated[str, _ref("field", **{"x-written": True})]  # … that a command may set
Formula = Annotated[
    str,
    Field(
        max_length=1000,
        json_schema_extra={"x-ref": "formula", "x-for": "field"},  # the parameter it is for
    ),
]
StageRef = Annotated[str, _ref("stage")]  # "stage" of the robot's funnel, or "pipeline/stage"
PipelineRef = Annotated[str, _ref("pipeline")]
LossReasonRef = Annotated[str, _ref("loss_reason")]  # its code, the same in several funnels
RobotRef = Annotated[str, _ref("robot")]
TriggerRef = Annotated[str, _ref("trigger")]
Who = Annotated[
    str,
    Field(
        pattern=WHO,
        description="owner, author, head, head_of_head, watchers, stage,"
        " role:…, department:…, user:…",
        json_schema_extra={"x-ref": "who"},
    ),
]


class Words(BaseModel):
    """Words for people, in one language or two, with {placeholders} of facts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ru: str = Field("", max_length=4000)
    en: str = Field("", max_length=4000)

    @model_validator(mode="before")
    @classmethod
    def _from_string(cls, value: Any) -> Any:
        if isinstance(value, LocalText):
            return value.as_dict()
        return {"ru": value} if isinstance(value, str) else value

    @model_serializer
    def _to_plain(self) -> str | dict[str, str]:
        return {"ru": self.ru, "en": self.en} if self.ru and self.en else self._one()

    def _one(self) -> str | dict[str, str]:
        return {"en": self.en} if self.en else self.ru

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Publish both spellings: a string, or an object with the languages."""
        return {
            "x-ref": "words",
            "description": "A plain string, or one per language: {ru: …, en: …}",
            "anyOf": [
                {"type": "string"},
                {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {code: {"type": "string"} for code in ("ru", "en")},
                },
            ],
        }

    @property
    def local(self) -> LocalText:
        """The text as LocalText: shows itself in the reader's language."""
        return LocalText(self.ru, self.en)

    def __bool__(self) -> bool:
        return bool(self.ru or self.en)

    def __str__(self) -> str:
        return str(self.local)


NO_WORDS = Words()
