"""What a form of fields brought: typed values, and the changes that commands take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, TypeAlias

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from voronka.clients.commands import create_client
from voronka.clients.models import Client
from voronka.clients.queries import recognise
from voronka.items.commands import attach_file, set_lines
from voronka.items.commands.lines import Line
from voronka.items.models import LineItem
from voronka.journal.actors import Actor
from voronka.kernel import masking, phones
from voronka.kernel.errors import InvalidInput
from voronka.people.models import User
from voronka.pipelines.values import BadValue, parse_datetime, parse_decimal, parse_money
from voronka.products.models import Product
from voronka.timeline.commands.activities import Plan, plan_activity
from voronka.web.fields.drawing import PREFIX
from voronka.web.fields.specs import OWN_COMMANDS, Spec

Files: TypeAlias = "MultiValueDict[str, UploadedFile[Any]]"
_SHORTEST = 10  # digits of a phone: ids of clients are shorter
_PARTS = {
    "next_step": ("kind", "title", "due"),
    "lines": ("product", "name", "quantity", "price"),
}


def read(
    data: QueryDict, files: Files | None, specs: Iterable[Spec], *, prefix: str = PREFIX
) -> dict[str, Any]:
    """Return code -> what was typed, of the fields that the form had.

    What comes back masked was not touched: it is left out.
    """
    typed: dict[str, Any] = {}
    for spec in specs:
        if spec.formula:
            continue
        name = f"{prefix}{spec.code}"
        if spec.code in _PARTS and not spec.custom:
            parts = {part: data.get(f"{name}.{part}", "").strip() for part in _PARTS[spec.code]}
            if any(f"{name}.{part}" in data for part in parts):
                typed[spec.code] = parts
        elif spec.kind == "file":
            if files and name in files:
                typed[spec.code] = files[name]
        elif name in data and not masking.is_masked(data.get(name)):
            several = spec.kind == "multi_list"
            typed[spec.code] = (
                [v for v in data.getlist(name) if v] if several else data.get(name, "")
            )
    return typed


def changes_of(
    typed: Mapping[str, Any],
    specs: Mapping[str, Spec],
    *,
    by: Actor,
    item_id: int | None = None,
    client_id: int | None = None,
) -> dict[str, Any]:
    """Return the `changes` that create_item, edit_item, move_item and edit_client take.

    A name or a phone typed into a client field that is in no list makes a new client, unless the
    phone is known; an uploaded file is kept with the card or the client. Call it inside the
    transaction of the command.

    Raises:
        DomainError: the client or the file was refused.
    """
    changes: dict[str, Any] = {}
    for code, value in typed.items():
        spec = specs[code]
        if code in OWN_COMMANDS and not spec.custom:
            continue
        if isinstance(value, UploadedFile):
            value = attach_file(
                value,
                name=value.name or "file",
                by=by,
                item_id=item_id,
                client_id=client_id,
                content_type=value.content_type or "",
            ).pk
        elif spec.kind in ("contact", "company", "either"):
            code, value = _client(spec, str(value), by=by)
        changes[code] = value
    return changes


def _client(spec: Spec, value: str, *, by: Actor) -> tuple[str, Any]:
    """Return the column and the id of a chosen or newly named client."""
    if not value:
        return ("contact" if spec.kind == "either" else spec.code), None
    if spec.kind != "company" and (caller := _caller(value, by=by)):
        return ("company" if caller.is_company else "contact"), caller.pk
    if not value.isdecimal():
        kind = Client.Kind.COMPANY if spec.kind == "company" else Client.Kind.PERSON
        made = create_client(kind, {"name": value}, by=by)
        return ("company" if made.is_company else "contact"), made.pk
    if spec.kind != "either":
        return spec.code, value
    found = Client.objects.alive().filter(pk=int(value[:18]), kind=Client.Kind.COMPANY).exists()
    return ("company" if found else "contact"), value


def _caller(value: str, *, by: Actor) -> Client | None:
    """Return the client of a typed phone, a new one when nobody has it; None for anything else."""
    phone = phones.parse(value, country=settings.COUNTRY) if len(value) >= _SHORTEST else None
    if phone is None:
        return None
    person = by.person if isinstance(by.person, User) else None
    known = recognise(person, points=[("phone", phone.e164)])
    if known:
        return known[0].client
    return create_client(Client.Kind.PERSON, {}, phones=[value], by=by)


def carry_out(
    item_id: int, typed: Mapping[str, Any], specs: Mapping[str, Spec], *, by: Actor
) -> None:
    """Plan the next step and add the product that a form asked for beside plain fields.

    Raises:
        InvalidInput: with `fields` for "next_step" or "lines".
    """
    if any(typed.get("next_step", {}).get(part) for part in ("title", "due")):
        plan_activity(_plan(typed["next_step"]), by=by, item_id=item_id)
    if any(typed.get("lines", {}).get(part) for part in ("product", "name")):
        before = [
            Line(x.name, x.price, x.quantity, x.discount, x.product_id)
            for x in LineItem.objects.filter(item_id=item_id)
        ]
        set_lines(item_id, [*before, _line(typed["lines"])], by=by)


def _plan(parts: Mapping[str, str]) -> Plan:
    try:
        due = parse_datetime(parts["due"]) if parts["due"] else None
    except BadValue as bad:
        raise InvalidInput(bad.sentence, fields={"next_step": bad.sentence}) from None
    if due is None:
        sentence = _("Say when: a step without a date is soon forgotten.")
        raise InvalidInput(sentence, fields={"next_step": sentence})
    titles = {"call": _("Call"), "meeting": _("Meeting")}
    title = parts["title"] or titles.get(parts["kind"], "")
    if not title:
        sentence = _("Say what is to be done.")
        raise InvalidInput(sentence, fields={"next_step": sentence})
    return Plan(parts["kind"], title, due)


def _line(parts: Mapping[str, str]) -> Line:
    product = None
    if parts["product"].isdecimal():
        product = Product.objects.filter(pk=int(parts["product"][:18])).first()
    try:
        quantity = parse_decimal(parts["quantity"]) if parts["quantity"] else Decimal(1)
        price = parse_money(parts["price"]) if parts["price"] else None
    except BadValue as bad:
        raise InvalidInput(bad.sentence, fields={"lines": bad.sentence}) from None
    if price is None:
        price = product.price if product else Decimal(0)
    name = str(product) if product else parts["name"]
    return Line(name, price, quantity, product_id=product.pk if product else None)
