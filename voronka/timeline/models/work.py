"""Notes, activities, conversations and messages."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from voronka.clients.models import Client
from voronka.items.models import Item, allowed
from voronka.kernel import masking
from voronka.kernel.texts import LocalText

if TYPE_CHECKING:
    from voronka.people.models import User


class Note(models.Model):
    """What somebody wrote about a card or a client."""

    item = models.ForeignKey(
        "items.Item", models.CASCADE, null=True, blank=True, related_name="notes"
    )
    client = models.ForeignKey(
        "clients.Client", models.CASCADE, null=True, blank=True, related_name="notes"
    )
    text = models.TextField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="notes"
    )
    mentions = models.JSONField(default=list)  # user ids
    attachments = models.ManyToManyField("items.Attachment", blank=True, related_name="notes")
    pinned = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)

    journal_type: ClassVar[str] = "note"

    class Meta:
        indexes = [
            models.Index(fields=["item", "-created_at"], name="note_by_item"),
            models.Index(fields=["client", "-created_at"], name="note_by_client"),
        ]

    def __str__(self) -> str:
        return self.text[:60]


class ActivityQuerySet(models.QuerySet["Activity"]):
    """Readable filters of activities."""

    def planned(self) -> ActivityQuerySet:
        """Neither done nor cancelled."""
        return self.filter(done_at=None)

    def overdue(self, *, at: datetime) -> ActivityQuerySet:
        """Planned for a moment that has passed."""
        return self.planned().filter(due_at__lt=at)


class Activity(models.Model):
    """A task, call or meeting: planned for a time, owned by somebody, ended with an outcome."""

    class Kind(models.TextChoices):
        TASK = "task", _("Task")
        CALL = "call", _("Call")
        MEETING = "meeting", _("Meeting")

    class Outcome(models.TextChoices):
        DONE = "done", pgettext_lazy("outcome", "Done")
        NO_ANSWER = "no_answer", pgettext_lazy("outcome", "No answer")
        NO_SHOW = "no_show", pgettext_lazy("outcome", "Did not come")
        CANCELLED = "cancelled", pgettext_lazy("outcome", "Cancelled")

    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.TASK)
    item = models.ForeignKey(
        "items.Item", models.CASCADE, null=True, blank=True, related_name="activities"
    )
    client = models.ForeignKey(
        "clients.Client", models.CASCADE, null=True, blank=True, related_name="activities"
    )
    title = models.CharField(max_length=255)
    text = models.TextField(blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="activities")
    due_at = models.DateTimeField(null=True)  # empty: "some day", counted by control (C8)
    minutes = models.PositiveSmallIntegerField(null=True)  # planned length of a meeting
    remind_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True)
    result = models.TextField(blank=True)
    # Where not any end will do: [{"code", "name"}]; done, it holds the code of one of them (RB-2).
    answers = models.JSONField(default=list)
    answer = models.CharField(max_length=20, blank=True)
    created_by_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()

    objects = ActivityQuerySet.as_manager()
    journal_type: ClassVar[str] = "activity"

    class Meta:
        indexes = [
            # my activities, and control over one seller
            models.Index(
                fields=["owner", "due_at"], condition=Q(done_at=None), name="activity_own_planned"
            ),
            # next step of a card
            models.Index(
                fields=["item", "due_at"], condition=Q(done_at=None), name="activity_next_step"
            ),
            models.Index(fields=["item", "-created_at"], name="activity_by_item"),
            # my day: how much is done today; my activities: what was done
            models.Index(
                fields=["owner", "-done_at", "-id"],
                condition=Q(done_at__isnull=False),
                name="activity_own_done",
            ),
            models.Index(
                fields=["remind_at"],
                condition=Q(done_at=None, reminded_at=None, remind_at__isnull=False),
                name="activity_to_remind",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_late(self) -> bool:
        """Whether it should have been done by now."""
        return self.done_at is None and self.due_at is not None and self.due_at < timezone.now()

    @property
    def answer_choices(self) -> list[tuple[str, str]]:
        """The answers that it asks for: code and words in the reader's language."""
        return [(a["code"], str(LocalText.of(a["name"]))) for a in self.answers]

    @property
    def ending(self) -> str:
        """How it ended, in words: the answer that was given, else the outcome."""
        return dict(self.answer_choices).get(self.answer) or self.get_outcome_display()

    @property
    def is_today(self) -> bool:
        """Whether it is planned for today, in the reader's time zone."""
        return self.due_at is not None and timezone.localdate(self.due_at) == timezone.localdate()


class ConversationQuerySet(models.QuerySet["Conversation"]):
    """Readable filters of conversations."""

    def standing(self) -> ConversationQuerySet:
        """Not merged into another."""
        return self.filter(merged_into=None)

    def open(self) -> ConversationQuerySet:
        """Not merged and not closed."""
        return self.standing().filter(closed_at=None)

    def waiting(self) -> ConversationQuerySet:
        """The client has written and nobody has answered (TL-5)."""
        return self.open().filter(waiting_since__isnull=False)

    def visible_to(self, user: User, action: str = "see") -> ConversationQuerySet:
        """Conversations of cards, or of clients without a card, that `user` may see.

        One's own are always there, whatever the scope says of their card.
        """
        access = user.access
        if access.everything and access.active:
            return self.standing()
        if not access.active:
            return self.none()
        cards = Item.objects.alive().filter(allowed(user, action))
        clients = Client.objects.visible_to(user, action)
        return self.standing().filter(
            Q(owner_id=user.pk)
            | Q(item__in=cards.values("pk"))
            | Q(item=None, client__in=clients.values("pk"))
        )


class Conversation(models.Model):
    """What is said with one client about one card, whatever channel each message takes (TL-3).

    Channels live above this package, so they are plain ids here. `waiting_since` is the sender's
    time of the first message of the client's that nobody has answered; `last_*` mirror the newest
    message. All are kept by the commands.
    """

    client = models.ForeignKey(
        "clients.Client", models.PROTECT, null=True, related_name="conversations", db_index=False
    )
    item = models.ForeignKey(
        "items.Item", models.SET_NULL, null=True, related_name="conversations", db_index=False
    )
    owner = models.ForeignKey(  # who answers; nobody yet when empty
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="conversations"
    )
    guest_name = models.CharField(  # what a writer called himself of whom no client is known
        max_length=160, blank=True, db_default=""
    )
    channel_id = models.BigIntegerField(null=True)  # by which the client wrote last
    subject = models.CharField(max_length=300, blank=True)
    unread = models.PositiveIntegerField(default=0)  # messages of the client nobody has opened
    waiting_since = models.DateTimeField(null=True)
    last_at = models.DateTimeField()
    last_text = models.CharField(max_length=200, blank=True)
    last_direction = models.CharField(max_length=3, blank=True)
    last_author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    merged_into = models.ForeignKey("self", models.SET_NULL, null=True, related_name="absorbed")

    objects = ConversationQuerySet.as_manager()
    journal_type: ClassVar[str] = "conversation"

    class Meta:
        indexes = [
            # inbox: everybody's and one person's, the newest first
            models.Index(
                fields=["-last_at", "-id"],
                condition=Q(closed_at=None, merged_into=None),
                name="conversation_newest",
            ),
            models.Index(
                fields=["owner", "-last_at", "-id"],
                condition=Q(closed_at=None, merged_into=None),
                name="conversation_own",
            ),
            # inbox: who waits longest
            models.Index(
                fields=["waiting_since", "id"],
                condition=Q(closed_at=None, merged_into=None, waiting_since__isnull=False),
                name="conversation_waiting",
            ),
            # card and client: their conversations
            models.Index(fields=["item", "-last_at"], name="conversation_by_item"),
            models.Index(fields=["client", "-last_at"], name="conversation_by_client"),
        ]

    def __str__(self) -> str:
        return self.subject or self.last_text or f"#{self.pk}"

    @property
    def who(self) -> str:
        """Who writes: the client, else as they called themselves; "" when nobody has said."""
        return str(self.client) if self.client is not None else masking.shown_text(self.guest_name)

    @property
    def is_waiting(self) -> bool:
        """Whether the client waits for an answer."""
        return self.waiting_since is not None and self.closed_at is None


class Message(models.Model):
    """One message of a conversation: a letter, a form, a line of chat, a messenger's message.

    `at` is the sender's time and orders the thread, also when messages arrive out of order.
    `html` is cleaned when it is stored and cleaned again when it is shown.
    """

    class Direction(models.TextChoices):
        IN = "in", pgettext_lazy("message", "From the client")
        OUT = "out", pgettext_lazy("message", "To the client")

    class State(models.TextChoices):
        RECEIVED = "received", pgettext_lazy("message", "Received")
        QUEUED = "queued", pgettext_lazy("message", "Waits to be sent")
        SENDING = "sending", pgettext_lazy("message", "Being sent")
        SENT = "sent", pgettext_lazy("message", "Sent")
        DELIVERED = "delivered", pgettext_lazy("message", "Delivered")
        READ = "read", pgettext_lazy("message", "Read")
        FAILED = "failed", pgettext_lazy("message", "Not sent")
        CANCELLED = "cancelled", pgettext_lazy("message", "Cancelled")

    conversation = models.ForeignKey(
        Conversation, models.CASCADE, related_name="messages", db_index=False
    )
    direction = models.CharField(max_length=3, choices=Direction.choices)
    channel_id = models.BigIntegerField(null=True)
    provider = models.CharField(max_length=20)  # its code, for icons and wording
    author = models.ForeignKey(  # of a message to the client: the person who wrote it
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="messages"
    )
    author_name = models.CharField(max_length=160, blank=True)  # the client's or a robot's
    identity_kind = models.CharField(max_length=12, blank=True)  # the client's side of it
    identity_value = models.CharField(max_length=254, blank=True)
    thread_key = models.CharField(max_length=255, blank=True)  # the chat's id in its channel
    subject = models.CharField(max_length=300, blank=True)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    attachments = models.ManyToManyField("items.Attachment", blank=True, related_name="messages")
    external_id = models.CharField(max_length=255, blank=True)
    reply_to = models.ForeignKey("self", models.SET_NULL, null=True, related_name="replies")
    automatic = models.BooleanField(default=False)  # an auto-reply, or a robot's: no human touch
    state = models.CharField(max_length=9, choices=State.choices)
    send_at = models.DateTimeField(null=True)  # a person has chosen this moment (TL-9)
    due_at = models.DateTimeField(null=True)  # queued: when to send, or to try again
    cancel_on_reply = models.BooleanField(default=False)  # queued: not if the client writes first
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True)  # the last one, in words
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)  # by the client, or by us
    meta = models.JSONField(default=dict)  # {"page", "referer", "fields", "cc", …}; text only
    enquiry_id = models.BigIntegerField(null=True)  # the ledger's row it came in by

    journal_type: ClassVar[str] = "message"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["channel_id", "external_id"],
                condition=~Q(external_id=""),
                name="message_once",
            )
        ]
        indexes = [
            # the thread, in the order of the senders' clocks
            models.Index(fields=["conversation", "at", "id"], name="message_thread"),
            # intake: to which conversation does this chat belong?
            models.Index(
                fields=["channel_id", "thread_key", "-at"],
                condition=~Q(thread_key=""),
                name="message_by_thread_key",
            ),
            # sending: what is due
            models.Index(
                fields=["due_at"],
                condition=Q(state__in=["queued", "sending"]),
                name="message_to_send",
            ),
            # inbox: what could not be sent
            models.Index(fields=["-at"], condition=Q(state="failed"), name="message_failed"),
            # which texts at hand were used (TL-8)
            models.Index(
                fields=["-at"], condition=Q(meta__has_key="template"), name="message_by_template"
            ),
            models.Index(
                fields=["-at"], condition=Q(meta__has_key="answer"), name="message_by_answer"
            ),
        ]

    def __str__(self) -> str:
        return self.text[:60]

    @property
    def is_incoming(self) -> bool:
        """Whether the client wrote it."""
        return self.direction == Message.Direction.IN


class Rethreading(models.Model):
    """Threads merged or split: which messages went where, so that it can be undone (TL-3)."""

    class Kind(models.TextChoices):
        MERGE = "merge", _("Merged")
        SPLIT = "split", _("Split")

    kind = models.CharField(max_length=5, choices=Kind.choices)
    source = models.ForeignKey(Conversation, models.CASCADE, related_name="+")  # they left it
    target = models.ForeignKey(Conversation, models.CASCADE, related_name="+")  # they came here
    message_ids = models.JSONField(default=list)
    by_user_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.kind}: {self.source_id} → {self.target_id}"
