"""What belongs to a card: links, product lines, files; and people's views of the list."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from voronka.items.models.card import Item


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
    inline = models.BooleanField(default=False, db_default=False)  # shown inside a letter
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
