"""The form of a webhook: what it is called, where it goes, which events it is told of."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from voronka.automation.catalogue import CATALOGUE
from voronka.automation.commands.webhooks import WebhookSpec
from voronka.automation.models import Webhook
from voronka.pipelines.models import Pipeline


class WebhookForm(forms.Form):
    """Rules live in the command; the form only reads what was typed."""

    name = forms.CharField(
        label=pgettext_lazy("webhook", "Name"),
        max_length=120,
        help_text=gettext_lazy("Who listens there: the warehouse, the accounts, the call centre."),
    )
    url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=1000,
        widget=forms.URLInput({"inputmode": "url", "placeholder": "https://"}),
    )
    verbs = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    pipelines = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, webhook: Webhook | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        verbs: Any = self.fields["verbs"]
        verbs.choices = [(kind.verb, kind.title) for kind in CATALOGUE.values()]
        rows = Pipeline.objects.filter(archived=False).order_by(
            "item_type__position", "item_type_id", "position", "pk"
        )
        funnels: Any = self.fields["pipelines"]
        kept = webhook.pipelines if webhook else []
        shown = {row.code: str(row) for row in rows}
        gone = {code: _("%(code)s (in the archive)") % {"code": code} for code in kept}
        funnels.choices = list((gone | shown).items())
        if webhook is not None:
            self.initial = {
                "name": webhook.name,
                "url": webhook.url,
                "verbs": webhook.verbs,
                "pipelines": kept,
            }

    @property
    def groups(self) -> list[tuple[str, list[Any]]]:
        """The boxes of events: those of cards, those of clients."""
        boxes = list(self["verbs"])
        about = {kind.verb: kind.about for kind in CATALOGUE.values()}
        cards = [box for box in boxes if about[box.data["value"]] == "item"]
        clients = [box for box in boxes if about[box.data["value"]] == "client"]
        return [(_("Cards"), cards), (_("Clients"), clients)]

    def spec(self) -> WebhookSpec:
        """Return what the command takes."""
        data = self.cleaned_data
        return WebhookSpec(data["name"], data["url"], data["verbs"], data["pipelines"])
