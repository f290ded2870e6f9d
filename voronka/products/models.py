"""The price list."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from voronka.kernel.texts import LocalTextField


class Product(models.Model):
    """A product or service that cards may hold as a line item (D1)."""

    code = models.CharField(max_length=60, unique=True)
    name = LocalTextField()
    group = models.CharField(max_length=80, blank=True)
    unit = models.CharField(max_length=16, default="pcs")
    price = models.DecimalField(max_digits=14, decimal_places=2, default=0)  # company currency
    archived = models.BooleanField(default=False)

    journal_type: ClassVar[str] = "product"

    class Meta:
        ordering = ["group", "code"]
        indexes = [
            # price list: a page of those on offer, or of one group
            models.Index(
                fields=["group", "code"],
                condition=models.Q(archived=False),
                name="product_on_offer",
            )
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(price__gte=0), name="product_price_gte_0")
        ]

    def __str__(self) -> str:
        return str(self.name)
