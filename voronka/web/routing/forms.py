"""The forms of a row of the routing table and of a group."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy, pgettext_lazy

from voronka.kernel.conditions import FactSpec
from voronka.kernel.errors import DomainError, Sentence
from voronka.routing.commands import RuleSpec
from voronka.routing.facts import fact_specs
from voronka.routing.models import Distribution, RoutingRule
from voronka.web.channels.forms import funnels, takers
from voronka.web.people.forms import people_choices
from voronka.web.robots import conditions, rows


class RuleForm(forms.Form):
    """A row: its name, when it is asked, where cards go. The condition is drawn beside it."""

    name = forms.CharField(label=pgettext_lazy("routing", "Name"), max_length=120)
    when = forms.ChoiceField(
        label=gettext_lazy("When it is asked"), choices=RoutingRule.When.choices
    )
    pipeline = forms.TypedChoiceField(
        label=gettext_lazy("Into the funnel"), coerce=int, empty_value=None, required=False
    )
    to = forms.ChoiceField(label=gettext_lazy("To a group or a person"), required=False)
    active = forms.BooleanField(
        label=pgettext_lazy("routing", "The row counts"), required=False, initial=True
    )

    def __init__(self, data: QueryDict | None = None, *, row: RoutingRule | None = None) -> None:
        super().__init__(data)
        self.facts: dict[str, FactSpec] = fact_specs()
        self.wrong: dict[str, Sentence] = {}
        for name, choices in (("pipeline", funnels()), ("to", takers())):
            field: Any = self.fields[name]
            field.choices = [("", "—"), *choices[1:]]
        if row is not None:
            self.initial = {
                "name": row.name,
                "when": row.when,
                "pipeline": row.pipeline_id,
                "active": row.active,
                "to": f"group:{row.distribution_id}"
                if row.distribution_id
                else f"user:{row.owner_id}"
                if row.owner_id
                else "",
            }
        if data is not None:
            self.tree = rows.read(data)
        else:
            self.tree = rows.from_json(row.condition if row else {})
        conditions.Builder(self.facts, {}).settle(self.tree)

    def act(self, what: str) -> None:
        """Do what a button of the condition asks: "c.add:0"."""
        verb, _colon, where = what.partition(":")
        if verb.startswith("c."):
            rows.change(self.tree, verb[2:], where)

    def spec(self) -> RuleSpec | None:
        """Return what the command takes; None when the condition is unfinished."""
        wanted, self.wrong = conditions.Builder(self.facts, {}).to_json(self.tree)
        if self.wrong:
            return None
        data = self.cleaned_data
        kind, _colon, taker = data["to"].partition(":")
        return RuleSpec(
            name=data["name"],
            condition=wanted,
            when=data["when"],
            pipeline_id=data["pipeline"],
            distribution_id=int(taker) if kind == "group" else None,
            owner_id=int(taker) if kind == "user" else None,
            active=data["active"],
        )

    def refuse(self, error: DomainError) -> None:
        """Put a refusal at its field, or at its place in the condition."""
        placed = False
        shared = {"owner": "to", "distribution": "to"}
        for name, sentence in error.fields.items():
            own = shared.get(name, name)
            if name.startswith("condition"):
                self.wrong[name.partition(".")[2]] = sentence
            elif own in self.fields:
                self.add_error(own, str(sentence))
            else:
                continue
            placed = True
        if not placed:
            self.add_error(None, str(error.detail))

    @property
    def condition(self) -> conditions.Drawn:
        """The tree of conditions, with what is wrong in it."""
        return conditions.Builder(self.facts, self.wrong).draw(self.tree)


class GroupForm(forms.Form):
    """A group, without its people."""

    name = forms.CharField(label=pgettext_lazy("routing", "Name"), max_length=120)
    strategy = forms.ChoiceField(
        label=gettext_lazy("How cards are given out"),
        choices=Distribution.Strategy.choices,
        widget=forms.RadioSelect,
        initial=Distribution.Strategy.BY_TURN,
    )
    sticky = forms.BooleanField(
        label=gettext_lazy("A known client goes to their previous manager first"),
        required=False,
        initial=True,
    )
    after_hours = forms.ChoiceField(
        label=gettext_lazy("When nobody is at work"),
        choices=Distribution.AfterHours.choices,
        widget=forms.RadioSelect,
        initial=Distribution.AfterHours.SPREAD,
    )
    capacity = forms.IntegerField(
        label=gettext_lazy("At most open cards a person"),
        help_text=gettext_lazy("Empty: no limit."),
        required=False,
        min_value=1,
        max_value=100_000,
    )
    duty = forms.TypedChoiceField(
        choices=people_choices,
        label=gettext_lazy("On duty"),
        help_text=gettext_lazy("Gets the card when nobody fits: no card stays with nobody."),
        coerce=int,
    )
