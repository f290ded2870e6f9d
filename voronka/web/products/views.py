"""The list, rows that are edited where they stand, the archive."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from voronka.journal.actors import Actor
from voronka.kernel.errors import InvalidInput, Sentence
from voronka.kernel.texts import LocalText
from voronka.people.requests import SignedInRequest
from voronka.pipelines.values import BadValue, parse_money
from voronka.products import commands, queries
from voronka.products.models import Product
from voronka.web.rights import needs_right
from voronka.web.toasts import toast


@login_required
@require_GET
def index(request: SignedInRequest) -> HttpResponse:
    """Show a page of the price list, searched, of one group, or of the archive."""
    text, group = request.GET.get("q", "").strip()[:200], request.GET.get("group", "")
    archived = "archived" in request.GET
    page = queries.price_page(
        text, group=group, archived=archived, after=request.GET.get("after", "")
    )
    groups = queries.groups()
    context = {
        "rows": page.rows,
        "after": page.after,
        "text": text,
        "group": group if group in groups else "",
        "groups": groups,
        "archived": archived,
        "may_change": request.user.access.has("setup"),
    }
    return render(request, "products/index.html", context)


@login_required
@require_GET
def row(request: SignedInRequest, product_id: int) -> HttpResponse:
    """Draw a row as it stands."""
    return _row(request, get_object_or_404(Product, pk=product_id))


@require_http_methods(["GET", "POST"])
@needs_right("setup")
def edit(request: SignedInRequest, product_id: int | None = None) -> HttpResponse:
    """Draw a row as inputs, or save it; what was typed stays when it is refused."""
    product = get_object_or_404(Product, pk=product_id) if product_id else None
    if request.method == "GET":
        return _inputs(request, product, _typed(product))
    try:
        spec = _spec(request, product)
        if product is None and Product.objects.filter(code=spec.code).exists():
            taken = _("There is a product with this article number already.")
            raise InvalidInput(taken, fields={"code": taken})
        saved = commands.save_product(spec, by=Actor.user(request.user))
    except InvalidInput as refusal:
        return _inputs(request, product, request.POST, refusal=refusal)
    said = _("Saved: %(name)s") if product else _("Added: %(name)s")
    return toast(_row(request, saved), said % {"name": saved})


@require_POST
@needs_right("setup")
def archive(request: SignedInRequest, product_id: int) -> HttpResponse:
    """Offer a product no more."""
    product = get_object_or_404(Product, pk=product_id)
    commands.archive_product(product.code, by=Actor.user(request.user))
    said = _("No longer offered: %(name)s. Cards keep it.") % {"name": product}
    return _changed(said, undo_url=reverse("products:restore", args=[product_id]))


@require_POST
@needs_right("setup")
def restore(request: SignedInRequest, product_id: int) -> HttpResponse:
    """Offer a product again."""
    product = get_object_or_404(Product, pk=product_id)
    commands.restore_product(product.code, by=Actor.user(request.user))
    said = _("Offered again: %(name)s") % {"name": product}
    return _changed(said, undo_url=reverse("products:archive", args=[product_id]))


def _changed(said: str, *, undo_url: str) -> HttpResponse:
    response = toast(HttpResponse(status=204), said, undo_url=undo_url)
    return trigger_client_event(response, "products:read", {})


def _row(request: SignedInRequest, product: Product) -> HttpResponse:
    context = {"product": product, "may_change": request.user.access.has("setup")}
    return render(request, "products/_row.html", context)


def _inputs(
    request: SignedInRequest,
    product: Product | None,
    typed: Any,
    *,
    refusal: InvalidInput | None = None,
) -> HttpResponse:
    errors: dict[str, Sentence] = dict(refusal.fields) if refusal else {}
    context = {
        "product": product,
        "typed": typed,
        "errors": errors,
    }
    return render(request, "products/_edit.html", context, status=422 if refusal else 200)


def _typed(product: Product | None) -> dict[str, str]:
    if product is None:
        return {"unit": _("pcs")}
    return {
        "code": product.code,
        "name_ru": product.name.ru,
        "name_en": product.name.en,
        "group": product.group,
        "unit": product.unit,
        "price": _short(product.price),
    }


def _spec(request: SignedInRequest, product: Product | None) -> commands.ProductSpec:
    """Read a row.

    Raises:
        InvalidInput: the price is no amount.
    """
    sent = request.POST
    try:
        price = parse_money(sent.get("price", "") or 0)
    except BadValue as bad:
        raise InvalidInput(bad.sentence, fields={"price": bad.sentence}) from None
    return commands.ProductSpec(
        code=product.code if product else sent.get("code", "").strip(),
        name=LocalText(sent.get("name_ru", "").strip(), sent.get("name_en", "").strip()),
        group=sent.get("group", ""),
        unit=sent.get("unit", ""),
        price=price,
    )


def _short(value: Decimal) -> str:
    """Write a price without idle kopecks, as an input wants it."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
