"""Questions on cards, with their answers (SP-4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

if TYPE_CHECKING:
    from datetime import datetime

    from voronka.people.models import User


class QuestionQuerySet(models.QuerySet["Question"]):
    """Readable filters of questions."""

    def open(self) -> QuestionQuerySet:
        """Neither answered nor closed."""
        return self.filter(settled_at=None)

    def overdue(self, *, at: datetime) -> QuestionQuerySet:
        """Open, and the time for the answer has passed."""
        return self.open().filter(due_at__lt=at)

    def asked_of(self, user: User) -> QuestionQuerySet:
        """Asked of a person by name, or of everybody with their role."""
        return self.filter(Q(to_user_id=user.pk) | Q(to_role_id=user.role_id))


class Question(models.Model):
    """A question on a card to a person or to a role, with a time by which it is answered (SP-4).

    Its thread are `Reply` rows. The first reply of somebody who was asked settles it; the asker may
    close it without one.
    """

    item = models.ForeignKey("items.Item", models.CASCADE, related_name="questions", db_index=False)
    text = models.TextField()
    asker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="questions")
    to_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    to_role = models.ForeignKey("people.Role", models.SET_NULL, null=True, related_name="+")
    to_name = models.CharField(max_length=160)  # of the role, when it is gone; as it was asked
    due_at = models.DateTimeField()
    asked_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    answered = models.BooleanField(default=False)  # settled by an answer, not closed without one
    late_told_at = models.DateTimeField(null=True)  # asker and head have heard that it is late

    objects = QuestionQuerySet.as_manager()
    journal_type: ClassVar[str] = "question"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(to_user=None) | Q(to_role=None),
                name="question_to_one",
            )
        ]
        indexes = [
            models.Index(fields=["item", "-settled_at"], name="question_by_item"),
            # my day, and what is late
            models.Index(fields=["due_at"], condition=Q(settled_at=None), name="question_open_due"),
        ]

    def __str__(self) -> str:
        return self.text[:60]

    @property
    def asked(self) -> str:
        """Whom it asks: the person's name or the role's."""
        return str(self.to_user or self.to_role or self.to_name)

    @property
    def is_open(self) -> bool:
        """Whether it waits for an answer."""
        return self.settled_at is None

    @property
    def is_late(self) -> bool:
        """Whether it should have been answered by now."""
        return self.settled_at is None and self.due_at < timezone.now()

    def asks(self, user: User) -> bool:
        """Whether it is this person who should answer."""
        return self.to_user_id == user.pk or (
            self.to_role_id is not None and self.to_role_id == user.role_id
        )


class Reply(models.Model):
    """One answer, or one more word, in the thread of a question."""

    question = models.ForeignKey(Question, models.CASCADE, related_name="replies")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.TextField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return self.text[:60]
