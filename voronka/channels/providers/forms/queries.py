"""Reads of forms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet

from voronka.channels.models import Enquiry
from voronka.channels.providers.forms.models import ConsentText, Form
from voronka.channels.providers.forms.schema import FormField, read_fields
from voronka.kernel.prepared import Prepared


def form_by_key(key: str) -> Form | None:
    """Return the form behind a public key, with its channel as intake needs it. One SQL query."""
    return _BY_KEY.first(key)


def form_of(channel_id: int) -> Form | None:
    """Return the form of a channel. One SQL query."""
    return _OF_CHANNEL.first(channel_id)


def _by_key(key: str) -> QuerySet[Form]:
    named = ("channel__pipeline__item_type", "channel__pipeline__calendar")
    rows = Form.objects.select_related(*named, "channel__source", "channel__owner")
    rows = rows.defer(  # long texts and what only pages of the set-up show
        *(f"channel__pipeline__{c}" for c in ("name", "split_reason", "naming")),
        *(f"channel__pipeline__item_type__{c}" for c in ("name", "plural", "success", "icon")),
        *(f"channel__owner__{c}" for c in ("password", "hours", "theme", "phone", "dismissed_at")),
        *(f"channel__{c}" for c in ("cursor", "last_received_at", "last_sent_at", "tested_at")),
        *(f"channel__{c}" for c in ("test_took", "learned_pause", "problem", "problem_at")),
    )
    return rows.filter(channel__key=key, channel__archived_at=None)


_BY_KEY = Prepared(_by_key, str, model=Form, steady=True)
_OF_CHANNEL = Prepared(lambda pk: Form.objects.filter(channel_id=pk), int, model=Form, steady=True)


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


COUNTED = timedelta(days=30)
_ASIDE = (Enquiry.State.IGNORED, Enquiry.State.EXCLUDED)


@dataclass(frozen=True, slots=True)
class FormRow:
    """A line of the list of forms."""

    form: Form  # with channel, funnel and source
    enquiries: int  # of the last 30 days, without tests, traps and what was stopped

    @property
    def is_foreign(self) -> bool:
        """Whether it only takes what other programs post."""
        return not self.form.fields


def archived_forms() -> list[Form]:
    """Return the forms that were put away, the last one first. One SQL query."""
    rows = Form.objects.filter(channel__archived_at__isnull=False).select_related("channel")
    return list(rows.order_by("-channel__archived_at", "-pk"))


def form_rows(*, at: datetime) -> list[FormRow]:
    """Return the forms in use, in order. Two SQL queries."""
    rows = Form.objects.filter(channel__archived_at=None).select_related(
        "channel__pipeline", "channel__source"
    )
    found = list(rows.order_by("channel__position", "pk"))
    counted = Enquiry.objects.filter(
        ~Q(state__in=_ASIDE),
        channel__in=[one.channel_id for one in found],
        received_at__gte=at - COUNTED,
        test=False,
    )
    counts = dict(counted.values_list("channel").annotate(count=Count("pk")))
    return [FormRow(one, counts.get(one.channel_id, 0)) for one in found]
