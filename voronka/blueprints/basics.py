"""What all parts of a blueprint are made of: codes, texts in two languages, spans of time."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from voronka.kernel.texts import LocalText

CODE = r"^[a-z][a-z0-9_-]{0,59}$"
SHORT_CODE = r"^[a-z][a-z0-9_-]{0,39}$"  # of people's parts
OPTION_CODE = r"^[a-z0-9][a-z0-9_-]{0,59}$"
DEADLINE = r"^[1-9][0-9]{0,4}(m|h|d)( calendar)?$"
AGE = r"^[0-9]{1,5}(m|h|d)$"

Code = Annotated[str, Field(pattern=CODE)]
ShortCode = Annotated[str, Field(pattern=SHORT_CODE)]
OptionCode = Annotated[str, Field(pattern=OPTION_CODE)]
Age = Annotated[str, Field(pattern=AGE)]  # 30m, 4h, 14d of calendar time


class Part(BaseModel):
    """A piece of a blueprint; a key that it does not know is an error, never ignored."""

    model_config = ConfigDict(extra="forbid")


class Text(Part):
    """Words for people: a plain string, or one per language, {ru: …, en: …}."""

    ru: str = ""
    en: str = ""

    @model_validator(mode="before")
    @classmethod
    def _from_string(cls, value: Any) -> Any:
        return {"ru": value} if isinstance(value, str) else value

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Publish both spellings: a string, or an object with the languages."""
        words = {"type": "object", "additionalProperties": False, "minProperties": 1}
        words["properties"] = {language: {"type": "string"} for language in ("ru", "en")}
        return {
            "description": "A plain string, or one per language: {ru: …, en: …}",
            "anyOf": [{"type": "string"}, words],
        }

    @classmethod
    def of(cls, text: LocalText) -> Text:
        """Take over a stored text."""
        return cls(ru=text.ru, en=text.en)

    @property
    def local(self) -> LocalText:
        """The text as the database keeps it."""
        return LocalText(self.ru, self.en)

    def __bool__(self) -> bool:
        return bool(self.ru or self.en)

    def __str__(self) -> str:
        return str(self.local)
