"""The page of fields, and what is done on it at once: order, archive, sections."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError
from voronka.people.requests import SignedInRequest
from voronka.pipelines.codes import code_from
from voronka.pipelines.commands import fields, sections
from voronka.pipelines.commands.starting import start_bant
from voronka.pipelines.models import Field, ItemType, Pipeline, Section
from voronka.pipelines.specs import SectionSpec
from voronka.pipelines.usage import values_of
from voronka.web.field_setup.page import CLIENT, FieldPage
from voronka.web.forms import refuse
from voronka.web.people.forms import NamesMixin, local_text
from voronka.web.rights import needs_right
from voronka.web.toasts import toast


def type_of(request: SignedInRequest) -> ItemType | None:
    """Return the item type of ?type=, the first one without it; None for clients."""
    code = request.POST.get("type") or request.GET.get("type") or ""
    if code == CLIENT:
        return None
    if code:
        return get_object_or_404(ItemType, code=code)
    return ItemType.objects.filter(kind=ItemType.Kind.DEAL).first() or ItemType.objects.first()


def page_of(request: SignedInRequest, item_type: ItemType | None) -> FieldPage:
    """Read which card the preview shows: ?pipeline= and ?stage=."""
    page = FieldPage(item_type, request.user)
    asked = request.POST if request.method == "POST" else request.GET
    wanted = asked.get("pipeline", "")
    page.pipeline = next((p for p in page.pipelines if str(p.pk) == wanted), None)
    page.pipeline = page.pipeline or next(iter(page.pipelines), None)
    code = asked.get("stage", "")
    page.stage = next((s for s in page.stages if s.code == code), None)
    return page


def redrawn(request: SignedInRequest, item_type: ItemType | None) -> HttpResponse:
    """Answer a change with the lists and the sample card as they are now."""
    context = {"page": page_of(request, item_type)}
    return render(request, "field_setup/_page.html", context)


@require_GET
@needs_right("setup")
def index(request: SignedInRequest) -> HttpResponse:
    """Show sections and fields of ?type=; for htmx only the lists and the sample card."""
    page = page_of(request, type_of(request))
    context = {"page": page, "types": ItemType.objects.all()}
    if request.htmx.target == "fields":
        return render(request, "field_setup/_page.html", context)
    return render(request, "field_setup/index.html", context)


@require_POST
@needs_right("setup")
def order(request: SignedInRequest) -> HttpResponse:
    """Put the fields `codes` into `section` in this order; they may come from elsewhere."""
    item_type = type_of(request)
    code = item_type.code if item_type else None
    fields.reorder_fields(
        code,
        request.POST.get("section", ""),
        request.POST.getlist("codes"),
        by=Actor.user(request.user),
    )
    return redrawn(request, item_type)


@require_POST
@needs_right("setup")
def order_sections(request: SignedInRequest) -> HttpResponse:
    """Put the sections in the order of `codes`."""
    item_type = type_of(request)
    code = item_type.code if item_type else None
    codes = request.POST.getlist("codes")
    sections.reorder_sections(code, codes, by=Actor.user(request.user))
    return redrawn(request, item_type)


class SectionForm(NamesMixin):
    """A section: names, and which funnels show it."""

    pipelines = forms.MultipleChoiceField(
        label=gettext_lazy("Shown in"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Nothing ticked: in all funnels."),
    )

    def __init__(self, *args: Any, item_type: ItemType | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Pipeline.objects.filter(item_type=item_type, archived=False) if item_type else []
        choices = [(p.code, str(p.name)) for p in rows]
        self.fields["pipelines"].choices = choices  # type: ignore[attr-defined]
        if len(choices) < 2:
            del self.fields["pipelines"]


@require_http_methods(["GET", "POST"])
@needs_right("setup")
def section(request: SignedInRequest, section_id: int | None = None) -> HttpResponse:
    """GET: the dialog of a section; POST: create or change it."""
    row = get_object_or_404(Section, pk=section_id) if section_id else Section()
    item_type = row.item_type if section_id else type_of(request)
    initial = {"name_ru": row.name.ru, "name_en": row.name.en, "pipelines": row.pipelines}
    form = SectionForm(request.POST or None, initial=initial, item_type=item_type)
    if request.method == "POST" and form.is_valid():
        name = local_text(form.cleaned_data)
        taken = set(Section.objects.filter(item_type=item_type).values_list("code", flat=True))
        code = row.code or code_from(name.ru or name.en, taken=taken, fallback="section")
        owner = item_type.code if item_type else None
        chosen = tuple(form.cleaned_data.get("pipelines", row.pipelines))
        try:
            spec = SectionSpec(owner, code, name, chosen)
            sections.save_section(spec, by=Actor.user(request.user))
        except DomainError as refusal:
            refuse(form, refusal)
        else:
            return redrawn(request, item_type)
    context = {
        "form": form,
        "section": row if section_id else None,
        "page": FieldPage(item_type, request.user),
    }
    response = render(
        request, "field_setup/_section.html", context, status=422 if form.errors else 200
    )
    if request.method == "POST":
        response["HX-Retarget"], response["HX-Reswap"] = "#dialog", "innerHTML"
    return response


@require_POST
@needs_right("setup")
def remove_section(request: SignedInRequest, section_id: int) -> HttpResponse:
    """Take away an empty section."""
    row = get_object_or_404(Section, pk=section_id)
    owner = row.item_type.code if row.item_type else None
    sections.remove_section(owner, row.code, by=Actor.user(request.user))
    return toast(redrawn(request, row.item_type), _("The section is deleted"), kind="info")


def field_or_404(field_id: int) -> Field:
    """Find a field with its type and section."""
    rows = Field.objects.select_related("item_type", "section")
    return get_object_or_404(rows, pk=field_id)


def owner_code(field: Field) -> str | None:
    """Return the code of a field's item type; None for clients."""
    return field.item_type.code if field.item_type else None


@require_POST
@needs_right("setup")
def archive(request: SignedInRequest, field_id: int) -> HttpResponse:
    """Take a field off the cards; its values stay."""
    row = field_or_404(field_id)
    fields.archive_field(owner_code(row), row.code, by=Actor.user(request.user))
    text = _("“%(name)s” is off the cards; what was filled in stays") % {"name": row.name}
    undo = reverse("field_setup:restore", args=[field_id])
    return toast(redrawn(request, row.item_type), text, undo_url=undo)


@require_POST
@needs_right("setup")
def restore(request: SignedInRequest, field_id: int) -> HttpResponse:
    """Bring an archived field back with its values."""
    row = field_or_404(field_id)
    fields.restore_field(owner_code(row), row.code, by=Actor.user(request.user))
    text = _("“%(name)s” is back with its values") % {"name": row.name}
    response = toast(redrawn(request, row.item_type), text)
    if request.htmx.target != "fields":  # a toast asked, which swaps nothing in
        response["HX-Trigger-After-Settle"] = "fields:changed"
    return response


@require_http_methods(["GET", "POST"])
@needs_right("setup")
def remove(request: SignedInRequest, field_id: int) -> HttpResponse:
    """GET: say how many values would go; POST: delete a field, with `erase` its values too."""
    row = field_or_404(field_id)
    if request.method == "GET":
        count = values_of(row)
        context = {"field": row, "count": count, "too_many": count > fields.MOST_ERASED}
        return render(request, "field_setup/_remove.html", context)
    fields.remove_field(
        owner_code(row), row.code, erase="erase" in request.POST, by=Actor.user(request.user)
    )
    text = _("“%(name)s” is deleted") % {"name": row.name}
    return toast(redrawn(request, row.item_type), text, kind="info")


@require_POST
@needs_right("setup")
def bant(request: SignedInRequest) -> HttpResponse:
    """Add the ready block of qualification."""
    item_type = type_of(request)
    start_bant(item_type.code if item_type else "", by=Actor.user(request.user))
    text = _("Four lists with points and a grade are there. Change the words as you like.")
    return toast(redrawn(request, item_type), text)
