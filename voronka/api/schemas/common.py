"""What the schemas have in common. Amounts are strings with two decimals, moments ISO 8601."""

from __future__ import annotations

from typing import Annotated, Any

from ninja import Schema
from pydantic import ConfigDict, Field, StringConstraints

NO_ZERO_BYTE = r"^[^\x00]*$"

Text = Annotated[str, StringConstraints(pattern=NO_ZERO_BYTE, max_length=2000)]

LongText = Annotated[str, StringConstraints(pattern=NO_ZERO_BYTE, max_length=20_000)]

Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,60}$")]

Id = Annotated[int, Field(ge=1, le=2**53)]

Values = dict[Code, Any]


class In(Schema):
    """What comes in; an unknown key is a mistake, never ignored."""

    model_config = ConfigDict(extra="forbid")


class ErrorOut(Schema):
    """A refusal. `code` is stable; `detail` is a sentence in the person's language."""

    code: str
    detail: str
    fields: dict[str, str] = Field(default_factory=dict, description="Field code -> sentence")
    missing: Annotated[list[str] | None, Field(description="gate: fields to be filled")] = None
    criteria: Annotated[list[str] | None, Field(description="gate: criteria to be met")] = None
    needs_reason: Annotated[bool | None, Field(description="gate: a loss reason")] = None
    needs_comment: Annotated[bool | None, Field(description="gate: a comment to it")] = None
