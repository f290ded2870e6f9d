"""The card and what belongs to it alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import pgettext_lazy

from voronka.pipelines.models import Pipeline

if TYPE_CHECKING:
    from voronka.people.models import User

NO_GRADE = 9  # sorts behind A (1), B (2) and C (3)


class ItemQuerySet(models.QuerySet["Item"]):
    """Readable filters of cards."""

    def alive(self) -> ItemQuerySet:
        """Not in the recycle bin."""
        return self.filter(deleted_at=None)

    def open(self) -> ItemQuerySet:
        """Still being worked on."""
        return self.filter(closed_at=None, deleted_at=None)

    def stalled(self, *, at: datetime) -> ItemQuerySet:
        """Open cards that have stood in their stage longer than it allows."""
        return self.open().filter(stalls_at__lte=at)

    def visible_to(
        self, user: User, action: str = "see", *, pipelines: Sequence[Pipeline] | None = None
    ) -> ItemQuerySet:
        """Cards that `user` may see, or do `action` to. Reads the pipelines: one more query.

        A watcher sees a card, and nothing more, whatever the scope.

        Args:
            pipelines: only cards of these, with item_type; they need not be read then.
        """
        found = self.alive().filter(allowed(user, action, pipelines))
        return found if pipelines is None else found.filter(pipeline__in=[p.pk for p in pipelines])


def allowed(user: User, action: str = "see", of: Sequence[Pipeline] | None = None) -> Q:
    """Return the condition of cards on which `user` may do `action` (AC-2).

    Args:
        of: the pipelines that matter, with item_type; all are read without them.
    """
    condition, watched = allowed_by_scope(user, action, of)
    return condition | Q(pk__in=watched) if watched else condition


def allowed_by_scope(
    user: User, action: str = "see", of: Sequence[Pipeline] | None = None
) -> tuple[Q, list[int]]:
    """Return `allowed` in two parts: by funnel and owner alone, and the cards that are watched.

    The first part holds for totals as well, which know `pipeline_id` and `owner_id`. Of the
    watched cards some may lie inside it.
    """
    access = user.access
    if access.everything and access.active:
        return ~Q(pk__in=[]), []
    by_owners: dict[frozenset[int] | None, list[int]] = defaultdict(list)
    if of is None:
        pipelines = list(Pipeline.objects.values_list("pk", "code", "item_type__code"))
    else:
        pipelines = [(pipeline.pk, pipeline.code, pipeline.item_type.code) for pipeline in of]
    for pk, code, kind in pipelines:
        owners = access.owners(access.scope(action, kind, code))
        if owners != frozenset():
            by_owners[owners].append(pk)
    condition = Q(pk__in=[])
    for owners, ids in by_owners.items():
        part = Q(pipeline_id__in=ids)
        if owners is not None:
            part &= Q(owner_id__in=owners)
        condition |= part
    watched: list[int] = []
    if action == "see" and access.active and len(by_owners[None]) < len(pipelines):
        watched = list(Watch.objects.filter(user_id=user.pk).values_list("item_id", flat=True))
    return condition, watched


class ToldBy(models.TextChoices):
    """Whose word a loss reason is (FS-14)."""

    CLIENT = "client", pgettext_lazy("who says so", "the client")
    SELLER = "seller", pgettext_lazy("who says so", "our own judgement")


class Item(models.Model):
    """A card in a pipeline: a lead, a deal, or an element of a custom type.

    `next_step_*` mirror the earliest open activity and are kept by the timeline's commands;
    `grade_order` sorts the board (A first); `clock_*` mirror the running clock, while there is one;
    `version` grows with every change.
    """

    pipeline = models.ForeignKey("pipelines.Pipeline", models.PROTECT, related_name="items")
    stage = models.ForeignKey("pipelines.Stage", models.PROTECT, related_name="items")
    title = models.CharField(max_length=255)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="items")
    contact = models.ForeignKey(
        "clients.Client", models.PROTECT, null=True, blank=True, related_name="contact_items"
    )
    company = models.ForeignKey(
        "clients.Client", models.PROTECT, null=True, blank=True, related_name="company_items"
    )
    source = models.ForeignKey(
        "pipelines.Source", models.PROTECT, null=True, blank=True, related_name="items"
    )
    utm = models.JSONField(default=dict)
    amount = models.DecimalField(max_digits=14, decimal_places=2, default=0)  # company currency
    values = models.JSONField(default=dict)  # custom fields: {field code: value}
    checks = models.JSONField(default=dict)  # exit criteria met: {"stage/criterion": {by, at}}
    grade = models.CharField(max_length=4, blank=True)
    grade_order = models.PositiveSmallIntegerField(default=NO_GRADE)
    repeat = models.BooleanField(default=False)  # the client had bought before
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    stage_entered_at = models.DateTimeField()
    stalls_at = models.DateTimeField(null=True)  # set on every move, so "stalled" is an index scan
    stall_extra = models.DurationField(db_default=timedelta())  # prolonged and paused in this stay
    paused_at = models.DateTimeField(null=True)  # since when the stage's clock stands still
    next_activity_at = models.DateTimeField(null=True)
    next_activity_kind = models.CharField(max_length=10, blank=True)
    next_activity_title = models.CharField(max_length=255, blank=True)
    last_touch_at = models.DateTimeField(null=True)  # last work of a person on it
    first_response_at = models.DateTimeField(null=True)  # the first human touch ever
    clock_started_at = models.DateTimeField(null=True)  # set while the client waits for it (Q1)
    clock_due_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    loss_reason = models.ForeignKey(
        "pipelines.LossReason", models.PROTECT, null=True, blank=True, related_name="items"
    )
    loss_comment = models.CharField(max_length=500, blank=True)
    loss_told_by = models.CharField(  # FS-14
        max_length=6, choices=ToldBy.choices, blank=True, default="", db_default=""
    )
    external_id = models.CharField(max_length=120, blank=True)
    created_by_id = models.BigIntegerField(null=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    deleted_by_id = models.BigIntegerField(null=True)
    version = models.PositiveIntegerField(default=1)

    objects = ItemQuerySet.as_manager()
    journal_type: ClassVar[str] = "item"

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gte=0), name="item_amount_gte_0"),
            models.UniqueConstraint(
                fields=["pipeline", "external_id"],
                condition=~Q(external_id=""),
                name="item_external_id",
            ),
        ]
        indexes = [
            # board: the cards of one column, best grade and newest first
            models.Index(
                fields=["stage", "grade_order", "-stage_entered_at", "-id"],
                condition=Q(closed_at=None, deleted_at=None),
                name="item_board_column",
            ),
            # board: the cards of one column of one seller
            models.Index(
                fields=["owner", "stage", "grade_order", "-stage_entered_at", "-id"],
                condition=Q(closed_at=None, deleted_at=None),
                name="item_board_own_column",
            ),
            # board: count, sum and overdue share of the columns
            models.Index(
                fields=["pipeline", "stage", "owner"],
                include=["amount", "stalls_at"],
                condition=Q(closed_at=None, deleted_at=None),
                name="item_open_totals",
            ),
            # board: folded won and lost columns of a period; reports by closing date
            models.Index(
                fields=["stage", "-closed_at", "-id"],
                include=["amount", "owner"],
                condition=Q(closed_at__isnull=False, deleted_at=None),
                name="item_closed",
            ),
            # list: closed and open cards, the newest first
            models.Index(
                fields=["pipeline", "-created_at", "-id"],
                condition=Q(deleted_at=None),
                name="item_newest",
            ),
            # list: all cards of one seller, the closed ones too
            models.Index(
                fields=["owner", "-created_at", "-id"],
                condition=Q(deleted_at=None),
                name="item_own_newest",
            ),
            # list: the default order of open cards, however few of all they are
            models.Index(
                fields=["pipeline", "-created_at", "-id"],
                condition=Q(closed_at=None, deleted_at=None),
                name="item_open_newest",
            ),
            # list: the dearest first, amounts from and to
            models.Index(
                fields=["pipeline", "-amount", "-id"],
                condition=Q(closed_at=None, deleted_at=None),
                name="item_open_dearest",
            ),
            # list: by the next step, those without one
            models.Index(
                fields=["pipeline", "next_activity_at", "id"],
                condition=Q(closed_at=None, deleted_at=None),
                name="item_open_next_step",
            ),
            # recycle bin: what was deleted last
            models.Index(
                fields=["-deleted_at", "-id"],
                condition=Q(deleted_at__isnull=False),
                name="item_binned",
            ),
            # control: stalled cards
            models.Index(
                fields=["stalls_at"],
                condition=Q(closed_at=None, deleted_at=None),
                name="item_open_stalls_at",
            ),
            # clocks: whose client waits for the first answer now, the most urgent first
            models.Index(
                fields=["clock_due_at"],
                condition=Q(clock_due_at__isnull=False, deleted_at=None),
                name="item_waiting_now",
            ),
            # my day: the next steps of one seller
            models.Index(
                fields=["owner", "next_activity_at"],
                condition=Q(closed_at=None, deleted_at=None),
                name="item_own_next_step",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def seen_by(self, user: User) -> bool:
        """Whether a person may see this card, as `visible_to` says.

        Asks the database only where funnel and owner don't suffice. A deleted card is not asked
        about here.
        """
        pipeline = self.pipeline
        kind, code = pipeline.item_type.code, pipeline.code
        if user.access.may("see", kind, code, owner_id=self.owner_id):
            return True
        return Item.objects.visible_to(user, pipelines=[pipeline]).filter(pk=self.pk).exists()

    @property
    def is_closed(self) -> bool:
        """Whether it is won or lost."""
        return self.closed_at is not None


class Watch(models.Model):
    """A person who follows a card: sees it, and hears of it."""

    item = models.ForeignKey(Item, models.CASCADE, related_name="watches")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="watches")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "item"], name="watch_once")]

    def __str__(self) -> str:
        return f"{self.user_id} → {self.item_id}"
