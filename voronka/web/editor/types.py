"""Item types: lead, deal and the custom ones (smart processes, S3)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError
from voronka.kernel.texts import LocalText
from voronka.people.requests import SignedInRequest
from voronka.pipelines.codes import code_from
from voronka.pipelines.commands import types as commands
from voronka.pipelines.commands.starting import start_item_type
from voronka.pipelines.models import ItemType
from voronka.pipelines.specs import ItemTypeSpec
from voronka.web.editor.overview import listed
from voronka.web.editor.pages import saved
from voronka.web.forms import refuse
from voronka.web.people.forms import NamesMixin, local_text
from voronka.web.rights import needs_right
from voronka.web.toasts import toast

ICONS = (
    "box", "package", "hammer", "tools", "truck-delivery", "building", "building-store", "home",
    "briefcase", "file-text", "files", "receipt", "cash", "shopping-cart", "users", "user-plus",
    "checklist", "stethoscope", "book", "calendar-event", "phone", "mail", "map-pin", "flag",
    "heart-handshake", "thumb-down", "refresh", "target", "star", "sparkles",
)  # fmt: skip


class TypeForm(NamesMixin):
    """What a kind of card is called and what its cards have."""

    plural_ru = forms.CharField(
        label=gettext_lazy("Many, in Russian"), max_length=80, required=False
    )
    plural_en = forms.CharField(
        label=gettext_lazy("Many, in English"), max_length=80, required=False
    )
    icon = forms.ChoiceField(
        label=gettext_lazy("Icon"), choices=[(i, i) for i in ICONS], widget=forms.RadioSelect
    )
    letters = forms.CharField(
        label=gettext_lazy("Letters before the number"),
        max_length=8,
        required=False,
        help_text=gettext_lazy("“R” gives R-1042; empty gives №1042."),
    )
    has_client = forms.BooleanField(label=gettext_lazy("Cards have a client"), required=False)
    has_amount = forms.BooleanField(label=gettext_lazy("Cards have an amount"), required=False)
    has_lines = forms.BooleanField(label=gettext_lazy("Cards have products"), required=False)
    success_ru = forms.CharField(
        label=gettext_lazy("What success means, in Russian"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("“The article is ready”. Never counted as revenue."),
    )
    success_en = forms.CharField(
        label=gettext_lazy("What success means, in English"), required=False, max_length=200
    )

    def spec(self, row: ItemType) -> ItemTypeSpec:
        """Return what the command takes; the kind and what follows from it stay."""
        data = self.cleaned_data
        name = local_text(data)
        plural = LocalText(data["plural_ru"].strip(), data["plural_en"].strip())
        taken = set(ItemType.objects.values_list("code", flat=True)) | {"client"}
        return ItemTypeSpec(
            code=row.code or code_from(name.ru or name.en, taken=taken, fallback="type"),
            name=name,
            plural=plural or name,
            kind=row.kind,
            icon=data["icon"],
            prefix=data["letters"].strip(),
            has_client=data["has_client"],
            has_amount=data["has_amount"],
            has_lines=data["has_lines"],
            counts_in_revenue=row.counts_in_revenue,
            success=LocalText(data["success_ru"].strip(), data["success_en"].strip()),
        )


def _initial(row: ItemType) -> dict[str, Any]:
    return {
        "name_ru": row.name.ru,
        "name_en": row.name.en,
        "plural_ru": row.plural.ru,
        "plural_en": row.plural.en,
        "icon": row.icon,
        "letters": row.prefix,
        "has_client": row.has_client,
        "has_amount": row.has_amount if row.pk else False,
        "has_lines": row.has_lines,
        "success_ru": row.success.ru,
        "success_en": row.success.en,
    }


@require_http_methods(["GET", "POST"])
@needs_right("setup")
def edit(request: SignedInRequest, type_id: int | None = None) -> HttpResponse:
    """GET: the form in the slider; POST: change a type, or make a new one with its first funnel."""
    row = get_object_or_404(ItemType, pk=type_id) if type_id else ItemType()
    form = TypeForm(request.POST or None, initial=_initial(row))
    if row.icon not in ICONS:
        form.fields["icon"].choices = [(row.icon, row.icon), *((i, i) for i in ICONS)]  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        by = Actor.user(request.user)
        try:
            if type_id:
                commands.save_item_type(form.spec(row), by=by)
            else:
                pipeline = start_item_type(form.spec(row), by=by)
                url = reverse("editor:pipeline", args=[pipeline.pk])
                return HttpResponse(status=204, headers={"HX-Redirect": url})
        except DomainError as refusal:
            refuse(form, refusal)
        else:
            return saved(request, reverse("editor:index"), event="funnels:changed")
    context = {"form": form, "row": row, "is_new": not type_id}
    status = 422 if form.errors else 200
    return render(request, "editor/type.html", context, status=status)


@require_POST
@needs_right("setup")
def move(request: SignedInRequest, type_id: int) -> HttpResponse:
    """Put a type one place up (`by`=-1) or down (1) among the others."""
    codes = list(ItemType.objects.values_list("code", flat=True))
    code = get_object_or_404(ItemType, pk=type_id).code
    step = -1 if request.POST.get("by") == "-1" else 1
    place = min(max(codes.index(code) + step, 0), len(codes) - 1)
    codes.remove(code)
    codes.insert(place, code)
    commands.reorder_item_types(codes, by=Actor.user(request.user))
    return listed(request)


@require_POST
@needs_right("setup")
def remove(request: SignedInRequest, type_id: int) -> HttpResponse:
    """Take away a custom type that never had a card."""
    row = get_object_or_404(ItemType, pk=type_id)
    commands.remove_item_type(row.code, by=Actor.user(request.user))
    response = toast(listed(request), _("The card type is deleted"), kind="info")
    return trigger_client_event(response, "slider:close", {})
