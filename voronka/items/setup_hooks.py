"""What cards tell the set-up below them: which checks they can prove, and what is in use."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from voronka.items.commands.erasing import erase_values
from voronka.items.models import Item
from voronka.pipelines.criteria import register_check
from voronka.pipelines.models import Field, ItemType, LossReason, Pipeline, Stage
from voronka.pipelines.usage import (
    CardOwner,
    register_card_counter,
    register_value_counter,
    register_value_eraser,
)


def count_values(field: Field, option: str | None) -> int:
    """Count cards that hold a value of a field, or chose `option`; the recycle bin counts."""
    if field.item_type_id is None:
        return 0
    cards = Item.objects.filter(pipeline__item_type_id=field.item_type_id)
    if option is None:
        filled = cards.filter(values__has_key=field.code)
        return filled.exclude(values__contains={field.code: None}).count()
    chosen = [option] if field.kind == Field.Kind.MULTI_LIST else option
    return cards.filter(values__contains={field.code: chosen}).count()


def count_cards(owner: CardOwner, only_open: bool) -> int:
    """Count cards of a type, pipeline, stage, loss reason or source.

    All of them, the recycle bin included, or only the open ones that are not in it.
    """
    cards = Item.objects.open() if only_open else Item.objects.all()
    if isinstance(owner, ItemType):
        return cards.filter(pipeline__item_type=owner).count()
    if isinstance(owner, Pipeline):
        return cards.filter(pipeline=owner).count()
    if isinstance(owner, Stage):
        return cards.filter(stage=owner).count()
    if isinstance(owner, LossReason):
        return cards.filter(loss_reason=owner).count()
    return cards.filter(source=owner).count()


def register() -> None:
    """Make the set-up ask the cards before it takes something away."""
    register_value_counter(count_values)
    register_value_eraser(erase_values)
    register_card_counter(count_cards)
    register_check("lines", _("Products are in the card"))
    register_check("file", _("A file is attached"))
    register_check("client_reachable", _("The client has a phone or an e-mail"))
