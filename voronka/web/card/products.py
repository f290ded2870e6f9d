"""Products of a card: from the price list or named freely."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django_htmx.http import trigger_client_event

from voronka.items import commands
from voronka.items.commands.lines import Line
from voronka.items.models import LineItem
from voronka.journal.actors import Actor
from voronka.kernel.errors import InvalidInput
from voronka.people.requests import SignedInRequest
from voronka.pipelines.values import BadValue, parse_decimal, parse_money
from voronka.products.queries import products as price_list
from voronka.web import words
from voronka.web.card.answers import dialog, said
from voronka.web.card.views import card_or_404

COLUMNS = ("product", "name", "quantity", "price", "discount")
MOST_OFFERED = 500  # of the price list, as suggestions


@login_required
@require_http_methods(["GET", "POST"])
def edit(request: SignedInRequest, item_id: int) -> HttpResponse:
    """Draw the rows, or replace the card's products by what was typed."""
    card = card_or_404(request.user, item_id)
    if not card.kind.has_lines:
        raise Http404
    context: dict[str, Any] = {"item": card.item, "offered": price_list()[:MOST_OFFERED]}
    if request.method == "GET":
        context["rows"] = [_typed(line) for line in card.lines]
        return dialog(request, "card/_products.html", context)
    rows = _rows(request)
    try:
        item = commands.set_lines(item_id, _lines(rows), by=Actor.user(request.user))
    except InvalidInput as refusal:
        context |= {"rows": rows, "refusal": refusal}
        return dialog(request, "card/_products.html", context, status=422)
    text = _("Products saved, the amount is %(amount)s") % {"amount": words.money(item.amount)}
    return trigger_client_event(said(text), "card:read")


def _rows(request: SignedInRequest) -> list[dict[str, str]]:
    """Return the typed rows; those without a name and a price are left out."""
    columns = [request.POST.getlist(name) for name in COLUMNS]
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in zip_longest(*columns, fillvalue="")]
    return [row for row in rows if row["name"].strip() or row["price"].strip()]


def _lines(rows: list[dict[str, str]]) -> list[Line]:
    lines = []
    for number, row in enumerate(rows, start=1):
        try:
            lines.append(_line(row))
        except BadValue as bad:
            sentence = _("Line %(number)d: %(sentence)s") % {
                "number": number,
                "sentence": bad.sentence,
            }
            raise InvalidInput(sentence, fields={"lines": sentence}) from None
    return lines


def _line(row: Mapping[str, str]) -> Line:
    return Line(
        row["name"].strip(),
        parse_money(row["price"] or 0),
        parse_decimal(row["quantity"] or 1).quantize(Decimal("0.001")),
        parse_decimal(row["discount"] or 0).quantize(Decimal("0.01")),
        int(row["product"]) if row["product"].isdecimal() and len(row["product"]) < 19 else None,
    )


def _typed(line: LineItem) -> dict[str, str]:
    return {
        "product": str(line.product_id or ""),
        "name": line.name,
        "quantity": _short(line.quantity),
        "price": _short(line.price),
        "discount": _short(line.discount),
    }


def _short(value: Decimal) -> str:
    """Write a decimal without idle zeros, as an input wants it."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
