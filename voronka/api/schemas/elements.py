"""What the elements of a card say together."""

from __future__ import annotations

from datetime import date

from ninja import Schema
from pydantic import Field

from voronka.items.elements import RollUp


class SpanOut(Schema):
    """The earliest and the latest value of a date field of elements."""

    field: str = Field(description="Its code")
    first: str = Field(description="ISO 8601")
    last: str
    filled: int = Field(description="How many elements have it")


class RollUpOut(Schema):
    """What the elements of one type say together; called off ones are left out."""

    item_type: str
    all: int
    ready: int = Field(description="Finished successfully")
    share_ready: float | None = Field(description="0..1; null without elements")
    blocked: int = Field(description="Past the deadline of their stage, or with a stopped clock")
    dates: list[SpanOut]

    @classmethod
    def of(cls, roll: RollUp) -> RollUpOut:
        dates = [
            SpanOut.model_construct(
                field=one.code, first=_iso(one.first), last=_iso(one.last), filled=one.filled
            )
            for one in roll.spans
        ]
        return cls.model_construct(
            item_type=roll.item_type.code,
            all=roll.all,
            ready=roll.ready,
            share_ready=roll.share,
            blocked=roll.blocked,
            dates=dates,
        )


def _iso(moment: date | str) -> str:
    return moment if isinstance(moment, str) else moment.isoformat()
