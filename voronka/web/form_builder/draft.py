"""A form while it is edited: its channel, its texts, its rows, and what was wrong with them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from voronka.channels.commands import ChannelSpec
from voronka.channels.models import Channel
from voronka.channels.providers.forms.commands import FormSpec
from voronka.channels.providers.forms.models import ConsentText, Form
from voronka.channels.providers.forms.queries import ShownForm, shown
from voronka.channels.providers.forms.schema import FormField, read_fields
from voronka.kernel.errors import InvalidInput, Sentence
from voronka.kernel.texts import LocalText
from voronka.pipelines.models import ItemType, Pipeline, Source
from voronka.routing.models import Distribution
from voronka.web.form_builder import rows as row_list
from voronka.web.form_builder.palette import Starter, begun
from voronka.web.form_builder.rows import Row
from voronka.web.form_builder.targets import Targets
from voronka.web.forms import refuse
from voronka.web.people.forms import people_choices

TEXTS = {"title": 120, "intro": 1000, "button": 60, "thanks": 600, "consent": 4000}
Choices = list[tuple[str | int, str]]


class ChannelForm(forms.Form):
    """What a form shares with every channel, and its sites."""

    name = forms.CharField(
        label=pgettext_lazy("form", "Name"), max_length=120, help_text=gettext_lazy("For you.")
    )
    pipeline = forms.TypedChoiceField(
        label=gettext_lazy("Funnel"), coerce=int,
        help_text=gettext_lazy("New cards begin in its first stage."),
    )  # fmt: skip
    source = forms.TypedChoiceField(
        label=gettext_lazy("Source"), coerce=int, empty_value=None, required=False
    )
    distribution = forms.TypedChoiceField(
        label=gettext_lazy("Distribution"), coerce=int, empty_value=None, required=False,
        help_text=gettext_lazy("A group whose people take turns. A routing rule comes before it."),
    )  # fmt: skip
    owner = forms.TypedChoiceField(
        label=gettext_lazy("Responsible"), coerce=int, empty_value=None, required=False,
        help_text=gettext_lazy("When no group is chosen, or nobody of it is free."),
    )  # fmt: skip
    hosts = forms.CharField(
        label=gettext_lazy("Sites that may use it"), required=False, max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": "company.ru"}),
        help_text=gettext_lazy("One in a line, subdomains included. Empty: any site may."),
    )  # fmt: skip
    redirect = forms.CharField(
        label=gettext_lazy("Or open a page of yours instead"), required=False, max_length=500,
        widget=forms.TextInput(attrs={"placeholder": "https://company.ru/ok", "inputmode": "url"}),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._choices("pipeline", pipeline_choices())
        self._choices("source", [("", _("not set")), *((s.pk, str(s)) for s in _sources())])
        groups = Distribution.objects.filter(archived=False)
        self._choices("distribution", [("", _("no group")), *((d.pk, str(d)) for d in groups)])
        self._choices("owner", people_choices(empty=_("nobody")))

    def _choices(self, name: str, choices: Choices) -> None:
        box = self.fields[name]
        if isinstance(box, forms.ChoiceField):
            box.choices = choices


def _sources() -> list[Source]:
    return list(Source.objects.filter(archived=False))


def pipeline_choices() -> Choices:
    """Return the funnels in use, those of leads first."""
    rows = Pipeline.objects.filter(archived=False).select_related("item_type")
    leads_first = sorted(rows, key=lambda p: p.item_type.kind != ItemType.Kind.LEAD)
    return [(p.pk, f"{p.item_type.plural}: {p.name}") for p in leads_first]


def pipeline_of(value: str | int | None) -> Pipeline | None:
    """Return a funnel by what a form says; the first one of the list when it says nothing."""
    rows = Pipeline.objects.filter(archived=False).select_related("item_type")
    said = str(value or "")
    chosen = rows.filter(pk=int(said)).first() if said.isdecimal() and len(said) < 12 else None
    return chosen or rows.order_by("item_type__position", "position").first()


@dataclass
class Draft:
    """A form as it is, or as it was typed."""

    channel: ChannelForm
    targets: Targets
    rows: list[Row] = field(default_factory=list)
    texts: dict[str, LocalText] = field(default_factory=dict)
    consent_needed: bool = True
    foreign: bool = False
    form: Form | None = None
    errors: dict[str, Sentence] = field(default_factory=dict)

    @property
    def consents(self) -> list[ConsentText]:
        """The versions of the consent, newest first."""
        return list(self.form.consents.all()) if self.form else []

    def spec(self) -> FormSpec:
        """Return what the commands need; the channel's form is valid."""
        data = self.channel.cleaned_data
        kept = self.form.channel if self.form else None
        channel = ChannelSpec(
            name=data["name"],
            settings=dict(kept.settings) if kept else {},
            pipeline_id=data["pipeline"],
            source_id=data["source"],
            owner_id=data["owner"],
            distribution_id=data["distribution"],
            usual_pause=kept.usual_pause if kept else None,
        )
        words = {name: self.texts.get(name, LocalText()) for name in TEXTS}
        return FormSpec(
            channel,
            [] if self.foreign else row_list.mappings(self.rows),
            redirect=data["redirect"],
            hosts=data["hosts"].split(),
            consent_needed=self.consent_needed and bool(words["consent"]),
            **words,
        )

    def refuse(self, error: InvalidInput) -> None:
        """Put a command's refusals at their places."""
        rest = row_list.place_errors(self.rows, error.fields)
        self.errors |= {k: v for k, v in rest.items() if k not in self.channel.fields}
        kept = {k: v for k, v in rest.items() if k in self.channel.fields}
        refuse(self.channel, InvalidInput(error.detail, fields=kept))

    def check(self) -> bool:
        """Say what can't be saved, without the commands; their own refusals come later."""
        ok = self.channel.is_valid()
        if not self.foreign and not self.rows:
            self.errors["rows"] = _("Add at least one field from the list.")
        for row in self.rows:
            if not row.target.known:
                row.errors["target"] = _("Cards of this funnel have no such field. Choose another.")
            if not row.label and row.kind != "hidden":
                row.errors["label"] = _("Write what the visitor is asked.")
            if row.kind == "hidden" and not row.default:
                row.errors["default"] = _("Write the value that goes along.")
        return ok and not self.errors and not any(row.errors for row in self.rows)

    def shown(self) -> ShownForm:
        """Return the form as a visitor would see it now; what can't be read is left out."""
        words = {name: self.texts.get(name, LocalText()) for name in TEXTS}
        consent = words.pop("consent")
        form = Form(channel=Channel(key="preview", name=_("New form")), **words)
        form.consent_needed = self.consent_needed
        fields = []
        for raw in row_list.mappings(self.rows):
            try:
                fields.append(FormField.model_validate(raw))
            except ValueError:
                continue
        return ShownForm(form, fields, ConsentText(version=0, text=consent) if consent else None)


def stored(form: Form) -> Draft:
    """Return a form as it is."""
    channel = form.channel
    initial = {
        "name": channel.name, "pipeline": channel.pipeline_id, "source": channel.source_id,
        "distribution": channel.distribution_id, "owner": channel.owner_id,
        "hosts": "\n".join(form.hosts), "redirect": form.redirect,
    }  # fmt: skip
    targets = Targets(channel.pipeline)
    view = shown(form)
    texts = {name: getattr(form, name) for name in TEXTS if name != "consent"}
    texts["consent"] = view.consent.text if view.consent else LocalText()
    rows = row_list.stored(read_fields(form.fields), targets)
    return Draft(
        ChannelForm(initial=initial), targets, rows, texts, form.consent_needed,
        foreign=not form.fields, form=form,
    )  # fmt: skip


def new(chosen: Starter, *, foreign: bool) -> Draft:
    """Return a form to begin with."""
    pipeline = pipeline_of(None)
    targets = Targets(pipeline)
    site = Source.objects.filter(archived=False, code="site").values_list("pk", flat=True).first()
    initial: dict[str, Any] = {"pipeline": pipeline.pk if pipeline else None, "source": site}
    initial["name"] = "" if foreign else str(chosen.title_text)
    texts = {"title": chosen.title_text, "button": chosen.button}
    if not foreign:
        texts["consent"] = LocalText(
            "Согласен на обработку персональных данных, чтобы мне ответили на заявку",
            "I agree that my data are used to answer my enquiry",
        )
    channel = ChannelForm(initial=initial)
    return Draft(channel, targets, begun(chosen, targets), texts, foreign=foreign)


def typed(data: QueryDict, form: Form | None) -> Draft:
    """Return a form as it was typed."""
    targets = Targets(pipeline_of(data.get("pipeline")))
    texts = {
        name: LocalText(*(data.get(f"{name}_{code}", "").strip()[:most] for code in ("ru", "en")))
        for name, most in TEXTS.items()
    }
    rows = row_list.typed(data, targets)
    return Draft(
        ChannelForm(data), targets, rows, texts, "consent_needed" in data,
        foreign=data.get("foreign") == "1", form=form,
    )  # fmt: skip
