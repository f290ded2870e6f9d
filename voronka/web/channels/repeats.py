"""What each funnel does when a known client writes again (I5, IN-12)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import trigger_client_event

from voronka.channels.commands import save_repeat_rule
from voronka.channels.models import RepeatRule
from voronka.channels.queries import repeat_rules
from voronka.channels.rules import USUAL, Repeat
from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError
from voronka.people.requests import SignedInRequest
from voronka.pipelines.models import ItemType, Pipeline
from voronka.web.card.answers import dialog
from voronka.web.forms import refuse
from voronka.web.rights import needs_right
from voronka.web.toasts import toast
from voronka.web.words import days

DAY = timedelta(days=1)
MOST_DAYS = 3650


def _days(label: Any, hint: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, help_text=hint, required=False, min_value=0, max_value=MOST_DAYS
    )


class RepeatForm(forms.Form):
    """A funnel's rule. Durations are whole days; an empty one is "however long ago"."""

    when_open = forms.ChoiceField(
        label=gettext_lazy("The client has an open card"),
        choices=RepeatRule.WhenOpen.choices,
        widget=forms.RadioSelect,
    )
    join_within = _days(
        gettext_lazy("Only if it was alive in the last … days"), gettext_lazy("Empty: any age.")
    )
    when_lost = forms.ChoiceField(
        label=gettext_lazy("The client was refused here before"),
        choices=RepeatRule.WhenLost.choices,
        widget=forms.RadioSelect,
    )
    return_within = _days(
        gettext_lazy("Only if refused in the last … days"), gettext_lazy("Empty: any age.")
    )
    from_nurturing = forms.BooleanField(
        label=gettext_lazy("Take the card back from nurturing or lost reactivation"),
        required=False,
    )
    thread_stays = _days(
        gettext_lazy("An answer to a closed card stays with it for … days"),
        gettext_lazy("“Thank you” after a won deal is no new lead. 0: always a new card."),
    )

    def rule(self) -> Repeat:
        """Return what the command takes."""
        data = self.cleaned_data

        def span(name: str) -> timedelta | None:
            return None if data[name] is None else DAY * data[name]

        return Repeat(
            when_open=data["when_open"],
            join_within=span("join_within"),
            when_lost=data["when_lost"],
            return_within=span("return_within"),
            from_nurturing=data["from_nurturing"],
            thread_stays=span("thread_stays"),
        )


@dataclass(frozen=True, slots=True)
class Row:
    """A funnel and its rule in words; `own` when somebody has set it."""

    pipeline: Pipeline
    rule: Repeat
    own: bool

    @property
    def words(self) -> list[str]:
        """What happens, a sentence for each part of the rule."""
        rule = self.rule
        if rule.when_open == RepeatRule.WhenOpen.NEW:
            first = _("Opens a new card beside an open one.")
        elif rule.join_within is None:
            first = _("Joins the open card.")
        else:
            first = _("Joins the open card if it was alive in the last %(days)s.")
        if rule.when_lost == RepeatRule.WhenLost.NEW:
            second = _("After a refusal a new card.")
        elif rule.return_within is None:
            second = _("Returns a refused card to work.")
        else:
            second = _("Returns a card refused in the last %(days)s to work.")
        return [
            first % {"days": _span(rule.join_within)},
            second % {"days": _span(rule.return_within)},
            *([_("Takes it back from nurturing.")] if rule.from_nurturing else []),
        ]


def _span(span: timedelta | None) -> str:
    return days(span.days) if span is not None else ""


@require_GET
@needs_right("setup")
def index(request: SignedInRequest) -> HttpResponse:
    """List the funnels with their rules; for htmx only the list."""
    own = repeat_rules()
    kinds = (ItemType.Kind.LEAD, ItemType.Kind.DEAL)
    funnels = Pipeline.objects.filter(archived=False, item_type__kind__in=kinds)
    ordered = funnels.select_related("item_type").order_by("item_type__position", "position", "pk")
    rows = [Row(row, own.get(row.pk, USUAL), row.pk in own) for row in ordered]
    in_place = request.htmx.target == "repeats"
    template = "channels/_repeats.html" if in_place else "channels/repeats.html"
    return render(request, template, {"rows": rows})


@require_http_methods(["GET", "POST"])
@needs_right("setup")
def edit(request: SignedInRequest, pipeline_id: int) -> HttpResponse:
    """Ask in a dialog what a funnel does with repeat enquiries, and keep it."""
    pipeline = get_object_or_404(Pipeline.objects.filter(archived=False), pk=pipeline_id)
    rule = repeat_rules().get(pipeline.pk, USUAL)
    form = RepeatForm(request.POST or None, initial=_initial(rule))
    if request.method == "POST" and form.is_valid():
        try:
            save_repeat_rule(pipeline, form.rule(), by=Actor.user(request.user))
        except DomainError as error:
            refuse(form, error)
        else:
            said = _("Saved: %(name)s") % {"name": pipeline}
            response = toast(HttpResponse(status=204), said)
            response = trigger_client_event(response, "repeats:changed", {})
            return trigger_client_event(response, "dialog:close", {})
    context = {"form": form, "pipeline": pipeline}
    return dialog(request, "channels/_repeat.html", context, status=422 if form.errors else 200)


def _initial(rule: Repeat) -> dict[str, Any]:
    spans = ("join_within", "return_within", "thread_stays")
    return {
        "when_open": rule.when_open,
        "when_lost": rule.when_lost,
        "from_nurturing": rule.from_nurturing,
        **{n: getattr(rule, n).days if getattr(rule, n) is not None else None for n in spans},
    }
