"""The funnel as such: name, purpose, style of names, calendar, and who works in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from voronka.automation.commands.control import HighValueSpec, save_high_value
from voronka.automation.models import HighValue
from voronka.blueprints.schema import PipelineSpec, Text
from voronka.drafts import commands
from voronka.drafts.queries import canvas
from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError
from voronka.people.access import SCOPE_TITLES, Access
from voronka.people.commands import save_role
from voronka.people.models import Role, WorkingCalendar
from voronka.people.requests import SignedInRequest
from voronka.pipelines.models import Pipeline, Stage
from voronka.pipelines.values import BadValue, parse_decimal, parse_money
from voronka.web import words
from voronka.web.editor.pages import funnel_or_404, saved
from voronka.web.forms import refuse
from voronka.web.people.forms import NamesMixin
from voronka.web.rights import needs_right
from voronka.web.toasts import toast

ACCESS = ("see", "add", "move")  # what the funnel's page asks about; the role's page has all


class FunnelForm(NamesMixin):
    """What the draft says of the funnel itself."""

    purpose = forms.ChoiceField(label=gettext_lazy("Purpose"), choices=Pipeline.Purpose.choices)
    naming = forms.ChoiceField(
        label=gettext_lazy("Stages are named by"),
        choices=Pipeline.Naming.choices,
        widget=forms.RadioSelect,
    )
    forward_only = forms.BooleanField(
        label=gettext_lazy("Forward only"),
        required=False,
        help_text=gettext_lazy(
            "A card never goes back to an earlier stage. Who has the right may return it as a"
            " correction, which does not distort conversion."
        ),
    )
    calendar = forms.ChoiceField(
        label=gettext_lazy("Working hours"),
        required=False,
        help_text=gettext_lazy("Deadlines in working time are counted by them."),
    )
    why_ru = forms.CharField(
        label=gettext_lazy("Why it is a funnel of its own, in Russian"),
        required=False,
        widget=forms.Textarea({"rows": 2}),
    )
    why_en = forms.CharField(
        label=gettext_lazy("Why it is a funnel of its own, in English"),
        required=False,
        widget=forms.Textarea({"rows": 2}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        calendars = [(c.code, str(c.name)) for c in WorkingCalendar.objects.order_by("pk")]
        self.fields["calendar"].choices = [  # type: ignore[attr-defined]
            ("", _("Of whoever is responsible")),
            *calendars,
        ]


class LargeForm(forms.Form):
    """From what amount on an order stands under the head's control (FS-15)."""

    measure = forms.ChoiceField(
        label=gettext_lazy("Large orders"),
        choices=[
            ("", gettext_lazy("are not controlled")),
            ("amount", gettext_lazy("from a sum on")),
            ("percent", gettext_lazy("the largest percent of a year's won orders")),
        ],
        required=False,
    )
    size = forms.CharField(label=gettext_lazy("Sum or percent"), required=False, max_length=20)
    passes = forms.MultipleChoiceField(
        label=gettext_lazy("Stages that want the head's pass"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, funnel: Pipeline, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stages = funnel.stages.exclude(kind=Stage.Kind.LOST)
        self.fields["passes"].choices = [(s.code, str(s.name)) for s in stages]  # type: ignore[attr-defined]

    def spec(self) -> HighValueSpec | None:
        """Return what the command takes; None takes the control away.

        Raises:
            BadValue: the size is no number.
        """
        data = self.cleaned_data
        passes = tuple(data["passes"])
        if data["measure"] == "amount":
            return HighValueSpec(amount=parse_money(data["size"]), passes=passes)
        if data["measure"] == "percent":
            return HighValueSpec(top_percent=int(parse_decimal(data["size"])), passes=passes)
        return None


def _large_now(funnel: Pipeline) -> dict[str, Any]:
    row = HighValue.objects.filter(pipeline=funnel).first()
    if row is None:
        return {}
    size = words.money(row.amount, bare=True) if row.amount is not None else str(row.top_percent)
    measure = "amount" if row.amount is not None else "percent"
    return {"measure": measure, "size": size, "passes": row.passes}


@dataclass(frozen=True, slots=True)
class AccessRow:
    """What one role may do in this funnel."""

    role: Role
    cells: list[AccessCell]


@dataclass(frozen=True, slots=True)
class AccessCell:
    """One choice: `own` is said for this funnel, "" when the type's row decides."""

    name: str
    own: str
    reaches: str  # what follows in the end, in words


@require_http_methods(["GET", "POST"])
@needs_right("setup")
def settings(request: SignedInRequest, pipeline_id: int) -> HttpResponse:
    """GET: the form; POST: save it into the draft."""
    funnel = funnel_or_404(pipeline_id)
    wanted = canvas(funnel).wanted
    form = FunnelForm(request.POST or None, initial=_initial(wanted))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        changes = {
            "name": Text(ru=data["name_ru"].strip(), en=data["name_en"].strip()),
            "purpose": data["purpose"],
            "naming": data["naming"],
            "forward_only": data["forward_only"],
            "calendar": data["calendar"],
            "why": Text(ru=data["why_ru"].strip(), en=data["why_en"].strip()),
        }
        try:
            commands.change_funnel(pipeline_id, changes, by=Actor.user(request.user))
        except DomainError as refusal:
            refuse(form, refusal)
        else:
            return saved(request, reverse("editor:pipeline", args=[pipeline_id]))
    context = {
        "funnel": funnel,
        "form": form,
        "rows": access_rows(funnel),
        "may_grant": request.user.access.has("people"),
        "scopes": [(scope.code, title) for scope, title in SCOPE_TITLES.items()],
        "reasons": funnel.loss_reasons.filter(archived=False).count(),
        "large": LargeForm(funnel, initial=_large_now(funnel)),
    }
    status = 422 if form.errors else 200
    return render(request, "editor/settings.html", context, status=status)


def _initial(wanted: PipelineSpec) -> dict[str, Any]:
    return {
        "name_ru": wanted.name.ru,
        "name_en": wanted.name.en,
        "purpose": wanted.purpose,
        "naming": wanted.naming,
        "forward_only": wanted.forward_only,
        "calendar": wanted.calendar,
        "why_ru": wanted.why.ru,
        "why_en": wanted.why.en,
    }


def access_rows(funnel: Pipeline) -> list[AccessRow]:
    """Return what each role may do here; the owner, who may all, is left out. One query."""
    kind = funnel.item_type.code
    key = f"{kind}/{funnel.code}"
    rows = []
    for role in Role.objects.filter(everything=False):
        access = Access.of_role(role)
        own: Mapping[str, str] = role.matrix.get(key, {})
        cells = [
            AccessCell(
                f"role:{role.pk}:{action}",
                own.get(action, ""),
                str(SCOPE_TITLES[access.scope(action, kind, funnel.code)]),
            )
            for action in ACCESS
        ]
        rows.append(AccessRow(role, cells))
    return rows


@require_POST
@needs_right("setup")
def grant(request: SignedInRequest, pipeline_id: int) -> HttpResponse:
    """Say which roles see, add and move here. Counts at once: rights are no part of a draft."""
    funnel = funnel_or_404(pipeline_id)
    key = f"{funnel.item_type.code}/{funnel.code}"
    with transaction.atomic():
        for role in Role.objects.filter(everything=False):
            own = dict(role.matrix.get(key, {}))
            before = dict(own)
            for action in ACCESS:
                code = request.POST.get(f"role:{role.pk}:{action}")
                if code:
                    own[action] = code
                elif code is not None:
                    own.pop(action, None)
            if own != before:
                matrix = {**role.matrix, key: own}
                save_role(
                    role.pk,
                    code=role.code,
                    name=role.name,
                    matrix=matrix,
                    rights=role.rights,
                    by=Actor.user(request.user),
                )
    context = {
        "funnel": funnel,
        "rows": access_rows(funnel),
        "may_grant": True,
        "scopes": [(scope.code, title) for scope, title in SCOPE_TITLES.items()],
    }
    response = render(request, "editor/_access.html", context)
    return toast(response, _("The rights count from now on"))


@require_POST
@needs_right("setup")
def large(request: SignedInRequest, pipeline_id: int) -> HttpResponse:
    """Put large orders under control, or let them go. Counts at once."""
    funnel = funnel_or_404(pipeline_id)
    form = LargeForm(funnel, request.POST)
    response = None
    if form.is_valid():
        try:
            save_high_value(funnel, form.spec(), by=Actor.user(request.user))
        except BadValue as bad:
            form.add_error("size", str(bad.sentence))
        except DomainError as refusal:
            for sentence in refusal.fields.values() or [refusal.detail]:
                form.add_error("size", str(sentence))
        else:
            fresh = LargeForm(funnel, initial=_large_now(funnel))
            response = render(request, "editor/_large.html", {"funnel": funnel, "large": fresh})
    if response is None:
        context = {"funnel": funnel, "large": form}
        return render(request, "editor/_large.html", context, status=422)
    return toast(response, _("Saved: it counts from now on"))
