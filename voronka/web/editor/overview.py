"""All item types and their funnels: what each is for, how it is built, what it lacks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from voronka.drafts.models import PipelineDraft
from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError, Sentence
from voronka.people.requests import SignedInRequest
from voronka.pipelines import queries, rules
from voronka.pipelines.codes import code_from
from voronka.pipelines.commands import pipelines as commands
from voronka.pipelines.models import ItemType, Pipeline, Stage
from voronka.pipelines.queries import Advice, stages_sentence
from voronka.pipelines.specs import PipelineSpec
from voronka.web.editor.pages import funnel_or_404
from voronka.web.editor.words import ADVICE, GRAVE, NAMING_SHORT
from voronka.web.forms import refuse
from voronka.web.people.forms import NamesMixin, local_text
from voronka.web.rights import needs_right
from voronka.web.toasts import toast


@dataclass(frozen=True, slots=True)
class FunnelNote:
    """A piece of advice in a few words, the sentence on hover."""

    title: str
    text: Sentence
    grave: bool


@dataclass(frozen=True, slots=True)
class FunnelRow:
    """A funnel as a row of the overview."""

    pipeline: Pipeline
    stages: list[Stage]
    notes: list[FunnelNote]
    drafted: bool

    @property
    def work(self) -> list[Stage]:
        """Stages in work."""
        return [stage for stage in self.stages if stage.is_open]

    @property
    def length(self) -> str:
        """How many stages of work: "11 stages"."""
        return stages_sentence(len(self.work))

    @property
    def share(self) -> float:
        """How much of the passports is filled, 0..1."""
        shares = [rules.passport_completeness(stage) for stage in self.work]
        return sum(shares) / len(shares) if shares else 0.0

    @property
    def percent(self) -> int:
        return round(self.share * 100)

    @property
    def naming(self) -> Sentence:
        return NAMING_SHORT[self.pipeline.naming]


@dataclass(frozen=True, slots=True)
class TypeBlock:
    """An item type with its funnels; archived ones apart."""

    item_type: ItemType
    rows: list[FunnelRow]
    archived: list[Pipeline]

    @property
    def has(self) -> list[Sentence]:
        """What its cards have besides fields."""
        row = self.item_type
        found: list[Sentence] = []
        if row.has_client:
            found.append(_("client"))
        if row.has_amount:
            found.append(_("amount"))
        if row.has_lines:
            found.append(_("products"))
        return found


def blocks() -> list[TypeBlock]:
    """Return everything of the overview. Four queries, however many funnels there are."""
    stages: dict[int, list[Stage]] = defaultdict(list)
    for stage in Stage.objects.order_by("position", "id"):
        stages[stage.pipeline_id].append(stage)
    drafted = set(PipelineDraft.objects.values_list("pipeline_id", flat=True))
    funnels: dict[int, list[Pipeline]] = defaultdict(list)
    for pipeline in Pipeline.objects.select_related("item_type").order_by("position", "id"):
        funnels[pipeline.item_type_id].append(pipeline)
    found = []
    for item_type in ItemType.objects.all():
        rows = [
            FunnelRow(
                pipeline,
                stages[pipeline.pk],
                [_note(advice) for advice in queries.advice(pipeline, stages[pipeline.pk])],
                pipeline.pk in drafted,
            )
            for pipeline in funnels[item_type.pk]
            if not pipeline.archived
        ]
        archived = [p for p in funnels[item_type.pk] if p.archived]
        found.append(TypeBlock(item_type, rows, archived))
    return found


def _note(advice: Advice) -> FunnelNote:
    count = len(advice.stages)
    title = str(ADVICE[advice.code])
    return FunnelNote(f"{title} · {count}" if count else title, advice.text, advice.code in GRAVE)


@require_GET
@needs_right("setup")
def index(request: SignedInRequest) -> HttpResponse:
    """Show the overview; for htmx only the list."""
    context = {"blocks": blocks()}
    if request.htmx.target == "funnels":
        return render(request, "editor/_overview.html", context)
    return render(request, "editor/index.html", context)


def listed(request: SignedInRequest) -> HttpResponse:
    """Answer a change of the overview with the list as it is now."""
    return render(request, "editor/_overview.html", {"blocks": blocks()})


class NewFunnelForm(NamesMixin):
    """A funnel to begin with; the rest is its editor's."""

    item_type = forms.ChoiceField(label=gettext_lazy("Cards of"))
    purpose = forms.ChoiceField(label=gettext_lazy("Purpose"), choices=Pipeline.Purpose.choices)
    naming = forms.ChoiceField(
        label=gettext_lazy("Stages are named by"),
        choices=Pipeline.Naming.choices,
        widget=forms.RadioSelect,
        initial=Pipeline.Naming.RESULTS,
    )
    copy_of = forms.ChoiceField(
        label=gettext_lazy("Begin with"),
        required=False,
        help_text=gettext_lazy("A copy brings stages with their passports, and loss reasons."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        types = [(t.code, str(t.plural)) for t in ItemType.objects.all()]
        self.fields["item_type"].choices = types  # type: ignore[attr-defined]
        rows = Pipeline.objects.filter(archived=False).select_related("item_type")
        copies = [
            (p.code, _("a copy of “%(name)s”") % {"name": p.name})
            for p in rows.order_by("item_type__position", "position")
        ]
        self.fields["copy_of"].choices = [("", _("one empty stage")), *copies]  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
@needs_right("setup")
def new(request: SignedInRequest) -> HttpResponse:
    """GET [?type=…|?copy=…]: the dialog; POST: make a funnel and open its editor."""
    form = NewFunnelForm(request.POST or None, initial=_beginning(request))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        name = local_text(data)
        taken = set(Pipeline.objects.values_list("code", flat=True))
        spec = PipelineSpec(
            code_from(name.ru or name.en, taken=taken, fallback="funnel"),
            data["item_type"],
            name,
            data["purpose"],
            data["naming"],
        )
        try:
            made = commands.start_pipeline(
                spec, copy_of=data["copy_of"] or None, by=Actor.user(request.user)
            )
        except DomainError as refusal:
            refuse(form, refusal)
        else:
            url = reverse("editor:pipeline", args=[made.pk])
            return HttpResponse(status=204, headers={"HX-Redirect": url})
    status = 422 if form.errors else 200
    return render(request, "editor/_new.html", {"form": form}, status=status)


def _beginning(request: SignedInRequest) -> dict[str, str]:
    """Return what the dialog is opened with."""
    copied = Pipeline.objects.filter(code=request.GET.get("copy", "")).first()
    if copied is None:
        kind = ItemType.objects.filter(code=request.GET.get("type", "deal")).first()
        purposes = {
            ItemType.Kind.LEAD: Pipeline.Purpose.QUALIFICATION,
            ItemType.Kind.CUSTOM: Pipeline.Purpose.FULFILMENT,
        }
        purpose = Pipeline.Purpose.NEW_SALES
        if kind is not None:
            purpose = purposes.get(ItemType.Kind(kind.kind), purpose)
        return {"item_type": kind.code if kind else "", "purpose": purpose}
    return {
        "item_type": copied.item_type.code,
        "copy_of": copied.code,
        "purpose": copied.purpose,
        "naming": copied.naming,
    }


@require_POST
@needs_right("setup")
def archive(request: SignedInRequest, pipeline_id: int) -> HttpResponse:
    """Put a funnel away."""
    funnel = funnel_or_404(pipeline_id)
    commands.archive_pipeline(funnel.code, by=Actor.user(request.user))
    text = _("“%(name)s” is in the archive; its history stays in reports") % {"name": funnel.name}
    return toast(listed(request), text, undo_url=reverse("editor:restore", args=[pipeline_id]))


@require_POST
@needs_right("setup")
def restore(request: SignedInRequest, pipeline_id: int) -> HttpResponse:
    """Bring an archived funnel back."""
    funnel = funnel_or_404(pipeline_id)
    commands.restore_pipeline(funnel.code, by=Actor.user(request.user))
    return _refreshed(request, pgettext("funnel", "“%(name)s” is back") % {"name": funnel.name})


@require_POST
@needs_right("setup")
def order(request: SignedInRequest) -> HttpResponse:
    """Put the funnels of one type in the order of `codes`."""
    wanted = request.POST.getlist("codes")
    known = list(Pipeline.objects.values_list("code", flat=True))
    commands.reorder_pipelines(_reordered(known, wanted), by=Actor.user(request.user))
    return listed(request)


def _reordered(known: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """Let the wanted codes take their places in the wanted order; the others stay where they are.

    An unknown code is passed on, for the command to refuse.
    """
    places = iter(wanted)
    kept = [next(places) if code in wanted else code for code in known]
    return [*kept, *places]


def _refreshed(request: SignedInRequest, text: str) -> HttpResponse:
    """Answer with the list, or, to a toast that swaps nothing in, with the word to read it anew."""
    response = toast(listed(request), text)
    if request.htmx.target != "funnels":
        response["HX-Trigger-After-Settle"] = "funnels:changed"
    return response
