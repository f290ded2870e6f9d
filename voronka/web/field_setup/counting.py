"""A formula while it is being written: what it gives on real cards, or where it goes wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from voronka.items.models import Item
from voronka.kernel.errors import Sentence
from voronka.kernel.formulas import bare
from voronka.kernel.texts import LocalText
from voronka.people.requests import SignedInRequest
from voronka.pipelines import formulas
from voronka.pipelines.models import Field, ItemType, Section
from voronka.web.field_setup.views import type_of
from voronka.web.fields.showing import text_of
from voronka.web.fields.specs import spec_of
from voronka.web.rights import needs_right

CARDS = 3  # on which the formula is tried
_SAMPLE = "formula-sample"


@dataclass(frozen=True, slots=True)
class Tried:
    """A card and what the formula gives for it; "" for no value."""

    item: Item
    text: str


@require_POST
@needs_right("setup")
def preview(request: SignedInRequest) -> HttpResponse:
    """Try the formula of a form on the newest cards the person may see; nothing is saved."""
    item_type = type_of(request)
    formula = bare(request.POST.get("formula", ""))
    kind = request.POST.get("kind", "")
    if item_type is None or not formula or kind not in formulas.FORMULA_KINDS:
        return HttpResponse()
    code = request.POST.get("code", "")
    rows = list(Field.objects.filter(item_type=item_type, archived=False).exclude(code=code))
    field = Field(code=code or _SAMPLE, kind=kind, formula=formula, section=Section())
    field.name = LocalText(request.POST.get("name_ru", ""), request.POST.get("name_en", ""))
    problem: Sentence | None = formulas.problem(field, formulas.field_names(rows))
    problem = problem or formulas.circle_problem([*rows, field])
    context = {
        "problem": problem,
        "tried": [] if problem else _tried(request, item_type, field, rows),
    }
    return render(request, "field_setup/_formula.html", context)


def _tried(
    request: SignedInRequest, item_type: ItemType, field: Field, rows: Sequence[Field]
) -> list[Tried]:
    stored = formulas.kept_on_type([*rows, field])
    seen = Item.objects.visible_to(request.user).filter(pipeline__item_type=item_type)
    spec = spec_of(field)
    found = []
    for item in seen.order_by("-pk")[:CARDS]:
        values = formulas.recount(
            stored,
            item.values,
            title=item.title,
            amount=item.amount,
            created_at=item.created_at,
        )
        found.append(Tried(item, text_of(spec, values.get(field.code), {})))
    return found
