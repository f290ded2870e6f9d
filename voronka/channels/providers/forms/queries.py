"""Reads of forms."""

from __future__ import annotations

from dataclasses import dataclass

from voronka.channels.providers.forms.models import ConsentText, Form
from voronka.channels.providers.forms.schema import FormField, read_fields


def form_by_key(key: str) -> Form | None:
    """Return the form behind a public key, with its channel as intake needs it. One SQL query."""
    named = ("channel__pipeline__item_type", "channel__pipeline__calendar")
    rows = Form.objects.select_related(*named, "channel__source", "channel__owner")
    rows = rows.defer(  # long texts and what only pages of the set-up show
        *(f"channel__pipeline__{c}" for c in ("name", "split_reason", "naming")),
        *(f"channel__pipeline__item_type__{c}" for c in ("name", "plural", "success", "icon")),
        *(f"channel__owner__{c}" for c in ("password", "hours", "theme", "phone", "dismissed_at")),
    )
    return rows.filter(channel__key=key, channel__archived_at=None).first()


@dataclass(frozen=True, slots=True)
class ShownForm:
    """A form as a visitor sees it."""

    form: Form
    fields: list[FormField]
    consent: ConsentText | None

    @property
    def has_files(self) -> bool:
        """Whether something can be attached."""
        return any(one.kind == "file" for one in self.fields)


def shown(form: Form) -> ShownForm:
    """Return a form with its fields and the consent that is asked for now. One SQL query."""
    return ShownForm(form, read_fields(form.fields), form.consents.first())


def forms() -> list[Form]:
    """Return the forms with their channels, in order. One SQL query."""
    rows = Form.objects.filter(channel__archived_at=None).select_related(
        "channel__pipeline", "channel__source"
    )
    return list(rows.order_by("channel__position", "pk"))
