"""The page of loss reasons: everything on it counts at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from voronka.items.standing import MOST, cards_lost_for
from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError
from voronka.people.requests import SignedInRequest
from voronka.pipelines.codes import code_from
from voronka.pipelines.commands import reasons as commands
from voronka.pipelines.models import LossReason, Pipeline
from voronka.pipelines.queries import ReasonNode, loss_tree
from voronka.pipelines.specs import LossReasonSpec
from voronka.web.editor.words import capped
from voronka.web.forms import refuse
from voronka.web.people.forms import NamesMixin, local_text
from voronka.web.rights import needs_right
from voronka.web.toasts import toast


@dataclass(frozen=True, slots=True)
class Row:
    """A reason in the tree, with how many cards were lost for it."""

    reason: LossReason
    cards: int
    children: list[Row] = field(default_factory=list)

    @property
    def used(self) -> str:
        """How many cards, counted no farther than a person reads."""
        return capped(self.cards, MOST) if self.cards else ""


@dataclass
class ReasonPage:
    """The reasons of one funnel in two groups, and those in the archive."""

    pipeline: Pipeline

    @cached_property
    def _tree(self) -> list[ReasonNode]:
        return loss_tree(self.pipeline)

    @cached_property
    def _archived(self) -> list[LossReason]:
        rows = self.pipeline.loss_reasons.filter(archived=True)
        return list(rows.select_related("parent", "pipeline"))

    @cached_property
    def _cards(self) -> dict[int, int]:
        ids = [node.reason.pk for node in _flat(self._tree)] + [r.pk for r in self._archived]
        return cards_lost_for(ids) if ids else {}

    def _row(self, node: ReasonNode) -> Row:
        children = [self._row(child) for child in node.children]
        return Row(node.reason, self._cards.get(node.reason.pk, 0), children)

    @cached_property
    def target(self) -> list[Row]:
        """Why a real enquiry was lost: it counts for the managers' conversion."""
        return [self._row(node) for node in self._tree if node.reason.target]

    @cached_property
    def stray(self) -> list[Row]:
        """What never was an enquiry: it counts for the source's quality."""
        return [self._row(node) for node in self._tree if not node.reason.target]

    @cached_property
    def archived(self) -> list[Row]:
        """Reasons that are offered no more."""
        return [Row(reason, self._cards.get(reason.pk, 0)) for reason in self._archived]

    @cached_property
    def others(self) -> list[Pipeline]:
        """Funnels from which reasons can be taken over."""
        rows = Pipeline.objects.filter(archived=False, loss_reasons__archived=False).distinct()
        return list(rows.exclude(pk=self.pipeline.pk).select_related("item_type"))


def _flat(nodes: list[ReasonNode]) -> Iterator[ReasonNode]:
    for node in nodes:
        yield node
        yield from _flat(node.children)


def _pipeline(request: SignedInRequest) -> Pipeline | None:
    """Return the funnel of ?pipeline=, the first one without it."""
    rows = Pipeline.objects.select_related("item_type")
    wanted = request.POST.get("pipeline") or request.GET.get("pipeline") or ""
    if wanted:
        return get_object_or_404(rows, pk=int(wanted) if wanted.isdecimal() else 0)
    alive = rows.filter(archived=False).order_by("item_type__position", "position", "pk")
    return alive.filter(item_type__kind="deal").first() or alive.first()


def _redrawn(request: SignedInRequest, pipeline: Pipeline) -> HttpResponse:
    return render(request, "loss_reasons/_page.html", {"page": ReasonPage(pipeline)})


@require_GET
@needs_right("setup")
def index(request: SignedInRequest) -> HttpResponse:
    """Show the reasons of ?pipeline=; for htmx only the lists."""
    pipeline = _pipeline(request)
    if pipeline is None:
        return render(request, "loss_reasons/index.html", {"page": None, "pipelines": []})
    if request.htmx.target == "reasons":
        return _redrawn(request, pipeline)
    rows = Pipeline.objects.filter(archived=False).select_related("item_type")
    context = {
        "page": ReasonPage(pipeline),
        "pipelines": rows.order_by("item_type__position", "item_type_id", "position", "pk"),
    }
    return render(request, "loss_reasons/index.html", context)


class ReasonForm(NamesMixin):
    """A reason: names, where it stands, what it asks for."""

    parent = forms.ChoiceField(label=gettext_lazy("Inside another reason"), required=False)
    target = forms.ChoiceField(
        label=gettext_lazy("Was it an enquiry to sell to"),
        choices=[
            ("1", gettext_lazy("yes: target, a client was lost")),
            ("0", gettext_lazy("no: non-target, such as spam or a supplier")),
        ],
        widget=forms.RadioSelect,
        required=False,
        help_text=gettext_lazy("A reason inside another one follows it."),
    )
    needs_comment = forms.BooleanField(
        label=gettext_lazy("Asks for a comment"),
        required=False,
        help_text=gettext_lazy("The card is not lost before somebody has written how it was."),
    )

    def __init__(self, *args: Any, pipeline: Pipeline, row: LossReason, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("at the top"))]
        for node in loss_tree(pipeline):
            if node.reason.pk == row.pk:
                continue
            choices.append((node.reason.code, str(node.reason.name)))
            choices += [
                (child.reason.code, f"\u2003{child.reason.name}")
                for child in node.children
                if child.reason.pk != row.pk
            ]
        self.fields["parent"].choices = choices  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
@needs_right("setup")
def edit(request: SignedInRequest, reason_id: int | None = None) -> HttpResponse:
    """GET [?parent=…&target=0]: the dialog; POST: create or change a reason."""
    if reason_id:
        rows = LossReason.objects.select_related("pipeline__item_type", "parent")
        row = get_object_or_404(rows, pk=reason_id)
        pipeline = row.pipeline
    else:
        found = _pipeline(request)
        pipeline = found if found is not None else get_object_or_404(Pipeline, pk=0)
        row = LossReason(pipeline=pipeline, target=request.GET.get("target") != "0")
    initial = {
        "name_ru": row.name.ru,
        "name_en": row.name.en,
        "parent": row.parent.code if row.parent else request.GET.get("parent", ""),
        "target": "1" if row.target else "0",
        "needs_comment": row.needs_comment,
    }
    form = ReasonForm(request.POST or None, initial=initial, pipeline=pipeline, row=row)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        name = local_text(data)
        taken = set(pipeline.loss_reasons.values_list("code", flat=True))
        spec = LossReasonSpec(
            pipeline.code,
            row.code or code_from(name.ru or name.en, taken=taken, fallback="reason"),
            name,
            data["parent"] or None,
            data["target"] != "0",
            data["needs_comment"],
        )
        try:
            commands.save_loss_reason(spec, by=Actor.user(request.user))
        except DomainError as refusal:
            refuse(form, refusal)
        else:
            return _redrawn(request, pipeline)
    context = {"form": form, "row": row if reason_id else None, "pipeline": pipeline}
    status = 422 if form.errors else 200
    response = render(request, "loss_reasons/_edit.html", context, status=status)
    if request.method == "POST":
        response["HX-Retarget"], response["HX-Reswap"] = "#dialog", "innerHTML"
    return response


@require_POST
@needs_right("setup")
def place(request: SignedInRequest) -> HttpResponse:
    """Put the reason `moved` into `parent` and among its siblings `codes`."""
    pipeline = _pipeline(request)
    if pipeline is None:
        return HttpResponse(status=404)
    commands.place_loss_reason(
        pipeline.code,
        request.POST.get("moved", ""),
        parent=request.POST.get("parent") or None,
        target=request.POST.get("target") != "0",
        order=request.POST.getlist("codes"),
        by=Actor.user(request.user),
    )
    return _redrawn(request, pipeline)


def _reason_or_404(reason_id: int) -> LossReason:
    return get_object_or_404(LossReason.objects.select_related("pipeline__item_type"), pk=reason_id)


@require_POST
@needs_right("setup")
def archive(request: SignedInRequest, reason_id: int) -> HttpResponse:
    """Offer a reason, and those inside it, no more."""
    row = _reason_or_404(reason_id)
    commands.archive_loss_reason(row.pipeline.code, row.code, by=Actor.user(request.user))
    text = _("“%(name)s” is offered no more; lost cards keep it") % {"name": row.name}
    undo = reverse("loss_reasons:restore", args=[reason_id])
    return toast(_redrawn(request, row.pipeline), text, undo_url=undo)


@require_POST
@needs_right("setup")
def restore(request: SignedInRequest, reason_id: int) -> HttpResponse:
    """Offer an archived reason again."""
    row = _reason_or_404(reason_id)
    commands.restore_loss_reason(row.pipeline.code, row.code, by=Actor.user(request.user))
    text = _("“%(name)s” is offered again") % {"name": row.name}
    response = toast(_redrawn(request, row.pipeline), text)
    if request.htmx.target != "reasons":  # a toast asked, which swaps nothing in
        response["HX-Trigger-After-Settle"] = "reasons:changed"
    return response


@require_POST
@needs_right("setup")
def remove(request: SignedInRequest, reason_id: int) -> HttpResponse:
    """Take away a reason that no card was ever lost for."""
    row = _reason_or_404(reason_id)
    commands.remove_loss_reason(row.pipeline.code, row.code, by=Actor.user(request.user))
    text = _("“%(name)s” is deleted") % {"name": row.name}
    return toast(_redrawn(request, row.pipeline), text, kind="info")


@require_POST
@needs_right("setup")
def copy(request: SignedInRequest) -> HttpResponse:
    """Take over the reasons of the funnel `source` that this one does not have."""
    pipeline = _pipeline(request)
    source = Pipeline.objects.filter(pk=_number(request.POST.get("source", ""))).first()
    if pipeline is None or source is None:
        return HttpResponse(status=404)
    count = commands.copy_loss_reasons(
        pipeline.code, source=source.code, by=Actor.user(request.user)
    )
    text = ngettext("%(count)d reason taken over", "%(count)d reasons taken over", count)
    return toast(_redrawn(request, pipeline), text % {"count": count})


def _number(typed: str) -> int:
    return int(typed) if typed.isdecimal() and len(typed) < 19 else 0
