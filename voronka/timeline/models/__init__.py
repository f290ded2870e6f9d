"""What is stored about the work on cards, and whom it is told to."""

from voronka.timeline.models.notices import (
    NoticeDevice,
    NoticeLetter,
    NoticePolicy,
    NoticePush,
    Notification,
)
from voronka.timeline.models.questions import Question, QuestionQuerySet, Reply
from voronka.timeline.models.work import (
    Activity,
    ActivityQuerySet,
    Conversation,
    ConversationQuerySet,
    Message,
    Note,
    Rethreading,
)

__all__ = [
    "Activity",
    "ActivityQuerySet",
    "Conversation",
    "ConversationQuerySet",
    "Message",
    "Note",
    "NoticeDevice",
    "NoticeLetter",
    "NoticePolicy",
    "NoticePush",
    "Notification",
    "Question",
    "QuestionQuerySet",
    "Reply",
    "Rethreading",
]
