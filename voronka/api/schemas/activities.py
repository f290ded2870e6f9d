"""Activities, notes and questions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field, StringConstraints

from voronka.api.schemas.common import NO_ZERO_BYTE, Id, In, LongText
from voronka.timeline.models import Activity, Note, Question


class ActivityOut(Schema):
    """A task, call or meeting."""

    id: int
    kind: str
    title: str
    text: str
    item_id: int | None
    client_id: int | None
    owner_id: int
    due_at: datetime | None
    done_at: datetime | None
    outcome: str
    result: str
    answers: list[dict[str, object]] = Field(
        description="How it may end, where not any end will do"
    )
    answer: str
    created_at: datetime

    @classmethod
    def of(cls, activity: Activity) -> ActivityOut:
        return cls.model_construct(**{name: getattr(activity, name) for name in cls.model_fields})


class ActivityPage(Schema):
    """A page of activities."""

    items: list[ActivityOut]
    next: str | None


class ActivityIn(In):
    """A plan, on a card or for a client."""

    kind: Literal["task", "call", "meeting"] = "task"
    title: Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=NO_ZERO_BYTE)]
    text: LongText = ""
    item_id: Id | None = None
    client_id: Id | None = None
    owner_id: Id | None = Field(None, description="The card's responsible when left out")
    due_at: datetime | None = None
    remind_at: datetime | None = None


class NextIn(In):
    """What comes next."""

    kind: Literal["task", "call", "meeting"] = "task"
    title: Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=NO_ZERO_BYTE)]
    text: LongText = ""
    due_at: datetime


class DoneIn(In):
    """How an activity ended."""

    outcome: Literal["done", "no_answer", "no_show", "cancelled"] = "done"
    result: LongText = ""
    answer: str = Field("", max_length=20, description="Of a task that asks for one of its answers")
    then: NextIn | None = Field(
        None, description="Planned along with it; wanted where the stage requires a next step"
    )


class ReplyOut(Schema):
    """One word in the thread of a question."""

    author_id: int
    text: str
    at: datetime


class QuestionOut(Schema):
    """A question on a card. It is open while `settled_at` is empty."""

    id: int
    item_id: int
    text: str
    asker_id: int
    to: str = Field(description="user:<id> or role:<code>; empty when the role is gone")
    to_name: str
    due_at: datetime
    asked_at: datetime
    settled_at: datetime | None
    answered: bool = Field(description="Settled by an answer, not taken back")
    replies: list[ReplyOut]

    @classmethod
    def of(cls, question: Question) -> QuestionOut:
        plain = cls.model_fields.keys() - {"to", "to_name", "replies"}
        role, user_id = question.to_role, question.to_user_id
        return cls.model_construct(
            **{name: getattr(question, name) for name in plain},
            to=f"user:{user_id}" if user_id else f"role:{role.code}" if role else "",
            to_name=question.asked,
            replies=[
                ReplyOut.model_construct(author_id=r.author_id, text=r.text, at=r.at)
                for r in question.replies.all()
            ],
        )


class QuestionPage(Schema):
    """A page of questions."""

    items: list[QuestionOut]
    next: str | None


class QuestionIn(In):
    """A question to a person or a role, with the time by which the answer is needed."""

    item_id: Id
    text: Annotated[str, StringConstraints(min_length=1, max_length=4000, pattern=NO_ZERO_BYTE)]
    to: str = Field(max_length=80, description="user:<id> or role:<code>")
    due_at: datetime


class WordIn(In):
    """One word in the thread of a question."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=4000, pattern=NO_ZERO_BYTE)]


class NoteIn(In):
    """A note."""

    text: LongText


class NoteOut(Schema):
    """A note in the feed."""

    id: int
    text: str
    author_id: int | None
    created_at: datetime

    @classmethod
    def of(cls, note: Note) -> NoteOut:
        return cls.model_construct(
            id=note.pk, text=note.text, author_id=note.author_id, created_at=note.created_at
        )
