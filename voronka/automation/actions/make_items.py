"""Makes elements of a card in another type's funnel: one for each product, or one (SP-2, S4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Literal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext_lazy
from pydantic import Field

from voronka.automation.naming import RobotNames
from voronka.automation.params import (
    FIELDS_ALONG,
    NO_WORDS,
    FieldRef,
    Params,
    PipelineRef,
    Who,
    Words,
    choices,
)
from voronka.automation.recipients import one_person
from voronka.automation.registry import Context, Done, Effect, Nothing, Result, robot_action
from voronka.automation.texts import fill
from voronka.items.commands import create_item, link_items
from voronka.items.commands.converting import carried
from voronka.items.models import Item, ItemLink, LineItem
from voronka.kernel.errors import NotFound
from voronka.pipelines.models import Pipeline


class Settings(Params):
    pipeline: PipelineRef = Field(title=gettext_noop("In which funnel"))
    each: Literal["line", "card"] = Field(
        "line",
        title=gettext_noop("How many"),
        json_schema_extra=choices(
            line=gettext_noop("One for each product of the card"),
            card=gettext_noop("One for the card"),
        ),
    )
    title: Words = Field(
        NO_WORDS,
        title=gettext_noop("Its title"),
        description=gettext_noop(
            "Empty: the product's name, or the card's title; {title} and the like"
        ),
    )
    owner: Who = Field("owner", title=gettext_noop("Who answers for it there"))
    fields: dict[str, FieldRef] = Field(
        default_factory=dict,
        max_length=100,
        title=gettext_noop("Fields that are taken along"),
        description=gettext_noop("Field there: field here, besides those of the same code"),
        json_schema_extra=FIELDS_ALONG,
    )
    groups: dict[str, dict[str, str]] = Field(
        default_factory=dict,
        max_length=50,
        title=gettext_noop("Groups of products"),
        description=gettext_noop(
            "Groups of products that are made, and what their elements get, e.g."
            " Kitchens: {article_kind: kitchen}; empty: all products"
        ),
    )


def _says(params: Settings, names: RobotNames) -> str:
    said = {"pipeline": names.pipeline(params.pipeline)}
    if params.each == "line":
        return _("make an element in “%(pipeline)s” for each product") % said
    return _("make an element in “%(pipeline)s”") % said


def _causes(params: Settings) -> Iterable[Effect]:
    return [Effect("created", "", params.pipeline), Effect("entered", "", params.pipeline)]


@robot_action(
    "make_items",
    title=gettext_lazy("Make elements"),
    params=Settings,
    says=_says,
    causes=_causes,
    icon="box",
    group=gettext_lazy("Linked cards"),
)
def make_items(item: Item, params: Settings, context: Context) -> Result:
    """Done again, only what is new is made: an element knows which product it stands for."""
    pipeline = (
        Pipeline.objects.select_related("item_type")
        .filter(code=params.pipeline, archived=False)
        .first()
    )
    if pipeline is None:
        raise NotFound(_("There is no funnel “%(code)s”.") % {"code": params.pipeline})
    wanted = list(_elements(item, params))
    keys = [key for key, _title, _changes in wanted]
    known = set(
        Item.objects.filter(pipeline=pipeline, external_id__in=keys).values_list(
            "external_id", flat=True
        )
    )
    owner = one_person(item, params.owner)
    changes = carried(item, pipeline.item_type)
    changes |= {there: item.values.get(here) for there, here in params.fields.items()}
    if not pipeline.item_type.has_client:
        changes = {k: v for k, v in changes.items() if k not in ("contact", "company")}
    changes.pop("amount", None)  # the money is the deal's: an element never counts it again (S5)
    own = fill(params.title.local, item, context, language="ru")
    made = 0
    for key, name, own_changes in wanted:
        if key in known:
            continue
        title = own or name
        if own and params.each == "line":
            title = f"{own}: {name}"
        child = create_item(
            pipeline,
            title=title[:255],
            by=context.by,
            owner_id=owner.pk if owner else item.owner_id,
            changes={**changes, **own_changes},
            external_id=key,
        )
        link_items(item.pk, child.pk, by=context.by, kind=ItemLink.Kind.PART)
        made += 1
    if not made:
        return Nothing(gettext_lazy("All elements are there already."))
    return Done(
        ngettext_lazy("made %(count)d element", "made %(count)d elements", "count"),
        {"count": made},
    )


def _elements(item: Item, params: Settings) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Yield key, title and own values of every element that there should be."""
    if params.each == "card":
        yield f"card-{item.pk}", item.title, {}
        return
    seen: Counter[str] = Counter()
    for line in LineItem.objects.filter(item_id=item.pk).select_related("product"):
        group = line.product.group if line.product else ""
        if params.groups and group not in params.groups:
            continue
        what = str(line.product_id or line.name)
        seen[what] += 1
        yield element_key(item.pk, what, seen[what]), line.name, params.groups.get(group, {})


def element_key(item_id: int, what: str, number: int = 1) -> str:
    """Return by what an element is known for a product line of a card.

    Args:
        what: id of the product; its name where it is not in the price list.
        number: among the lines of the card with the same product, from 1.
    """
    return f"card-{item_id}-{what}-{number}"[:120]
