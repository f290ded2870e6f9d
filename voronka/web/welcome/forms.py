"""The forms of the first steps."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from voronka.people.models import Role
from voronka.web.account.forms import NewPasswordForm, zone_choices


class OwnerForm(NewPasswordForm):
    """Who begins, and for which company."""

    company_name = forms.CharField(label=_("Name of the company"), max_length=120)
    name = forms.CharField(
        label=_("Your name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=zone_choices)
    field_order = ["company_name", "name", "email", "password", "language", "time_zone"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].label = _("Password")


class InviteRow(forms.Form):
    """One colleague to invite; an empty row is left out."""

    name = forms.CharField(label=pgettext_lazy("person", "Name"), max_length=120, required=False)
    email = forms.EmailField(label=_("E-mail"), required=False)
    role = forms.TypedChoiceField(label=_("Role"), coerce=int)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        roles = list(Role.objects.all())
        self.fields["role"].choices = [(r.pk, str(r)) for r in roles]  # type: ignore[attr-defined]
        seller = next((r.pk for r in roles if r.code == "manager"), None)
        self.fields["role"].initial = seller

    @property
    def is_blank(self) -> bool:
        """Whether nobody was named in this row."""
        return not (self.cleaned_data.get("name") or self.cleaned_data.get("email"))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        for one, other in (("name", "email"), ("email", "name")):
            if data.get(one) and not data.get(other) and other not in self.errors:
                self.add_error(other, _("Name and e-mail go together."))
        return data


InviteRows = forms.formset_factory(InviteRow, extra=3, max_num=20)
