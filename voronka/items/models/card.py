"""The card and what belongs to it alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

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
    access = user.access
    if access.everything and access.active:
        return ~Q(pk__in=[])
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
    if action == "see" and access.active and len(by_owners[None]) < len(pipelines):
        watched = list(Watch.objects.filter(user_id=user.pk).values_list("item_id", flat=True))
        if watched:
            condition |= Q(pk__in=watched)
    return condition


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

    @property
    def is_closed(self) -> bool:
        """Whether it is won or lost."""
        return self.closed_at is not None


class StageVisit(models.Model):
    """One stay of a card in a stage. Analytics reads this, never the journal.

    `jump`: passed over on the way to a later stage, left the moment it was entered (FS-8).
    `correction`: a permitted return, not a new entry; conversion ignores it (FS-7).
    """

    item = models.ForeignKey(Item, models.CASCADE, related_name="visits")
    stage = models.ForeignKey("pipelines.Stage", models.PROTECT, related_name="visits")
    pipeline = models.ForeignKey("pipelines.Pipeline", models.PROTECT, related_name="visits")
    owner_id = models.BigIntegerField()  # who was responsible when it began
    entered_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)
    by_user_id = models.BigIntegerField(null=True)
    how = models.CharField(max_length=10, default="user")  # an Actor's kind
    jump = models.BooleanField(default=False)
    correction = models.BooleanField(default=False)
    overdue = models.DurationField(null=True)  # how far past the deadline it was left

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item"], condition=Q(left_at=None), name="one_open_visit"
            ),
            models.CheckConstraint(
                condition=Q(left_at=None) | Q(left_at__gte=models.F("entered_at")),
                name="visit_left_after_entered",
            ),
        ]
        indexes = [
            models.Index(fields=["item", "entered_at", "id"], name="visit_history"),
            models.Index(fields=["pipeline", "entered_at"], name="visit_funnel"),
            # board: how many cards leave the stages of a pipeline in a day
            models.Index(
                fields=["pipeline", "left_at"],
                include=["stage", "owner_id"],
                condition=Q(left_at__isnull=False, jump=False),
                name="visit_left",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} @ {self.stage_id}"


class Tally(models.Model):
    """A line of the running tally of open cards: the lines of a stage add up to its totals.

    Triggers on the cards write the lines (migration keep_tally), so no door can forget them, and
    as lines are only added, nobody waits for anybody; `commands.fold_tally` adds old ones up.
    Totals at a moment are the sums of all lines whose `counts_from` is not later.
    Source: docs/adr/0004-totals-of-the-board.md.
    """

    pipeline_id = models.BigIntegerField()
    stage_id = models.BigIntegerField()
    owner_id = models.BigIntegerField()
    counts_from = models.DateTimeField()  # for a deadline its moment, else 1970: at once
    cards = models.IntegerField(default=0)
    amount = models.DecimalField(max_digits=20, decimal_places=2, default=0)  # company currency
    stalled = models.IntegerField(default=0)  # cards past their deadline
    moments = models.BigIntegerField(default=0)  # sum of their deadlines, seconds from 1970

    class Meta:
        indexes = [
            # board: count, sum and overdue share of the columns, whatever their size
            models.Index(
                fields=["pipeline_id", "counts_from"],
                include=["stage_id", "owner_id", "cards", "amount", "stalled", "moments"],
                name="tally_totals",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stage_id}: {self.cards:+d}"


class ClockChange(models.Model):
    """The clock of a stay was prolonged or paused, with a reason (FS-9).

    `amount` is time by the stage's own measure (working or calendar); of a pause it is known when
    it ends. `until`: when a pause ends by itself.
    """

    class Kind(models.TextChoices):
        PROLONGED = "prolonged", _("Prolonged")
        PAUSED = "paused", _("Paused")

    item = models.ForeignKey(Item, models.CASCADE, related_name="clock_changes")
    stage = models.ForeignKey("pipelines.Stage", models.CASCADE, related_name="clock_changes")
    stay = models.DateTimeField()  # the card's stage_entered_at
    kind = models.CharField(max_length=9, choices=Kind.choices)
    reason = models.CharField(max_length=300)
    amount = models.DurationField(default=timedelta)
    by_user_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()
    until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item"],
                condition=Q(kind="paused", ended_at=None),
                name="clock_paused_once",
            )
        ]
        indexes = [
            models.Index(fields=["item", "at"], name="clock_change_by_item"),
            # norm review: how often a stage is prolonged
            models.Index(fields=["stage", "at"], name="clock_change_by_stage"),
            # the worker: pauses that end by themselves
            models.Index(
                fields=["until"],
                condition=Q(kind="paused", ended_at=None, until__isnull=False),
                name="clock_pause_to_end",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id}: {self.kind}"


class ItemLink(models.Model):
    """Two cards belong together; `parent` came first or holds the other."""

    class Kind(models.TextChoices):
        CONVERTED = "converted", _("Converted into")
        PART = "part", _("Element of")
        COPY = "copy", _("Copied into")
        RELATED = "related", _("Linked with")

    parent = models.ForeignKey(Item, models.CASCADE, related_name="child_links")
    child = models.ForeignKey(Item, models.CASCADE, related_name="parent_links")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.RELATED)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["parent", "child"], name="item_link_once"),
            models.CheckConstraint(
                condition=~Q(parent=models.F("child")), name="item_link_not_to_itself"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.parent_id} → {self.child_id}"


class Passage(models.Model):
    """A card went through a tunnel into another funnel; the map of funnels counts these (TN-2).

    `child` is the card that was made there; empty when the card itself went.
    """

    class How(models.TextChoices):
        MOVE = "move", _("Moved")
        CHILD = "child", _("Goes on as a card of its own")
        COPY = "copy", _("Successor")

    item = models.ForeignKey(Item, models.CASCADE, related_name="passages")
    child = models.ForeignKey(Item, models.CASCADE, null=True, related_name="arrivals")
    from_pipeline = models.ForeignKey("pipelines.Pipeline", models.CASCADE, related_name="+")
    from_stage = models.ForeignKey("pipelines.Stage", models.SET_NULL, null=True, related_name="+")
    to_pipeline = models.ForeignKey("pipelines.Pipeline", models.CASCADE, related_name="+")
    to_stage = models.ForeignKey("pipelines.Stage", models.SET_NULL, null=True, related_name="+")
    how = models.CharField(max_length=5, choices=How.choices)
    robot = models.CharField(max_length=60, blank=True)  # its code; empty: a person sent the card
    at = models.DateTimeField()

    class Meta:
        indexes = [
            # the map: how many went from where to where in a period
            models.Index(
                fields=["at", "from_stage", "to_stage"], include=["how"], name="passage_map"
            ),
            models.Index(fields=["item", "at"], name="passage_by_item"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id}: {self.from_stage_id} → {self.to_stage_id}"


class Watch(models.Model):
    """A person who follows a card: sees it, and hears of it."""

    item = models.ForeignKey(Item, models.CASCADE, related_name="watches")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="watches")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "item"], name="watch_once")]

    def __str__(self) -> str:
        return f"{self.user_id} → {self.item_id}"


class LineItem(models.Model):
    """A product in a card: so many at such a price."""

    item = models.ForeignKey(Item, models.CASCADE, related_name="lines")
    product = models.ForeignKey(
        "products.Product", models.PROTECT, null=True, blank=True, related_name="lines"
    )
    name = models.CharField(max_length=255)
    quantity = models.DecimalField(max_digits=12, decimal_places=3, default=1)
    price = models.DecimalField(max_digits=14, decimal_places=2)  # company currency, for one
    discount = models.DecimalField(max_digits=5, decimal_places=2, default=0)  # percent
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="line_quantity_gt_0"),
            models.CheckConstraint(condition=Q(price__gte=0), name="line_price_gte_0"),
            models.CheckConstraint(
                condition=Q(discount__gte=0, discount__lte=100), name="line_discount_percent"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Attachment(models.Model):
    """A file in a card or at a client."""

    item = models.ForeignKey(
        Item, models.CASCADE, null=True, blank=True, related_name="attachments"
    )
    client = models.ForeignKey(
        "clients.Client", models.CASCADE, null=True, blank=True, related_name="attachments"
    )
    file = models.FileField(upload_to="attachments/%Y/%m/", max_length=255)
    name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()  # bytes
    content_type = models.CharField(max_length=100, blank=True)
    by_user_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.name


class SavedView(models.Model):
    """A named set of filters, columns and order of the list or the board."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views")
    item_type = models.ForeignKey("pipelines.ItemType", models.CASCADE, related_name="saved_views")
    pipeline = models.ForeignKey(
        "pipelines.Pipeline", models.CASCADE, null=True, blank=True, related_name="saved_views"
    )
    name = models.CharField(max_length=80)
    shared = models.BooleanField(default=False)
    params = models.JSONField(default=dict)  # {"filters": {…}, "columns": […], "sort": "…"}
    position = models.PositiveSmallIntegerField(default=0)
    is_default = models.BooleanField(default=False)  # opens first: the own one before the shared

    journal_type: ClassVar[str] = "view"

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name


class BulkRun(models.Model):
    """One bulk action: what was asked, the verdict per card, and how to take it back."""

    kind = models.CharField(max_length=20)  # move, assign, edit, delete
    params = models.JSONField(default=dict)
    report = models.JSONField(default=list)  # [{"item", "ok", "code", "detail"}]
    before = models.JSONField(default=dict)  # {item id: what it was}
    by_user_id = models.BigIntegerField()
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    journal_type: ClassVar[str] = "bulk"

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%d.%m.%Y %H:%M}"


class MassDeletion(models.Model):
    """Cards that one person wants to delete and a second one has to agree to (AC-7)."""

    item_ids = models.JSONField(default=list)
    by_user_id = models.BigIntegerField()
    at = models.DateTimeField()
    decided_by_id = models.BigIntegerField(null=True)
    decided_at = models.DateTimeField(null=True)
    run = models.ForeignKey(
        BulkRun, models.SET_NULL, null=True, blank=True, related_name="mass_deletions"
    )  # when it was agreed to

    journal_type: ClassVar[str] = "mass_deletion"

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{len(self.item_ids)} {self.at:%d.%m.%Y %H:%M}"
