"""The form of a channel: what every channel has, and the settings of its kind."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from voronka.channels.commands import ChannelSpec
from voronka.channels.contract import Provider
from voronka.channels.models import Channel
from voronka.kernel.errors import DomainError
from voronka.people.models import User
from voronka.pipelines.models import ItemType, Pipeline, Source
from voronka.routing.models import Distribution
from voronka.web.channels.drawing import PREFIX, settings_fields, settings_typed

HOUR = timedelta(hours=1)
Choices = list[tuple[Any, Any]]


class ChannelForm(forms.Form):
    """A channel of one kind. Rules live in the command; the form only reads what was typed."""

    name = forms.CharField(label=pgettext_lazy("channel", "Name"), max_length=120)
    pipeline = forms.TypedChoiceField(
        label=gettext_lazy("Funnel of its enquiries"),
        coerce=int,
        empty_value=None,
        required=False,
        help_text=gettext_lazy(
            "A funnel of leads: each enquiry is qualified first. A funnel of deals: it is a sale"
            " at once, as orders of a shop are."
        ),
    )
    source = forms.TypedChoiceField(
        label=gettext_lazy("Source"), coerce=int, empty_value=None, required=False
    )
    to = forms.ChoiceField(
        label=gettext_lazy("Who gets the card"),
        required=False,
        help_text=gettext_lazy("The routing table comes first; this is for what it leaves open."),
    )
    pause = forms.DecimalField(
        label=gettext_lazy("Usual pause, working hours"),
        required=False,
        min_value=0,
        max_value=999,
        max_digits=5,
        decimal_places=1,
    )

    def __init__(
        self, *args: Any, provider: Provider, channel: Channel | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.provider, self.channel = provider, channel
        self.kept: dict[str, Any] = dict(channel.settings) if channel else {}
        self._choose("pipeline", funnels(channel))
        self._choose("source", sources(channel))
        self._choose("to", takers(channel))
        learned = channel.learned_pause if channel else None
        hint = _("Longer silence raises an alarm. Empty: learned from the last month.")
        if learned:
            hours = {"hours": f"{learned / HOUR:.1f}".removesuffix(".0")}
            hint += " " + _("Learned so far: %(hours)s h.") % hours
        self.fields["pause"].help_text = hint
        sealed = bool(channel and channel.sealed)
        self.fields.update(settings_fields(provider, self.kept, sealed=sealed))
        if channel is not None:
            self.initial = {
                "name": channel.name,
                "pipeline": channel.pipeline_id,
                "source": channel.source_id,
                "to": _taker(channel),
                "pause": f"{channel.usual_pause / HOUR:g}" if channel.usual_pause else None,
            }

    def _choose(self, name: str, choices: Choices) -> None:
        field: Any = self.fields[name]
        field.choices = choices

    @property
    def settings(self) -> list[forms.BoundField]:
        """The fields of the provider's own settings."""
        return [self[name] for name in self.fields if name.startswith(PREFIX)]

    def spec(self) -> ChannelSpec:
        """Return what the command takes."""
        data = self.cleaned_data
        kind, _colon, taker = data["to"].partition(":")
        return ChannelSpec(
            name=data["name"],
            settings=settings_typed(self.provider, data, self.kept),
            pipeline_id=data["pipeline"],
            source_id=data["source"],
            owner_id=int(taker) if kind == "user" else None,
            distribution_id=int(taker) if kind == "group" else None,
            usual_pause=HOUR * float(data["pause"]) if data["pause"] else None,
        )

    def refuse(self, error: DomainError) -> None:
        """Put a command's refusal at its fields; names of settings have a prefix here."""
        shared = {"owner": "to", "distribution": "to"}
        placed = False
        for name, sentence in error.fields.items():
            own = PREFIX + name if PREFIX + name in self.fields else shared.get(name, name)
            if own in self.fields:
                self.add_error(own, str(sentence))
                placed = True
        if not placed:
            self.add_error(None, str(error.detail))


def funnels(channel: Channel | None = None) -> Choices:
    """Return the funnels in use: those of leads, those without leads. One SQL query."""
    kinds = (ItemType.Kind.LEAD, ItemType.Kind.DEAL)
    rows = Pipeline.objects.filter(archived=False, item_type__kind__in=kinds)
    leads: Choices = []
    deals: Choices = []
    for row in rows.select_related("item_type").order_by("item_type__position", "position", "pk"):
        (leads if row.item_type.kind == ItemType.Kind.LEAD else deals).append((row.pk, str(row)))
    groups = [(_("With leads"), leads), (_("Without leads: a deal at once"), deals)]
    kept = channel.pipeline if channel else None
    if kept is not None and kept.archived:
        groups.append((_("In the archive"), [(kept.pk, str(kept))]))
    return [("", _("As the routing table says")), *(group for group in groups if group[1])]


def sources(channel: Channel | None = None) -> Choices:
    """Return the sources in use, and the channel's own. One SQL query."""
    rows = [(s.pk, str(s)) for s in Source.objects.filter(archived=False)]
    kept = channel.source if channel else None
    if kept is not None and kept.archived:
        rows.append((kept.pk, str(kept)))
    return [("", _("Not said")), *rows]


def takers(channel: Channel | None = None) -> Choices:
    """Return groups of distribution and people to give cards to. Two SQL queries."""
    groups = [(f"group:{g.pk}", g.name) for g in Distribution.objects.filter(archived=False)]
    people = [(f"user:{u.pk}", str(u)) for u in User.objects.filter(is_active=True)]
    named = [(_("Groups"), groups), (_("People"), people)]
    known = {value for _name, pairs in named for value, _word in pairs}
    if channel is not None and (value := _taker(channel)) and value not in known:
        gone = channel.distribution or channel.owner
        named.append((_("No longer in use"), [(value, str(gone))]))
    return [("", _("As the routing table says")), *(group for group in named if group[1])]


def _taker(channel: Channel) -> str:
    if channel.distribution_id:
        return f"group:{channel.distribution_id}"
    return f"user:{channel.owner_id}" if channel.owner_id else ""
