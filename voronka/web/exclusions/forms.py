"""Whom to exclude: an identity as typed, or some of those of a client or of a sender."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from voronka.channels.contract import Identity
from voronka.clients.models import ContactPoint, Exclusion
from voronka.kernel import masking
from voronka.kernel.errors import DomainError
from voronka.web.forms import refuse

TERMS = (
    ("", gettext_lazy("For ever")),
    ("30", gettext_lazy("30 days")),
    ("90", gettext_lazy("90 days")),
    ("365", gettext_lazy("A year")),
)
_SEPARATOR = "|"  # between kind and value of an identity in a choice


def kind_title(kind: str) -> str:
    """Return the name of a kind of identity."""
    if kind == Exclusion.DOMAIN:
        return _("All of a mail domain")
    if kind == Exclusion.FINGERPRINT:
        return _("A form's text")
    return str(ContactPoint.Kind(kind).label) if kind in ContactPoint.Kind.values else kind


class _TermsForm(forms.Form):
    """Why and for how long."""

    reason = forms.ChoiceField(
        label=gettext_lazy("Reason"), choices=[("", "—"), *Exclusion.Reason.choices]
    )
    term = forms.ChoiceField(label=gettext_lazy("For how long"), choices=TERMS, required=False)
    comment = forms.CharField(label=gettext_lazy("Comment"), max_length=300, required=False)

    def identities(self) -> list[Identity]:
        """Return what to exclude."""
        raise NotImplementedError

    def until(self, now: datetime) -> datetime | None:
        """Return when it ends by itself."""
        term = self.cleaned_data["term"]
        return now + timedelta(days=int(term)) if term else None

    def refuse(self, error: DomainError) -> None:
        """Put a command's refusal at its field."""
        refuse(self, error)


class TypedForm(_TermsForm):
    """One identity, as somebody types it."""

    kind = forms.ChoiceField(label=gettext_lazy("What to exclude"))
    value = forms.CharField(label=pgettext_lazy("exclusion", "Value"), max_length=254)
    field_order = ("kind", "value", "reason", "term", "comment")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [ContactPoint.Kind.PHONE, ContactPoint.Kind.EMAIL, Exclusion.DOMAIN]
        kinds += [k for k in ContactPoint.Kind if k not in kinds]
        field: Any = self.fields["kind"]
        field.choices = [(str(kind), kind_title(kind)) for kind in kinds]

    def identities(self) -> list[Identity]:
        return [(self.cleaned_data["kind"], self.cleaned_data["value"])]

    def refuse(self, error: DomainError) -> None:
        """The command names the identity by its kind; here that is the value's field."""
        own = self.cleaned_data["kind"]
        if own in error.fields:
            self.add_error("value", str(error.fields[own]))
        else:
            refuse(self, error)


class ChosenForm(_TermsForm):
    """Some of the identities that somebody has."""

    which = forms.MultipleChoiceField(
        label=gettext_lazy("What to exclude"), widget=forms.CheckboxSelectMultiple
    )
    field_order = ("which", "reason", "term", "comment")

    def __init__(self, *args: Any, known: list[Identity], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [
            (
                f"{kind}{_SEPARATOR}{masking.handle(value)}",
                f"{kind_title(kind)}: {masking.shown(kind, value)}",
            )
            for kind, value in known
        ]
        self._known = dict(zip((code for code, _title in choices), known, strict=True))
        field: Any = self.fields["which"]
        field.choices = choices
        field.initial = [value for value, _title in choices]

    def identities(self) -> list[Identity]:
        return [self._known[one] for one in self.cleaned_data["which"]]
