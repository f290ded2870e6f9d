"""What is searched of cards, beside them: a card that moves need not be indexed anew."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models


class CardText(models.Model):
    """All fragments of a card's title and external key.

    Kept by triggers on the card's table (migration 0002), so that every door, the bulk one
    included, keeps it alike; nothing else writes here.
    """

    item = models.OneToOneField(
        "items.Item", models.CASCADE, primary_key=True, related_name="search_text"
    )
    vector = SearchVectorField()

    class Meta:
        indexes = [GinIndex(fields=["vector"], name="card_text_fragments")]

    def __str__(self) -> str:
        return str(self.pk)
