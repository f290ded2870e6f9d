"""What conditions and texts may ask about a card: names for a builder, values for a judgement.

Codes are the same in every company and language, so that a blueprint can name them: "stage" is
"pipeline/stage", a person is an e-mail. Custom fields are "field.<code>", the client's own are
"client.field.<code>". Packages above add theirs by `register_facts`.
Source: docs/domain/robots.md, "Facts".
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.dates import WEEKDAYS as DAY_NAMES
from django.utils.translation import gettext_lazy as _

from voronka.clients.models import Client
from voronka.items.models import Item, ItemLink, LineItem
from voronka.kernel.conditions import FactSpec
from voronka.kernel.conditions.checking import Kind
from voronka.kernel.errors import Sentence
from voronka.kernel.texts import LocalText
from voronka.kernel.worktime import WEEKDAYS
from voronka.people.models import Department, Role, User
from voronka.people.schedules import company_schedule
from voronka.pipelines.formulas import KINDS
from voronka.pipelines.models import Field, ItemType, LossReason, Pipeline, Source, Stage

FIELD, CLIENT_FIELD = "field.", "client.field."
CARD, CLIENT, PERSON, TIME, LINKED = (
    _("Card"),
    _("Client"),
    _("Responsible"),
    _("Time"),
    _("Linked cards"),
)
_MOST_LINKED = 200  # linked cards that a condition looks at
Specs = Callable[[ItemType], Iterable[FactSpec]]
Gather = Callable[[Item, Collection[str], datetime], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class _Source:
    specs: Specs
    gather: Gather


_sources: list[_Source] = []


def register_facts(specs: Specs, gather: Gather) -> None:
    """Let robots ask for further facts.

    Args:
        specs: item type -> facts it knows of cards of this type.
        gather: (card, wanted codes, now) -> values; asked only when one of its facts is wanted,
            may return more than was wanted.
    """
    _sources.append(_Source(specs, gather))


def fact_specs(item_type: ItemType) -> dict[str, FactSpec]:
    """Return the facts that robots on cards of a type may ask for, by code. 12 queries at most."""
    return {spec.code: spec for spec in read_specs(item_type)}


def read_specs(item_type: ItemType) -> Iterator[FactSpec]:
    """Give the facts of a type one by one: what stands later is read when it is asked for."""
    for source in _sources:
        yield from source.specs(item_type)


def gather(item: Item, wanted: Collection[str], *, now: datetime) -> dict[str, Any]:
    """Return the values of the wanted facts of a card; reads nothing that is not wanted.

    A code that nobody knows is left out: it counts as empty.
    """
    found: dict[str, Any] = {}
    if wanted:
        for source in _sources:
            found |= source.gather(item, wanted, now)
    return {code: found[code] for code in wanted if code in found}


def _names(rows: Iterable[tuple[str, LocalText]]) -> dict[str, Sentence]:
    return {code: str(name) for code, name in rows}


def _stages(item_type: ItemType | None = None) -> dict[str, Sentence]:
    rows = Stage.objects.filter(pipeline__archived=False).select_related("pipeline")
    if item_type is not None:
        rows = rows.filter(pipeline__item_type=item_type)
    several = len({row.pipeline_id for row in rows}) > 1
    return {
        f"{row.pipeline.code}/{row.code}": f"{row.pipeline}: {row}" if several else str(row)
        for row in rows.order_by("pipeline__position", "position")
    }


STAGE_KINDS: dict[str, Sentence] = dict(Stage.Kind.choices)
DAYS: dict[str, Sentence] = {day: DAY_NAMES[n] for n, day in enumerate(WEEKDAYS)}


def _card_specs(item_type: ItemType) -> Iterable[FactSpec]:
    def card(code: str, name: Sentence, kind: Kind, **extra: Any) -> FactSpec:
        extra.setdefault("changes", False)
        return FactSpec(code, name, kind, group=extra.pop("group", CARD), **extra)

    yield card("title", _("Title"), "text", changes=True)
    if item_type.has_amount:
        yield card("amount", _("Amount"), "money", changes=True)
    if item_type.grade_rule:
        grades: dict[str, Sentence] = {g: g for g in ("A", "B", "C")}
        yield card("grade", _("Grade"), "choice", options=grades, changes=True)
    sources = _names(Source.objects.filter(archived=False).values_list("code", "name"))
    yield card("source", _("Source"), "choice", options=sources)
    yield card("stage", _("Stage"), "choice", options=_stages(item_type), changes=True)
    yield card("stage_kind", _("Kind of stage"), "choice", options=STAGE_KINDS)
    funnels = Pipeline.objects.filter(item_type=item_type, archived=False)
    yield card(
        "pipeline", _("Funnel"), "choice", options=_names(funnels.values_list("code", "name"))
    )
    reasons = {
        f"{pipeline}/{code}": str(name)
        for pipeline, code, name in LossReason.objects.filter(
            pipeline__item_type=item_type, archived=False
        ).values_list("pipeline__code", "code", "name")
    }
    if reasons:
        yield card("loss_reason", _("Reason of the loss"), "choice", options=reasons)
    yield card("repeat", _("Repeat sale"), "boolean")
    if item_type.has_lines:
        yield card("lines", _("Number of products"), "number")
    yield card("next_step", _("Next step is planned"), "boolean")
    yield card("overdue", _("Past the stage's deadline"), "boolean")
    for code, name in _MOMENTS.items():
        yield card(code, name, "datetime", group=TIME)
    yield card("now.working", _("Working time now"), "boolean", group=TIME)
    yield card("now.weekday", _("Day of the week"), "choice", options=DAYS, group=TIME)
    yield card("now.hour", _("Hour of the day (0–23)"), "number", group=TIME)
    person: dict[str, Any] = {"group": PERSON, "picks": "user"}
    yield card("owner", _("Responsible"), "reference", changes=True, **person)
    yield card("author", _("Made by"), "reference", **person)
    roles = _names(Role.objects.values_list("code", "name"))
    yield card("owner.role", _("Role of the responsible"), "choice", options=roles, group=PERSON)
    places = _names(Department.objects.values_list("code", "name"))
    yield card("owner.department", _("Department"), "choice", options=places, group=PERSON)
    yield card("owner.absent", _("The responsible is away"), "boolean", group=PERSON)
    for field in Field.objects.filter(item_type=item_type, archived=False):
        yield _field_spec(FIELD, field, CARD, changes=True)


_MOMENTS: dict[str, Sentence] = {
    "created_at": _("Made"),
    "stage_entered_at": _("On the stage since"),
    "deadline_at": _("Deadline of the stage"),
    "next_step_at": _("Time of the next step"),
    "last_touch_at": _("Last work on the card"),
    "first_response_at": _("First response"),
    "closed_at": _("Closed"),
}
_COLUMNS = {"deadline_at": "stalls_at", "next_step_at": "next_activity_at"}


def _field_spec(prefix: str, field: Field, group: Sentence, *, changes: bool) -> FactSpec:
    picks = {Field.Kind.USER: "user", Field.Kind.CLIENT: "client", Field.Kind.ITEM: "item"}
    return FactSpec(
        prefix + field.code,
        str(field.name),
        KINDS.get(field.kind, "text"),
        {str(o["code"]): str(LocalText.of(o.get("name"))) for o in field.options},
        changes=changes,
        group=group,
        picks=picks.get(Field.Kind(field.kind), ""),
    )


def _gather_card(item: Item, wanted: Collection[str], now: datetime) -> Mapping[str, Any]:
    found: dict[str, Any] = {
        "title": item.title,
        "amount": item.amount,
        "grade": item.grade,
        "repeat": item.repeat,
        "next_step": item.next_activity_at is not None,
        "overdue": bool(item.stalls_at and item.stalls_at <= now and not item.is_closed),
        "stage_kind": item.stage.kind,
    }
    found |= {code: getattr(item, _COLUMNS.get(code, code)) for code in _MOMENTS}
    if {"stage", "pipeline", "loss_reason"} & set(wanted):
        code = item.pipeline.code
        found |= {"pipeline": code, "stage": f"{code}/{item.stage.code}"}
        if "loss_reason" in wanted and item.loss_reason is not None:
            found["loss_reason"] = f"{code}/{item.loss_reason.code}"
    if "source" in wanted:
        found["source"] = item.source.code if item.source else None
    if "lines" in wanted:
        found["lines"] = LineItem.objects.filter(item_id=item.pk).count()
    if any(code.startswith("now.") for code in wanted):
        found |= _now(wanted, now)
    if any(code.startswith(("owner", "author")) for code in wanted):
        found |= _people(item, wanted, now)
    if any(code.startswith(FIELD) for code in wanted):
        fields = Field.objects.filter(item_type_id=item.pipeline.item_type_id, archived=False)
        found |= _values(FIELD, fields, item.values, wanted)
    return found


def _now(wanted: Collection[str], now: datetime) -> dict[str, Any]:
    local = timezone.localtime(now)
    found: dict[str, Any] = {"now.weekday": WEEKDAYS[local.weekday()], "now.hour": local.hour}
    if "now.working" in wanted:
        found["now.working"] = company_schedule().is_open(now)
    return found


def _people(item: Item, wanted: Collection[str], now: datetime) -> dict[str, Any]:
    ids = {item.owner_id, item.created_by_id} - {None}
    people = User.objects.select_related("role", "department").in_bulk(ids)
    owner, author = people.get(item.owner_id), people.get(item.created_by_id or 0)
    found: dict[str, Any] = {"author": author.email if author else None}
    if owner is not None:
        found["owner"] = owner.email
        found["owner.role"] = owner.role.code
        found["owner.department"] = owner.department.code if owner.department else None
        if "owner.absent" in wanted:
            away = owner.absences.filter(starts_at__lte=now, ends_at__gt=now)
            found["owner.absent"] = away.exists()
    return found


def _values(
    prefix: str, fields: Iterable[Field], values: Mapping[str, Any], wanted: Collection[str]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in fields:
        code = prefix + field.code
        if code not in wanted:
            continue
        value = values.get(field.code)
        if value is not None and field.kind in (Field.Kind.NUMBER, Field.Kind.MONEY):
            value = Decimal(str(value))
        elif value is not None and field.kind == Field.Kind.USER:
            value = User.objects.filter(pk=value).values_list("email", flat=True).first()
        found[code] = value
    return found


def _client_specs(item_type: ItemType) -> Iterable[FactSpec]:
    if not item_type.has_client:
        return

    def client(code: str, name: Sentence, kind: Kind, **extra: Any) -> FactSpec:
        return FactSpec(f"client.{code}", name, kind, group=CLIENT, changes=False, **extra)

    yield FactSpec("client", _("Client is known"), "boolean", group=CLIENT, changes=False)
    yield client("name", _("Name of the client"), "text")
    yield client("first_name", _("First name of the contact"), "text")
    kinds: dict[str, Sentence] = {"person": _("Person"), "company": _("Company")}
    yield client("kind", _("Person or company"), "choice", options=kinds)
    yield client("phone", _("Has a phone"), "boolean")
    yield client("email", _("Has an e-mail"), "boolean")
    yield client("open_cards", _("Other open cards of the client"), "number")
    yield client("purchases", _("Purchases of the client"), "number")
    for field in Field.objects.filter(item_type=None, archived=False):
        yield _field_spec(CLIENT_FIELD, field, CLIENT, changes=False)


def _gather_client(item: Item, wanted: Collection[str], now: datetime) -> Mapping[str, Any]:
    asked = {code for code in wanted if code == "client" or code.startswith("client.")}
    if not asked:
        return {}
    client: Client | None = item.company or item.contact
    found: dict[str, Any] = {"client": client is not None}
    if client is None:
        return found | {"client.open_cards": 0, "client.purchases": 0}
    found |= {"client.name": client.name, "client.kind": client.kind}
    if "client.first_name" in asked:
        found["client.first_name"] = item.contact.first_name if item.contact else ""
    if {"client.phone", "client.email"} & asked:
        ids = [pk for pk in (item.contact_id, item.company_id) if pk]
        points = Client.objects.filter(pk__in=ids).values_list("contact_points__kind", flat=True)
        kinds = set(points)
        found |= {"client.phone": "phone" in kinds, "client.email": "email" in kinds}
    if {"client.open_cards", "client.purchases"} & asked:
        theirs = Item.objects.filter(company_id=client.pk) | Item.objects.filter(
            contact_id=client.pk
        )
        found["client.open_cards"] = theirs.open().exclude(pk=item.pk).count()
        won = theirs.alive().filter(
            stage__kind=Stage.Kind.WON, pipeline__item_type__counts_in_revenue=True
        )
        found["client.purchases"] = won.count()
    if any(code.startswith(CLIENT_FIELD) for code in asked):
        fields = Field.objects.filter(item_type=None, archived=False)
        found |= _values(CLIENT_FIELD, fields, client.values, asked)
    return found


def _linked_specs(item_type: ItemType) -> Iterable[FactSpec]:
    types = _names(ItemType.objects.values_list("code", "name"))
    funnels = _names(Pipeline.objects.filter(archived=False).values_list("code", "name"))
    inside = {
        spec.code: spec
        for spec in (
            FactSpec("linked.type", _("Its type"), "choice", types),
            FactSpec("linked.pipeline", _("Its funnel"), "choice", funnels),
            FactSpec("linked.stage", _("Its stage"), "choice", _stages()),
            FactSpec("linked.stage_kind", _("Its kind of stage"), "choice", STAGE_KINDS),
            FactSpec("linked.amount", _("Its amount"), "money"),
            FactSpec("linked.overdue", _("It is past its deadline"), "boolean"),
        )
    }
    yield FactSpec("elements", _("Elements of the card"), "related", inside=inside, group=LINKED)
    yield FactSpec("parents", _("Cards it came from"), "related", inside=inside, group=LINKED)


def _gather_linked(item: Item, wanted: Collection[str], now: datetime) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    sides = (("elements", "parent_id", "child"), ("parents", "child_id", "parent"))
    for code, own, other in sides:
        if code in wanted:
            links = ItemLink.objects.filter(
                **{own: item.pk, f"{other}__deleted_at": None}
            ).select_related(f"{other}__stage", f"{other}__pipeline__item_type")
            cards: list[Item] = [getattr(link, other) for link in links[:_MOST_LINKED]]
            found[code] = [_linked(card, now) for card in cards]
    return found


def _linked(card: Item, now: datetime) -> dict[str, Any]:
    return {
        "linked.type": card.pipeline.item_type.code,
        "linked.pipeline": card.pipeline.code,
        "linked.stage": f"{card.pipeline.code}/{card.stage.code}",
        "linked.stage_kind": card.stage.kind,
        "linked.amount": card.amount,
        "linked.overdue": bool(card.stalls_at and card.stalls_at <= now and not card.is_closed),
    }


register_facts(_card_specs, _gather_card)
register_facts(_client_specs, _gather_client)
register_facts(_linked_specs, _gather_linked)
